// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// y = s∘x + t with enclosures of s and t.
struct ScaleRule: AffineRule {
  let bias: Bounds?
  let roundings: Int
  let mixing = 0

  private let factor: Bounds
  /// max |s|, one row.
  private let magnitude: Matrix
  /// s = 1: the coefficients pass unchanged.
  private let isShift: Bool
  private let zero: Matrix

  init(_ scale: ElementwiseAffine) {
    factor = Bounds(enclosures: scale.scale)
    bias = Bounds(enclosures: scale.offset)
    magnitude = Matrix(row: scale.scale.map { max(abs($0.lower), abs($0.upper)) })
    zero = Matrix(rows: 1, columns: scale.scale.count)
    isShift = scale.scale.allSatisfy { $0.lower == 1 && $0.upper == 1 }
    let isGiven = (scale.scale + scale.offset).allSatisfy { $0.isExact && Double(Float($0.lower)) == $0.lower }
    // One addition; or a factor that the runtime may compute itself, such as g / √(v + ε), even where it comes out exact: four
    // operations, a product with the input, the mean times the factor, two additions.
    roundings = isGiven && isShift ? 1 : 8
  }

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    let image = Bounds(rows: rows, columns: output.lower.columns)
    kernels.scaleInterval(inputs[0], rows: rows, low: factor.lower, negHigh: factor.negUpper, offset: zero, into: image.lower)
    // −upper = min of (−s)·x: the factor's ends change places and signs.
    kernels.scaleInterval(inputs[0], rows: rows, low: factor.negUpper, negHigh: factor.lower, offset: zero, into: image.negUpper)
    kernels.add(Block(image.lower, rows: rows), to: Block(output.lower, rows: rows))
    kernels.add(Block(image.negUpper, rows: rows), to: Block(output.negUpper, rows: rows))
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    let image = Matrix(rows: inputs[0].rows, columns: output.columns)
    // −H ≤ 0, so the kernel multiplies H by −|s|.
    kernels.scaleRows(
      Block(inputs[0], rows: rows), low: magnitude, negHigh: magnitude.negated(), into: Block(image, rows: rows))
    kernels.add(Block(image, rows: rows), to: Block(output, rows: rows))
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    guard !isShift else { return result.add(coefficients, toInput: 0) }
    let source = coefficients.dense(columns: result.outputCount)
    let low = Matrix(rows: result.rows, columns: result.outputCount)
    result.kernels.scaleRows(Block(source), low: factor.lower, negHigh: factor.negUpper, into: Block(low))
    var negHigh: Matrix?
    if result.needsHigh[0] {
      let high = Matrix(rows: result.rows, columns: result.outputCount)
      result.kernels.scaleRows(Block(source), low: factor.negUpper, negHigh: factor.lower, into: Block(high))
      negHigh = high
    }
    result.add(.matrix(low), negHigh: negHigh, toInput: 0)
  }
}
