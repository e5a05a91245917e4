// SPDX-License-Identifier: Apache-2.0
import Compute
import Exact
import Graph

extension Enclosure {
  /// The double in the middle; exact numbers are themselves.
  fileprivate var middle: Double { isExact ? lower : lower / 2 + upper / 2 }
}

extension LinearOperator {
  /// The linear part and the bias (empty: none) of an affine operation with one input [inputCount]; nil for the others.
  static func make(_ operation: Operation, inputCount: Int) -> (weights: LinearOperator, bias: [Double])? {
    switch operation {
    case .dense(let dense): return (.make(dense), spread(dense.bias, outer: dense.outer, inner: dense.inner))
    case .convolution(let node):
      let plane = node.window.outputHeight * node.window.outputWidth
      return (.convolution(node), spread(node.bias, outer: node.batch, inner: plane))
    case .averagePool(let pool): return (.make(pool), [])
    case .scale(let affine): return (.diagonal(affine.scale.map(\.middle)), affine.offset.map(\.middle))
    case .gather(let indices):
      return (.sparse(SparseMatrix(gathering: indices, from: inputCount)), [])
    case .sum, .relu, .view, .concatenation: return nil
    }
  }

  private static func spread(_ bias: [Double]?, outer: Int, inner: Int) -> [Double] {
    guard let bias else { return [] }
    return (0..<outer).flatMap { _ in bias.flatMap { repeatElement($0, count: inner) } }
  }

  private static func make(_ node: Dense) -> LinearOperator {
    guard node.outer * node.inner > 1 else {
      return .dense(DenseMatrix(rowCount: node.outputWidth, columnCount: node.inputWidth, elements: node.weights))
    }
    var matrix = SparseMatrix(columnCount: node.outer * node.inputWidth * node.inner)
    for outer in 0..<node.outer {
      for row in 0..<node.outputWidth {
        for inner in 0..<node.inner {
          matrix.appendRow(
            (0..<node.inputWidth).compactMap { column in
              let weight = node.weights[row * node.inputWidth + column]
              return weight == 0 ? nil : (Int32((outer * node.inputWidth + column) * node.inner + inner), weight)
            })
        }
      }
    }
    return .sparse(matrix)
  }

  private static func make(_ pool: AveragePool) -> LinearOperator {
    let w = pool.window
    var matrix = SparseMatrix(columnCount: pool.planes * w.inputHeight * w.inputWidth)
    let ones = Convolution(
      batch: pool.planes, inputChannels: 1, outputChannels: 1, groups: 1, window: w,
      weights: [Double](repeating: 1, count: w.kernelHeight * w.kernelWidth), bias: nil)
    for output in 0..<pool.planes * w.outputHeight * w.outputWidth {
      let divisor = Double(pool.divisors[output % (w.outputHeight * w.outputWidth)])
      var entries: [(column: Int32, value: Double)] = []
      ones.forEachWeight(ofOutput: output) { column, _ in entries.append((Int32(column), 1 / divisor)) }
      matrix.appendRow(entries)
    }
    return .sparse(matrix)
  }

  /// Puts the elements that a concatenation takes from its input number `input` where they belong.
  static func scatter(_ sources: [ConcatenationSource], input: Int, count: Int) -> LinearOperator {
    var matrix = SparseMatrix(columnCount: count)
    for source in sources {
      if case .element(input, let index) = source {
        matrix.appendRow([(Int32(index), 1)])
      } else {
        matrix.appendRow([])
      }
    }
    return LinearOperator.sparse(matrix).simplified()
  }

  /// W·x in double precision.
  func applied(to x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: outputCount)
    let kernel = makeKernel(of: Double.self)
    x.withUnsafeBufferPointer { x in
      result.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        kernel.forward(x, batch: 1, into: y, accumulate: false, absolute: false, scratch: Scratch())
      }
    }
    return result
  }

  /// Whether every weight is finite after rounding to float32.
  var fitsFloat: Bool {
    let limit = Double(Float.greatestFiniteMagnitude)
    let all: [Double] =
      switch self {
      case .identity: []
      case .diagonal(let factors): factors
      case .sparse(let matrix): matrix.values
      case .dense(let matrix): matrix.elements
      case .convolution(let node): node.weights
      }
    return all.withUnsafeBufferPointer { $0.allSatisfy { abs($0) <= limit } }
  }
}
