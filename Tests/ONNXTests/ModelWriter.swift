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
  static func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } }
  }
}

/// A model as its messages; each part may be replaced by something broken.
struct TestModel {
  var irVersion: [UInt8] = Wire.integer(1, 8)
  var opset: [UInt8] = Wire.bytes(8, Wire.integer(2, 13))
  var inputs = [TestModel.value("x", [1, 2])]
  var outputs = [TestModel.value("y", [1, 2])]
  var nodes: [[UInt8]] = []
  var initializers: [[UInt8]] = []
  /// Further fields of the graph and of the model.
  var graphExtra: [UInt8] = []
  var extra: [UInt8] = []

  var bytes: [UInt8] {
    let graph =
      nodes.flatMap { Wire.bytes(1, $0) } + initializers.flatMap { Wire.bytes(5, $0) }
      + inputs.flatMap { Wire.bytes(11, $0) } + outputs.flatMap { Wire.bytes(12, $0) } + graphExtra
    return irVersion + extra + Wire.bytes(7, graph) + opset
  }

  static func value(_ name: String, _ shape: [Int64]?, type: Int64 = 1) -> [UInt8] {
    let dimensions = shape.map { shape in Wire.bytes(2, shape.flatMap { Wire.bytes(1, Wire.integer(1, $0)) }) } ?? []
    return Wire.text(1, name) + Wire.bytes(2, Wire.bytes(1, Wire.integer(1, type) + dimensions))
  }

  static func node(
    _ kind: String, _ inputs: [String], _ outputs: [String] = ["y"], name: String = "n", attributes: [[UInt8]] = []
  ) -> [UInt8] {
    inputs.flatMap { Wire.text(1, $0) } + outputs.flatMap { Wire.text(2, $0) } + Wire.text(3, name) + Wire.text(4, kind)
      + attributes.flatMap { Wire.bytes(5, $0) }
  }

  static func attribute(_ name: String, integer: Int64) -> [UInt8] {
    Wire.text(1, name) + Wire.integer(3, integer) + Wire.integer(20, 2)
  }

  static func attribute(_ name: String, integers: [Int64]) -> [UInt8] {
    Wire.text(1, name) + integers.flatMap { Wire.integer(8, $0) } + Wire.integer(20, 7)
  }

  static func tensor(_ name: String, _ shape: [Int64], floats: [Float]) -> [UInt8] {
    shape.flatMap { Wire.integer(1, $0) } + Wire.integer(2, 1) + Wire.text(8, name) + Wire.bytes(9, Wire.floats(floats))
  }

  static func tensor(_ name: String, integers: [Int64]) -> [UInt8] {
    Wire.integer(1, Int64(integers.count)) + Wire.integer(2, 7) + integers.flatMap { Wire.integer(7, $0) }
      + Wire.text(8, name)
  }

  static func external(_ name: String, _ entries: [(String, String)]) -> [UInt8] {
    Wire.integer(1, 2) + Wire.integer(2, 1) + Wire.text(8, name) + Wire.integer(14, 1)
      + entries.flatMap { Wire.bytes(13, Wire.text(1, $0.0) + Wire.text(2, $0.1)) }
  }

  /// y = x + c with one initializer.
  static func adding(_ initializer: [UInt8]) -> TestModel {
    TestModel(nodes: [node("Add", ["x", "c"])], initializers: [initializer])
  }

  static var valid: TestModel { adding(tensor("c", [2], floats: [1, 2])) }
}
