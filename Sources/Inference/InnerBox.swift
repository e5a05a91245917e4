// SPDX-License-Identifier: Apache-2.0
package import Exact
package import Program

/// Boxes of representable points.
package enum InnerBox {
  /// The largest box with ends in `Scalar` that lies inside a box known by enclosures of its ends.
  ///
  /// Rounds lower ends up and upper ends down, so that every representable point of the result is an input that the property
  /// speaks about. Returns nil when some dimension has no representable value.
  package static func make<Scalar: ProgramScalar>(
    lower: [Enclosure], upper: [Enclosure], of _: Scalar.Type = Scalar.self
  ) -> (lower: [Scalar], upper: [Scalar])? {
    let lowerEnds = lower.map { Scalar(roundingUp: $0.upper) }
    let upperEnds = upper.map { Scalar(roundingDown: $0.lower) }
    guard zip(lowerEnds, upperEnds).allSatisfy({ $0 <= $1 && $0.isFinite && $1.isFinite }) else { return nil }
    return (lowerEnds, upperEnds)
  }

  /// The same, but a dimension without a representable value gets the representable value nearest to its middle.
  ///
  /// For properties that fix inputs to decimals such as 0.1. Points of this box are *not* in the property's box in the
  /// dimensions `rounded`; whoever uses one must say what it shows.
  package static func makeNearest<Scalar: ProgramScalar>(
    lower: [Enclosure], upper: [Enclosure], of _: Scalar.Type = Scalar.self
  ) -> (lower: [Scalar], upper: [Scalar], rounded: [Int]) {
    var lowerEnds = lower.map { Scalar(roundingUp: $0.upper) }
    var upperEnds = upper.map { Scalar(roundingDown: $0.lower) }
    let rounded = lower.indices.filter { lowerEnds[$0] > upperEnds[$0] }
    for index in rounded {
      lowerEnds[index] = Scalar(lower[index].lower / 2 + upper[index].upper / 2)
      upperEnds[index] = lowerEnds[index]
    }
    return (lowerEnds, upperEnds, rounded)
  }
}

extension ProgramScalar {
  /// The smallest number of the type that is not below `value`.
  init(roundingUp value: Double) {
    let nearest = Self(value)
    self = Double(nearest) < value ? nearest.nextUp : nearest
  }

  /// The largest number of the type that is not above `value`.
  init(roundingDown value: Double) {
    let nearest = Self(value)
    self = Double(nearest) > value ? nearest.nextDown : nearest
  }
}
