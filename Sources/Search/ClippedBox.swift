// SPDX-License-Identifier: Apache-2.0

/// A box shrunk to where counterexamples can still lie.
///
/// A row bounded below by Λ·x + κ can be ≤ 0 only where Λ·x + κ ≤ 0; with all other inputs at their minimisers that bounds each x_i.
/// Source: Clip-and-Verify, NeurIPS 2025, relaxed clipping. The checker repeats the step by itself (docs/formats/certificate.md 4.5).
struct ClippedBox: Sendable {
  var lower: [Double]
  var upper: [Double]
  private(set) var isEmpty = false
  /// Volume left over volume before.
  private(set) var remaining = 1.0

  /// The row of every disjunct that the box was clipped by.
  let rows: [Int]

  init(_ box: OpenBox, rows: [Int]) {
    self.rows = rows
    lower = box.lower
    upper = box.upper
  }

  /// A clip costs the checker one more analysis, so it has to remove a good part.
  var isWorthwhile: Bool { !isEmpty && remaining < 0.5 }

  /// Intersects with {x : Λ·x + κ ≤ 0}; `bound` is the minimum of Λ·x + κ over `box`.
  mutating func clip(by coefficients: UnsafeMutablePointer<Float>, bound: Float, from box: OpenBox, _ dimensions: [Int]) {
    let slack = -Double(bound)
    guard slack >= 0 else {
      isEmpty = true
      return
    }
    for i in dimensions {
      let slope = Double(coefficients[i])
      let reach = slack / abs(slope)
      guard slope != 0, reach < box.upper[i] - box.lower[i] else { continue }
      if slope > 0 {
        upper[i] = min(upper[i], box.lower[i] + reach)
      } else {
        lower[i] = max(lower[i], box.upper[i] - reach)
      }
      if lower[i] > upper[i] { isEmpty = true }
    }
  }

  func hull(_ other: ClippedBox) -> ClippedBox {
    if isEmpty { return other }
    if other.isEmpty { return self }
    var result = self
    for i in lower.indices {
      result.lower[i] = min(lower[i], other.lower[i])
      result.upper[i] = max(upper[i], other.upper[i])
    }
    return result
  }

  mutating func measure(against box: OpenBox, _ dimensions: [Int]) {
    remaining = dimensions.reduce(1) { $0 * (upper[$1] - lower[$1]) / (box.upper[$1] - box.lower[$1]) }
  }
}
