// SPDX-License-Identifier: Apache-2.0
import Exact
import Testing

@Suite("Tightest enclosures of decimal literals")
struct EnclosureDecimalTests {
  @Test("golden literals", arguments: goldenEnclosures)
  func golden(_ literal: String, _ lower: UInt64, _ upper: UInt64) throws {
    let enclosure = try Enclosure(decimal: literal)
    #expect(enclosure.lower.bitPattern == lower, "\(literal)")
    #expect(enclosure.upper.bitPattern == upper, "\(literal)")
  }

  /// lower ≤ value ≤ upper with equality exactly for doubles, and neighbours otherwise: what "tightest" means, by exact comparison.
  private func expectTightest(_ literal: String, _ comment: String = "") throws {
    let value = try Decimal(parsing: literal)
    let enclosure = try Enclosure(decimal: literal)
    if enclosure.isExact {
      #expect(Decimal(exactly: enclosure.lower) == value, "\(literal)")
    } else {
      #expect(enclosure.upper == enclosure.lower.nextUp, "\(literal)")
      #expect(Decimal(exactly: enclosure.lower) < value && value < Decimal(exactly: enclosure.upper), "\(literal)")
    }
    // The general path, which short literals do not take.
    #expect(try value.enclosure(dividedBy: Decimal(1)) == enclosure, "\(literal)")
    let negated = try Enclosure(decimal: literal.hasPrefix("-") ? String(literal.dropFirst()) : "-" + literal)
    #expect(negated == -enclosure, "\(literal)")
    // The compiler's own parser rounds to nearest, so it must give one of the two ends.
    if let nearest = Double(literal) { #expect(nearest == enclosure.lower || nearest == enclosure.upper, "\(literal)") }
  }

  @Test("random literals of every length and scale")
  func randomLiterals() throws {
    var generator = SplitMix(seed: 3)
    for _ in 0..<1500 {
      var digits = (0..<Int.random(in: 1...(Bool.random(using: &generator) ? 18 : 40), using: &generator)).map { _ in
        Character(String(Int.random(in: 0...9, using: &generator)))
      }
      digits.insert(".", at: Int.random(in: 0...digits.count, using: &generator))
      var literal = (Bool.random(using: &generator) ? "-" : "") + String(digits)
      if Bool.random(using: &generator) { literal += "e\(Int.random(in: -30...30, using: &generator))" }
      try expectTightest(literal)
    }
  }

  @Test("literals near subnormal and large doubles")
  func extremeScales() throws {
    var generator = SplitMix(seed: 4)
    for _ in 0..<200 {
      let digits = generator.next() % 1_000_000_000_000_000_000
      try expectTightest("\(digits)e-\(Int.random(in: 318...345, using: &generator))")
      try expectTightest("\(digits)e\(Int.random(in: 270...290, using: &generator))")
    }
  }

  @Test("a double's own expansion is exact, and halfway points lie strictly between neighbours")
  func doublesAndHalfwayPoints() throws {
    var generator = SplitMix(seed: 5)
    var bits = (0..<150).map { _ in generator.next() % 0x7FE0_0000_0000_0000 }
    bits += [0, 1, 2, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFE, 0x3FF0_0000_0000_0000]
    for pattern in bits {
      let value = Double(bitPattern: pattern)
      let expansion = Decimal(exactly: value)
      #expect(try Enclosure(decimal: expansion.description) == Enclosure(exactly: value))
      #expect(try Enclosure(decimal: "-" + expansion.description) == Enclosure(exactly: -value))
      let halfway = try (expansion + Decimal(exactly: value.nextUp)) * Decimal(parsing: "0.5")
      #expect(try Enclosure(decimal: halfway.description) == Enclosure(lower: value, upper: value.nextUp))
    }
  }

  @Test("zero is +0 whatever its sign")
  func zero() throws {
    for literal in ["0", "-0", "-0.0", "0e-5", "-0e2000", ".0"] {
      let enclosure = try Enclosure(decimal: literal)
      #expect(enclosure.lower.bitPattern == 0 && enclosure.upper.bitPattern == 0)
    }
    #expect(try Enclosure(decimal: "-1e-400").upper.bitPattern == 0)
  }

  @Test("quotients are enclosed as tightly")
  func quotients() throws {
    var generator = SplitMix(seed: 6)
    for _ in 0..<300 {
      let numerator = Decimal(Int.random(in: -1_000_000...1_000_000, using: &generator))
      let divisor = try Decimal(
        parsing: "\(Int.random(in: 1...99999, using: &generator))e\(Int.random(in: -9...9, using: &generator))")
      let enclosure = try numerator.enclosure(dividedBy: divisor)
      let (low, high) = (Decimal(exactly: enclosure.lower), Decimal(exactly: enclosure.upper))
      if enclosure.isExact {
        #expect(try low * divisor == numerator)
      } else {
        #expect(try low * divisor < numerator && numerator < high * divisor)
        #expect(enclosure.upper == enclosure.lower.nextUp)
      }
      #expect(try (-numerator).enclosure(dividedBy: -divisor) == enclosure)
    }
  }

  @Test("order of enclosures is the order of the numbers")
  func order() throws {
    let ordered = try ["-0.3", "-0.1", "0", "1e-400", "0.1", "0.25", "0.3", "1", "1.00000000000000000001"].map {
      try Enclosure(decimal: $0)
    }
    for (i, left) in ordered.enumerated() {
      for (j, right) in ordered.enumerated() { #expect(left.precedes(right) == (i < j)) }
    }
  }

  @Test(
    "what is not a number is refused with its reason",
    arguments: [
      ("", "'' is not a decimal number; write it like -12.5 or 1e-3"),
      ("-", "'-' is not a decimal number; write it like -12.5 or 1e-3"),
      (".", "'.' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1.2.3", "'1.2.3' is not a decimal number; write it like -12.5 or 1e-3"),
      ("--1", "'--1' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1e", "'1e' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1e+", "'1e+' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1e1.5", "'1e1.5' is not a decimal number; write it like -12.5 or 1e-3"),
      ("e5", "'e5' is not a decimal number; write it like -12.5 or 1e-3"),
      ("0x10", "'0x10' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1_000", "'1_000' is not a decimal number; write it like -12.5 or 1e-3"),
      ("nan", "'nan' is not a decimal number; write it like -12.5 or 1e-3"),
      ("inf", "'inf' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1 ", "'1 ' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1e309", "the number is too large: its absolute value must be at most 1.7976931348623157e308"),
      ("-1e309", "the number is too large: its absolute value must be at most 1.7976931348623157e308"),
      ("1.7976931348623158e308", "the number is too large: its absolute value must be at most 1.7976931348623157e308"),
      ("1e2049", "the exponent of a number must lie between -2048 and 2048"),
      ("0e-99999999999999999999999", "the exponent of a number must lie between -2048 and 2048"),
      (String(repeating: "1", count: 2049), "a number of 2049 digits is too long; at most 2048 digits are read"),
    ])
  func refuses(_ literal: String, _ message: String) {
    let error = #expect(throws: DecimalError.self) { try Enclosure(decimal: literal) }
    #expect(error?.description == message)
  }

  @Test("a long literal is shortened in the message")
  func shortens() {
    let error = #expect(throws: DecimalError.self) { try Enclosure(decimal: String(repeating: "1", count: 50) + "x") }
    #expect(error == .malformed(String(repeating: "1", count: 37) + "..."))
  }
}
