// SPDX-License-Identifier: Apache-2.0
import Exact

extension VNNLIBParser {
  /// A comparison, `and` or `or`, of which `token` is the first token and `open` the parenthesis around it.
  mutating func parseFormula(_ token: Token, in open: Int, depth: Int) throws(VNNLIBError) -> Formula {
    guard case .open = token else { throw unexpected(token, in: open) { .expectedFormula(found: $0) } }
    let open = scanner.tokenStart
    guard depth <= Self.depthLimit else { throw fault(.tooDeep(limit: Self.depthLimit)) }
    let head = scanner.next()
    guard case .word(let word) = head else { throw unexpected(head, in: open) { .expectedFormula(found: $0) } }
    switch scanner.keyword(word) {
    case .and: return .conjunction(try parseFormulas(word, in: open, depth: depth + 1))
    case .or: return .disjunction(try parseFormulas(word, in: open, depth: depth + 1))
    case .less: return try parseComparison(.less, word, in: open, depth: depth + 1)
    case .lessOrEqual: return try parseComparison(.lessOrEqual, word, in: open, depth: depth + 1)
    case .greater: return try parseComparison(.greater, word, in: open, depth: depth + 1)
    case .greaterOrEqual: return try parseComparison(.greaterOrEqual, word, in: open, depth: depth + 1)
    case .equal: return try parseComparison(.equal, word, in: open, depth: depth + 1)
    default: throw fault(.unsupportedFormula(scanner.text(word)))
    }
  }

  /// The operands of `and` or `or`, and the closing parenthesis.
  private mutating func parseFormulas(_ name: Range<Int>, in open: Int, depth: Int) throws(VNNLIBError) -> [Formula] {
    var formulas: [Formula] = []
    while true {
      let token = scanner.next()
      if case .close = token { break }
      formulas.append(try parseFormula(token, in: open, depth: depth))
    }
    guard !formulas.isEmpty else {
      throw fault(.operandCount(scanner.text(name), expected: "at least one operand", found: 0), at: open)
    }
    return formulas
  }

  private mutating func parseComparison(
    _ relation: Relation, _ name: Range<Int>, in open: Int, depth: Int
  ) throws(VNNLIBError) -> Formula {
    var operands: (left: Term?, right: Term?) = (nil, nil)
    var count = 0
    while true {
      let token = scanner.next()
      if case .close = token { break }
      let term = try parseTerm(token, in: open, depth: depth)
      count += 1
      if count == 1 { operands.left = term } else { operands.right = term }
    }
    guard count == 2, let left = operands.left, let right = operands.right else {
      throw fault(.operandCount(scanner.text(name), expected: "exactly 2 operands", found: count), at: open)
    }
    return try comparison(left, relation, right, at: open)
  }

  private func comparison(
    _ left: Term, _ relation: Relation, _ right: Term, at open: Int
  ) throws(VNNLIBError) -> Formula {
    // Nearly every line of a large file is one of these two.
    if case .variable(let variable) = left, case .number(let number) = right, !variable.isOutput,
      let side = relation.side
    {
      return try inputBound(variable, side, number)
    }
    if case .variable(let variable) = right, case .number(let number) = left, !variable.isOutput,
      let side = relation.flipped.side
    {
      return try inputBound(variable, side, number)
    }
    let leftForm = try form(left)
    let rightForm = try form(right)
    return try arithmetic(at: open) { () throws(DecimalError) in
      switch relation {
      case .lessOrEqual, .less: try Formula(leftForm, isBelow: rightForm, isStrict: relation == .less)
      case .greaterOrEqual, .greater: try Formula(rightForm, isBelow: leftForm, isStrict: relation == .greater)
      case .equal:
        .conjunction([
          try Formula(leftForm, isBelow: rightForm, isStrict: false),
          try Formula(rightForm, isBelow: leftForm, isStrict: false),
        ])
      }
    }
  }

  private func inputBound(
    _ variable: Variable, _ side: VNNLIBError.Side, _ number: Range<Int>
  ) throws(VNNLIBError) -> Formula {
    let value: Enclosure
    do {
      value = try Enclosure(decimal: scanner.bytes, in: number)
    } catch {
      throw fault(.number(error), at: number.lowerBound)
    }
    return .bound(InputBound(value: value, variable: Int32(variable.index), side: side))
  }

  /// Runs exact arithmetic and gives its errors a place.
  func arithmetic<Result>(
    at offset: Int, _ body: () throws(DecimalError) -> Result
  ) throws(VNNLIBError) -> Result {
    do {
      return try body()
    } catch {
      throw fault(.number(error), at: offset)
    }
  }
}

extension Formula {
  /// left ≤ right, or left < right.
  fileprivate init(_ left: LinearForm, isBelow right: LinearForm, isStrict: Bool) throws(DecimalError) {
    var difference = left
    try difference.subtract(right)
    try self.init(difference, isStrict: isStrict)
  }
}

enum Relation {
  case less, lessOrEqual, greater, greaterOrEqual, equal

  /// The relation with its operands exchanged.
  var flipped: Relation {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    case .equal: .equal
    }
  }

  /// Which side of a variable on the left the closed relations bound.
  fileprivate var side: VNNLIBError.Side? {
    switch self {
    case .lessOrEqual: .upper
    case .greaterOrEqual: .lower
    case .less, .greater, .equal: nil
    }
  }
}
