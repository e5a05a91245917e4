// SPDX-License-Identifier: Apache-2.0
import Exact
import Testing

/// The oracle is integer arithmetic: operands are 53-bit integers, so products, shifted quotients and squares fit 128 bits.
@Suite("Outward rounding")
struct RoundingTests {
  private static let operands: [(Int128, Int128)] = {
    var state: UInt64 = 1
    func next() -> Int128 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int128(state >> 11) >> Int128(state >> 3 & 31)
    }
    return (0..<4000).map { _ in (max(1, next()), max(1, next())) } + [(1, 3), (4, 2), (9, 7), (1 << 53 - 1, 1)]
  }()

  private func point(_ value: Int128) -> Enclosure { Enclosure(exactly: Double(value)) }

  /// value · 2^shift as an integer; the callers choose shifts that keep all bits.
  private func scaled(_ value: Double, _ shift: Int) -> Int128 {
    guard value != 0 else { return 0 }
    let exponent = Int(value.exponent) - 52 + shift
    let significand = Int128(value.significandBitPattern | 1 << 52)
    let magnitude = exponent >= 0 ? significand << Int128(exponent) : significand >> Int128(-exponent)
    return value < 0 ? -magnitude : magnitude
  }

  private func isTight(_ enclosure: Enclosure, exact: Bool) -> Bool {
    exact ? enclosure.isExact : enclosure.upper == enclosure.lower.nextUp
  }

  @Test("products enclose and are as tight as doubles allow") func products() throws {
    for (a, b) in Self.operands {
      let result = try #require(point(a).multiplied(by: point(b)))
      #expect(scaled(result.lower, 0) <= a * b && a * b <= scaled(result.upper, 0))
      #expect(isTight(result, exact: Int128(Double(a * b)) == a * b))
      #expect(try #require((-point(a)).multiplied(by: point(b))) == -result)
    }
  }

  @Test("sums enclose and are as tight as doubles allow") func sums() throws {
    for (a, b) in Self.operands {
      let large = a << 40
      let result = try #require(point(large).adding(point(b)))
      #expect(scaled(result.lower, 0) <= large + b && large + b <= scaled(result.upper, 0))
      #expect(isTight(result, exact: Int128(Double(large + b)) == large + b))
      let difference = try #require(point(b).subtracting(point(large)))
      #expect(scaled(difference.lower, 0) <= b - large && b - large <= scaled(difference.upper, 0))
    }
  }

  @Test("quotients enclose") func quotients() throws {
    for (x, y) in Self.operands {
      let (a, b) = (max(x, y), min(x, y))
      let result = try #require(point(a).divided(by: point(b)))
      #expect(scaled(result.lower, 52) * b <= a << 52 && a << 52 <= scaled(result.upper, 52) * b)
      #expect(isTight(result, exact: scaled(result.lower, 52) * b == a << 52))
      #expect(try #require(point(a).divided(by: -point(b))) == -result)
    }
  }

  @Test("roots enclose") func roots() throws {
    for (a, _) in Self.operands {
      let result = try #require(point(a).squareRoot())
      for (end, isLower) in [(result.lower, true), (result.upper, false)] {
        let significand = Int128(end.significandBitPattern | 1 << 52)
        let target = a << Int128(104 - 2 * Int(end.exponent))
        #expect(isLower ? significand * significand <= target : significand * significand >= target)
      }
      #expect(result.isExact || result.upper == result.lower.nextUp)
    }
  }

  @Test("intervals: the corners decide, whatever the signs") func intervals() throws {
    let a = Enclosure(lower: -2, upper: 3)
    let b = Enclosure(lower: -5, upper: 4)
    #expect(a.multiplied(by: b) == Enclosure(lower: -15, upper: 12))
    #expect(a.divided(by: Enclosure(lower: 2, upper: 4)) == Enclosure(lower: -1, upper: 1.5))
    #expect(a.divided(by: b) == nil)
    #expect(a.squareRoot() == nil)
  }

  @Test("overflow and underflow do not pass for exact") func extremes() throws {
    let huge = Enclosure(exactly: 0x1p1023)
    #expect(huge.adding(huge) == nil && huge.multiplied(by: huge) == nil)
    #expect(huge.divided(by: Enclosure(exactly: 0x1p-1000)) == nil)
    let tiny = Enclosure(exactly: 0x1.8p-600)
    let product = try #require(tiny.multiplied(by: tiny))
    #expect(product.lower < product.upper && product.lower <= 0 && product.upper > 0)
    #expect(0x1p-600.exactProduct(0x1p-600) == nil)
    #expect(0.1.exactProduct(0.1) == nil && 0.5.exactProduct(0.1) == 0.05)
    #expect(1.0.exactQuotient(3) == nil && 3.0.exactQuotient(4) == 0.75 && 1.0.exactQuotient(0) == nil)
    #expect(1e16.exactSum(1) == nil && 1.0.exactSum(2) == 3)
  }
}
