// SPDX-License-Identifier: Apache-2.0
import ONNX

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
      "subgraph",
      changed { $0.nodes = [TestModel.node("If", ["x"], attributes: [Wire.text(1, "then") + Wire.bytes(6, [])])] },
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
      TestModel(nodes: [
        TestModel.node("Relu", ["a"], name: "late"), TestModel.node("Relu", ["x"], ["a"], name: "early"),
      ]),
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
      changed {
        $0.initializers = [TestModel.tensor("e\u{301}", [2], floats: [1, 2])]
        $0.nodes = [TestModel.node("Add", ["x", "\u{E9}"])]
      },
      "'\u{E9}' is read by node 'n' but nothing produces it. The model is incomplete; export it again."),
  ]
}
