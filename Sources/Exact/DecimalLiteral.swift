// SPDX-License-Identifier: Apache-2.0

/// Why a piece of text does not give a number.
package enum DecimalError: Error, Hashable, Sendable {
  case malformed(String)
  case tooManyDigits(Int)
  case exponentOutOfRange
  case overflow
  case resultTooLarge
}

extension DecimalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let text):
      "'\(text)' is not a decimal number; write it like -12.5 or 1e-3"
    case .tooManyDigits(let count):
      "a number of \(count) digits is too long; at most \(DecimalLiteral.digitLimit) digits are read"
    case .exponentOutOfRange:
      "the exponent of a number must lie between -\(DecimalLiteral.exponentLimit) and \(DecimalLiteral.exponentLimit)"
    case .overflow:
      "the number is too large: its absolute value must be at most 1.7976931348623157e308"
    case .resultTooLarge:
      "the exact result of an arithmetic expression has too many digits; write the number directly"
    }
  }
}

/// The parts of a decimal literal: ± digits · 10^exponent.
///
/// Grammar: `[+-] digits [. digits] [e [+-] digits]`, where digits may be missing on one side of the point.
struct DecimalLiteral {
  static let digitLimit = 2048
  static let exponentLimit = 2048

  var isNegative = false
  /// The digits, with at most one point among them, as a range of the scanned bytes.
  var digits: Range<Int>
  /// Digits from the first one that is not zero.
  var significantDigits = 0
  /// The number that the digits spell, if `significantDigits` ≤ 19; then it is below 10¹⁹ < 2⁶⁴.
  var significand: UInt64 = 0
  /// The power of ten that belongs to the last digit.
  var exponent = 0

  /// Reads all of `bytes[range]`.
  init(_ bytes: [UInt8], in range: Range<Int>) throws(DecimalError) {
    var offset = range.lowerBound
    if offset < range.upperBound, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
      isNegative = bytes[offset] == UInt8(ascii: "-")
      offset += 1
    }
    digits = offset..<offset
    try scanDigits(bytes, from: offset, to: range.upperBound, literal: range)
    if digits.upperBound < range.upperBound {
      try scanExponent(bytes, from: digits.upperBound, to: range.upperBound, literal: range)
    }
  }

  private mutating func scanDigits(
    _ bytes: [UInt8], from start: Int, to end: Int, literal: Range<Int>
  ) throws(DecimalError) {
    var offset = start
    var count = 0
    var point: Int?
    while offset < end {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "."), point == nil {
        point = offset
      } else if let digit = Self.digit(byte) {
        count += 1
        if significantDigits > 0 || digit != 0 { significantDigits += 1 }
        if significantDigits <= 19 { significand = significand &* 10 &+ digit }
      } else {
        break
      }
      offset += 1
    }
    guard count > 0 else { throw .malformed(Self.excerpt(bytes, literal)) }
    guard count <= Self.digitLimit else { throw .tooManyDigits(count) }
    digits = start..<offset
    if let point { exponent = -(offset - point - 1) }
  }

  private mutating func scanExponent(
    _ bytes: [UInt8], from start: Int, to end: Int, literal: Range<Int>
  ) throws(DecimalError) {
    var offset = start + 1
    guard bytes[start] | 0x20 == UInt8(ascii: "e"), offset < end else { throw .malformed(Self.excerpt(bytes, literal)) }
    let isNegative = bytes[offset] == UInt8(ascii: "-")
    if isNegative || bytes[offset] == UInt8(ascii: "+") { offset += 1 }
    guard offset < end else { throw .malformed(Self.excerpt(bytes, literal)) }
    var value = 0
    while offset < end {
      guard let digit = Self.digit(bytes[offset]) else { throw .malformed(Self.excerpt(bytes, literal)) }
      value = min(value * 10 + Int(digit), Self.exponentLimit + 1)
      offset += 1
    }
    guard value <= Self.exponentLimit else { throw .exponentOutOfRange }
    exponent += isNegative ? -value : value
  }

  static func digit(_ byte: UInt8) -> UInt64? {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? UInt64(byte &- UInt8(ascii: "0")) : nil
  }

  /// The literal for a message, shortened.
  static func excerpt(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    range.count <= 40
      ? String(decoding: bytes[range], as: UTF8.self) : String(decoding: bytes[range].prefix(37), as: UTF8.self) + "..."
  }
}
