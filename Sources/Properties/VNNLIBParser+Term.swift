// SPDX-License-Identifier: Apache-2.0
import Exact

/// An operand of a comparison; the two frequent shapes stay unevaluated.
enum Term {
  case number(Range<Int>)
  case variable(Variable)
  case form(LinearForm)
}

extension VNNLIBParser {
  mutating func parseTerm(_ token: Token, in open: Int, depth: Int) throws(VNNLIBError) -> Term {
    switch token {
    case .word(let word): return try parseAtom(word)
    case .open: return .form(try parseFunction(depth: depth))
    case .close, .end: throw unexpected(token, in: open) { .expectedTerm(found: $0) }
    }
  }

  private func parseAtom(_ word: Range<Int>) throws(VNNLIBError) -> Term {
    if scanner.looksNumeric(word) { return .number(word) }
    if let variable = scanner.variable(word) {
      let isDeclared = variable.isOutput ? outputs.contains(variable.index) : inputs.contains(variable.index)
      guard isDeclared else { throw fault(.undeclared(variable.name)) }
      return .variable(variable)
    }
    guard scanner.keyword(word) == nil else { throw fault(.expectedTerm(found: scanner.text(word))) }
    throw fault(.variableName(scanner.text(word)))
  }

  func form(_ term: Term) throws(VNNLIBError) -> LinearForm {
    switch term {
    case .form(let form): form
    case .variable(let variable): LinearForm(variable)
    case .number(let word):
      LinearForm(
        constant: try arithmetic(at: word.lowerBound) { () throws(DecimalError) in
          try Decimal(parsing: scanner.bytes, in: word)
        })
    }
  }

  /// A sum, difference or product, behind its opening parenthesis.
  private mutating func parseFunction(depth: Int) throws(VNNLIBError) -> LinearForm {
    let open = scanner.tokenStart
    guard depth <= Self.depthLimit else { throw fault(.tooDeep(limit: Self.depthLimit)) }
    let head = scanner.next()
    guard case .word(let word) = head else { throw unexpected(head, in: open) { .expectedTerm(found: $0) } }
    let function = scanner.keyword(word)
    guard function == .plus || function == .minus || function == .times else {
      throw fault(.unsupportedFunction(scanner.text(word)))
    }
    var value = LinearForm(constant: Decimal(0))
    var count = 0
    while true {
      let token = scanner.next()
      if case .close = token { break }
      let start = scanner.tokenStart
      let operand = try form(parseTerm(token, in: open, depth: depth + 1))
      count += 1
      if count == 1 { value = operand } else { try combine(&value, function, operand, at: start) }
    }
    guard count > 0 else {
      throw fault(.operandCount(scanner.text(word), expected: "at least one operand", found: 0), at: open)
    }
    if function == .minus, count == 1 { value.negate() }
    return value
  }

  private func combine(
    _ value: inout LinearForm, _ function: Keyword?, _ operand: LinearForm, at offset: Int
  ) throws(VNNLIBError) {
    guard function != .times || value.isConstant || operand.isConstant else { throw fault(.product, at: offset) }
    do {
      switch function {
      case .plus: try value.add(operand)
      case .minus: try value.subtract(operand)
      default:
        let factor = operand.isConstant ? operand.constant : value.constant
        if !operand.isConstant { value = operand }
        try value.scale(by: factor)
      }
    } catch {
      throw fault(.number(error), at: offset)
    }
  }
}
