// SPDX-License-Identifier: Apache-2.0

/// A decimal number, exactly: ± magnitude · 10^exponent.
///
/// Sums and products stay decimals, so a bound such as "point − epsilon" has an exact literal. Results are limited in size
/// (`.resultTooLarge`), far above anything that doubles can hold, so that hostile files cost no memory.
package struct Decimal: Sendable {
  private var isNegative: Bool
  private var magnitude: BigUInt
  private var exponent: Int

  private static let exponentLimit = 8192
  private static let bitLimit = 65_536

  private init(isNegative: Bool, magnitude: BigUInt, exponent: Int) {
    self.isNegative = isNegative && !magnitude.isZero
    self.magnitude = magnitude
    self.exponent = magnitude.isZero ? 0 : exponent
  }

  package init(_ value: Int) {
    self.init(isNegative: value < 0, magnitude: BigUInt(UInt64(value.magnitude)), exponent: 0)
  }

  /// The decimal expansion of a double, which is finite: m·2^−k = m·5^k·10^−k.
  package init(exactly value: Double) {
    precondition(value.isFinite, "\(value) has no decimal expansion")
    let bits = value.magnitude.bitPattern
    let field = Int(bits >> 52)
    let significand = field == 0 ? bits : bits & (1 << 52 - 1) | 1 << 52
    let zeros = significand == 0 ? 0 : significand.trailingZeroBitCount
    let odd = BigUInt(significand >> UInt64(zeros))
    let unit = max(field, 1) - 1075 + zeros
    if unit >= 0 {
      self.init(isNegative: value < 0, magnitude: odd << unit, exponent: 0)
    } else {
      self.init(isNegative: value < 0, magnitude: odd * .powerOfFive(-unit), exponent: unit)
    }
  }

  package init(parsing bytes: [UInt8], in range: Range<Int>) throws(DecimalError) {
    self.init(try DecimalLiteral(bytes, in: range), of: bytes)
  }

  package init(parsing text: String) throws(DecimalError) {
    let bytes = Array(text.utf8)
    try self.init(parsing: bytes, in: bytes.indices)
  }

  init(_ literal: DecimalLiteral, of bytes: [UInt8]) {
    var magnitude = BigUInt(literal.significand)
    if literal.significantDigits > 19 {
      magnitude = BigUInt(0)
      for offset in literal.digits {
        if let digit = DecimalLiteral.digit(bytes[offset]) { magnitude.multiply(by: 10, adding: digit) }
      }
    }
    self.init(isNegative: literal.isNegative, magnitude: magnitude, exponent: literal.exponent)
  }

  package var isZero: Bool { magnitude.isZero }

  /// −1, 0 or 1.
  package var signum: Int { isZero ? 0 : isNegative ? -1 : 1 }
}

extension Decimal {
  package static prefix func - (value: Decimal) -> Decimal {
    Decimal(isNegative: !value.isNegative, magnitude: value.magnitude, exponent: value.exponent)
  }

  package static func + (left: Decimal, right: Decimal) throws(DecimalError) -> Decimal {
    try unchecked(left, plus: right).checked()
  }

  package static func - (left: Decimal, right: Decimal) throws(DecimalError) -> Decimal {
    try left + -right
  }

  package static func * (left: Decimal, right: Decimal) throws(DecimalError) -> Decimal {
    try Decimal(
      isNegative: left.isNegative != right.isNegative, magnitude: left.magnitude * right.magnitude,
      exponent: left.exponent + right.exponent
    ).checked()
  }

  private static func unchecked(_ left: Decimal, plus right: Decimal) -> Decimal {
    if left.isZero { return right }
    if right.isZero { return left }
    let exponent = min(left.exponent, right.exponent)
    let leftPart = left.magnitude * .powerOfTen(left.exponent - exponent)
    let rightPart = right.magnitude * .powerOfTen(right.exponent - exponent)
    if left.isNegative == right.isNegative {
      return Decimal(isNegative: left.isNegative, magnitude: leftPart + rightPart, exponent: exponent)
    }
    return leftPart >= rightPart
      ? Decimal(isNegative: left.isNegative, magnitude: leftPart - rightPart, exponent: exponent)
      : Decimal(isNegative: right.isNegative, magnitude: rightPart - leftPart, exponent: exponent)
  }

  private func checked() throws(DecimalError) -> Decimal {
    guard magnitude.bitWidth <= Self.bitLimit, -Self.exponentLimit...Self.exponentLimit ~= exponent else {
      throw .resultTooLarge
    }
    return self
  }
}

extension Decimal: Comparable {
  package static func == (left: Decimal, right: Decimal) -> Bool {
    unchecked(left, plus: -right).isZero
  }

  package static func < (left: Decimal, right: Decimal) -> Bool {
    unchecked(left, plus: -right).isNegative
  }
}

extension Decimal {
  /// The tightest enclosure of this number.
  package func enclosure() throws(DecimalError) -> Enclosure {
    if let significand = magnitude.small,
      let short = Enclosure(isNegative: isNegative, shortSignificand: significand, exponent: exponent)
    {
      return short
    }
    return try enclosure(dividedBy: Decimal(1))
  }

  /// The tightest enclosure of self / divisor, for a divisor that is not zero.
  package func enclosure(dividedBy divisor: Decimal) throws(DecimalError) -> Enclosure {
    let shift = exponent - divisor.exponent
    let result = Enclosure(
      isNegative: isNegative != divisor.isNegative,
      numerator: shift > 0 ? magnitude * .powerOfTen(shift) : magnitude,
      denominator: shift < 0 ? divisor.magnitude * .powerOfTen(-shift) : divisor.magnitude)
    guard let result else { throw .overflow }
    return result
  }
}

extension Decimal: CustomStringConvertible {
  /// Plain digits, no exponent, without needless zeros: the same text for equal numbers. A valid literal while it has at most 2048 digits.
  package var description: String {
    guard !isZero else { return "0" }
    var digits = Array(magnitude.description.utf8)
    if exponent >= 0 {
      digits += [UInt8](repeating: UInt8(ascii: "0"), count: exponent)
    } else {
      let missing = 1 - exponent - digits.count  // at least one digit before the point
      if missing > 0 { digits = [UInt8](repeating: UInt8(ascii: "0"), count: missing) + digits }
      digits.insert(UInt8(ascii: "."), at: digits.count + exponent)
      while digits.last == UInt8(ascii: "0") { digits.removeLast() }
      if digits.last == UInt8(ascii: ".") { digits.removeLast() }
    }
    return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self)
  }
}
