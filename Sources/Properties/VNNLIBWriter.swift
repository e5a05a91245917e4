// SPDX-License-Identifier: Apache-2.0
package import Exact

/// Writes a query over one box as VNN-LIB 1.0 text: same content, same bytes.
///
/// Numbers are exact decimals in plain digits, so the text says what the caller computed and the reader encloses it tightly.
package struct VNNLIBWriter: Sendable {
  /// A constraint on the outputs.
  package enum Atom: Sendable {
    case less(output: Int, Decimal)
    case greater(output: Int, Decimal)
    /// Y_output ≥ Y_other.
    case atLeast(output: Int, other: Int)
  }

  /// One line each; a line break inside becomes a space.
  package var comments: [String]
  package var lower: [Decimal]
  package var upper: [Decimal]
  package var outputCount: Int
  /// The query is satisfied when all atoms of one case hold. No case: it is never satisfied, and has no text.
  package var cases: [[Atom]]

  package init(comments: [String], lower: [Decimal], upper: [Decimal], outputCount: Int, cases: [[Atom]]) {
    precondition(lower.count == upper.count, "a box needs as many lower ends as upper ends")
    precondition(!cases.isEmpty && !cases.contains(where: \.isEmpty), "a query needs constraints on the outputs")
    self.comments = comments
    self.lower = lower
    self.upper = upper
    self.outputCount = outputCount
    self.cases = cases
  }

  package func bytes() -> [UInt8] {
    var text = ""
    for comment in comments { text += "; " + comment.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n" }
    for index in lower.indices { text += "(declare-const X_\(index) Real)\n" }
    for index in 0..<outputCount { text += "(declare-const Y_\(index) Real)\n" }
    for index in lower.indices {
      text += "(assert (>= X_\(index) \(lower[index])))\n(assert (<= X_\(index) \(upper[index])))\n"
    }
    if cases.count == 1 {
      for atom in cases[0] { text += "(assert \(atom))\n" }
    } else {
      text += "(assert (or\n"
      for atoms in cases { text += "  (and \(atoms.map(\.description).joined(separator: " ")))\n" }
      text += "))\n"
    }
    return Array(text.utf8)
  }
}

extension VNNLIBWriter.Atom: CustomStringConvertible {
  package var description: String {
    switch self {
    case .less(let output, let value): "(< Y_\(output) \(value))"
    case .greater(let output, let value): "(> Y_\(output) \(value))"
    case .atLeast(let output, let other): "(>= Y_\(output) Y_\(other))"
    }
  }
}
