// SPDX-License-Identifier: Apache-2.0
package import Graph

/// What a linear map does, in double precision: the form in which maps are merged before they are packed for the kernels.
package enum LinearOperator: Sendable {
  /// y = sign·x.
  case identity(count: Int, sign: Double)
  /// y[i] = d[i]·x[i].
  case diagonal([Double])
  /// Index maps, average pools, and weights with few nonzeros.
  case sparse(SparseMatrix)
  case dense(DenseMatrix)
  /// The bias inside is ignored.
  case convolution(Convolution)

  package var inputCount: Int {
    switch self {
    case .identity(let count, _): count
    case .diagonal(let factors): factors.count
    case .sparse(let matrix): matrix.columnCount
    case .dense(let matrix): matrix.columnCount
    case .convolution(let node): node.batch * node.inputChannels * node.window.inputHeight * node.window.inputWidth
    }
  }

  package var outputCount: Int {
    switch self {
    case .identity(let count, _): count
    case .diagonal(let factors): factors.count
    case .sparse(let matrix): matrix.rowCount
    case .dense(let matrix): matrix.rowCount
    case .convolution(let node): node.batch * node.outputChannels * node.window.outputHeight * node.window.outputWidth
    }
  }

  /// What a product with the map costs, in multiplications of the dense kernel.
  var cost: Int {
    switch self {
    case .identity(let count, _): count
    case .diagonal(let factors): factors.count
    case .sparse(let matrix): 4 * matrix.entryCount
    case .dense(let matrix): matrix.elements.count
    case .convolution(let node): node.weights.count / max(node.outputChannels, 1) * outputCount
    }
  }

  /// The same map in the cheapest form: sparse matrices with many entries become dense, dense ones with few become sparse,
  /// sparse ones that only scale become diagonal, and convolutions that see most of their input everywhere become dense.
  func simplified() -> LinearOperator {
    switch self {
    case .identity: return self
    case .diagonal(let factors):
      guard let first = factors.first, abs(first) == 1, factors.allSatisfy({ $0 == first }) else { return self }
      return .identity(count: factors.count, sign: first)
    case .sparse(let matrix):
      if let diagonal = matrix.diagonal { return LinearOperator.diagonal(diagonal).simplified() }
      let size = matrix.rowCount * matrix.columnCount
      return size <= 1024 || matrix.entryCount * 4 > size ? .dense(matrix.dense()) : self
    case .dense(let matrix):
      guard matrix.elements.count > 1024 else { return self }
      let entryCount = matrix.elements.withUnsafeBufferPointer { all in
        all.reduce(into: 0) { count, element in if element != 0 { count &+= 1 } }
      }
      guard entryCount * 8 < matrix.elements.count else { return self }
      return .sparse(
        SparseMatrix(dense: matrix.elements, rowCount: matrix.rowCount, columnCount: matrix.columnCount))
    case .convolution(let node):
      guard inputCount * outputCount <= 2 * cost else { return self }
      return .dense(node.matrix())
    }
  }

  func negated() -> LinearOperator {
    switch self {
    case .identity(let count, let sign): return .identity(count: count, sign: -sign)
    case .diagonal(let factors): return .diagonal(factors.map { -$0 })
    case .sparse(let matrix): return .sparse(matrix.mapValues { -$2 })
    case .dense(var matrix):
      matrix.elements = matrix.elements.map { -$0 }
      return .dense(matrix)
    case .convolution(var node):
      node.weights = node.weights.map { -$0 }
      return .convolution(node)
    }
  }

  /// Writes row `index` [inputCount].
  func writeRow(_ index: Int, into row: UnsafeMutablePointer<Double>) {
    row.update(repeating: 0, count: inputCount)
    switch self {
    case .identity(_, let sign): row[index] = sign
    case .diagonal(let factors): row[index] = factors[index]
    case .sparse(let matrix):
      for (column, value) in matrix.entries(ofRow: index) { row[Int(column)] = value }
    case .dense(let matrix):
      let start = index * matrix.columnCount
      for column in 0..<matrix.columnCount { row[column] = matrix.elements[start + column] }
    case .convolution(let node):
      node.forEachWeight(ofOutput: index) { column, value in row[column] += value }
    }
  }
}

extension SparseMatrix {
  /// The diagonal, when there is nothing else in a square matrix.
  var diagonal: [Double]? {
    guard rowCount == columnCount else { return nil }
    var factors = [Double](repeating: 0, count: rowCount)
    for row in 0..<rowCount {
      for (column, value) in entries(ofRow: row) {
        guard Int(column) == row else { return nil }
        factors[row] = value
      }
    }
    return factors
  }
}

extension Convolution {
  /// Calls `body` with every (input element, weight) that output element `index` reads.
  func forEachWeight(ofOutput index: Int, _ body: (Int, Double) -> Void) {
    let w = window
    let outX = index % w.outputWidth
    let outY = index / w.outputWidth % w.outputHeight
    let channel = index / (w.outputWidth * w.outputHeight) % outputChannels
    let sample = index / (w.outputWidth * w.outputHeight * outputChannels)
    let groupInputs = inputChannels / groups
    let group = channel / (outputChannels / groups)
    for c in 0..<groupInputs {
      let plane = (sample * inputChannels + group * groupInputs + c) * w.inputHeight
      for ky in 0..<w.kernelHeight {
        let y = outY * w.strideY - w.padTop + ky * w.dilationY
        guard y >= 0, y < w.inputHeight else { continue }
        for kx in 0..<w.kernelWidth {
          let x = outX * w.strideX - w.padLeft + kx * w.dilationX
          guard x >= 0, x < w.inputWidth else { continue }
          let weight = weights[((channel * groupInputs + c) * w.kernelHeight + ky) * w.kernelWidth + kx]
          body((plane + y) * w.inputWidth + x, weight)
        }
      }
    }
  }

  /// The whole map as a matrix.
  func matrix() -> DenseMatrix {
    let map = LinearOperator.convolution(self)
    var elements = [Double](repeating: 0, count: map.inputCount * map.outputCount)
    for row in 0..<map.outputCount {
      forEachWeight(ofOutput: row) { elements[row * map.inputCount + $0] += $1 }
    }
    return DenseMatrix(rowCount: map.outputCount, columnCount: map.inputCount, elements: elements)
  }
}
