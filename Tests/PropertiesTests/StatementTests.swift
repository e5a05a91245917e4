// SPDX-License-Identifier: Apache-2.0
import Exact
import Properties
import Testing

@Suite("Statements in words")
struct StatementTests {
  private func parse(_ text: String) throws -> Query {
    try VNNLIB.parse(Array((VNNLIBErrorTests.head + VNNLIBErrorTests.box + text).utf8))
  }

  @Test(
    "one sentence per box",
    arguments: [
      (
        "(assert (<= Y_0 Y_1))(assert (< Y_0 (+ X_1 (* 2 Y_1) -0.3)))",
        "for every input in the box (2 inputs, 2 varying: X_0 in [0, 1], X_1 in [0, 1]): not (Y_0 ≤ Y_1 and Y_0 < X_1 + 2·Y_1 - 0.3)"
      ),
      (
        "(assert (= X_0 0.1))(assert (or (>= Y_0 5) (> 0 Y_1) (<= (* -0.1 Y_0) (- Y_1 2))))",
        "for every input in the box (2 inputs, 1 varying: X_0 = 0.1, X_1 in [0, 1]): none of (Y_0 ≥ 5), (Y_1 < 0), (0.1·Y_0 + Y_1 ≥ 2)"
      ),
      ("", "for every input in the box (2 inputs, 2 varying: X_0 in [0, 1], X_1 in [0, 1]): not (any output)"),
      (
        "(assert (or (and (<= X_0 0.5) (<= Y_0 -1)) (and (>= X_0 0.5) (>= Y_0 1))))",
        """
        for every input in the box (2 inputs, 2 varying: X_0 in [0, 0.5], X_1 in [0, 1]): not (Y_0 ≤ -1)
        for every input in the box (2 inputs, 2 varying: X_0 in [0.5, 1], X_1 in [0, 1]): not (Y_0 ≥ 1)
        """
      ),
    ])
  func sentences(_ text: String, _ statement: String) throws {
    #expect(try parse(text).statement() == statement)
  }

  @Test("long ones are cut and counted")
  func cuts() throws {
    let cases = try parse("(assert (or " + (0..<50).map { "(>= Y_0 \($0))" }.joined(separator: " ") + "))")
    #expect(
      cases.statement(maxLength: 130)
        == "for every input in the box (2 inputs, 2 varying: X_0 in [0, 1], X_1 in [0, 1]): none of (Y_0 ≥ 0), (Y_0 ≥ 1), (Y_0 ≥ 2), (Y_0 ≥ 3), … (46 more)"
    )
    let rows = try parse((0..<50).map { "(assert (>= Y_0 \($0)))" }.joined())
    #expect(
      rows.statement(maxLength: 100)
        == "for every input in the box (2 inputs, 2 varying: X_0 in [0, 1], X_1 in [0, 1]): not (Y_0 ≥ 0 and Y_0 ≥ 1 and Y_0 ≥ 2 and Y_0 ≥ 3 and … (46 more))"
    )
    let boxes = try parse("(assert (or " + (1..<5).map { "(and (<= X_0 0.\($0)) (<= Y_0 0))" }.joined() + "))")
    #expect(boxes.statement(regionLimit: 1).hasSuffix("not (Y_0 ≤ 0)\nand the same kind of statement for 3 more boxes"))
  }

  @Test("many inputs are only counted")
  func manyInputs() {
    let inputs = (0..<9).map { "(declare-const X_\($0) Real)(assert (>= X_\($0) 0))(assert (<= X_\($0) \($0)))" }
      .joined()
    let query = try? VNNLIB.parse(Array((inputs + "(declare-const Y_0 Real)(assert (<= Y_0 0))").utf8))
    #expect(query?.statement() == "for every input in the box (9 inputs, 8 varying): not (Y_0 ≤ 0)")
  }
}
