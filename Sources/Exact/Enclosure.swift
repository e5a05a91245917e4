// SPDX-License-Identifier: Apache-2.0

/// Two doubles that enclose one real number: `lower ≤ value ≤ upper`.
///
/// Decimal literals, reciprocals and square roots are not doubles; every stage works with their enclosure instead and rounds
/// away from the claim. A number that is a double has `lower == upper`. Both ends are finite.
package struct Enclosure: Hashable, Sendable {
  package var lower: Double
  package var upper: Double

  package init(lower: Double, upper: Double) {
    precondition(lower <= upper && lower.isFinite && upper.isFinite, "not an enclosure: [\(lower), \(upper)]")
    self.lower = lower
    self.upper = upper
  }

  /// The enclosure of a number that is itself a double.
  package init(exactly value: Double) {
    self.init(lower: value, upper: value)
  }

  package var isExact: Bool { lower == upper }

  package static prefix func - (value: Enclosure) -> Enclosure {
    Enclosure(lower: -value.upper, upper: -value.lower)
  }
}
