// SPDX-License-Identifier: Apache-2.0
import Exact
import Testing

@Suite("Decimal")
struct DecimalTests {
  @Test(
    "prints plain digits without needless zeros",
    arguments: [
      ("0", "0"), ("-0.000", "0"), ("1.50", "1.5"), ("-12.5e1", "-125"), ("5e-3", "0.005"), ("120e-2", "1.2"),
      (".5", "0.5"),
      ("5.", "5"), ("+1e3", "1000"), ("100", "100"), ("1e-20", "0.00000000000000000001"),
      ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
    ])
  func prints(_ literal: String, _ text: String) throws {
    #expect(try Decimal(parsing: literal).description == text)
  }

  @Test("point ± epsilon is exact")
  func pointAndEpsilon() throws {
    #expect(try (Decimal(parsing: "0.1") + Decimal(parsing: "0.03")).description == "0.13")
    #expect(try (Decimal(parsing: "0.1") - Decimal(parsing: "0.3")).description == "-0.2")
    // 0.1 as a float32, minus 0.03
    #expect(
      try (Decimal(exactly: Double(Float(0.1))) - Decimal(parsing: "0.03")).description
        == "0.070000001490116119384765625")
    #expect(try min(Decimal(parsing: "0.30"), Decimal(parsing: "3e-1")) == Decimal(parsing: "0.3"))
    #expect(try max(Decimal(parsing: "-1"), Decimal(0)).description == "0")
  }

  @Test("doubles have their known expansions")
  func expansions() {
    #expect(Decimal(exactly: 0.1).description == "0.1000000000000000055511151231257827021181583404541015625")
    #expect(Decimal(exactly: -0.0).description == "0")
    #expect(Decimal(exactly: -2.5).description == "-2.5")
    #expect(Decimal(exactly: 1e22).description == "10000000000000000000000")
    #expect(Decimal(exactly: .leastNonzeroMagnitude).description.utf8.count == 1076)
    #expect(Decimal(exactly: .greatestFiniteMagnitude).description.utf8.count == 309)
  }

  private func random(_ generator: inout SplitMix) throws -> Decimal {
    let digits = Int(truncatingIfNeeded: generator.next()) >> Int.random(in: 0...63, using: &generator)
    return try Decimal(parsing: "\(digits)e\(Int.random(in: -25...25, using: &generator))")
  }

  @Test("sums, products and order obey the laws of the rationals")
  func laws() throws {
    var generator = SplitMix(seed: 7)
    for _ in 0..<400 {
      let (a, b, c) = (try random(&generator), try random(&generator), try random(&generator))
      #expect(try (a + b) - b == a)
      #expect(try a * (b + c) == a * b + a * c)
      #expect(try (a < b) == (a + c < b + c))
      #expect(try (a - b).signum == (a < b ? -1 : a == b ? 0 : 1))
      #expect(try a + -a == Decimal(0))
      #expect(try Decimal(parsing: a.description) == a)
      #expect(try a.enclosure() == Enclosure(decimal: a.description))
    }
  }

  @Test("results that no file needs are refused")
  func limits() throws {
    var value = try Decimal(parsing: "1e2048")
    let error = #expect(throws: DecimalError.self) {
      for _ in 0..<10 { value = try value * value }
    }
    #expect(
      error?.description
        == "the exact result of an arithmetic expression has too many digits; write the number directly")
    #expect(throws: DecimalError.overflow) { try Decimal(parsing: "1e400").enclosure() }
  }
}
