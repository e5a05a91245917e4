// SPDX-License-Identifier: Apache-2.0

/// One field of a protobuf message: its number and where its payload lies in the file. Nothing is copied.
struct WireField {
  enum Kind: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
  }

  var number: Int
  var kind: Kind
  /// The varint, fixed or length-delimited content, without key and length.
  var payload: Range<Int>
  /// The value of a varint; 0 for the other kinds.
  var varint: UInt64
}

/// Steps through the fields of one protobuf message inside the model's bytes.
///
/// Every position is checked before use; nothing is allocated for a length the file merely claims. Messages nest only as deep
/// as the readers in this target call each other (model, graph, node, attribute, tensor); unknown fields are skipped without
/// being entered, so no input can make the reader recurse.
///
/// Source: protobuf.dev/programming-guides/encoding.
struct WireReader {
  let bytes: [UInt8]
  /// The message's name in onnx.proto, for errors.
  let message: String
  private(set) var position: Int
  let end: Int
  private var seenFields: UInt64 = 0

  init(_ bytes: [UInt8], message: String, range: Range<Int>? = nil) {
    self.bytes = bytes
    self.message = message
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  func fault(_ fault: WireFault) -> ONNXError { .wire(fault, message: message, offset: position) }

  /// The next field, or nil at the end of the message.
  mutating func next() throws(ONNXError) -> WireField? {
    guard position < end else { return nil }
    let key = try readVarint()
    let number = key >> 3
    guard number >= 1, number < 1 << 29 else { throw fault(.fieldNumberZero) }
    guard let kind = WireField.Kind(rawValue: UInt8(key & 7)) else {
      throw fault(.groupOrUnknownWireType(UInt8(key & 7)))
    }
    let start = position
    switch kind {
    case .varint:
      let value = try readVarint()
      return WireField(number: Int(number), kind: kind, payload: start..<position, varint: value)
    case .fixed64: return WireField(number: Int(number), kind: kind, payload: try skip(8), varint: 0)
    case .fixed32: return WireField(number: Int(number), kind: kind, payload: try skip(4), varint: 0)
    case .bytes: return WireField(number: Int(number), kind: kind, payload: try skip(readVarint()), varint: 0)
    }
  }

  /// Reads one varint of at most 10 bytes and 64 bits.
  mutating func readVarint() throws(ONNXError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard position < end else { throw fault(.endsInsideField) }
      let byte = bytes[position]
      guard shift < 63 || byte <= 1 else { throw fault(.varintTooLong) }
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw fault(.varintTooLong)
  }

  private mutating func skip(_ length: UInt64) throws(ONNXError) -> Range<Int> {
    guard length <= UInt64(end - position) else { throw fault(.lengthBeyondEnd(length: length)) }
    let start = position
    position += Int(length)
    return start..<position
  }

  /// Refuses a second occurrence of a field that protobuf would overwrite or merge: its meaning would depend on the reader.
  private mutating func once(_ field: WireField) throws(ONNXError) {
    let bit: UInt64 = 1 << UInt64(field.number & 63)
    guard seenFields & bit == 0 else { throw fault(.repeatedSingularField(field: field.number)) }
    seenFields |= bit
  }

  private func expect(_ field: WireField, _ kind: WireField.Kind) throws(ONNXError) {
    guard field.kind == kind else { throw fault(.wrongWireType(field: field.number)) }
  }

  // MARK: Singular fields

  mutating func integer(_ field: WireField) throws(ONNXError) -> Int64 {
    try expect(field, .varint)
    try once(field)
    return Int64(bitPattern: field.varint)
  }

  mutating func float(_ field: WireField) throws(ONNXError) -> Float {
    try expect(field, .fixed32)
    try once(field)
    return loadFloat(at: field.payload.lowerBound)
  }

  mutating func text(_ field: WireField) throws(ONNXError) -> String {
    try once(field)
    return try element(text: field)
  }

  mutating func range(_ field: WireField) throws(ONNXError) -> Range<Int> {
    try expect(field, .bytes)
    try once(field)
    return field.payload
  }

  mutating func message(_ field: WireField, _ name: String) throws(ONNXError) -> WireReader {
    try once(field)
    return try element(message: field, name)
  }

  // MARK: Elements of repeated fields

  func element(text field: WireField) throws(ONNXError) -> String {
    try expect(field, .bytes)
    guard let text = String(validating: bytes[field.payload], as: UTF8.self) else {
      throw fault(.textNotUTF8(field: field.number))
    }
    return text
  }

  func element(message field: WireField, _ name: String) throws(ONNXError) -> WireReader {
    try expect(field, .bytes)
    return WireReader(bytes, message: name, range: field.payload)
  }

  /// Elements of a repeated integer field, packed or not.
  func elements(integers field: WireField) throws(ONNXError) -> [Int64] {
    guard field.kind == .bytes else {
      try expect(field, .varint)
      return [Int64(bitPattern: field.varint)]
    }
    var reader = WireReader(bytes, message: message, range: field.payload)
    var values: [Int64] = []
    while reader.position < reader.end { values.append(Int64(bitPattern: try reader.readVarint())) }
    return values
  }

  /// Elements of a repeated float field, packed or not.
  func elements(floats field: WireField) throws(ONNXError) -> [Float] {
    if field.kind != .bytes { try expect(field, .fixed32) }
    guard field.payload.count % 4 == 0 else { throw fault(.endsInsideField) }
    return stride(from: field.payload.lowerBound, to: field.payload.upperBound, by: 4).map(loadFloat(at:))
  }

  private func loadFloat(at position: Int) -> Float {
    let pattern = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: position, as: UInt32.self) }
    return Float(bitPattern: UInt32(littleEndian: pattern))
  }
}
