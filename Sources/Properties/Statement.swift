// SPDX-License-Identifier: Apache-2.0
import Exact

extension Query {
  /// What it means that this query has no satisfying assignment, in words: one sentence per region, one line each.
  ///
  /// - Parameters:
  ///   - maxLength: characters per sentence after which constraints are only counted.
  ///   - regionLimit: sentences after which regions are only counted.
  package func statement(maxLength: Int = 400, regionLimit: Int = 8) -> String {
    var lines = regions.prefix(regionLimit).map { $0.statement(maxLength: maxLength) }
    if regions.count > regionLimit {
      lines.append("and the same kind of statement for \(regions.count - regionLimit) more boxes")
    }
    return lines.joined(separator: "\n")
  }
}

extension Region {
  /// For example: "for every input in the box (1 input, 1 varying: X_0 in [-1, 1]): not (Y_0 ≤ -1)".
  ///
  /// Numbers appear with the fewest digits that tell the double next to them apart; the query has the exact ones.
  package func statement(maxLength: Int = 400) -> String {
    var text = "for every input in the box (\(boxSummary)): " + (disjuncts.count == 1 ? "not " : "none of ")
    for (index, disjunct) in disjuncts.enumerated() {
      let part = disjunct.statement(maxLength: max(40, maxLength - text.count))
      guard index == 0 || text.count + part.count <= maxLength else {
        return text + ", … (\(disjuncts.count - index) more)"
      }
      text += (index == 0 ? "" : ", ") + "(\(part))"
    }
    return text
  }

  private var boxSummary: String {
    let ends = Array(zip(lower, upper))
    let varying = ends.count { $0.lower < $1.upper && $0 != $1 }
    let counts = "\(ends.count) input\(ends.count == 1 ? "" : "s"), \(varying) varying"
    guard ends.count <= 8 else { return counts }
    let intervals = ends.enumerated().map { index, end in
      end.0 == end.1 ? "X_\(index) = \(end.0.text)" : "X_\(index) in [\(end.0.text), \(end.1.text)]"
    }
    return counts + ": " + intervals.joined(separator: ", ")
  }
}

extension Conjunction {
  func statement(maxLength: Int) -> String {
    guard !rows.isEmpty else { return "any output" }
    var text = ""
    for (index, row) in rows.enumerated() {
      let part = row.text
      guard index == 0 || text.count + part.count <= maxLength else {
        return text + " and … (\(rows.count - index) more)"
      }
      text += (index == 0 ? "" : " and ") + part
    }
    return text
  }
}

extension LinearConstraint {
  /// The constraint with positive coefficients on both sides: `Y_0 ≤ Y_1`, `2·X_0 + Y_1 < 3`, `Y_0 ≥ 5`.
  package var text: String {
    let terms = inputTerms.map { ("X", $0) } + outputTerms.map { ("Y", $0) }
    let positive = terms.filter { $0.1.coefficient.upper > 0 }.map { Self.text($0.0, $0.1.variable, $0.1.coefficient) }
    let negative = terms.filter { $0.1.coefficient.upper <= 0 }.map {
      Self.text($0.0, $0.1.variable, -$0.1.coefficient)
    }
    if positive.isEmpty {
      return Self.sum(negative, nil) + (isStrict ? " > " : " ≥ ") + constant.text
    }
    return Self.sum(positive, nil) + (isStrict ? " < " : " ≤ ") + Self.sum(negative, -constant)
  }

  private static func text(_ letter: String, _ variable: Int, _ coefficient: Enclosure) -> String {
    (coefficient == Enclosure(exactly: 1) ? "" : coefficient.text + "·") + "\(letter)_\(variable)"
  }

  private static func sum(_ terms: [String], _ constant: Enclosure?) -> String {
    let joined = terms.joined(separator: " + ")
    guard let constant else { return joined.isEmpty ? "0" : joined }
    if joined.isEmpty { return constant.text }
    if constant == Enclosure(exactly: 0) { return joined }
    return joined + (constant.upper > 0 ? " + \(constant.text)" : " - \((-constant).text)")
  }
}

extension Enclosure {
  /// A short decimal near the number: the double itself, or of the two around it the one with the shorter text.
  fileprivate var text: String {
    let (first, second) = (Self.text(lower), Self.text(upper))
    return first.utf8.count < second.utf8.count ? first : second
  }

  private static func text(_ value: Double) -> String {
    let text = "\(value + 0)"  // −0 becomes 0
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
