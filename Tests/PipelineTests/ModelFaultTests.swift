// SPDX-License-Identifier: Apache-2.0
import Testing

/// A model file that must be refused with exit code 65 and its own message.
struct ModelFault: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]
  /// What follows the file's name.
  var message: String

  private init(_ name: String, _ bytes: [UInt8], _ message: String) {
    (testDescription, self.bytes, self.message) = (name, bytes, message)
  }

  private init(_ name: String, _ message: String, _ change: (inout TestModel) -> Void) {
    var model = TestModel.valid
    change(&model)
    self.init(name, model.bytes, message)
  }

  private static let damaged = "damaged protobuf at byte "

  static let all: [ModelFault] = [
    ModelFault("random bytes", (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 91) }, damaged),
    ModelFault("truncated protobuf", Array(TestModel.valid.bytes.dropLast(20)), damaged),
    ModelFault("text", Array("hello, this is no model\n".utf8), damaged),
    ModelFault(
      "length field of 4 GB", [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
      "damaged protobuf at byte 6, in ModelProto: a length of 4294967295 bytes goes beyond the end. "
        + "The file is not an ONNX model or was cut short; export or download it again.\n"),
    ModelFault(
      "cyclic graph", "the graph has a cycle: node 'first' reads 'b', which depends on that node's own output.\n"
    ) {
      $0.nodes = [
        TestModel.node("Add", ["x", "b"], "a", name: "first"), TestModel.node("Relu", ["a"], "b", name: "second"),
        TestModel.node("Relu", ["b"], "y"),
      ]
    },
    ModelFault("unknown operator", "unsupported operator 'Frobnicate' at node 'n'\n") {
      $0.nodes = [TestModel.node("Frobnicate", ["x"], "y")]
    },
    ModelFault(
      "missing initialiser",
      "'c' is read by node 'n' but nothing produces it. The model is incomplete; export it again.\n"
    ) { $0.initializers = [] },
    ModelFault("shape mismatch", "Add node 'n': ") { $0.initializers = [TestModel.tensor("c", [3], [1, 2, 3])] },
    ModelFault(
      "declared output differs", "output 'y' is declared as [2, 1] but computed as [1, 2]. Export the model again.\n"
    ) { $0.output = [2, 1] },
    ModelFault(
      "NaN weight",
      "tensor 'c' has the value nan at element 1. Only finite weights are accepted; train or export the model again.\n"
    ) { $0.initializers = [TestModel.tensor("c", [2], [1, .nan])] },
    ModelFault(
      "infinite weight",
      "tensor 'c' has the value inf at element 0. Only finite weights are accepted; train or export the model again.\n"
    ) { $0.initializers = [TestModel.tensor("c", [2], [.infinity, 1])] },
    ModelFault("overflow in the input's shape", "'x' of shape [1099511627776, 1099511627776] has too many elements") {
      $0.input = [1 << 40, 1 << 40]
    },
    ModelFault("overflow in an initialiser's shape", "tensor 'c' has 2³¹ or more elements.\n") {
      $0.initializers = [TestModel.tensor("c", [1 << 40, 1 << 40], [1])]
    },
    ModelFault("external data outside the folder", "tensor 'c' keeps its data in another file: ") {
      $0.initializers = [TestModel.external("c", location: "../../etc/passwd")]
    },
  ]
}

@Suite("Model faults", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct ModelFaultTests {
  @Test("a broken model is refused by verify and info, and leaves nothing behind", arguments: ModelFault.all)
  func refused(fault: ModelFault) throws {
    let place = try Workplace()
    try place.write("m.onnx", fault.bytes)
    try place.write("q.vnnlib", Samples.holds)
    let before = try place.snapshot()
    let runs = [
      try Tool.axcert.run("verify", "m.onnx", "--props", "q.vnnlib", in: place),
      try Tool.axcert.run("info", "m.onnx", in: place),
    ]
    for result in runs {
      #expect(result.status == 65)
      #expect(result.output.isEmpty)
      let expected = "axcert: error: m.onnx: " + fault.message
      #expect(
        fault.message.hasSuffix("\n") ? result.error == expected : result.error.hasPrefix(expected), "\(result.error)")
      #expect(result.error.filter { $0 == "\n" }.count == 1)
    }
    #expect(try place.snapshot() == before)
  }

  @Test(
    "paths that are no model",
    arguments: [
      ("nope.onnx", "There is no file 'nope.onnx'. Check the path; it is taken relative to the working directory.\n"),
      (".", "'.' is a directory. Give the path of a file inside it.\n"),
      ("empty.onnx", "'empty.onnx' is empty (0 bytes). Write or download it again.\n"),
      ("m.onnx/x", "There is no file 'm.onnx/x'. Check the path; it is taken relative to the working directory.\n"),
      (
        "/dev/null",
        "'/dev/null' is not a regular file (a pipe, socket or device). Save its contents to a file first.\n"
      ),
    ])
  func paths(path: String, message: String) throws {
    let place = try Workplace()
    try place.write("empty.onnx", "")
    try place.write("m.onnx", TestModel.valid.bytes)
    try place.write("q.vnnlib", Samples.holds)
    let before = try place.snapshot()
    for (model, props) in [(path, "q.vnnlib"), ("m.onnx", path)] {
      let result = try Tool.axcert.run("verify", model, "--props", props, in: place)
      #expect(result.status == 65)
      #expect(result.error == "axcert: error: " + message)
    }
    let result = try Tool.axcheck.run("m.onnx", "--model", path, in: place)
    #expect(result.status == 65)
    #expect(result.error == "axcheck: " + message)
    #expect(try place.snapshot() == before)
  }
}
