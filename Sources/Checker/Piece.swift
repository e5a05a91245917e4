// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Properties

/// A piece of a region: a box and neuron splits.
struct Piece {
  var lower: [Double]
  /// Minus the upper ends.
  var negUpper: [Double]
  var splits: [NeuronSplit] = []
  /// No point is left in the box.
  var isEmpty = false

  /// The box of a region, which encloses the decimal literals.
  init(_ region: Region) {
    lower = region.lower.map(\.lower)
    negUpper = region.upper.map { -$0.upper }
  }

  /// The box of one point.
  init(point: [Double]) {
    lower = point
    negUpper = point.map { -$0 }
  }

  /// One half of a split of the box; nil is the midpoint.
  mutating func cut(dimension: Int, threshold: Double?, isSecond: Bool) {
    guard !isEmpty else { return }
    let upper = -negUpper[dimension]
    let threshold = threshold ?? TreeWriter.midpoint(lower: lower[dimension], upper: upper)
    if isSecond {
      lower[dimension] = max(lower[dimension], threshold)
    } else {
      negUpper[dimension] = max(negUpper[dimension], -threshold)
    }
    if lower[dimension] > -negUpper[dimension] { isEmpty = true }
  }

  /// Shrinks the box to where Λ_i·x + κ_i ≤ 0 is possible for one of the rows i (specification, section 4.5).
  ///
  /// - Parameter rows: per disjunct κ without the input's term, and Λ of the input.
  mutating func clip(rows: [(kappa: Double, coefficients: [Double])]) {
    guard !isEmpty else { return }
    var hull: (lower: [Double], negUpper: [Double])?
    for (kappa, coefficients) in rows {
      guard let box = clipped(kappa: kappa, coefficients) else { continue }
      guard let old = hull else {
        hull = box
        continue
      }
      hull = (zip(old.lower, box.lower).map { min($0, $1) }, zip(old.negUpper, box.negUpper).map { min($0, $1) })
    }
    guard let hull else {
      isEmpty = true
      return
    }
    (lower, negUpper) = hull
    isEmpty = zip(lower, negUpper).contains { $0 > -$1 }
  }

  /// The part of the box in which Λ·x + κ ≤ 0 is possible; nil if none is.
  ///
  /// For a point in it, Λ_i·x_i ≤ −(κ + Σ_{k≠i} m_k) ≤ −rest with m_k the minimum of Λ_k·x_k over the box; `rest` is
  /// rounded down, the quotient away from the box's inside. A NaN or an infinity fails every comparison that would shrink.
  private func clipped(kappa: Double, _ coefficients: [Double]) -> (lower: [Double], negUpper: [Double])? {
    var sum = kappa
    for (i, c) in coefficients.enumerated() { sum = Directed.addDown(sum, Directed.multiplyDown(c, least(i, c))) }
    guard sum.isFinite else { return (lower, negUpper) }
    if sum > 0 { return nil }
    var box = (lower: lower, negUpper: negUpper)
    for (i, c) in coefficients.enumerated() where c != 0 {
      let rest = Directed.addDown(sum, -Directed.multiplyUp(c, least(i, c)))
      if c > 0 {
        let negEnd = -Directed.divideUp(-rest, c)
        if negEnd > box.negUpper[i] { box.negUpper[i] = negEnd }
      } else {
        let end = Directed.divideDown(-rest, c)
        if end > box.lower[i] { box.lower[i] = end }
      }
    }
    return box
  }

  /// Where c·x_i is least.
  private func least(_ i: Int, _ c: Double) -> Double { c >= 0 ? lower[i] : -negUpper[i] }
}
