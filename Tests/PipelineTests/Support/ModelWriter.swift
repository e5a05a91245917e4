// SPDX-License-Identifier: Apache-2.0

/// Writes protobuf by hand, so that tests can also write what no library would.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func integer(_ field: UInt64, _ value: Int64) -> [UInt8] {
    varint(field << 3) + varint(UInt64(bitPattern: value))
  }
  static func bytes(_ field: UInt64, _ payload: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(payload.count)) + payload
  }
  static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, [UInt8](text.utf8)) }
}

/// An ONNX model (opset 13) of one input `x` and one output `y`, as its messages; each part may be replaced by something broken.
struct TestModel {
  enum Element: Int64, CaseIterable {
    case float32 = 1
    case float64 = 11
  }

  var element = Element.float32
  var input: [Int64] = [1, 2]
  var output: [Int64] = [1, 2]
  var nodes: [[UInt8]] = []
  var initializers: [[UInt8]] = []

  var bytes: [UInt8] {
    let graph =
      nodes.flatMap { Wire.bytes(1, $0) } + initializers.flatMap { Wire.bytes(5, $0) }
      + Wire.bytes(11, value("x", input)) + Wire.bytes(12, value("y", output))
    return Wire.integer(1, 8) + Wire.bytes(7, graph) + Wire.bytes(8, Wire.integer(2, 13))
  }

  private func value(_ name: String, _ shape: [Int64]) -> [UInt8] {
    let dimensions = Wire.bytes(2, shape.flatMap { Wire.bytes(1, Wire.integer(1, $0)) })
    return Wire.text(1, name) + Wire.bytes(2, Wire.bytes(1, Wire.integer(1, element.rawValue) + dimensions))
  }

  static func node(_ kind: String, _ inputs: [String], _ output: String, name: String = "n") -> [UInt8] {
    inputs.flatMap { Wire.text(1, $0) } + Wire.text(2, output) + Wire.text(3, name) + Wire.text(4, kind)
  }

  static func tensor(_ name: String, _ shape: [Int64], _ values: [Double], _ element: Element = .float32) -> [UInt8] {
    let raw = values.flatMap { value -> [UInt8] in
      let pattern = element == .float32 ? UInt64(Float(value).bitPattern) : value.bitPattern
      return (0..<(element == .float32 ? 4 : 8)).map { UInt8(truncatingIfNeeded: pattern >> UInt64(8 * $0)) }
    }
    return shape.flatMap { Wire.integer(1, $0) } + Wire.integer(2, element.rawValue) + Wire.text(8, name)
      + Wire.bytes(9, raw)
  }

  static func external(_ name: String, location: String) -> [UInt8] {
    Wire.integer(1, 2) + Wire.integer(2, 1) + Wire.text(8, name) + Wire.integer(14, 1)
      + Wire.bytes(13, Wire.text(1, "location") + Wire.text(2, location))
  }

  /// y = x + c with one initializer.
  static func adding(_ initializer: [UInt8]) -> TestModel {
    TestModel(nodes: [node("Add", ["x", "c"], "y")], initializers: [initializer])
  }

  /// y = x + (1, 2).
  static var valid: TestModel { adding(tensor("c", [2], [1, 2])) }
}

/// A perceptron with ReLUs between its layers, small enough to be evaluated exactly.
struct Perceptron {
  struct Layer {
    /// Row-major, outputs × inputs.
    var weights: [[Double]]
    var bias: [Double]
  }

  var layers: [Layer]
  var element = TestModel.Element.float32

  func evaluate(_ point: [Double]) -> [Double] {
    var values = point
    for (index, layer) in layers.enumerated() {
      values = zip(layer.weights, layer.bias).map { row, bias in zip(row, values).reduce(bias) { $0 + $1.0 * $1.1 } }
      if index < layers.count - 1 { values = values.map { max(0, $0) } }
    }
    return values
  }

  var onnx: [UInt8] {
    var model = TestModel(element: element)
    model.input = [1, Int64(layers[0].weights[0].count)]
    model.output = [1, Int64(layers[layers.count - 1].bias.count)]
    var current = "x"
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      let (outputs, inputs) = (layer.bias.count, layer.weights[0].count)
      let transposed = (0..<inputs).flatMap { column in layer.weights.map { $0[column] } }
      model.initializers.append(TestModel.tensor("w\(index)", [Int64(inputs), Int64(outputs)], transposed, element))
      model.initializers.append(TestModel.tensor("b\(index)", [Int64(outputs)], layer.bias, element))
      let sum = isLast ? "y" : "z\(index)"
      model.nodes.append(TestModel.node("Gemm", [current, "w\(index)", "b\(index)"], sum, name: "gemm\(index)"))
      if !isLast { model.nodes.append(TestModel.node("Relu", [sum], "a\(index)", name: "relu\(index)")) }
      current = "a\(index)"
    }
    return model.bytes
  }

  /// Weights and biases are multiples of 1/4 in [-2, 2].
  static func random(_ sizes: [Int], _ element: TestModel.Element, _ generator: inout SplitMix64) -> Perceptron {
    let layers = zip(sizes, sizes.dropFirst()).map { inputs, outputs in
      Layer(
        weights: (0..<outputs).map { _ in (0..<inputs).map { _ in generator.quarter(-8...8) } },
        bias: (0..<outputs).map { _ in generator.quarter(-4...4) })
    }
    return Perceptron(layers: layers, element: element)
  }
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

  mutating func quarter(_ range: ClosedRange<Int>) -> Double { Double(Int.random(in: range, using: &self)) / 4 }
}
