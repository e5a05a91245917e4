// SPDX-License-Identifier: Apache-2.0
import Exact
import Testing

@Suite("BigUInt")
struct BigUIntTests {
  static func random(_ generator: inout SplitMix) -> BigUInt {
    var value = BigUInt(0)
    for _ in 0..<Int.random(in: 0...5, using: &generator) {
      // Limbs of all ones and of zeros provoke carries.
      let limb: UInt64 = [0, 1, .max, .max - 1, generator.next()].randomElement(using: &generator) ?? 0
      value = value << 64 + BigUInt(limb)
    }
    value.checkInvariants()
    return value
  }

  @Test("products and powers match known digits")
  func golden() {
    #expect(BigUInt(0).description == "0")
    #expect(BigUInt(.max).description == "18446744073709551615")
    #expect((BigUInt(.max) * BigUInt(.max)).description == "340282366920938463426481119284349108225")
    #expect(BigUInt.powerOfTen(40).description == "1" + String(repeating: "0", count: 40))
    #expect(BigUInt.powerOfFive(60).description == "867361737988403547205962240695953369140625")
    #expect(BigUInt.powerOfTen(57) == BigUInt.powerOfFive(57) << 57)
    #expect((BigUInt(1) << 200).description == "1606938044258990275541962092341162602522202993782792835301376")
    #expect((BigUInt(1) << 200).bitWidth == 201)
  }

  @Test("arithmetic obeys the laws of the natural numbers")
  func laws() {
    var generator = SplitMix(seed: 1)
    for _ in 0..<400 {
      let (a, b, c) = (Self.random(&generator), Self.random(&generator), Self.random(&generator))
      #expect((a + b) - b == a)
      #expect(a * (b + c) == a * b + a * c)
      #expect(a * b == b * a)
      #expect((a < b) == (a + c < b + c))
      let shift = Int.random(in: 0...130, using: &generator)
      #expect(a << shift == (0..<shift).reduce(a) { value, _ in value + value })
      for result in [a + b, a * b, a << shift, (a + b) - a] { result.checkInvariants() }
    }
  }

  @Test("dividing by a limb undoes multiplying by it")
  func division() {
    var generator = SplitMix(seed: 2)
    for _ in 0..<400 {
      let value = Self.random(&generator)
      let divisor = max(1, generator.next() >> UInt64.random(in: 0...63, using: &generator))
      let remainder = generator.next() % divisor
      var work = value
      work.multiply(by: divisor, adding: remainder)
      #expect(work == value * BigUInt(divisor) + BigUInt(remainder))
      #expect(work.divide(by: divisor) == remainder)
      #expect(work == value)
      work.checkInvariants()
    }
    var zeroed = BigUInt(5)
    zeroed.multiply(by: 0, adding: 0)
    #expect(zeroed.isZero)
  }
}
