// SPDX-License-Identifier: Apache-2.0
import Properties
import Testing

@Suite("Refused property files")
struct VNNLIBErrorTests {
  /// Two inputs, two outputs, on line 1.
  static let head = "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)\n"
  static let box = "(assert (and (>= X_0 0) (<= X_0 1) (>= X_1 0) (<= X_1 1)))\n"

  private func expect(_ text: String, _ message: String) {
    let error = #expect(throws: VNNLIBError.self, "\(text)") { try VNNLIB.parse(Array(text.utf8)) }
    #expect(error?.description == message)
  }

  @Test(
    "faults of the text",
    arguments: [
      ("foo", "line 1, column 1: expected a command such as (assert …), found 'foo'"),
      ("; comment\n  ((assert))", "line 2, column 4: expected a command such as (assert …), found '('"),
      ("()", "line 1, column 2: expected a command such as (assert …), found ')'"),
      ("\n)", "line 2, column 1: this ')' closes nothing"),
      ("(", "line 1, column 1: this '(' is never closed"),
      (
        "(check-sat)",
        "line 1, column 2: unknown command 'check-sat'; a VNN-LIB 1.0 file consists of declare-const, declare-fun and assert"
      ),
      (
        "; new\n(vnnlib-version <2.0>)",
        "line 2, column 1: VNN-LIB 2 is not supported; write the query as VNN-LIB 1.0, with declare-const X_0, …, Y_0, … and assert"
      ),
      (
        "(declare-network N (declare-input X float32 [1]))",
        "line 1, column 1: VNN-LIB 2 is not supported; write the query as VNN-LIB 1.0, with declare-const X_0, …, Y_0, … and assert"
      ),
    ])
  func textFaults(_ text: String, _ message: String) {
    expect(text, message)
  }

  @Test(
    "faults of declarations",
    arguments: [
      (
        "(declare-const X_0)",
        "line 1, column 1: a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
      ),
      (
        "(declare-const (X_0) Real)",
        "line 1, column 1: a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
      ),
      (
        "(declare-const X_0 Real 5)",
        "line 1, column 1: a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
      ),
      (
        "(declare-fun X_0 Real)",
        "line 1, column 1: a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
      ),
      (
        "(declare-fun X_0 (Real) Real)",
        "line 1, column 1: a declaration must read (declare-const X_0 Real) or (declare-fun X_0 () Real)"
      ),
      ("(declare-const X_0 Real", "line 1, column 1: this '(' is never closed"),
      ("(declare-fun X_0 (", "line 1, column 1: this '(' is never closed"),
      ("(declare-const X_0 Int)", "line 1, column 20: the sort 'Int' is not supported; variables must be Real"),
      (
        "(declare-const Z_0 Real)", "line 1, column 16: 'Z_0' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"
      ),
      (
        "(declare-const X_01 Real)",
        "line 1, column 16: 'X_01' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"
      ),
      ("(declare-const X_ Real)", "line 1, column 16: 'X_' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"),
      (
        "(declare-const X_1a Real)",
        "line 1, column 16: 'X_1a' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"
      ),
      ("(declare-const X_0 Real)\n(declare-const X_0 Real)", "line 2, column 16: X_0 is declared twice"),
      (
        "(declare-const X_0 Real)\n(declare-const X_2 Real)",
        "line 2, column 16: X_2 is declared but X_1 is not; inputs and outputs must be numbered from 0 without gaps"
      ),
      (
        "(declare-const Y_9999999999 Real)",
        "line 1, column 16: Y_9999999999 is declared but Y_0 is not; inputs and outputs must be numbered from 0 without gaps"
      ),
      (
        "(declare-const Y_0 Real)",
        "line 1, column 25: no input is declared; declare one constant X_0, X_1, … for each element of the model's input"
      ),
      (
        "(declare-const X_0 Real)",
        "line 1, column 25: no output is declared; declare one constant Y_0, Y_1, … for each element of the model's output"
      ),
    ])
  func declarationFaults(_ text: String, _ message: String) {
    expect(text, message)
  }

  @Test(
    "faults of assertions, on line 2",
    arguments: [
      ("(assert)", "1: assert takes exactly one formula"),
      ("(assert (<= X_0 1) (>= X_0 0))", "1: assert takes exactly one formula"),
      ("(assert (<= X_0 1)", "1: this '(' is never closed"),
      ("(assert (<= X_0 1", "9: this '(' is never closed"),
      ("(assert (and (<= X_0 1)", "9: this '(' is never closed"),
      ("(assert (<= X_0 1)))", "20: this ')' closes nothing"),
      ("(assert (<= X_0 1)) trailing", "21: expected a command such as (assert …), found 'trailing'"),
      ("(assert true)", "9: expected a formula such as (<= Y_0 Y_1) or (and … …), found 'true'"),
      ("(assert ((<= X_0 1)))", "10: expected a formula such as (<= Y_0 Y_1) or (and … …), found '('"),
      ("(assert (and (<= X_0 1) X_0))", "25: expected a formula such as (<= Y_0 Y_1) or (and … …), found 'X_0'"),
      ("(assert (not (<= X_0 1)))", "10: 'not' is not supported in a formula; use <=, <, >=, >, =, and, or"),
      ("(assert (!= X_0 1))", "10: '!=' is not supported in a formula; use <=, <, >=, >, =, and, or"),
      ("(assert (+ X_0 1))", "10: '+' is not supported in a formula; use <=, <, >=, >, =, and, or"),
      ("(assert (and))", "9: 'and' takes at least one operand, found 0"),
      ("(assert (or))", "9: 'or' takes at least one operand, found 0"),
      ("(assert (<= X_0))", "9: '<=' takes exactly 2 operands, found 1"),
      ("(assert (>= X_0 1 2))", "9: '>=' takes exactly 2 operands, found 3"),
      ("(assert (<= X_0 X_2))", "17: X_2 is used before it is declared"),
      ("(assert (<= X_0 Y_99))", "17: Y_99 is used before it is declared"),
      ("(assert (<= X_0 x))", "17: 'x' is neither an input X_0, X_1, … nor an output Y_0, Y_1, …"),
      ("(assert (<= X_0 -))", "17: expected a number, a variable or a sum, found '-'"),
      ("(assert (<= X_0 ()))", "18: expected a number, a variable or a sum, found ')'"),
      ("(assert (<= X_0 (sin X_1)))", "18: 'sin' is not supported in a term; use +, - and * with a constant factor"),
      ("(assert (<= X_0 (/ X_1 2)))", "18: '/' is not supported in a term; use +, - and * with a constant factor"),
      (
        "(assert (<= (0.7 (- Y_0 X_0))))", "14: '0.7' is not supported in a term; use +, - and * with a constant factor"
      ),
      ("(assert (<= X_0 (+)))", "17: '+' takes at least one operand, found 0"),
      (
        "(assert (<= Y_0 (* 2 X_0 X_1)))",
        "26: a product of two terms with variables is not linear; only linear constraints are supported"
      ),
      ("(assert (<= X_0 1.2.3))", "17: '1.2.3' is not a decimal number; write it like -12.5 or 1e-3"),
      ("(assert (<= Y_0 1.2.3))", "17: '1.2.3' is not a decimal number; write it like -12.5 or 1e-3"),
      (
        "(assert (<= X_0 1e999))",
        "17: the number is too large: its absolute value must be at most 1.7976931348623157e308"
      ),
      (
        "(assert (<= Y_0 1e999))",
        "9: the number is too large: its absolute value must be at most 1.7976931348623157e308"
      ),
      ("(assert (<= X_0 1e9999))", "17: the exponent of a number must lie between -2048 and 2048"),
      (
        "(assert (<= 2 1))",
        "1: no assignment satisfies this assertion, so the property would hold for any model; check its constants"
      ),
      (
        "(assert (or (< X_0 X_0) (and (<= Y_0 1) (<= 1 0))))",
        "1: no assignment satisfies this assertion, so the property would hold for any model; check its constants"
      ),
    ])
  func assertionFaults(_ text: String, _ message: String) {
    expect(Self.head + text, "line 2, column " + message)
  }

  @Test("a long product of constants is refused before it grows")
  func hugeProduct() {
    let factors = String(repeating: " 1e2000", count: 12)
    expect(
      Self.head + "(assert (<= Y_0 (*\(factors))))",
      "line 2, column 48: the exact result of an arithmetic expression has too many digits; write the number directly")
  }

  @Test("deep nesting is refused, not recursed into", arguments: [250, 1_000_000])
  func deepNesting(_ depth: Int) {
    expect(
      Self.head + "(assert " + String(repeating: "(and ", count: depth),
      "line 2, column 1009: expressions are nested more than 200 deep")
    expect(
      Self.head + "(assert (<= Y_0 " + String(repeating: "(- ", count: depth),
      "line 2, column 614: expressions are nested more than 200 deep")
  }

  @Test(
    "faults of the meaning",
    arguments: [
      ("", "line 2, column 1: the file asserts nothing; add (assert …) commands for the input box and the outputs"),
      (
        "(assert (<= X_0 1))(assert (<= Y_0 0))",
        "line 1, column 16: X_0 has no lower bound in some case; every input needs both, by (<= X_0 …) and (>= X_0 …)"
      ),
      (
        "(assert (and (>= X_0 0) (<= X_0 1)))(assert (or (and (>= X_1 0) (<= X_1 1)) (>= X_1 0)))",
        "line 1, column 40: X_1 has no upper bound in some case; every input needs both, by (<= X_1 …) and (>= X_1 …)"
      ),
      (
        box + "(assert (>= X_1 1.5))",
        "line 1, column 40: no value of X_1 satisfies its bounds, so the property would hold for any model; check them for a swapped <= and >="
      ),
      (
        box + "(assert (or (and (<= X_1 -1) (<= Y_0 0)) (and (>= X_0 2) (<= Y_0 0))))",
        "line 1, column 40: no value of X_1 satisfies its bounds, so the property would hold for any model; check them for a swapped <= and >="
      ),
    ])
  func meaningFaults(_ text: String, _ message: String) {
    expect(Self.head + text, message)
  }

  @Test("too many cases are refused before they are built")
  func tooManyDisjuncts() {
    let choice = "(assert (or (<= Y_0 0) (<= Y_1 0)))\n"
    expect(
      Self.head + Self.box + String(repeating: choice, count: 21),
      "line 24, column 1: the assertions combine to more than 1048576 cases; split the property into several files")
    // 2^18 cases of 18 rows each and 60 more.
    expect(
      Self.head + Self.box + String(repeating: choice, count: 18)
        + String(repeating: "(assert (<= Y_0 0))\n", count: 60),
      "line 81, column 1: the cases of this property need too much memory; split it into several files")
  }

  @Test("counts that differ from the model's are refused")
  func counts() throws {
    let query = try VNNLIB.parse(Array((Self.head + Self.box).utf8))
    try query.check(against: 2, outputCount: 2)
    let inputs = #expect(throws: VNNLIBError.self) { try query.check(against: 3, outputCount: 2) }
    #expect(
      inputs?.description
        == "the property declares 2 inputs, X_0 to X_1, but the model takes 3; check that the two files belong together"
    )
    let outputs = #expect(throws: VNNLIBError.self) { try query.check(against: 2, outputCount: 1) }
    #expect(
      outputs?.description
        == "the property declares 2 outputs, Y_0 to Y_1, but the model gives 1; check that the two files belong together"
    )
  }

  @Test("bytes that are not text are refused, whatever they are")
  func garbage() {
    var generator = SplitMix(seed: 11)
    let alphabet = Array("()();X_01Y<=>+-*.e \n\u{00e9}andorassertdeclare-const Real".utf8) + [0, 0xFF]
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      #expect(throws: VNNLIBError.self) { try VNNLIB.parse(bytes) }
    }
  }

  @Test("a valid file cut anywhere is refused or means less, and never traps")
  func truncation() {
    let text = Array(
      (Self.head + Self.box + "(assert (or (and (<= (* 2 Y_0) (+ X_0 1e-3)) (< X_1 .5)) (= Y_1 0)))\n").utf8)
    for count in 0..<text.count { _ = try? VNNLIB.parse(Array(text.prefix(count))) }
    for index in text.indices {
      var mutated = text
      for byte in [UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: " "), 0xFF] {
        mutated[index] = byte
        _ = try? VNNLIB.parse(mutated)
      }
    }
  }
}
