// SPDX-License-Identifier: Apache-2.0
import Graph

/// y[o, j, i] = Σ_k W[j, k]·x[o, k, i] + b[j].
///
/// With W = P − N, P and N ≥ 0, the image of [l, u] is [P·l − N·u, P·u − N·l] (+ b); in kept quantities
/// lower = P·l + N·(−u) and −upper = P·(−u) + N·l: two products each, all rounded down.
struct DenseRule: AffineRule {
  let bias: Bounds?
  let roundings: Int
  let mixing = 1

  private let shape: Dense
  private let product: ConstantProduct

  init(_ dense: Dense) {
    shape = dense
    product = ConstantProduct(dense.weights, rows: dense.outputWidth, columns: dense.inputWidth, transposed: dense.inner == 1)
    roundings = dense.inputWidth + 1
    bias = dense.bias.map { bias in
      var all: [Double] = []
      all.reserveCapacity(dense.outer * dense.outputWidth * dense.inner)
      for _ in 0..<dense.outer {
        for value in bias { all.append(contentsOf: repeatElement(value, count: dense.inner)) }
      }
      return Bounds(exactly: all)
    }
  }

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    apply(.positive, to: inputs[0].lower, rows: rows, output.lower, kernels)
    apply(.negative, to: inputs[0].negUpper, rows: rows, output.lower, kernels)
    apply(.positive, to: inputs[0].negUpper, rows: rows, output.negUpper, kernels)
    apply(.negative, to: inputs[0].lower, rows: rows, output.negUpper, kernels)
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    apply(.positive, to: inputs[0], rows: rows, output, kernels)
    apply(.negative, to: inputs[0], rows: rows, output, kernels)
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    if case .units(let units) = coefficients {
      result.add(.matrix(copyWeights(units)), toInput: 0)
      return
    }
    let source = coefficients.dense(columns: result.outputCount)
    let low = Matrix(rows: result.rows, columns: result.inputCounts[0])
    apply(.adjoint, to: source, rows: result.rows, low, result.kernels)
    var negHigh: Matrix?
    if result.needsHigh[0] {
      let high = Matrix(rows: result.rows, columns: result.inputCounts[0])
      apply(.adjoint, to: source, rows: result.rows, high, result.kernels, negate: true)
      negHigh = high
    }
    result.add(.matrix(low), negHigh: negHigh, toInput: 0)
  }

  /// Wᵀ·(±e_j) is a row of W: no arithmetic, no rounding.
  private func copyWeights(_ units: [Coefficients.Unit]) -> Matrix {
    let n = shape.inputWidth
    let matrix = Matrix(rows: units.count, columns: shape.outer * n * shape.inner)
    for (r, unit) in units.enumerated() {
      let inner = unit.element % shape.inner
      let j = unit.element / shape.inner % shape.outputWidth
      let outer = unit.element / (shape.inner * shape.outputWidth)
      matrix.update(row: r) { row in
        for k in 0..<n { row[(outer * n + k) * shape.inner + inner] = unit.sign * shape.weights[j * n + k] }
      }
    }
    return matrix
  }

  /// target += M·source per row and outer index, with M = P, N or Wᵀ; minus that where `negate`.
  private func apply(
    _ part: ConstantProduct.Part, to source: Matrix, rows: Int, _ target: Matrix, _ kernels: Kernels, negate: Bool = false
  ) {
    let (from, to) = part == .adjoint ? (shape.outputWidth, shape.inputWidth) : (shape.inputWidth, shape.outputWidth)
    for outer in 0..<shape.outer {
      if shape.inner == 1 {
        product.apply(
          part, to: Block(source, rows: rows, offset: outer * from, columns: from),
          into: Block(target, rows: rows, offset: outer * to, columns: to), kernels, negate: negate)
      } else {
        for row in 0..<rows {
          let columns = PackedMatrix(
            source, row: row, start: outer * from * shape.inner, depth: from, columns: shape.inner,
            rowStride: shape.inner, columnStride: 1)
          let image = product.applyFromLeft(part, to: columns, kernels, negate: negate)
          kernels.addPlanes(image, to: target, row: row, at: outer * to * shape.inner)
        }
      }
    }
  }
}
