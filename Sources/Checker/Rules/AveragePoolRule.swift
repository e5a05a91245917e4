// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// The sum of the pixels of a window, times an enclosure of 1 / divisor.
struct AveragePoolRule: AffineRule {
  let bias: Bounds? = nil
  let roundings: Int
  let mixing = 1

  private let shape: AveragePool
  /// One row: enclosures of 1 / divisor per output element.
  private let factor: Bounds
  private let zero: Matrix
  /// Upper ends of the factor, and their negatives.
  private let factorUpper: Matrix

  init(_ pool: AveragePool) {
    shape = pool
    roundings = pool.window.kernelCount + 2
    let factors = pool.divisors.map {
      Enclosure(lower: Directed.divideDown(1, Double($0)), upper: Directed.divideUp(1, Double($0)))
    }
    let all = (0..<pool.planes).flatMap { _ in factors }
    factor = Bounds(enclosures: all)
    factorUpper = Matrix(row: all.map(\.upper))
    zero = Matrix(rows: 1, columns: all.count)
  }

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    let sums = Bounds(
      lower: windowSums(inputs[0].lower, rows: rows, kernels), negUpper: windowSums(inputs[0].negUpper, rows: rows, kernels))
    kernels.scaleInterval(sums, rows: rows, low: factor.lower, negHigh: factor.negUpper, offset: zero, into: output.lower)
    // −upper = min of (−s)·x: the factor's ends change places and signs.
    kernels.scaleInterval(sums, rows: rows, low: factor.negUpper, negHigh: factor.lower, offset: zero, into: output.negUpper)
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    let sums = windowSums(inputs[0], rows: rows, kernels)
    // The sums are ≤ 0, so the kernel multiplies their magnitude by −factorUpper.
    kernels.scaleRows(
      Block(sums, rows: rows), low: factorUpper, negHigh: factorUpper.negated(), into: Block(output, rows: rows))
  }

  /// The sum before it is divided.
  func addLargestMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    kernels.add(Block(windowSums(inputs[0], rows: rows, kernels)), to: Block(output, rows: rows))
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    let source = coefficients.dense(columns: result.outputCount)
    let low = spread(source, low: factor.lower, negHigh: factor.negUpper, result)
    let negHigh = result.needsHigh[0] ? spread(source, low: factor.negUpper, negHigh: factor.lower, result) : nil
    result.add(.matrix(low), negHigh: negHigh, toInput: 0)
  }

  private func windowSums(_ source: Matrix, rows: Int, _ kernels: Kernels) -> Matrix {
    let sums = Matrix(rows: rows, columns: factor.lower.columns)
    forEachPosition(rows: rows) { row, plane, y, x in
      kernels.windowGather(
        shape.window, y: y, x: x, from: source, row: row, at: plane * shape.window.inputCount, to: sums, row: row,
        at: plane * shape.window.outputCount)
    }
    return sums
  }

  /// A lower end of the pixels' coefficients: each output's coefficient times the factor, added up.
  private func spread(_ source: Matrix, low: Matrix, negHigh: Matrix, _ result: Pullback) -> Matrix {
    let scaled = Matrix(rows: result.rows, columns: result.outputCount)
    result.kernels.scaleRows(Block(source), low: low, negHigh: negHigh, into: Block(scaled))
    let target = Matrix(rows: result.rows, columns: result.inputCounts[0])
    forEachPosition(rows: result.rows) { row, plane, y, x in
      result.kernels.windowScatter(
        shape.window, y: y, x: x, from: scaled, row: row, at: plane * shape.window.outputCount, to: target, row: row,
        at: plane * shape.window.inputCount)
    }
    return target
  }

  private func forEachPosition(rows: Int, _ body: (_ row: Int, _ plane: Int, _ y: Int, _ x: Int) -> Void) {
    for row in 0..<rows {
      for plane in 0..<shape.planes {
        for y in 0..<shape.window.kernelHeight {
          for x in 0..<shape.window.kernelWidth { body(row, plane, y, x) }
        }
      }
    }
  }
}
