// SPDX-License-Identifier: Apache-2.0
import ONNX

extension Hazard {
  static let constants: [Hazard] = [
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
      "data stored twice",
      TestModel.adding(TestModel.tensor("c", [2], floats: [1, 2]) + Wire.bytes(4, Wire.floats([1, 2]))),
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
      TestModel.adding(
        Wire.integer(1, 2) + Wire.integer(2, 11) + Wire.text(8, "c") + Wire.bytes(9, [UInt8](repeating: 0, count: 16))),
      "Add node 'n' mixes element types. All its operands must have the model's element type."),
    Hazard(
      "external data", TestModel.adding(TestModel.external("c", [("location", "weights.bin")])),
      "tensor 'c' keeps its data in another file: only models in one file are accepted here. "
        + "Save the model with the weights inside."),
  ]

  private static func single(_ kind: String, _ inputs: [String], _ attributes: [[UInt8]] = []) -> TestModel {
    TestModel(
      nodes: [TestModel.node(kind, inputs, attributes: attributes)],
      initializers: [
        TestModel.tensor("c", [2], floats: [0.5, 0]), TestModel.tensor("s", integers: [1 << 40, 1 << 40]),
      ])
  }

  static let nodes: [Hazard] = [
    Hazard("unknown operator", single("X", ["x"]), "unsupported operator 'X' at node 'n'"),
    Hazard(
      "another domain", TestModel(nodes: [TestModel.node("Gelu", ["x"]) + Wire.text(7, "com.microsoft")]),
      "unsupported: Gelu node 'n' belongs to the operator domain 'com.microsoft'"),
    Hazard(
      "unknown attribute", single("Relu", ["x"], [TestModel.attribute("alpha", integer: 1)]),
      "Relu node 'n': attribute 'alpha' is not known for this operator in operator set 13."),
    Hazard(
      "attribute twice",
      single("Flatten", ["x"], [TestModel.attribute("axis", integer: 1), TestModel.attribute("axis", integer: 0)]),
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
      TestModel(
        nodes: [TestModel.node("Gemm", ["x", "w"])], initializers: [TestModel.tensor("w", [3, 1], floats: [1, 2, 3])]),
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
      "ConstantOfShape node 'bomb' needs too much memory: constants derived from the file are limited to 512 MiB."),
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
      "Add node 'n' needs too much memory: constants derived from the file are limited to 512 MiB."),
    Hazard(
      "Concat bomb",
      TestModel(
        inputs: [TestModel.value("x", [1 << 26])], outputs: [TestModel.value("y", nil)],
        nodes: [TestModel.node("Concat", ["x", "x"], attributes: [TestModel.attribute("axis", integer: 0)])]),
      "Concat node 'n' needs too much memory: constants derived from the file are limited to 512 MiB."),
    Hazard(
      "rounded constants",
      TestModel(
        nodes: [TestModel.node("Mul", ["a", "a"], ["b"], name: "m"), TestModel.node("Add", ["x", "b"])],
        initializers: [TestModel.tensor("a", [1], floats: [0.1])]),
      "unsupported: Mul node 'm' combines constants whose result has to be rounded. Fold the constants when exporting the model."
    ),
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
        nodes: [
          TestModel.node("Conv", ["x", "w"], attributes: [TestModel.attribute("pads", integers: [1 << 40, 0])])
        ],
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
