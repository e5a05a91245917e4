// SPDX-License-Identifier: Apache-2.0

extension Enclosure {
  /// The tightest enclosure of a decimal literal: the number itself where it is a double, else the two doubles around it.
  ///
  /// - Throws: `DecimalError`, among them `.overflow` above the largest finite double. A number too small for a double is
  ///   enclosed by zero and the least subnormal.
  package init(decimal bytes: [UInt8], in range: Range<Int>) throws(DecimalError) {
    let literal = try DecimalLiteral(bytes, in: range)
    if let enclosure = Self.shortLiteral(literal) {
      self = enclosure
    } else {
      self = try Decimal(literal, of: bytes).enclosure()
    }
  }

  package init(decimal text: String) throws(DecimalError) {
    let bytes = Array(text.utf8)
    try self.init(decimal: bytes, in: bytes.indices)
  }

  /// Literals of at most 19 digits scaled by at most 10^±27, in one 128-bit step; nil for the others.
  ///
  /// The value is w·10^q with 0 < w < 2⁶⁴, and 10^q = 5^q·2^q with 5²⁷ < 2⁶³. So w·5^q has at most 127 bits, and for q < 0 the
  /// quotient w/5^−q, scaled to at least 63 bits, with its remainder tells the 53 leading bits and whether anything follows.
  /// Magnitudes lie between 10⁻²⁷ and 10⁴⁶: no subnormals, no overflow.
  private static func shortLiteral(_ literal: DecimalLiteral) -> Enclosure? {
    guard literal.significantDigits <= 19 else { return nil }
    guard literal.significand != 0 else { return Enclosure(exactly: 0) }
    guard -27...27 ~= literal.exponent else { return nil }
    let shift = literal.significand.leadingZeroBitCount
    let significand = literal.significand << UInt64(shift)
    var leading: UInt64
    var unit: Int
    var isExact: Bool
    if literal.exponent >= 0 {
      let product = significand.multipliedFullWidth(by: powersOfFive[literal.exponent])
      // The product has at least 64 bits. Keep the 64 leading ones.
      let lead = product.high.leadingZeroBitCount
      leading = lead == 64 ? product.low : product.high << UInt64(lead) | (lead == 0 ? 0 : product.low >> UInt64(64 - lead))
      isExact = lead == 64 || product.low << UInt64(lead) == 0
      unit = literal.exponent - shift + 64 - lead
    } else {
      let power = powersOfFive[-literal.exponent]
      let lead = power.leadingZeroBitCount
      // Both are scaled to 64 bits, so the high half, significand/2, is below the divisor.
      let (quotient, remainder) = (power << UInt64(lead)).dividingFullWidth((significand >> 1, significand << 63))
      leading = quotient
      isExact = remainder == 0
      unit = literal.exponent - shift + lead - 63
    }
    // 63 or 64 bits down to 53.
    let drop = 11 - leading.leadingZeroBitCount
    isExact = isExact && leading & (1 << UInt64(drop) - 1) == 0
    leading >>= UInt64(drop)
    unit += drop
    return Enclosure(isNegative: literal.isNegative, significand: leading, unit: unit, isExact: isExact)
  }

  private static let powersOfFive: [UInt64] = (0...27).map { exponent in (0..<exponent).reduce(1) { power, _ in power * 5 } }

  /// The tightest enclosure of ± numerator / denominator, by 54 steps of long division; nil on overflow.
  init?(isNegative: Bool, numerator: BigUInt, denominator: BigUInt) {
    precondition(!denominator.isZero, "division by zero")
    guard !numerator.isZero else {
      self.init(exactly: 0)
      return
    }
    // 2^(estimate − 1) < numerator / denominator < 2^(estimate + 1), so in units of 2^(estimate − 53) it has 53 or 54 bits.
    let estimate = numerator.bitWidth - denominator.bitWidth
    var unit = max(estimate - 53, -1074)
    var remainder = unit < 0 ? numerator << -unit : numerator
    let divisor = (unit > 0 ? denominator << unit : denominator) << 53
    var quotient: UInt64 = 0
    for _ in 0..<54 {
      quotient <<= 1
      if remainder >= divisor {
        remainder = remainder - divisor
        quotient |= 1
      }
      remainder = remainder << 1
    }
    var isExact = remainder.isZero
    if quotient >> 53 != 0 {
      isExact = isExact && quotient & 1 == 0
      quotient >>= 1
      unit += 1
    }
    self.init(isNegative: isNegative, significand: quotient, unit: unit, isExact: isExact)
  }

  /// ± significand · 2^unit where `isExact`, else the two doubles around a number strictly between that and the next double.
  ///
  /// The significand has 53 bits, or fewer if unit = −1074: then the bits of the double are (unit + 1074)·2⁵² + significand, for
  /// subnormals too, and the next double away from zero has the next bit pattern. Zeros are written +0. Nil on overflow.
  private init?(isNegative: Bool, significand: UInt64, unit: Int, isExact: Bool) {
    guard unit <= 971 else { return nil }  // (2⁵³ − 1)·2⁹⁷¹ is the largest finite double
    let bits = UInt64(unit + 1074) << 52 + significand
    let near = Double(bitPattern: bits)
    let far = Double(bitPattern: isExact ? bits : bits + 1)
    guard far.isFinite else { return nil }
    if isNegative {
      self.init(lower: 0 - far, upper: 0 - near)
    } else {
      self.init(lower: near, upper: far)
    }
  }

  /// Whether this number is smaller than the other, for tightest enclosures.
  ///
  /// Those are single doubles or pairs of neighbours with the number strictly between, so comparing the ends decides, except for two
  /// numbers between the same neighbours: they compare as equal.
  package func precedes(_ other: Enclosure) -> Bool {
    (lower, upper) < (other.lower, other.upper)
  }
}
