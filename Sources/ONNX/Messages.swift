// SPDX-License-Identifier: Apache-2.0

// The messages of onnx.proto, as far as they are needed. Field numbers are onnx.proto's. A part that could change the meaning
// and is not understood is an error; documentation strings and unknown fields are skipped.

/// A name compared byte by byte: Swift's `String` calls canonically equivalent texts equal, ONNX does not.
struct Identifier: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Identifier, right: Identifier) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

struct ModelProto {
  var irVersion: Int64?
  var opsets: [(domain: String, version: Int64)] = []
  var graph: GraphProto

  init(_ bytes: [UInt8]) throws(ONNXError) {
    var reader = WireReader(bytes, message: "ModelProto")
    var graph: GraphProto?
    while let field = try reader.next() {
      switch field.number {
      case 1: irVersion = try reader.integer(field)
      case 7: graph = try GraphProto(reader.message(field, "GraphProto"))
      case 8: opsets.append(try Self.opset(reader.element(message: field, "OperatorSetIdProto")))
      case 20: throw .model(.unsupportedFeature("training information"))
      case 25: throw .model(.unsupportedFeature("functions"))
      default: break
      }
    }
    guard let graph else { throw .model(.noGraph) }
    self.graph = graph
  }

  private static func opset(_ source: WireReader) throws(ONNXError) -> (domain: String, version: Int64) {
    var reader = source
    var domain = ""
    var version: Int64 = 0
    while let field = try reader.next() {
      switch field.number {
      case 1: domain = try reader.text(field)
      case 2: version = try reader.integer(field)
      default: break
      }
    }
    return (domain, version)
  }
}

struct GraphProto {
  var nodes: [NodeProto] = []
  var initializers: [TensorProto] = []
  var inputs: [ValueInfoProto] = []
  var outputs: [ValueInfoProto] = []

  init(_ source: WireReader) throws(ONNXError) {
    var reader = source
    while let field = try reader.next() {
      switch field.number {
      case 1: nodes.append(try NodeProto(reader.element(message: field, "NodeProto"), index: nodes.count))
      case 5: initializers.append(try TensorProto(reader.element(message: field, "TensorProto")))
      case 11: inputs.append(try ValueInfoProto(reader.element(message: field, "ValueInfoProto")))
      case 12: outputs.append(try ValueInfoProto(reader.element(message: field, "ValueInfoProto")))
      case 14: throw .model(.unsupportedFeature("quantization annotations"))
      case 15: throw .model(.unsupportedFeature("sparse initializers"))
      default: break
      }
    }
  }
}

struct NodeProto {
  /// The file's name for it, or `OpType_index`.
  var name = ""
  var operatorName = ""
  var domain = ""
  /// Empty text: this optional input or output is left out.
  var inputs: [Identifier] = []
  var outputs: [Identifier] = []
  var attributes: [AttributeProto] = []

  init(_ source: WireReader, index: Int) throws(ONNXError) {
    var reader = source
    var overload = ""
    while let field = try reader.next() {
      switch field.number {
      case 1: inputs.append(Identifier(try reader.element(text: field)))
      case 2: outputs.append(Identifier(try reader.element(text: field)))
      case 3: name = try reader.text(field)
      case 4: operatorName = try reader.text(field)
      case 5: attributes.append(try AttributeProto(reader.element(message: field, "AttributeProto")))
      case 7: domain = try reader.text(field)
      case 8: overload = try reader.text(field)
      default: break
      }
    }
    if name.isEmpty { name = "\(operatorName)_\(index)" }
    if !overload.isEmpty { throw .model(.unsupportedFeature("function overloads")) }
  }
}

struct AttributeProto {
  enum Value {
    case float(Float)
    case integer(Int64)
    case text(String)
    case tensor(TensorProto)
    case floats([Float])
    case integers([Int64])
    /// A graph, a sparse tensor, several tensors, …: no supported operator takes one.
    case other
  }

  var name = ""
  var value: Value = .other

  /// The declared type decides which field counts. A scalar that is left out is 0, as protobuf 3 writers leave out zeros;
  /// fields of another type than the declared one make the attribute unusable (`other`).
  init(_ source: WireReader) throws(ONNXError) {
    var reader = source
    var type: Int64 = 0
    var float: Float?
    var integer: Int64?
    var text: String?
    var tensor: TensorProto?
    var floats: [Float] = []
    var integers: [Int64] = []
    var filled: Set<Int> = []
    while let field = try reader.next() {
      if (2...11).contains(field.number) { filled.insert(field.number) }
      switch field.number {
      case 1: name = try reader.text(field)
      case 2: float = try reader.float(field)
      case 3: integer = try reader.integer(field)
      case 4: text = try? String(validating: reader.bytes[reader.range(field)], as: UTF8.self)
      case 5: tensor = try TensorProto(reader.message(field, "TensorProto"))
      case 6: throw .model(.unsupportedFeature("subgraphs"))
      case 7: floats += try reader.elements(floats: field)
      case 8: integers += try reader.elements(integers: field)
      case 11: throw .model(.unsupportedFeature("subgraphs"))
      case 20: type = try reader.integer(field)
      case 21: throw .model(.unsupportedFeature("function attributes"))
      case 22, 23: throw .model(.unsupportedFeature("sparse tensors"))
      default: break
      }
    }
    let fieldOfType: [Int64: Int] = [1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8]
    guard let expected = fieldOfType[type], filled.isSubset(of: [expected]) else { return }
    switch type {
    case 1: value = .float(float ?? 0)
    case 2: value = .integer(integer ?? 0)
    case 3: value = text.map(Value.text) ?? .other
    case 4: value = tensor.map(Value.tensor) ?? .other
    case 6: value = .floats(floats)
    default: value = .integers(integers)
    }
  }
}

/// A dense tensor in the file; the elements stay where they are until `ConstantTensor` decodes them.
struct TensorProto {
  enum Field: Int {
    case float = 4
    case int32 = 5
    case text = 6
    case int64 = 7
    case raw = 9
    case double = 10
    case uint64 = 11
  }

  var name = ""
  var dimensions: [Int64] = []
  var dataType: Int64 = 0
  /// Where the elements lie, by field. Typed data may come in several pieces (packed runs or single elements).
  var pieces: [Field: [Range<Int>]] = [:]
  var externalData: [(key: String, value: String)] = []
  var isExternal = false
  let bytes: [UInt8]

  init(_ source: WireReader) throws(ONNXError) {
    var reader = source
    bytes = source.bytes
    var hasSegment = false
    while let field = try reader.next() {
      switch field.number {
      case 1: dimensions += try reader.elements(integers: field)
      case 2: dataType = try reader.integer(field)
      case 3: hasSegment = true
      case 8: name = try reader.text(field)
      case 9: pieces[.raw] = [try reader.range(field)]
      case 13: externalData.append(try Self.entry(reader.element(message: field, "StringStringEntryProto")))
      case 14: isExternal = try reader.integer(field) != 0
      default:
        guard let kind = Field(rawValue: field.number) else { break }
        try Self.check(field, kind, in: reader)
        pieces[kind, default: []].append(field.payload)
      }
    }
    if hasSegment { throw .tensor(name: name, .segment) }
  }

  /// The same tensor with its elements as raw data elsewhere.
  init(_ other: TensorProto, rawBytes: [UInt8], range: Range<Int>) {
    name = other.name
    dimensions = other.dimensions
    dataType = other.dataType
    bytes = rawBytes
    pieces = [.raw: [range]]
  }

  /// A repeated numeric field is packed, or one element of its own wire type.
  private static func check(_ field: WireField, _ kind: Field, in reader: WireReader) throws(ONNXError) {
    let single: WireField.Kind =
      switch kind {
      case .float: .fixed32
      case .double: .fixed64
      case .text, .raw: .bytes
      case .int32, .int64, .uint64: .varint
      }
    guard field.kind == .bytes || field.kind == single else { throw reader.fault(.wrongWireType(field: field.number)) }
  }

  private static func entry(_ source: WireReader) throws(ONNXError) -> (key: String, value: String) {
    var reader = source
    var key = ""
    var value = ""
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try reader.text(field)
      case 2: value = try reader.text(field)
      default: break
      }
    }
    return (key, value)
  }
}

/// Name, element type and declared shape of a graph input or output.
struct ValueInfoProto {
  enum Dimension {
    case size(Int64)
    /// Empty where neither size nor name is given.
    case symbol(String)
  }

  var name = ""
  var elementType: Int64 = 0
  var isTensor = false
  /// nil where the file declares no shape.
  var shape: [Dimension]?

  init(_ source: WireReader) throws(ONNXError) {
    var reader = source
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try reader.text(field)
      case 2: try readType(reader.message(field, "TypeProto"))
      default: break
      }
    }
  }

  private mutating func readType(_ source: WireReader) throws(ONNXError) {
    var reader = source
    var kinds = 0
    while let field = try reader.next() {
      if [1, 4, 5, 7, 8, 9].contains(field.number) { kinds += 1 }
      if field.number == 1 { try readTensorType(reader.message(field, "TypeProto.Tensor")) }
    }
    isTensor = isTensor && kinds == 1
  }

  private mutating func readTensorType(_ source: WireReader) throws(ONNXError) {
    var reader = source
    isTensor = true
    while let field = try reader.next() {
      switch field.number {
      case 1: elementType = try reader.integer(field)
      case 2: shape = try Self.dimensions(reader.message(field, "TensorShapeProto"))
      default: break
      }
    }
  }

  private static func dimensions(_ source: WireReader) throws(ONNXError) -> [Dimension] {
    var reader = source
    var result: [Dimension] = []
    while let field = try reader.next() {
      guard field.number == 1 else { continue }
      result.append(try dimension(reader.element(message: field, "TensorShapeProto.Dimension")))
    }
    return result
  }

  private static func dimension(_ source: WireReader) throws(ONNXError) -> Dimension {
    var reader = source
    var result = Dimension.symbol("")
    while let field = try reader.next() {
      switch field.number {
      case 1: result = .size(try reader.integer(field))
      case 2: result = .symbol(try reader.text(field))
      default: break
      }
    }
    return result
  }
}
