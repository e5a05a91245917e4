// SPDX-License-Identifier: Apache-2.0
import Testing

/// A property file that must be refused with exit code 65 and its own message.
struct PropertyFault: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var file: String
  var text: String
  var message: String

  private static func query(_ name: String, _ text: String, _ message: String) -> PropertyFault {
    PropertyFault(testDescription: name, file: "q.vnnlib", text: text, message: message)
  }

  private static func yaml(_ name: String, _ entry: String, _ message: String) -> PropertyFault {
    PropertyFault(testDescription: name, file: "r.yml", text: "version: 1\nproperties:\n" + entry, message: message)
  }

  private static let declarations = ["X_0", "X_1", "Y_0", "Y_1"].map { "(declare-const \($0) Real)" }.joined(
    separator: " ")
  private static let box = "(assert (and (>= X_0 0) (<= X_0 1) (>= X_1 0) (<= X_1 1)))"

  static let all: [PropertyFault] = [
    query(
      "unbounded input", declarations + "\n(assert (and (>= X_0 0) (<= X_0 1) (>= X_1 0)))\n(assert (<= Y_0 0))",
      "q.vnnlib: line 1, column 41: X_1 has no upper bound in some case; every input needs both, by (<= X_1 …) and (>= X_1 …)"
    ),
    query(
      "empty box", declarations + "\n(assert (and (>= X_0 1) (<= X_0 0) (>= X_1 0) (<= X_1 1)))\n(assert (<= Y_0 0))",
      "no value of X_0 satisfies its bounds, so the property would hold for any model; check them for a swapped <= and >="
    ),
    query(
      "undeclared variable", declarations + "\n" + box + "\n(assert (<= Y_7 0))",
      "q.vnnlib: line 3, column 13: Y_7 is used before it is declared"),
    query(
      "wrong count",
      "(declare-const X_0 Real) (declare-const Y_0 Real)\n(assert (and (>= X_0 0) (<= X_0 1) (<= Y_0 0)))",
      "q.vnnlib: the property declares 1 input, X_0 to X_0, but the model takes 2; check that the two files belong together"
    ),
    query(
      "unbalanced parenthesis", declarations + "\n" + box + "\n(assert (<= Y_0 0)",
      "q.vnnlib: line 3, column 1: this '(' is never closed"),
    query(
      "closing too much", declarations + "\n" + box + "\n(assert (<= Y_0 0)))",
      "q.vnnlib: line 3, column 20: this ')' closes nothing"),
    query("no VNN-LIB", "hello", "q.vnnlib: line 1, column 1: expected a command such as (assert …), found 'hello'"),
    query(
      "no assertion", declarations,
      "q.vnnlib: line 1, column 100: the file asserts nothing; add (assert …) commands for the input box and the outputs"
    ),
    yaml(
      "unknown key", "  - {name: a, kind: linf-robustness, point: [0, 0], epsilonn: 1, label: 0}\n",
      "r.yml:3:53: property 'a': unknown key 'epsilonn'; did you mean 'epsilon'?"),
    yaml(
      "wrong type", "  - {name: a, kind: linf-robustness, point: 3, epsilon: 1, label: 0}\n",
      "r.yml:3:45: property 'a': point must be "),
    yaml(
      "number that is none", "  - {name: a, kind: linf-robustness, point: [0, 0], epsilon: much, label: 0}\n",
      "r.yml:3:62: property 'a': epsilon"),
    yaml(
      "label out of range", "  - {name: a, kind: linf-robustness, point: [0, 0], epsilon: 1, label: 2}\n",
      "r.yml:3:72: property 'a': label is 2, but the model has 2 outputs, counted from 0"),
    yaml(
      "second property is at fault",
      "  - {name: a, kind: linf-robustness, point: [0, 0], epsilon: 0.1, label: 0}\n  - {name: b, kind: vnnlib, file: missing.vnnlib}\n",
      "r.yml:4:35: property 'b': 'missing.vnnlib': the file cannot be read: it does not exist"),
    yaml(
      "query of the second property is at fault",
      "  - {name: a, kind: linf-robustness, point: [0, 0], epsilon: 0.1, label: 0}\n  - {name: b, kind: vnnlib, file: m.onnx}\n",
      "m.onnx: line 1, column 1: "),
    PropertyFault(testDescription: "YAML list open", file: "r.yml", text: "version: [", message: "r.yml:"),
    PropertyFault(
      testDescription: "YAML of version 2", file: "r.yml", text: "version: 2\nproperties: []\n",
      message: "r.yml:1:10: version '2' is not supported; write 'version: 1'"),
  ]
}

@Suite("Property faults", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct PropertyFaultTests {
  @Test("a broken property file is refused before anything is searched or written", arguments: PropertyFault.all)
  func refused(fault: PropertyFault) throws {
    let place = try Workplace()
    try place.write("m.onnx", TestModel.valid.bytes)
    try place.write(fault.file, fault.text)
    let before = try place.snapshot()
    let result = try Tool.axcert.run("verify", "m.onnx", "--props", fault.file, "--certificate", "p.axc", in: place)
    #expect(result.status == 65)
    #expect(result.output.isEmpty)
    #expect(
      result.error.hasPrefix(
        "axcert: error: \(fault.file == "r.yml" && !fault.message.hasPrefix("m.onnx") ? "r.yml" : "")"))
    #expect(result.error.contains(fault.message), "\(result.error)")
    #expect(result.error.filter { $0 == "\n" }.count == 1)
    #expect(try place.snapshot() == before, "neither key, store nor certificate was made")
  }
}
