// SPDX-License-Identifier: Apache-2.0

extension Enclosure {
  /// The tightest enclosure of a decimal literal: the number itself where it is a double, else the two doubles around it.
  ///
  /// - Throws: `DecimalError`, among them `.overflow` above the largest finite double. A number too small for a double is
  ///   enclosed by zero and the least subnormal.
  package init(decimal bytes: [UInt8], in range: Range<Int>) throws(DecimalError) {
    let literal = try DecimalLiteral(bytes, in: range)
    if literal.significantDigits <= 19,
      let short = Enclosure(
        isNegative: literal.isNegative, shortSignificand: literal.significand, exponent: literal.exponent)
    {
      self = short
    } else {
      self = try Decimal(literal, of: bytes).enclosure()
    }
  }

  package init(decimal text: String) throws(DecimalError) {
    let bytes = Array(text.utf8)
    try self.init(decimal: bytes, in: bytes.indices)
  }

  /// ± significand · 10^exponent in one 128-bit step; nil unless |exponent| ≤ 27.
  ///
  /// The value is w·10^q with 0 < w < 2⁶⁴, and 10^q = 5^q·2^q with 5²⁷ < 2⁶³. So w·5^q has at most 127 bits, and for q < 0 the
  /// quotient w/5^−q, scaled to at least 63 bits, with its remainder tells the 53 leading bits and whether anything follows.
  /// Magnitudes lie between 10⁻²⁷ and 10⁴⁷: no subnormals, no overflow.
  init?(isNegative: Bool, shortSignificand: UInt64, exponent: Int) {
    guard shortSignificand != 0 else {
      self.init(exactly: 0)
      return
    }
    guard -27...27 ~= exponent else { return nil }
    let shift = shortSignificand.leadingZeroBitCount
    let significand = shortSignificand << UInt64(shift)
    let power = Self.powersOfFive[abs(exponent)]
    let (leading, scale, rest) =
      exponent >= 0 ? Self.product(significand, power) : Self.quotient(significand, power)
    // 63 or 64 bits down to 53.
    let drop = 11 - leading.leadingZeroBitCount
    let dropped = leading & (1 << UInt64(drop) - 1)
    self.init(
      isNegative: isNegative, significand: leading >> UInt64(drop), unit: exponent - shift + scale + drop,
      isExact: rest == 0 && dropped == 0)
  }

  /// significand · power = leading · 2^scale + what `rest` stands for, with 64 leading bits, for a significand of 64 bits.
  private static func product(_ significand: UInt64, _ power: UInt64) -> (leading: UInt64, scale: Int, rest: UInt64) {
    let product = significand.multipliedFullWidth(by: power)
    let zeros = product.high.leadingZeroBitCount
    switch zeros {
    case 0: return (product.high, 64, product.low)
    case 64: return (product.low, 0, 0)
    default:
      return (
        product.high << UInt64(zeros) | product.low >> UInt64(64 - zeros), 64 - zeros, product.low << UInt64(zeros)
      )
    }
  }

  /// significand / power = leading · 2^scale + what `rest` stands for, with 63 or 64 leading bits, for a significand of 64 bits.
  private static func quotient(_ significand: UInt64, _ power: UInt64) -> (leading: UInt64, scale: Int, rest: UInt64) {
    let zeros = power.leadingZeroBitCount
    // The divisor is scaled to 64 bits, so the high half of the dividend, significand/2, is below it.
    let (quotient, remainder) = (power << UInt64(zeros)).dividingFullWidth((significand >> 1, significand << 63))
    return (quotient, zeros - 63, remainder)
  }

  private static let powersOfFive: [UInt64] = (0...27).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 5 }
  }

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
