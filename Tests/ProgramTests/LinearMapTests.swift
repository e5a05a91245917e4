// SPDX-License-Identifier: Apache-2.0
import Compute
import Graph
import Program
import Testing

@Suite("Linear maps")
struct LinearMapTests {
  /// One of each form, and convolutions with every option.
  static let maps: [(name: String, weights: LinearOperator)] = {
    var numbers = Numbers(state: 1)
    var all: [(String, LinearOperator)] = [
      ("identity", .identity(count: 7, sign: 1)), ("negation", .identity(count: 7, sign: -1)),
      ("diagonal", .diagonal(numbers.array(19))),
      ("dense", .dense(DenseMatrix(rowCount: 21, columnCount: 13, elements: numbers.array(273)))),
      (
        "sparse",
        .sparse(SparseMatrix(dense: numbers.array(600).map { abs($0) < 0.2 ? $0 : 0 }, rowCount: 20, columnCount: 30))
      ),
    ]
    let windows = [
      ("plain", 1, window((9, 10), kernel: (3, 3))), ("padded", 1, window((8, 8), kernel: (3, 3), pad: (1, 1))),
      ("strided", 1, window((9, 7), kernel: (4, 3), stride: (2, 2), pad: (1, 1))),
      ("dilated", 2, window((11, 9), kernel: (3, 2), stride: (3, 1), dilation: (2, 3), pad: (2, 0), padEnd: (1, 2))),
      ("gaps", 1, window((7, 7), kernel: (1, 1), stride: (2, 3))),
      ("column", 1, window((20, 4), kernel: (5, 1))), ("small", 2, window((4, 4), kernel: (2, 2), stride: (2, 2))),
    ]
    for (name, groups, window) in windows {
      let weights = numbers.array(6 * 4 / groups * window.kernelHeight * window.kernelWidth)
      let node = Convolution(
        batch: 1, inputChannels: 4, outputChannels: 6, groups: groups, window: window, weights: weights, bias: nil)
      all.append(("convolution \(name)", .convolution(node)))
    }
    return all
  }()

  /// W, row by row, from the definition.
  private func matrix(_ map: LinearMap) -> [[Double]] {
    (0..<map.outputCount).map { row in
      var values = [Float](repeating: 9, count: map.inputCount)
      map.row(row, into: &values)
      return values.map { Double($0) }
    }
  }

  @Test("forward, adjoint and their absolute forms agree with the rows", arguments: maps.indices, [1, 18])
  func products(_ index: Int, _ batch: Int) {
    let map = LinearMap(LinearMapTests.maps[index].weights)
    let rows = matrix(map)
    let scratch = Scratch()
    let n = map.inputCount
    let m = map.outputCount
    var numbers = Numbers(state: 3)
    let x = numbers.array(batch * n).map { Float($0) }
    let lambda = numbers.array(batch * m).map { Float($0) }
    for absolute in [false, true] {
      let w = absolute ? rows.map { $0.map { abs($0) } } : rows
      var y = [Float](repeating: 1, count: batch * m)
      var z = [Float](repeating: 1, count: batch * n)
      for accumulate in [false, true] {
        if absolute {
          map.forwardAbsolute(x, batch: batch, into: &y, accumulate: accumulate, scratch: scratch)
          map.adjointAbsolute(lambda, count: batch, into: &z, accumulate: accumulate, scratch: scratch)
        } else {
          map.forward(x, batch: batch, into: &y, accumulate: accumulate, scratch: scratch)
          map.adjoint(lambda, count: batch, into: &z, accumulate: accumulate, scratch: scratch)
        }
        let factor = accumulate ? 2.0 : 1
        var expectedY = [Double](repeating: 0, count: batch * m)
        var expectedZ = [Double](repeating: 0, count: batch * n)
        for sample in 0..<batch {
          for row in 0..<m {
            for (column, weight) in w[row].enumerated() where weight != 0 {
              expectedY[sample * m + row] += factor * weight * Double(x[sample * n + column])
              expectedZ[sample * n + column] += factor * weight * Double(lambda[sample * m + row])
            }
          }
        }
        #expect(maximumDifference(y.map { Double($0) }, expectedY) < 1e-4)
        #expect(maximumDifference(z.map { Double($0) }, expectedZ) < 1e-4)
      }
    }
  }

  @Test("in float64 the adjoint is the transpose: ⟨W x, Λ⟩ = ⟨x, Wᵀ Λ⟩", arguments: maps.indices)
  func transpose(_ index: Int) {
    let map = LinearMap(LinearMapTests.maps[index].weights)
    let scratch = Scratch()
    var numbers = Numbers(state: 11)
    let x = numbers.array(map.inputCount)
    let lambda = numbers.array(map.outputCount)
    var y = [Double](repeating: 0, count: map.outputCount)
    var z = [Double](repeating: 0, count: map.inputCount)
    map.forwardDouble(x, batch: 1, into: &y, accumulate: false, scratch: scratch)
    map.adjointDouble(lambda, count: 1, into: &z, accumulate: false, scratch: scratch)
    let left = zip(y, lambda).reduce(0) { $0 + $1.0 * $1.1 }
    let right = zip(x, z).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(left - right) < 1e-12)
  }

  @Test("only the positive identity counts as identity")
  func identity() {
    #expect(LinearMap(.identity(count: 2, sign: 1)).isIdentity)
    #expect(!LinearMap(.identity(count: 2, sign: -1)).isIdentity)
    #expect(!LinearMap(.diagonal([1, 2])).isIdentity)
  }
}
