// SPDX-License-Identifier: Apache-2.0

/// Arithmetic on enclosures that rounds outward and stays exact where the result is a double.
///
/// Each operation rounds to nearest once and decides from the exactly computed error on which side the true value lies
/// (TwoSum; the FMA residual of products, quotients and roots). Where an error term could underflow, both ends move by one ulp.
/// `nil` means the result is not enclosed by finite doubles.
///
/// Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., sections 4.3 and 5.2.
extension Enclosure {
  package func adding(_ other: Enclosure) -> Enclosure? {
    Enclosure(outward: roundedSum(lower, other.lower), roundedSum(upper, other.upper))
  }

  package func subtracting(_ other: Enclosure) -> Enclosure? { adding(-other) }

  package func multiplied(by other: Enclosure) -> Enclosure? {
    Enclosure(hullOf: [
      roundedProduct(lower, other.lower), roundedProduct(lower, other.upper),
      roundedProduct(upper, other.lower), roundedProduct(upper, other.upper),
    ])
  }

  /// Also `nil` when `other` contains zero.
  package func divided(by other: Enclosure) -> Enclosure? {
    guard other.lower > 0 || other.upper < 0 else { return nil }
    return Enclosure(hullOf: [
      roundedQuotient(lower, other.lower), roundedQuotient(lower, other.upper),
      roundedQuotient(upper, other.lower), roundedQuotient(upper, other.upper),
    ])
  }

  /// Also `nil` when the enclosure reaches below zero.
  package func squareRoot() -> Enclosure? {
    guard lower >= 0 else { return nil }
    return Enclosure(outward: roundedRoot(lower), roundedRoot(upper))
  }

  private init?(outward first: Ends, _ last: Ends) {
    guard first.lower.isFinite && last.upper.isFinite else { return nil }
    self.init(lower: first.lower, upper: last.upper)
  }

  private init?(hullOf corners: [Ends]) {
    var hull = corners[0]
    for corner in corners {
      guard corner.lower.isFinite && corner.upper.isFinite else { return nil }
      hull = (min(hull.lower, corner.lower), max(hull.upper, corner.upper))
    }
    self.init(lower: hull.lower, upper: hull.upper)
  }
}

extension Double {
  /// self · other when that is a double, else `nil` (also when it would be too small to tell).
  package func exactProduct(_ other: Double) -> Double? {
    let ends = roundedProduct(self, other)
    return ends.lower == ends.upper && ends.lower.isFinite ? ends.lower : nil
  }

  /// self + other when that is a double, else `nil`.
  package func exactSum(_ other: Double) -> Double? {
    let ends = roundedSum(self, other)
    return ends.lower == ends.upper && ends.lower.isFinite ? ends.lower : nil
  }

  /// self / other when that is a double, else `nil` (also for a zero divisor).
  package func exactQuotient(_ other: Double) -> Double? {
    guard other != 0 else { return nil }
    let ends = roundedQuotient(self, other)
    return ends.lower == ends.upper && ends.lower.isFinite ? ends.lower : nil
  }
}

/// Two neighbouring doubles, or twice the same one, around a real number; not finite on overflow.
private typealias Ends = (lower: Double, upper: Double)

/// Below this magnitude a residual may lose bits to underflow; above it, 2·53 bits stay clear of 2⁻¹⁰⁷⁴.
private let residualFloor = 0x1p-900

/// The ends around a result rounded to nearest whose true value lies `error` above it (only the sign counts).
private func ends(_ rounded: Double, error: Double) -> Ends {
  guard rounded.isFinite else { return (-.infinity, .infinity) }
  if error < 0 { return (rounded.nextDown, rounded) }
  if error > 0 { return (rounded, rounded.nextUp) }
  return error == 0 ? (rounded, rounded) : (-.infinity, .infinity)
}

private func roundedSum(_ a: Double, _ b: Double) -> Ends {
  let sum = a + b
  let bPart = sum - a
  return ends(sum, error: (a - (sum - bPart)) + (b - bPart))
}

private func roundedProduct(_ a: Double, _ b: Double) -> Ends {
  if a == 0 || b == 0 { return (0, 0) }
  let product = a * b
  guard product.magnitude >= residualFloor else { return (product.nextDown, product.nextUp) }
  return ends(product, error: (-product).addingProduct(a, b))
}

private func roundedQuotient(_ a: Double, _ b: Double) -> Ends {
  if a == 0 { return (0, 0) }
  let quotient = a / b
  guard quotient.isFinite else { return (-.infinity, .infinity) }
  guard a.magnitude >= residualFloor, quotient.magnitude >= residualFloor else {
    return (quotient.nextDown, quotient.nextUp)
  }
  let residual = a.addingProduct(-quotient, b)
  return ends(quotient, error: b > 0 ? residual : -residual)
}

private func roundedRoot(_ a: Double) -> Ends {
  if a == 0 { return (0, 0) }
  let root = a.squareRoot()
  guard a >= residualFloor else { return (root.nextDown, root.nextUp) }
  return ends(root, error: a.addingProduct(-root, root))
}
