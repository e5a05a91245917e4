// SPDX-License-Identifier: Apache-2.0
package import Exact

/// Why a property file was refused, and where.
package struct VNNLIBError: Error, Hashable, Sendable {
  package var reason: Reason
  /// Nil where the fault lies between the file and the model.
  package var position: Position?

  package init(_ reason: Reason, at position: Position?) {
    self.reason = reason
    self.position = position
  }

  /// Both from 1; the column counts bytes.
  package struct Position: Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  package enum Side: Hashable, Sendable {
    case lower, upper
  }

  package enum Reason: Error, Hashable, Sendable {
    // The shape of the text.
    case expectedCommand(found: String)
    case unclosedParenthesis
    case unexpectedClosingParenthesis
    case unknownCommand(String)
    case unsupportedVersion
    case tooDeep(limit: Int)
    // Declarations.
    case malformedDeclaration
    case unsupportedSort(String)
    case variableName(String)
    case declaredTwice(String)
    case notDeclared(String, declared: String)
    case noInput, noOutput
    // Assertions.
    case assertionCount
    case expectedFormula(found: String)
    case expectedTerm(found: String)
    case unsupportedFormula(String)
    case unsupportedFunction(String)
    case undeclared(String)
    case operandCount(String, expected: String, found: Int)
    case product
    case number(DecimalError)
    // The meaning as a whole.
    case noAssertion
    case contradiction
    case emptyBox(String)
    case unbounded(String, Side)
    case tooManyDisjuncts(limit: Int)
    case tooLarge
    case inputCount(file: Int, model: Int)
    case outputCount(file: Int, model: Int)
  }
}

extension VNNLIBError: CustomStringConvertible {
  package var description: String {
    guard let position else { return "\(reason)" }
    return "line \(position.line), column \(position.column): \(reason)"
  }
}

extension VNNLIBError.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .expectedCommand, .unclosedParenthesis, .unexpectedClosingParenthesis, .unknownCommand, .unsupportedVersion,
      .tooDeep:
      textFault
    case .malformedDeclaration, .unsupportedSort, .variableName, .declaredTwice, .notDeclared, .noInput, .noOutput:
      declarationFault
    case .assertionCount, .expectedFormula, .expectedTerm, .unsupportedFormula, .unsupportedFunction, .undeclared,
      .operandCount,
      .product, .number:
      assertionFault
    case .noAssertion, .contradiction, .emptyBox, .unbounded, .tooManyDisjuncts, .tooLarge, .inputCount, .outputCount:
      meaningFault
    }
  }

  private var textFault: String {
    switch self {
    case .expectedCommand(let found): "expected a command such as (assert …), found '\(found)'"
    case .unclosedParenthesis: "this '(' is never closed"
    case .unexpectedClosingParenthesis: "this ')' closes nothing"
    case .unknownCommand(let name):
      "unknown command '\(name)'; a VNN-LIB 1.0 file consists of declare-const, declare-fun and assert"
    case .unsupportedVersion:
      "VNN-LIB 2 is not supported; write the query as VNN-LIB 1.0, with declare-const X_0, …, Y_0, … and assert"
    case .tooDeep(let limit): "expressions are nested more than \(limit) deep"
    default: ""
    }
  }

  private var declarationFault: String {
    switch self {
    case .malformedDeclaration: "a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
    case .unsupportedSort(let name): "the sort '\(name)' is not supported; variables must be Real"
    case .variableName(let name): "'\(name)' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"
    case .declaredTwice(let name): "\(name) is declared twice"
    case .notDeclared(let name, let declared):
      "\(declared) is declared but \(name) is not; inputs and outputs must be numbered from 0 without gaps"
    case .noInput: "no input is declared; declare one constant X_0, X_1, … for each element of the model's input"
    case .noOutput: "no output is declared; declare one constant Y_0, Y_1, … for each element of the model's output"
    default: ""
    }
  }

  private var assertionFault: String {
    switch self {
    case .assertionCount: "assert takes exactly one formula"
    case .expectedFormula(let found): "expected a formula such as (<= Y_0 Y_1) or (and … …), found '\(found)'"
    case .expectedTerm(let found): "expected a number, a variable or a sum, found '\(found)'"
    case .unsupportedFormula(let name): "'\(name)' is not supported in a formula; use <=, <, >=, >, =, and, or"
    case .unsupportedFunction(let name): "'\(name)' is not supported in a term; use +, - and * with a constant factor"
    case .undeclared(let name): "\(name) is used before it is declared"
    case .operandCount(let name, let expected, let found): "'\(name)' takes \(expected), found \(found)"
    case .product: "a product of two terms with variables is not linear; only linear constraints are supported"
    case .number(let error): "\(error)"
    default: ""
    }
  }

  private var meaningFault: String {
    switch self {
    case .noAssertion: "the file asserts nothing; add (assert …) commands for the input box and the outputs"
    case .contradiction:
      "no assignment satisfies this assertion, so the property would hold for any model; check its constants"
    case .emptyBox(let name):
      "no value of \(name) satisfies its bounds, so the property would hold for any model; check them for a swapped <= and >="
    case .unbounded(let name, let side):
      "\(name) has no \(side == .lower ? "lower" : "upper") bound in some case; every input needs both, by (<= \(name) …) and (>= \(name) …)"
    case .tooManyDisjuncts(let limit):
      "the assertions combine to more than \(limit) cases; split the property into several files"
    case .tooLarge: "the cases of this property need too much memory; split it into several files"
    case .inputCount(let file, let model): countFault("input", "X", file: file, "takes \(model)")
    case .outputCount(let file, let model): countFault("output", "Y", file: file, "gives \(model)")
    default: ""
    }
  }

  private func countFault(_ what: String, _ letter: String, file: Int, _ model: String) -> String {
    """
    the property declares \(file) \(what)\(file == 1 ? "" : "s"), \(letter)_0 to \(letter)_\(file - 1), but the model \
    \(model); check that the two files belong together
    """
  }
}
