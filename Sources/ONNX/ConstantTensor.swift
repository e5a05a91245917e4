// SPDX-License-Identifier: Apache-2.0
import Graph

/// A tensor that does not depend on the model's input: an initializer, a `Constant`, or folded from those.
struct ConstantTensor {
  enum IntegerType: Int64 {
    case int32 = 6
    case int64 = 7
    case bool = 9

    var range: ClosedRange<Int64> {
      switch self {
      case .int32: Int64(Int32.min)...Int64(Int32.max)
      case .int64: Int64.min...Int64.max
      case .bool: 0...1
      }
    }
  }

  enum Elements {
    /// Finite; float32 values converted without rounding.
    case reals([Double], ElementType)
    case integers([Int64], IntegerType)
  }

  var shape: [Int]
  /// Row-major, as many as the shape says.
  var elements: Elements

  init(shape: [Int], elements: Elements) {
    self.shape = shape
    self.elements = elements
  }

  var count: Int {
    switch elements {
    case .reals(let values, _): values.count
    case .integers(let values, _): values.count
    }
  }

  /// The same elements in another order: element i is the old element `indices[i]`.
  func gathered(_ indices: [Int32], shape: [Int]) -> ConstantTensor {
    switch elements {
    case .reals(let values, let type):
      ConstantTensor(shape: shape, elements: .reals(indices.map { values[Int($0)] }, type))
    case .integers(let values, let type):
      ConstantTensor(shape: shape, elements: .integers(indices.map { values[Int($0)] }, type))
    }
  }
}

extension ConstantTensor {
  /// Decodes a tensor of the file. All lengths are compared before anything is allocated.
  init(_ proto: TensorProto) throws(ONNXError) {
    let name = proto.name
    let shape = try Self.shape(of: proto)
    guard let count = elementCount(shape) else { throw .tensor(name: name, .tooManyElements) }
    let real = ElementType(rawValue: UInt8(clamping: proto.dataType))
    let integer = IntegerType(rawValue: proto.dataType)
    guard real != nil || integer != nil else { throw .tensor(name: name, .unsupportedType(code: proto.dataType)) }

    let filled = proto.pieces.keys
    guard filled.count <= 1 else { throw .tensor(name: name, .twoKindsOfData) }
    guard let field = filled.first else {
      guard count == 0 else { throw .tensor(name: name, .noData(expectedCount: count)) }
      let nothing: Elements = real.map { .reals([], $0) } ?? .integers([], integer ?? .int64)
      self.init(shape: shape, elements: nothing)
      return
    }
    let data = StoredElements(proto, field: field, count: count)
    if let real {
      self.init(shape: shape, elements: .reals(try data.reals(real), real))
    } else {
      let type = integer ?? .int64
      self.init(shape: shape, elements: .integers(try data.integers(type), type))
    }
  }

  static func shape(of proto: TensorProto) throws(ONNXError) -> [Int] {
    guard proto.dimensions.count <= rankLimit else {
      throw .tensor(name: proto.name, .rankTooLarge(proto.dimensions.count))
    }
    if let negative = proto.dimensions.first(where: { $0 < 0 }) {
      throw .tensor(name: proto.name, .negativeDimension(negative))
    }
    return proto.dimensions.map { Int($0) }
  }
}

/// The elements of one tensor in the one field that holds them.
private struct StoredElements {
  let proto: TensorProto
  let field: TensorProto.Field
  let count: Int
  let pieces: [Range<Int>]

  init(_ proto: TensorProto, field: TensorProto.Field, count: Int) {
    self.proto = proto
    self.field = field
    self.count = count
    pieces = proto.pieces[field] ?? []
  }

  private func fault(_ fault: TensorFault) -> ONNXError { .tensor(name: proto.name, fault) }

  func reals(_ type: ElementType) throws(ONNXError) -> [Double] {
    let width = type.byteCount
    guard field == .raw || field == (type == .float32 ? .float : .double) else { throw fault(.wrongKindOfData) }
    try checkWidth(width)
    var values: [Double] = []
    values.reserveCapacity(count)
    for piece in pieces {
      switch type {
      case .float32: appendFloats(piece, to: &values)
      case .float64: appendDoubles(piece, to: &values)
      }
    }
    if let element = values.firstIndex(where: { !$0.isFinite }) {
      throw fault(.notFinite(element: element, value: "\(values[element])"))
    }
    return values
  }

  /// Checks that the pieces hold exactly `count` elements of `width` bytes, each piece a whole number of them.
  private func checkWidth(_ width: Int) throws(ONNXError) {
    let found = pieces.reduce(0) { $0 + $1.count }
    guard found == count * width, pieces.allSatisfy({ $0.count % width == 0 }) else {
      throw fault(
        field == .raw
          ? .rawLength(found: found, expected: count * width) : .elementCount(found: found / width, expected: count))
    }
  }

  private func appendFloats(_ piece: Range<Int>, to values: inout [Double]) {
    unsafe proto.bytes.withUnsafeBytes { bytes in
      for position in stride(from: piece.lowerBound, to: piece.upperBound, by: 4) {
        let pattern = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
        values.append(Double(Float(bitPattern: UInt32(littleEndian: pattern))))
      }
    }
  }

  private func appendDoubles(_ piece: Range<Int>, to values: inout [Double]) {
    unsafe proto.bytes.withUnsafeBytes { bytes in
      for position in stride(from: piece.lowerBound, to: piece.upperBound, by: 8) {
        let pattern = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        values.append(Double(bitPattern: UInt64(littleEndian: pattern)))
      }
    }
  }

  func integers(_ type: ConstantTensor.IntegerType) throws(ONNXError) -> [Int64] {
    let values: [Int64]
    if field == .raw {
      values = try rawIntegers(type)
    } else {
      guard field == (type == .int64 ? .int64 : .int32) else { throw fault(.wrongKindOfData) }
      values = try varints()
    }
    if let element = values.firstIndex(where: { !type.range.contains($0) }) {
      throw fault(.valueOutOfRange(element: element))
    }
    return values
  }

  private func rawIntegers(_ type: ConstantTensor.IntegerType) throws(ONNXError) -> [Int64] {
    let width = type == .int64 ? 8 : type == .int32 ? 4 : 1
    try checkWidth(width)
    guard let start = pieces.first?.lowerBound else { return [] }
    return (0..<count).map { element in
      let bits = (0..<width).reduce(UInt64(0)) {
        $0 | UInt64(proto.bytes[start + element * width + $1]) << UInt64(8 * $1)
      }
      return type == .int32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    }
  }

  private func varints() throws(ONNXError) -> [Int64] {
    var values: [Int64] = []
    for piece in pieces {
      var reader = WireReader(proto.bytes, message: "TensorProto", range: piece)
      while reader.position < reader.end {
        guard values.count < count else { throw fault(.elementCount(found: count + 1, expected: count)) }
        values.append(Int64(bitPattern: try reader.readVarint()))
      }
    }
    guard values.count == count else { throw fault(.elementCount(found: values.count, expected: count)) }
    return values
  }
}
