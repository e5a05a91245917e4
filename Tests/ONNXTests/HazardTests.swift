// SPDX-License-Identifier: Apache-2.0
import Graph
import ONNX
import Testing

/// A broken model and the message it must get.
struct Hazard: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]
  var message: String

  init(_ name: String, _ model: TestModel, _ message: String) { self.init(name, bytes: model.bytes, message) }
  init(_ name: String, bytes: [UInt8], _ message: String) {
    (testDescription, self.bytes, self.message) = (name, bytes, message)
  }
}

@Suite("Hazards")
struct HazardTests {
  @Test("a broken model gets its own message", arguments: Hazard.all)
  func refuses(_ hazard: Hazard) {
    #expect(message(hazard.bytes) == hazard.message)
  }

  @Test("the model that the hazards start from is read") func acceptsValid() throws {
    let graph = try ONNXReader.read(TestModel.valid.bytes, path: nil)
    try graph.checkInvariants()
    #expect(evaluate(graph, [10, 20]) == [11, 22])
  }

  @Test("every proper prefix of a model is refused")
  func refusesPrefixes() throws {
    let bytes = try Fixtures.bytes("mlp.onnx")
    for length in bytes.indices {
      #expect(throws: ONNXError.self) { try ONNXReader.read(Array(bytes[..<length]), path: nil) }
    }
  }

  @Test("a model with any one bit flipped is refused or read as a sound graph", arguments: ["mlp", "conv_pads", "shape_chain"])
  func survivesBitFlips(_ name: String) throws {
    var bytes = try Fixtures.bytes("\(name).onnx")
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << bit
        if let graph = try? ONNXReader.read(bytes, path: nil) { try graph.checkInvariants() }
        bytes[position] ^= 1 << bit
      }
    }
  }

  @Test("random bytes are refused")
  func refusesNoise() {
    var random = SplitMix64(state: 7)
    for length in 0..<2000 {
      let bytes = (0..<length % 97).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(throws: ONNXError.self) { try ONNXReader.read(bytes, path: nil) }
    }
  }

  @Test("every message describes itself in words") func describes() {
    for hazard in Hazard.all { #expect(hazard.message.count > 20) }
  }
}

/// The error's text, or "read" when there is none.
func message(_ bytes: [UInt8]) -> String {
  do throws(ONNXError) {
    _ = try ONNXReader.read(bytes, path: nil)
    return "read"
  } catch { return error.description }
}

/// Vigna's generator: small, fast, the same on every machine.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Hazard {
  static let all = container + wire + versions + interface + structure + constants + nodes

  private static let container: [Hazard] = [
    Hazard("empty file", bytes: [], "the model is empty (0 bytes); export or download it again."),
    Hazard(
      "Git LFS pointer",
      bytes: [UInt8]("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n".utf8),
      "this is a Git LFS pointer, not a model: the file was never downloaded. Run 'git lfs pull' in its repository."),
  ]

  private static let wire: [Hazard] = [
    Hazard(
      "length of 4 GB", bytes: [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
      "damaged protobuf at byte 6, in ModelProto: a length of 4294967295 bytes goes beyond the end. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "length of 2⁶⁴−1", bytes: [0x3A] + [UInt8](repeating: 0xFF, count: 9) + [1],
      "damaged protobuf at byte 11, in ModelProto: a length of 18446744073709551615 bytes goes beyond the end. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "overlong varint", bytes: [0x08] + [UInt8](repeating: 0x80, count: 10) + [0],
      "damaged protobuf at byte 10, in ModelProto: a varint has more than 10 bytes or 64 bits. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "group", bytes: [0x3B],
      "damaged protobuf at byte 1, in ModelProto: wire type 3 does not occur in ONNX. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "text file", bytes: [UInt8]("hello".utf8),
      "damaged protobuf at byte 3, in ModelProto: wire type 4 does not occur in ONNX. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "two graphs", TestModel(extra: Wire.bytes(7, [])),
      "damaged protobuf at byte \(TestModel().bytes.count + 2 - TestModel().opset.count), in ModelProto: field 7 occurs twice. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
    Hazard(
      "name that is not UTF-8", TestModel(nodes: [Wire.bytes(1, [0xFF])]),
      "damaged protobuf at byte 9, in NodeProto: field 1 is not UTF-8 text. "
        + "The file is not an ONNX model or was cut short; export or download it again."),
  ]

  private static let versions: [Hazard] = [
    Hazard(
      "no graph", bytes: Wire.integer(1, 8),
      "the file has no graph: it is not an ONNX model, or was cut short. Export or download it again."),
    Hazard(
      "no IR version", changed { $0.irVersion = [] },
      "IR version (none) is outside 3…13. Export the model again with a supported version."),
    Hazard(
      "IR version 99", changed { $0.irVersion = Wire.integer(1, 99) },
      "IR version 99 is outside 3…13. Export the model again with a supported version."),
    Hazard(
      "no operator set", changed { $0.opset = [] },
      "the model imports no operator set of the default domain. Export or download it again."),
    Hazard(
      "operator set 6", changed { $0.opset = Wire.bytes(8, Wire.integer(2, 6)) },
      "operator set 6 is outside 7…26. Export the model again with 'opset_version' in this range."),
    Hazard(
      "two operator sets", changed { $0.opset += Wire.bytes(8, Wire.integer(2, 12)) },
      "the default operator set is imported as version 13 and as version 12. Keep one of them."),
    Hazard("functions", changed { $0.extra = Wire.bytes(25, []) }, unsupportedFeature("functions")),
    Hazard("training", changed { $0.extra = Wire.bytes(20, []) }, unsupportedFeature("training information")),
    Hazard("sparse", changed { $0.graphExtra = Wire.bytes(15, []) }, unsupportedFeature("sparse initializers")),
    Hazard("quantized", changed { $0.graphExtra = Wire.bytes(14, []) }, unsupportedFeature("quantization annotations")),
    Hazard(
      "subgraph", changed { $0.nodes = [TestModel.node("If", ["x"], attributes: [Wire.text(1, "then") + Wire.bytes(6, [])])] },
      unsupportedFeature("subgraphs")),
  ]

  private static func unsupportedFeature(_ feature: String) -> String {
    "the model uses \(feature), which could change its meaning and is not supported. Export it without."
  }

  private static func changed(_ change: (inout TestModel) -> Void) -> TestModel {
    var model = TestModel.valid
    change(&model)
    return model
  }

  private static let interface: [Hazard] = [
    Hazard(
      "no input", changed { $0.inputs = [] }, "the graph has no input. A model with exactly one input is needed."),
    Hazard(
      "two inputs", changed { $0.inputs.append(TestModel.value("z", [1])) },
      "the graph has 2 inputs ('x', 'z'). Only models with exactly one input are supported."),
    Hazard(
      "no output", changed { $0.outputs = [] }, "the graph has no output. A model with exactly one output is needed."),
    Hazard(
      "two outputs", changed { $0.outputs.append(TestModel.value("x", [1, 2])) },
      "the graph has 2 outputs ('y', 'x'). Only models with exactly one output are supported."),
    Hazard(
      "float16 input", changed { $0.inputs = [TestModel.value("x", [1, 2], type: 10)] },
      "'x' has element type float16. Input and output must both be float32 or both be float64."),
    Hazard(
      "output of another type", changed { $0.outputs = [TestModel.value("y", [1, 2], type: 11)] },
      "'y' has element type float64. Input and output must both be float32 or both be float64."),
    Hazard(
      "input without a shape", changed { $0.inputs = [TestModel.value("x", nil)] },
      "input 'x' declares no shape. Export the model with a static input shape."),
    Hazard(
      "second dimension unknown", changed { $0.inputs = [TestModel.value("x", [1, -1])] },
      "dimension 1 of input 'x' is symbolic ('-1'). "
        + "Only the first dimension may be; export the model with a static input shape."),
    Hazard(
      "shape product overflows", changed { $0.inputs = [TestModel.value("x", [1 << 40, 1 << 40])] },
      "'x' of shape [1099511627776, 1099511627776] has too many elements (2³¹ or more)."),
    Hazard(
      "declared output differs", changed { $0.outputs = [TestModel.value("y", [2, 1])] },
      "output 'y' is declared as [2, 1] but computed as [1, 2]. Export the model again."),
    Hazard(
      "constant output", changed { $0.outputs = [TestModel.value("c", [2])] },
      "output 'c' does not depend on the input: there is nothing to verify."),
  ]

  private static let structure: [Hazard] = [
    Hazard(
      "missing initializer", changed { $0.initializers = [] },
      "'c' is read by node 'n' but nothing produces it. The model is incomplete; export it again."),
    Hazard(
      "output not produced", changed { $0.outputs = [TestModel.value("q", [1, 2])] },
      "output 'q' is not produced by any node. The model is incomplete; export it again."),
    Hazard(
      "cycle",
      TestModel(nodes: [
        TestModel.node("Add", ["x", "b"], ["a"], name: "first"), TestModel.node("Relu", ["a"], ["b"], name: "second"),
        TestModel.node("Relu", ["b"]),
      ]),
      "the graph has a cycle: node 'first' reads 'b', which depends on that node's own output."),
    Hazard(
      "node that reads itself", TestModel(nodes: [TestModel.node("Add", ["x", "y"])]),
      "the graph has a cycle: node 'n' reads 'y', which depends on that node's own output."),
    Hazard(
      "unsorted nodes",
      TestModel(nodes: [TestModel.node("Relu", ["a"], name: "late"), TestModel.node("Relu", ["x"], ["a"], name: "early")]),
      "node 'late' reads 'a' before node 'early' produces it. ONNX requires nodes in topological order; sort them."),
    Hazard(
      "name produced twice", changed { $0.nodes.append(TestModel.node("Relu", ["x"], name: "m")) },
      "'y' is produced twice. Each tensor name must have one meaning."),
    Hazard(
      "input overwritten", TestModel(nodes: [TestModel.node("Relu", ["x"], ["x"])]),
      "'x' is produced twice. Each tensor name must have one meaning."),
    Hazard(
      "duplicate initializer", changed { $0.initializers.append($0.initializers[0]) },
      "initializer 'c' occurs twice. Each tensor name must have one meaning."),
    Hazard(
      "duplicate input", changed { $0.inputs.append($0.inputs[0]) },
      "graph input 'x' occurs twice. Each tensor name must have one meaning."),
    Hazard(
      "unnamed initializer", TestModel.adding(TestModel.tensor("", [2], floats: [1, 2])),
      "initializer number 0 has no name. Export the model again."),
    Hazard(
      "names that only look alike",
      changed { $0.initializers = [TestModel.tensor("e\u{301}", [2], floats: [1, 2])]; $0.nodes = [TestModel.node("Add", ["x", "\u{E9}"])] },
      "'\u{E9}' is read by node 'n' but nothing produces it. The model is incomplete; export it again."),
  ]

  private static let constants: [Hazard] = [
    Hazard(
      "NaN weight", TestModel.adding(TestModel.tensor("c", [2], floats: [1, .nan])),
      "tensor 'c' has the value nan at element 1. Only finite weights are accepted; train or export the model again."),
    Hazard(
      "infinite weight", TestModel.adding(TestModel.tensor("c", [2], floats: [-.infinity, 0])),
      "tensor 'c' has the value -inf at element 0. Only finite weights are accepted; train or export the model again."),
    Hazard(
      "raw data too short", TestModel.adding(TestModel.tensor("c", [2], floats: [1])),
      "tensor 'c' has 4 bytes of raw data; its shape and type need 8."),
    Hazard(
      "raw data too long", TestModel.adding(TestModel.tensor("c", [2], floats: [1, 2, 3])),
      "tensor 'c' has 12 bytes of raw data; its shape and type need 8."),
    Hazard(
      "no data", TestModel.adding(Wire.integer(1, 2) + Wire.integer(2, 1) + Wire.text(8, "c")),
      "tensor 'c' has no data for its 2 elements."),
    Hazard(
      "data stored twice", TestModel.adding(TestModel.tensor("c", [2], floats: [1, 2]) + Wire.bytes(4, Wire.floats([1, 2]))),
      "tensor 'c' stores its data twice (raw and typed, or in two types)."),
    Hazard(
      "data in the wrong field",
      TestModel.adding(Wire.integer(1, 1) + Wire.integer(2, 1) + Wire.text(8, "c") + Wire.integer(7, 3)),
      "tensor 'c' stores its data in a field that does not belong to its element type."),
    Hazard(
      "negative dimension", TestModel.adding(TestModel.tensor("c", [-2], floats: [1, 2])),
      "tensor 'c' has the negative dimension -2."),
    Hazard(
      "dimensions overflow", TestModel.adding(TestModel.tensor("c", [1 << 62, 4], floats: [1, 2])),
      "tensor 'c' has 2³¹ or more elements."),
    Hazard(
      "too many dimensions", TestModel.adding(TestModel.tensor("c", [Int64](repeating: 1, count: 1000), floats: [1])),
      "tensor 'c' has 1000 dimensions; at most 32 are supported."),
    Hazard(
      "float16 weights", TestModel.adding(Wire.integer(1, 2) + Wire.integer(2, 10) + Wire.text(8, "c")),
      "tensor 'c' has element type float16. Supported are float32, float64, int32, int64 and bool."),
    Hazard(
      "text weights", TestModel.adding(Wire.integer(1, 1) + Wire.integer(2, 8) + Wire.text(8, "c") + Wire.text(6, "a")),
      "tensor 'c' has element type string. Supported are float32, float64, int32, int64 and bool."),
    Hazard(
      "segments", TestModel.adding(TestModel.tensor("c", [2], floats: [1, 2]) + Wire.bytes(3, [])),
      "tensor 'c' is stored in segments, which is not supported."),
    Hazard(
      "weights of another type",
      TestModel.adding(Wire.integer(1, 2) + Wire.integer(2, 11) + Wire.text(8, "c") + Wire.bytes(9, [UInt8](repeating: 0, count: 16))),
      "Add node 'n' mixes element types. All its operands must have the model's element type."),
    Hazard(
      "external data", TestModel.adding(TestModel.external("c", [("location", "weights.bin")])),
      "tensor 'c' keeps its data in another file: only models in one file are accepted here. "
        + "Save the model with the weights inside."),
  ]

  private static func single(_ kind: String, _ inputs: [String], _ attributes: [[UInt8]] = []) -> TestModel {
    TestModel(
      nodes: [TestModel.node(kind, inputs, attributes: attributes)],
      initializers: [TestModel.tensor("c", [2], floats: [0.5, 0]), TestModel.tensor("s", integers: [1 << 40, 1 << 40])])
  }

  private static let nodes: [Hazard] = [
    Hazard("unknown operator", single("X", ["x"]), "unsupported operator 'X' at node 'n'"),
    Hazard(
      "another domain", TestModel(nodes: [TestModel.node("Gelu", ["x"]) + Wire.text(7, "com.microsoft")]),
      "unsupported: Gelu node 'n' belongs to the operator domain 'com.microsoft'"),
    Hazard(
      "unknown attribute", single("Relu", ["x"], [TestModel.attribute("alpha", integer: 1)]),
      "Relu node 'n': attribute 'alpha' is not known for this operator in operator set 13."),
    Hazard(
      "attribute twice", single("Flatten", ["x"], [TestModel.attribute("axis", integer: 1), TestModel.attribute("axis", integer: 0)]),
      "Flatten node 'n': attribute 'axis' occurs twice."),
    Hazard(
      "attribute of the wrong type", single("Flatten", ["x"], [TestModel.attribute("axis", integers: [1])]),
      "Flatten node 'n': attribute 'axis' has the wrong type."),
    Hazard("too few inputs", single("Add", ["x"]), "Add node 'n' has 1 inputs; 2 expected in this operator set."),
    Hazard("left-out input", single("Add", ["x", ""]), "Add node 'n' lacks its input number 1."),
    Hazard(
      "shape mismatch", TestModel.adding(TestModel.tensor("c", [3], floats: [1, 2, 3])),
      "Add node 'n': shapes [1, 2] and [3] cannot be broadcast."),
    Hazard(
      "inner dimensions differ",
      TestModel(nodes: [TestModel.node("Gemm", ["x", "w"])], initializers: [TestModel.tensor("w", [3, 1], floats: [1, 2, 3])]),
      "Gemm node 'n': inner dimensions 2 and 3 differ; check 'transA' and 'transB'."),
    Hazard("division by zero", single("Div", ["x", "c"]), "Div node 'n' divides by zero at element 1."),
    Hazard(
      "division by the input", single("Div", ["c", "x"]),
      "unsupported: Div node 'n' divides by a tensor that depends on the input"),
    Hazard(
      "product of variables", single("Mul", ["x", "x"]),
      "unsupported: Mul node 'n' multiplies two tensors that depend on the input"),
    Hazard(
      "axis out of range", single("Flatten", ["x"], [TestModel.attribute("axis", integer: 99)]),
      "Flatten node 'n': axis 99 does not exist in a tensor of 2 dimensions."),
    Hazard(
      "ConstantOfShape bomb",
      TestModel(
        nodes: [TestModel.node("ConstantOfShape", ["s"], ["c"], name: "bomb"), TestModel.node("Add", ["x", "c"])],
        initializers: [TestModel.tensor("s", integers: [1 << 30, 1])]),
      "ConstantOfShape node 'bomb' needs too much memory: constants derived from the file are limited to 2 GiB."),
    Hazard(
      "shape arithmetic overflows",
      TestModel(
        nodes: [TestModel.node("Mul", ["s", "s"], ["t"], name: "square"), TestModel.node("Reshape", ["x", "t"])],
        initializers: [TestModel.tensor("s", integers: [1 << 40, 1])]),
      "Mul node 'square' computes a number that is too large."),
    Hazard(
      "reshape target too large", single("Reshape", ["x", "s"]),
      "Reshape node 'n': shape [1, 2] cannot be reshaped to [1099511627776, 1099511627776]."),
    Hazard(
      "broadcasting bomb",
      TestModel(
        inputs: [TestModel.value("x", [1 << 30, 1])], outputs: [TestModel.value("y", nil)],
        nodes: [TestModel.node("Add", ["x", "c"])], initializers: [TestModel.tensor("c", [2], floats: [1, 2])]),
      "Add node 'n' makes a tensor of 2³¹ or more elements."),
    Hazard(
      "per-element bomb",
      TestModel(
        inputs: [TestModel.value("x", [1 << 30])], outputs: [TestModel.value("y", nil)],
        nodes: [TestModel.node("Add", ["x", "c"])], initializers: [TestModel.tensor("c", [1], floats: [1])]),
      "Add node 'n' needs too much memory: constants derived from the file are limited to 2 GiB."),
    Hazard(
      "Concat bomb",
      TestModel(
        inputs: [TestModel.value("x", [1 << 26])], outputs: [TestModel.value("y", nil)],
        nodes: [TestModel.node("Concat", ["x", "x"], attributes: [TestModel.attribute("axis", integer: 0)])]),
      "Concat node 'n' needs too much memory: constants derived from the file are limited to 2 GiB."),
    Hazard(
      "rounded constants",
      TestModel(
        nodes: [TestModel.node("Mul", ["a", "a"], ["b"], name: "m"), TestModel.node("Add", ["x", "b"])],
        initializers: [TestModel.tensor("a", [1], floats: [0.1])]),
      "unsupported: Mul node 'm' combines constants whose result has to be rounded. Fold the constants when exporting the model."),
    Hazard(
      "BatchNormalization asked for statistics",
      TestModel(
        nodes: [TestModel.node("BatchNormalization", ["x", "c", "c", "c", "c"], ["y", "mean"])],
        initializers: [TestModel.tensor("c", [2], floats: [1, 1])]),
      "BatchNormalization node 'n' has 2 outputs; only the first may be used."),
    Hazard(
      "negative variance",
      TestModel(
        nodes: [TestModel.node("BatchNormalization", ["x", "c", "c", "c", "v"])],
        initializers: [TestModel.tensor("c", [2], floats: [1, 1]), TestModel.tensor("v", [2], floats: [1, -1])]),
      "BatchNormalization node 'n': variance + epsilon is not positive in channel 1."),
    Hazard(
      "padding that cuts",
      TestModel(
        nodes: [TestModel.node("Pad", ["x", "p"])], initializers: [TestModel.tensor("p", integers: [0, -1, 0, 0])]),
      "unsupported: Pad node 'n' cuts elements off (pads [0, -1, 0, 0])"),
    Hazard(
      "group 0",
      TestModel(
        inputs: [TestModel.value("x", [1, 1, 2])],
        nodes: [TestModel.node("Conv", ["x", "w"], attributes: [TestModel.attribute("group", integer: 0)])],
        initializers: [TestModel.tensor("w", [1, 1, 1], floats: [1])]),
      "Conv node 'n': input [1, 1, 2], weights [1, 1, 1] and 0 groups do not fit."),
    Hazard(
      "stride 0",
      TestModel(
        inputs: [TestModel.value("x", [1, 1, 2])],
        nodes: [TestModel.node("Conv", ["x", "w"], attributes: [TestModel.attribute("strides", integers: [0])])],
        initializers: [TestModel.tensor("w", [1, 1, 1], floats: [1])]),
      "Conv node 'n': attribute 'strides' is [0]; 1 numbers from 1 expected."),
    Hazard(
      "kernel larger than the input",
      TestModel(
        inputs: [TestModel.value("x", [1, 1, 2])], nodes: [TestModel.node("Conv", ["x", "w"])],
        initializers: [TestModel.tensor("w", [1, 1, 3], floats: [1, 2, 3])]),
      "Conv node 'n': a window of [3] does not fit into [2] with pads [0, 0]."),
    Hazard(
      "pads of 2⁴⁰",
      TestModel(
        inputs: [TestModel.value("x", [1, 1, 2])],
        nodes: [TestModel.node("Conv", ["x", "w"], attributes: [TestModel.attribute("pads", integers: [1 << 40, 0])])],
        initializers: [TestModel.tensor("w", [1, 1, 1], floats: [1])]),
      "Conv node 'n': attribute 'pads' is [1099511627776, 0]; 2 numbers from 0 expected."),
    Hazard(
      "dropout in training",
      TestModel(
        nodes: [TestModel.node("Dropout", ["x", "", "t"])],
        initializers: [Wire.integer(2, 9) + Wire.text(8, "t") + Wire.bytes(9, [1])]),
      "unsupported: Dropout node 'n' is in training mode"),
    Hazard(
      "dropout mask used",
      TestModel(nodes: [TestModel.node("Dropout", ["x"], ["a", "m"]), TestModel.node("Add", ["a", "m"], name: "o")]),
      "Dropout node 'n' has 2 outputs; only the first may be used."),
  ]
}
