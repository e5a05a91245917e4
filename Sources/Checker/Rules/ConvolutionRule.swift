// SPDX-License-Identifier: Apache-2.0
import Graph

/// Grouped convolution, as products with unfolded planes.
///
/// Forwards, X holds for each (channel, kernel position) the plane of input pixels that it reads, zero in the padding, and
/// y = W·X. Backwards, Wᵀ·Λ_y is such a set of planes, and each is added to the pixels that it reads.
struct ConvolutionRule: AffineRule {
  let bias: Bounds?
  let roundings: Int
  let mixing = 1

  private let shape: Convolution
  /// One per group; W of a group is [outputChannels / groups, inputChannels / groups · kernel].
  private let products: [ConstantProduct]

  private var groupInputs: Int { shape.inputChannels / shape.groups }
  private var groupOutputs: Int { shape.outputChannels / shape.groups }
  private var depth: Int { groupInputs * shape.window.kernelCount }

  init(_ convolution: Convolution) {
    shape = convolution
    let rows = convolution.outputChannels / convolution.groups
    let columns = convolution.inputChannels / convolution.groups * convolution.window.kernelCount
    products = (0..<convolution.groups).map {
      ConstantProduct(convolution.weights, start: $0 * rows * columns, rows: rows, columns: columns, transposed: false)
    }
    roundings = columns + 1
    bias = convolution.bias.map { bias in
      var all: [Double] = []
      for _ in 0..<convolution.batch {
        for value in bias { all.append(contentsOf: repeatElement(value, count: convolution.window.outputCount)) }
      }
      return Bounds(exactly: all)
    }
  }

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    forEachGroup(rows: rows) { row, batch, group in
      let lower = unfold(inputs[0].lower, row: row, batch: batch, group: group, kernels)
      let negUpper = unfold(inputs[0].negUpper, row: row, batch: batch, group: group, kernels)
      let product = products[group]
      let start = outputStart(batch: batch, group: group)
      kernels.addPlanes(product.applyFromLeft(.positive, to: lower, kernels), to: output.lower, row: row, at: start)
      kernels.addPlanes(product.applyFromLeft(.negative, to: negUpper, kernels), to: output.lower, row: row, at: start)
      kernels.addPlanes(product.applyFromLeft(.positive, to: negUpper, kernels), to: output.negUpper, row: row, at: start)
      kernels.addPlanes(product.applyFromLeft(.negative, to: lower, kernels), to: output.negUpper, row: row, at: start)
    }
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    forEachGroup(rows: rows) { row, batch, group in
      let planes = unfold(inputs[0], row: row, batch: batch, group: group, kernels)
      let start = outputStart(batch: batch, group: group)
      for part in [ConstantProduct.Part.positive, .negative] {
        kernels.addPlanes(products[group].applyFromLeft(part, to: planes, kernels), to: output, row: row, at: start)
      }
    }
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    if case .units(let units) = coefficients {
      result.add(.matrix(copyWeights(units)), toInput: 0)
      return
    }
    let source = coefficients.dense(columns: result.outputCount)
    let low = adjoint(source, result, negate: false)
    result.add(.matrix(low), negHigh: result.needsHigh[0] ? adjoint(source, result, negate: true) : nil, toInput: 0)
  }

  private func adjoint(_ source: Matrix, _ result: Pullback, negate: Bool) -> Matrix {
    let target = Matrix(rows: result.rows, columns: result.inputCounts[0])
    forEachGroup(rows: result.rows) { row, batch, group in
      let pixels = shape.window.outputCount
      let columns = PackedMatrix(
        source, row: row, start: outputStart(batch: batch, group: group), depth: groupOutputs, columns: pixels,
        rowStride: pixels, columnStride: 1)
      guard let planes = products[group].applyFromLeft(.adjoint, to: columns, result.kernels, negate: negate) else { return }
      forEachPlane { plane, channel, y, x in
        result.kernels.windowScatter(
          shape.window, y: y, x: x, from: planes, row: plane, at: 0, to: target, row: row,
          at: inputStart(batch: batch, group: group, channel: channel))
      }
    }
    return target
  }

  /// Row r holds the weights of one output pixel at the input pixels that it reads: no arithmetic, no rounding.
  private func copyWeights(_ units: [Coefficients.Unit]) -> Matrix {
    let window = shape.window
    let matrix = Matrix(rows: units.count, columns: shape.batch * shape.inputChannels * window.inputCount)
    for (r, unit) in units.enumerated() {
      precondition(unit.element >= 0, "a unit names an element")
      let pixel = unit.element % window.outputCount
      let output = unit.element / window.outputCount % shape.outputChannels
      let batch = unit.element / (window.outputCount * shape.outputChannels)
      let (oy, ox) = (pixel / window.outputWidth, pixel % window.outputWidth)
      forEachPlane { plane, channel, y, x in
        let iy = oy * window.strideY - window.padTop + y * window.dilationY
        let ix = ox * window.strideX - window.padLeft + x * window.dilationX
        guard iy >= 0, iy < window.inputHeight, ix >= 0, ix < window.inputWidth else { return }
        let start = inputStart(batch: batch, group: output / groupOutputs, channel: channel)
        matrix[r, start + iy * window.inputWidth + ix] = unit.sign * shape.weights[output * depth + plane]
      }
    }
    return matrix
  }

  /// The planes that the kernel positions read, as the packed right factor of a product.
  private func unfold(_ source: Matrix, row: Int, batch: Int, group: Int, _ kernels: Kernels) -> PackedMatrix {
    let planes = Matrix(rows: depth, columns: shape.window.outputCount)
    forEachPlane { plane, channel, y, x in
      kernels.windowGather(
        shape.window, y: y, x: x, from: source, row: row, at: inputStart(batch: batch, group: group, channel: channel),
        to: planes, row: plane, at: 0)
    }
    return PackedMatrix(planes)
  }

  private func forEachGroup(rows: Int, _ body: (_ row: Int, _ batch: Int, _ group: Int) -> Void) {
    for row in 0..<rows {
      for batch in 0..<shape.batch {
        for group in 0..<shape.groups { body(row, batch, group) }
      }
    }
  }

  private func forEachPlane(_ body: (_ plane: Int, _ channel: Int, _ y: Int, _ x: Int) -> Void) {
    var plane = 0
    for channel in 0..<groupInputs {
      for y in 0..<shape.window.kernelHeight {
        for x in 0..<shape.window.kernelWidth {
          body(plane, channel, y, x)
          plane += 1
        }
      }
    }
  }

  private func inputStart(batch: Int, group: Int, channel: Int) -> Int {
    (batch * shape.inputChannels + group * groupInputs + channel) * shape.window.inputCount
  }

  private func outputStart(batch: Int, group: Int) -> Int {
    (batch * shape.outputChannels + group * groupOutputs) * shape.window.outputCount
  }
}
