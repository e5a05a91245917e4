// SPDX-License-Identifier: Apache-2.0
import Compute
import Graph

extension LinearOperator {
  /// self ∘ inner, where one map can do the work of both without costing more than the two; otherwise nil.
  func composed(after inner: LinearOperator) -> LinearOperator? {
    switch (self, inner) {
    case (.identity(_, let sign), _): return sign == 1 ? inner : inner.negated()
    case (_, .identity(_, let sign)): return sign == 1 ? self : negated()
    case (.diagonal(let factors), _): return inner.scalingOutputs(by: factors)
    case (_, .diagonal(let factors)): return scalingInputs(by: factors)
    case (.convolution, _): return nil
    case (_, .convolution):
      guard case .dense(let matrix) = self, outputCount * inner.inputCount <= cost + inner.cost else { return nil }
      return LinearOperator.dense(matrix.multiplied(by: inner)).simplified()
    case (.sparse(let left), .sparse(let right)):
      let product = left.multiplied(by: right)
      return 4 * product.entryCount <= 2 * (cost + inner.cost) ? LinearOperator.sparse(product).simplified() : nil
    case (.dense(let left), .sparse), (.dense(let left), .dense):
      guard outputCount * inner.inputCount <= cost + inner.cost else { return nil }
      return LinearOperator.dense(left.multiplied(by: inner)).simplified()
    case (.sparse(let left), .dense(let right)):
      guard outputCount * inner.inputCount <= cost + inner.cost else { return nil }
      return left.multiplied(by: right).simplified()
    }
  }

  /// self + other as one map, or nil when the forms do not mix.
  func adding(_ other: LinearOperator) -> LinearOperator? {
    switch (asMatrix, other.asMatrix) {
    case (.sparse(let left), .sparse(let right)): LinearOperator.sparse(left.adding(right)).simplified()
    case (.dense(let left), .dense(let right)): .dense(left.adding(right))
    case (.dense(let left), .sparse(let right)), (.sparse(let right), .dense(let left)):
      .dense(left.adding(right.dense()))
    default: nil
    }
  }

  /// Diagonals and identities as sparse matrices; everything else unchanged.
  private var asMatrix: LinearOperator {
    switch self {
    case .identity(let count, let sign): LinearOperator.diagonal([Double](repeating: sign, count: count)).asMatrix
    case .diagonal(let factors):
      .sparse(
        SparseMatrix(gathering: factors.indices.map { Int32($0) }, from: factors.count).mapValues { row, _, _ in
          factors[row]
        })
    default: self
    }
  }

  private func scalingOutputs(by factors: [Double]) -> LinearOperator? {
    switch self {
    case .identity(_, let sign): return .diagonal(factors.map { $0 * sign })
    case .diagonal(let inner): return LinearOperator.diagonal(zip(factors, inner).map { $0 * $1 }).simplified()
    case .sparse(let matrix): return .sparse(matrix.mapValues { row, _, value in factors[row] * value })
    case .dense(var matrix):
      for row in 0..<matrix.rowCount {
        for index in row * matrix.columnCount..<(row + 1) * matrix.columnCount {
          matrix.elements[index] *= factors[row]
        }
      }
      return .dense(matrix)
    case .convolution(var node):
      let plane = node.window.outputHeight * node.window.outputWidth
      guard let perChannel = channelFactors(factors, channels: node.outputChannels, plane: plane) else { return nil }
      let size = node.weights.count / node.outputChannels
      for index in node.weights.indices { node.weights[index] *= perChannel[index / size] }
      return .convolution(node)
    }
  }

  private func scalingInputs(by factors: [Double]) -> LinearOperator? {
    switch self {
    case .identity, .diagonal: return scalingOutputs(by: factors)
    case .sparse(let matrix): return .sparse(matrix.mapValues { _, column, value in value * factors[column] })
    case .dense(var matrix):
      for row in 0..<matrix.rowCount {
        for column in 0..<matrix.columnCount { matrix.elements[row * matrix.columnCount + column] *= factors[column] }
      }
      return .dense(matrix)
    case .convolution(var node):
      let plane = node.window.inputHeight * node.window.inputWidth
      guard let perChannel = channelFactors(factors, channels: node.inputChannels, plane: plane) else { return nil }
      let kernel = node.window.kernelHeight * node.window.kernelWidth
      let groupInputs = node.inputChannels / node.groups
      let groupOutputs = node.outputChannels / node.groups
      for index in node.weights.indices {
        let output = index / (kernel * groupInputs)
        let input = index / kernel % groupInputs
        node.weights[index] *= perChannel[output / groupOutputs * groupInputs + input]
      }
      return .convolution(node)
    }
  }

  /// One factor per channel, when all elements of a channel (in all samples) share it.
  private func channelFactors(_ factors: [Double], channels: Int, plane: Int) -> [Double]? {
    let perChannel = (0..<channels).map { factors[$0 * plane] }
    for index in factors.indices where factors[index] != perChannel[index / plane % channels] { return nil }
    return perChannel
  }
}

extension DenseMatrix {
  func adding(_ other: DenseMatrix) -> DenseMatrix {
    DenseMatrix(
      rowCount: rowCount, columnCount: columnCount, elements: zip(elements, other.elements).map { $0 + $1 })
  }

  /// self · inner: the rows of self pulled back through `inner`.
  func multiplied(by inner: LinearOperator) -> DenseMatrix {
    var product = DenseMatrix(
      rowCount: rowCount, columnCount: inner.inputCount,
      elements: [Double](repeating: 0, count: rowCount * inner.inputCount))
    let kernel = inner.makeKernel(of: Double.self)
    elements.withUnsafeBufferPointer { rows in
      product.elements.withUnsafeMutableBufferPointer { result in
        guard let rows = rows.baseAddress, let result = result.baseAddress else { return }
        kernel.adjoint(
          rows, count: rowCount, into: result, accumulate: false, absolute: false, scratch: Scratch())
      }
    }
    return product
  }
}

extension SparseMatrix {
  func multiplied(by right: DenseMatrix) -> LinearOperator {
    let width = right.columnCount
    var elements = [Double](repeating: 0, count: rowCount * width)
    for row in 0..<rowCount {
      for (middle, factor) in entries(ofRow: row) {
        for column in 0..<width {
          elements[row &* width &+ column] += factor * right.elements[Int(middle) &* width &+ column]
        }
      }
    }
    return .dense(DenseMatrix(rowCount: rowCount, columnCount: width, elements: elements))
  }
}
