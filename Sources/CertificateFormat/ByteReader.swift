// SPDX-License-Identifier: Apache-2.0

/// Reads the primitive types of the certificate format, strictly: anything that is not the one canonical encoding is an error.
package struct ByteReader: Sendable {
  private let bytes: [UInt8]
  package private(set) var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    self.offset = 0
    self.end = bytes.count
  }

  package var isAtEnd: Bool { offset == end }
  package var remaining: Int { end - offset }

  package mutating func byte(_ field: String) throws(CertificateError) -> UInt8 {
    guard offset < end else { throw .truncated(field: field, offset: offset) }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// `count` raw bytes.
  package mutating func raw(_ count: Int, _ field: String) throws(CertificateError) -> ArraySlice<UInt8> {
    guard count <= remaining else { throw .truncated(field: field, offset: offset) }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  package mutating func u16(_ field: String) throws(CertificateError) -> UInt16 {
    let pair = try raw(2, field)
    return UInt16(pair[pair.startIndex]) | UInt16(pair[pair.startIndex + 1]) << 8
  }

  /// A binary64 that is not NaN.
  package mutating func f64(_ field: String) throws(CertificateError) -> Double {
    let start = offset
    var pattern: UInt64 = 0
    for (i, byte) in try raw(8, field).enumerated() { pattern |= UInt64(byte) << UInt64(8 * i) }
    let value = Double(bitPattern: pattern)
    guard !value.isNaN else { throw .invalid(field: field, offset: start, reason: "NaN is not a number of this format") }
    return value
  }

  /// Unsigned LEB128 in its shortest form, at most 9 bytes (63 bits).
  package mutating func varint(_ field: String) throws(CertificateError) -> Int {
    let start = offset
    var value: UInt64 = 0
    for position in 0..<9 {
      guard offset < end else { throw .truncated(field: field, offset: start) }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << UInt64(7 * position)
      if byte & 0x80 == 0 {
        guard byte != 0 || position == 0 else {
          throw .invalid(field: field, offset: start, reason: "the number is not in its shortest form")
        }
        return Int(value)
      }
    }
    throw .invalid(field: field, offset: start, reason: "the number is longer than 9 bytes")
  }

  /// A varint length and that many bytes.
  package mutating func lengthPrefixed(_ field: String) throws(CertificateError) -> [UInt8] {
    let start = offset
    let count = try varint(field)
    guard count <= remaining else { throw .truncated(field: field, offset: start) }
    return Array(try raw(count, field))
  }

  /// A varint length and that many bytes of valid UTF-8.
  package mutating func text(_ field: String) throws(CertificateError) -> String {
    let start = offset
    let content = try lengthPrefixed(field)
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .invalid(field: field, offset: start, reason: "the text is not UTF-8")
    }
    return text
  }
}

/// Writes the primitive types of the certificate format.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func byte(_ value: UInt8) { bytes.append(value) }
  package mutating func raw(_ values: some Sequence<UInt8>) { bytes.append(contentsOf: values) }

  package mutating func u16(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
  }

  package mutating func f64(_ value: Double) {
    let pattern = value.bitPattern
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: pattern >> UInt64(shift))) }
  }

  package mutating func varint(_ value: Int) {
    precondition(value >= 0, "a varint is not negative, got \(value)")
    var rest = UInt64(value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  package mutating func lengthPrefixed(_ value: [UInt8]) {
    varint(value.count)
    bytes.append(contentsOf: value)
  }

  package mutating func text(_ value: String) { lengthPrefixed(Array(value.utf8)) }
}
