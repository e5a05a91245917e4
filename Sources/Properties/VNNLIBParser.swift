// SPDX-License-Identifier: Apache-2.0
import Exact

/// Recursive descent over the tokens of one file; see `VNNLIB`.
struct VNNLIBParser {
  var scanner: VNNLIBScanner
  var inputs = Declarations(isOutput: false)
  var outputs = Declarations(isOutput: true)
  private var builder = QueryBuilder()
  private var hasAssertion = false

  /// Deeper expressions are refused; real files stay below 10.
  static let depthLimit = 200

  init(_ bytes: [UInt8]) {
    scanner = VNNLIBScanner(bytes)
  }

  mutating func parse() throws(VNNLIBError) -> Query {
    while true {
      switch scanner.next() {
      case .end: return try finish()
      case .open: try parseCommand()
      case .close: throw fault(.unexpectedClosingParenthesis)
      case .word(let word): throw fault(.expectedCommand(found: scanner.text(word)))
      }
    }
  }

  private mutating func parseCommand() throws(VNNLIBError) {
    let open = scanner.tokenStart
    let token = scanner.next()
    guard case .word(let word) = token else { throw unexpected(token, in: open) { .expectedCommand(found: $0) } }
    switch scanner.keyword(word) {
    case .assert: try parseAssertion(open)
    case .declareConst: try parseDeclaration(open, hasArguments: false)
    case .declareFun: try parseDeclaration(open, hasArguments: true)
    case .version, .declareNetwork: throw fault(.unsupportedVersion, at: open)
    default: throw fault(.unknownCommand(scanner.text(word)))
    }
  }

  private mutating func parseAssertion(_ open: Int) throws(VNNLIBError) {
    let token = scanner.next()
    if case .close = token { throw fault(.assertionCount, at: open) }
    let formula = try parseFormula(token, in: open, depth: 1)
    switch scanner.next() {
    case .close: break
    case .end: throw fault(.unclosedParenthesis, at: open)
    case .open, .word: throw fault(.assertionCount, at: open)
    }
    if formula.isFalse { throw fault(.contradiction, at: open) }
    hasAssertion = true
    builder.grow(toInputCount: inputs.count)
    builder.add(formula)
  }

  /// `X_0 Real)` or `X_0 () Real)`.
  private mutating func parseDeclaration(_ open: Int, hasArguments: Bool) throws(VNNLIBError) {
    let name = try declarationWord(open)
    let nameStart = scanner.tokenStart
    if hasArguments {
      for isOpening in [true, false] {
        switch scanner.next() {
        case .open where isOpening, .close where !isOpening: break
        case .end: throw fault(.unclosedParenthesis, at: open)
        default: throw fault(.malformedDeclaration, at: open)
        }
      }
    }
    let sort = try declarationWord(open)
    guard scanner.bytes[sort].elementsEqual("Real".utf8) else { throw fault(.unsupportedSort(scanner.text(sort))) }
    switch scanner.next() {
    case .close: try declare(name, at: nameStart)
    case .end: throw fault(.unclosedParenthesis, at: open)
    case .open, .word: throw fault(.malformedDeclaration, at: open)
    }
  }

  private mutating func declarationWord(_ open: Int) throws(VNNLIBError) -> Range<Int> {
    switch scanner.next() {
    case .word(let word): return word
    case .end: throw fault(.unclosedParenthesis, at: open)
    case .open, .close: throw fault(.malformedDeclaration, at: open)
    }
  }

  private mutating func declare(_ name: Range<Int>, at start: Int) throws(VNNLIBError) {
    guard let variable = scanner.variable(name) else { throw fault(.variableName(scanner.text(name)), at: start) }
    do {
      if variable.isOutput {
        try outputs.declare(variable.index, at: start, limit: scanner.bytes.count)
      } else {
        try inputs.declare(variable.index, at: start, limit: scanner.bytes.count)
      }
    } catch {
      throw fault(error, at: start)
    }
  }

  private func finish() throws(VNNLIBError) -> Query {
    for declarations in [inputs, outputs] {
      guard let gap = declarations.gap else { continue }
      throw fault(
        .notDeclared(declarations.name(gap.missing), declared: declarations.name(gap.next)),
        at: declarations.offset(of: gap.next))
    }
    guard inputs.count > 0 else { throw fault(.noInput) }
    guard outputs.count > 0 else { throw fault(.noOutput) }
    guard hasAssertion else { throw fault(.noAssertion) }
    var builder = builder
    builder.grow(toInputCount: inputs.count)
    do {
      return try builder.query(outputCount: outputs.count)
    } catch {
      throw fault(error.reason, at: error.input.map(inputs.offset) ?? scanner.tokenStart)
    }
  }
}

extension VNNLIBParser {
  /// An error at a byte offset; without one, at the last token.
  func fault(_ reason: VNNLIBError.Reason, at offset: Int? = nil) -> VNNLIBError {
    VNNLIBError(reason, at: scanner.position(of: offset ?? scanner.tokenStart))
  }

  /// The error for a token that cannot stand here: at the end of the file, the parenthesis at `open` lacks its partner.
  func unexpected(
    _ token: Token, in open: Int, _ reason: (String) -> VNNLIBError.Reason
  ) -> VNNLIBError {
    switch token {
    case .end: fault(.unclosedParenthesis, at: open)
    case .open: fault(reason("("))
    case .close: fault(reason(")"))
    case .word(let word): fault(reason(scanner.text(word)))
    }
  }
}
