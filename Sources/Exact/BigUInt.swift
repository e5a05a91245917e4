// SPDX-License-Identifier: Apache-2.0

/// A natural number of any size: the exact path behind decimal literals.
///
/// Plain schoolbook arithmetic on 64-bit limbs. It runs on a few numbers with unusually many digits, so it is written to be read.
package struct BigUInt: Hashable, Sendable {
  /// Least significant limb first; the last limb is never zero, and zero has no limbs.
  private(set) var limbs: [UInt64]

  package init(_ value: UInt64) {
    limbs = value == 0 ? [] : [value]
  }

  private init(trimming limbs: [UInt64]) {
    self.limbs = limbs
    while self.limbs.last == 0 { self.limbs.removeLast() }
  }

  package func checkInvariants() {
    precondition(limbs.last != 0, "a BigUInt must not end in a zero limb")
  }

  package var isZero: Bool { limbs.isEmpty }

  /// The value, if it fits 64 bits.
  var small: UInt64? { limbs.isEmpty ? 0 : limbs.count == 1 ? limbs[0] : nil }

  /// The number of bits up to the highest one; 0 for zero.
  package var bitWidth: Int {
    guard let top = limbs.last else { return 0 }
    return limbs.count * 64 - top.leadingZeroBitCount
  }

  package static func powerOfTen(_ exponent: Int) -> BigUInt {
    power(of: 10_000_000_000_000_000_000, 19, base: 10, exponent)
  }

  package static func powerOfFive(_ exponent: Int) -> BigUInt {
    power(of: 7_450_580_596_923_828_125, 27, base: 5, exponent)
  }

  /// base^exponent, by steps of `stride` = base^strideExponent, which fits a limb.
  private static func power(of stride: UInt64, _ strideExponent: Int, base: UInt64, _ exponent: Int) -> BigUInt {
    precondition(exponent >= 0, "a power of an integer needs an exponent of at least 0, got \(exponent)")
    var result = BigUInt(1)
    for _ in 0..<exponent / strideExponent { result.multiply(by: stride, adding: 0) }
    for _ in 0..<exponent % strideExponent { result.multiply(by: base, adding: 0) }
    return result
  }
}

extension BigUInt: Comparable {
  package static func < (left: BigUInt, right: BigUInt) -> Bool {
    guard left.limbs.count == right.limbs.count else { return left.limbs.count < right.limbs.count }
    for index in left.limbs.indices.reversed() where left.limbs[index] != right.limbs[index] {
      return left.limbs[index] < right.limbs[index]
    }
    return false
  }
}

extension BigUInt {
  /// self · factor + addend, in place.
  package mutating func multiply(by factor: UInt64, adding addend: UInt64) {
    var carry = addend
    for index in limbs.indices {
      let product = limbs[index].multipliedFullWidth(by: factor)
      let (low, overflow) = product.low.addingReportingOverflow(carry)
      limbs[index] = low
      carry = product.high + (overflow ? 1 : 0)  // product.high ≤ 2⁶⁴ − 2
    }
    if carry != 0 { limbs.append(carry) }
    while limbs.last == 0 { limbs.removeLast() }  // factor 0
  }

  /// Divides in place and returns the remainder.
  package mutating func divide(by divisor: UInt64) -> UInt64 {
    precondition(divisor != 0, "division of a BigUInt by zero")
    var remainder: UInt64 = 0
    for index in limbs.indices.reversed() {
      (limbs[index], remainder) = divisor.dividingFullWidth((remainder, limbs[index]))
    }
    while limbs.last == 0 { limbs.removeLast() }
    return remainder
  }

  package static func + (left: BigUInt, right: BigUInt) -> BigUInt {
    var sum: [UInt64] = []
    var carry: UInt64 = 0
    for index in 0..<max(left.limbs.count, right.limbs.count) {
      let (partial, first) = left.limb(index).addingReportingOverflow(right.limb(index))
      let (total, second) = partial.addingReportingOverflow(carry)
      sum.append(total)
      carry = first || second ? 1 : 0
    }
    if carry != 0 { sum.append(carry) }
    return BigUInt(trimming: sum)
  }

  /// left − right, for left ≥ right.
  package static func - (left: BigUInt, right: BigUInt) -> BigUInt {
    precondition(left >= right, "a BigUInt cannot be negative")
    var difference = left.limbs
    var borrow: UInt64 = 0
    for index in difference.indices {
      let (partial, first) = difference[index].subtractingReportingOverflow(right.limb(index))
      let (total, second) = partial.subtractingReportingOverflow(borrow)
      difference[index] = total
      borrow = first || second ? 1 : 0
    }
    return BigUInt(trimming: difference)
  }

  package static func * (left: BigUInt, right: BigUInt) -> BigUInt {
    var product = [UInt64](repeating: 0, count: left.limbs.count + right.limbs.count)
    for (offset, factor) in left.limbs.enumerated() {
      var carry: UInt64 = 0
      for (index, limb) in right.limbs.enumerated() {
        // factor · limb + two limbs ≤ (2⁶⁴ − 1)² + 2(2⁶⁴ − 1) = 2¹²⁸ − 1
        let wide = factor.multipliedFullWidth(by: limb)
        let (first, firstCarry) = wide.low.addingReportingOverflow(carry)
        let (second, secondCarry) = first.addingReportingOverflow(product[offset + index])
        product[offset + index] = second
        carry = wide.high + (firstCarry ? 1 : 0) + (secondCarry ? 1 : 0)
      }
      product[offset + right.limbs.count] = carry
    }
    return BigUInt(trimming: product)
  }

  package static func << (left: BigUInt, count: Int) -> BigUInt {
    precondition(count >= 0, "a shift needs a count of at least 0, got \(count)")
    guard !left.isZero else { return left }
    var shifted = [UInt64](repeating: 0, count: count / 64)
    let bits = UInt64(count % 64)
    var carry: UInt64 = 0
    for limb in left.limbs {
      shifted.append(limb << bits | carry)
      carry = bits == 0 ? 0 : limb >> (64 - bits)
    }
    shifted.append(carry)
    return BigUInt(trimming: shifted)
  }

  private func limb(_ index: Int) -> UInt64 {
    index < limbs.count ? limbs[index] : 0
  }
}

extension BigUInt: CustomStringConvertible {
  /// Decimal digits without leading zeros.
  package var description: String {
    var rest = self
    var chunks: [String] = []
    while !rest.isZero { chunks.append(String(rest.divide(by: 1_000_000_000_000_000_000))) }
    guard let top = chunks.popLast() else { return "0" }
    return chunks.reversed().reduce(top) { $0 + String(repeating: "0", count: 18 - $1.utf8.count) + $1 }
  }
}
