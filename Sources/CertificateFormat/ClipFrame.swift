// SPDX-License-Identifier: Apache-2.0

/// What a clip leaves of one input's interval, in 256ths of its width: from `first` to the end of `last`.
///
/// Prover and checker compute the ends by the same operations, so that boxes below a clip are the same on both sides.
package struct ClipFrame: Hashable, Sendable {
  package var dimension: Int
  package var first: UInt8
  package var last: UInt8

  package init(dimension: Int, first: UInt8, last: UInt8) {
    self.dimension = dimension
    self.first = first
    self.last = last
  }

  /// The ends inside [lower, upper]; each operation rounded to nearest, the result brought into the interval.
  package func ends(lower: Double, upper: Double) -> (lower: Double, upper: Double) {
    let step = (upper - lower) * 0x1p-8
    let begin = first == 0 ? lower : lower + step * Double(first)
    let end = last == 255 ? upper : lower + step * (Double(last) + 1)
    return (min(max(begin, lower), upper), min(max(end, lower), upper))
  }
}
