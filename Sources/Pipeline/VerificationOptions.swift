// SPDX-License-Identifier: Apache-2.0
package import Search

/// Which meaning a run has to prove.
package enum SemanticsDemand: String, Sendable, CaseIterable {
  /// Real arithmetic, strengthened to float32 where the margin allows.
  case real
  /// Every binary32 execution, or no answer.
  case float32
}

/// What a user can choose about a run.
package struct VerificationOptions: Sendable {
  package var timeLimit: Duration = .seconds(300)
  package var semantics: SemanticsDemand = .real
  package var threads: Int = 1
  package var seed: UInt64 = 0
  package var attack = true
  package var isCancelled: @Sendable () -> Bool = { false }
  package var progress: (@Sendable (Progress) -> Void)?

  package init() {}
}

/// A sign of life from a running verification.
package enum Progress: Sendable {
  case searching(SearchProgress)
  case checking(leaves: Int)

  package var text: String {
    switch self {
    case .searching(let search):
      let region = search.regionCount > 1 ? "box \(search.region + 1) of \(search.regionCount), " : ""
      return region
        + "\(search.visited) subproblems, \(search.openCount) open, \(percentage(search.closedShare)) closed, worst bound \(search.worstBound)"
    case .checking(let leaves): return "checking, \(leaves) leaves done"
    }
  }
}
