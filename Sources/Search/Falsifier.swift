// SPDX-License-Identifier: Apache-2.0
package import Graph
package import Program
import Properties

/// How much an attack may cost.
package enum AttackEffort: Sendable {
  /// A hundred starts, a few steps: what easy counterexamples need.
  case quick
  /// Before branch and bound begins.
  case thorough
  /// Inside the boxes that are furthest from being closed.
  case local
}

/// What to attack.
package struct AttackRequest: Sendable {
  package var effort: AttackEffort
  /// Disjuncts that are still open; nil for all.
  package var disjuncts: [Int]?
  /// Boxes to start from; empty for the whole region.
  package var boxes: [(lower: [Double], upper: [Double])]
  /// Changes the random numbers from attack to attack.
  package var round: UInt64
}

/// Looks for points that satisfy a region; what it finds still has to be replayed exactly.
package struct Falsifier: Sendable {
  let program: Program
  let elementType: ElementType

  package init(_ program: Program, elementType: ElementType) {
    self.program = program
    self.elementType = elementType
  }

  func candidates(region: Region, index: Int, request: AttackRequest, options: ProverOptions) -> [Candidate] {
    []
  }
}
