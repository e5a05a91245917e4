// SPDX-License-Identifier: Apache-2.0
import CKernels
import Compute
import Testing

/// Deterministic numbers for tests: SplitMix64, mapped to multiples of 1/8 in [−4, 4), so that small products are exact.
struct Numbers {
  var state: UInt64

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double(Int((z ^ (z >> 31)) % 64)) / 8 - 4
  }

  mutating func array(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }
}

@Suite("GEMM")
struct GemmTests {
  static let shapes = [
    (1, 1, 1), (1, 5, 3), (3, 16, 7), (7, 17, 1), (8, 32, 20), (9, 33, 300), (130, 20, 9), (3, 18, 513),
  ]

  /// In a process of its own, because the choice of kernels belongs to the process.
  @Test("products of small numbers are exact on every instruction set")
  func exactProducts() async {
    await #expect(processExitsWith: .success) {
      for level in 0...ax_limit_instruction_set(2) {
        _ = ax_limit_instruction_set(Int32(level))
        for (m, n, k) in GemmTests.shapes {
          GemmTests.check(Float.self, m, n, k)
          GemmTests.check(Double.self, m, n, k)
        }
      }
    }
  }

  private static func check<Scalar: KernelScalar>(_: Scalar.Type, _ m: Int, _ n: Int, _ k: Int) {
    var numbers = Numbers(state: UInt64(m * 1000 + n * 10 + k))
    let a = numbers.array(m * k)
    let b = numbers.array(k * n)
    var transposed = [Double](repeating: 0, count: n * k)
    for row in 0..<k { for column in 0..<n { transposed[column * k + row] = b[row * n + column] } }
    let packs = [
      PackedMatrix<Scalar>(b, rowCount: k, columnCount: n),
      PackedMatrix<Scalar>(transposing: transposed, rowCount: k, columnCount: n),
    ]
    for absolute in [false, true] {
      let factors = absolute ? b.map { abs($0) } : b
      var expected = [Double](repeating: 0, count: m * n)
      for i in 0..<m {
        for l in 0..<k {
          let factor = a[i * k + l]
          for j in 0..<n { expected[i * n + j] += factor * factors[l * n + j] }
        }
      }
      for pack in packs {
        var c = [Scalar](repeating: 1, count: m * n)
        let rows = a.map { Scalar($0) }
        c.withUnsafeMutableBufferPointer {
          pack.multiply(rows, batch: m, into: $0.baseAddress!, accumulate: false, absolute: absolute)
        }
        precondition(c.map { Double($0) } == expected, "C = A·B is wrong for \(m)×\(n)×\(k)")
        c.withUnsafeMutableBufferPointer {
          pack.multiply(rows, batch: m, into: $0.baseAddress!, accumulate: true, absolute: absolute)
        }
        precondition(c.map { Double($0) } == expected.map { 2 * $0 }, "C += A·B is wrong for \(m)×\(n)×\(k)")
      }
    }
  }

  @Test("a row's product does not depend on the rows beside it")
  func rowsAreIndependent() {
    let m = 21
    let n = 50
    let k = 300
    var numbers = Numbers(state: 5)
    let a = numbers.array(m * k).map { Float($0 / 3) }
    let pack = PackedMatrix<Float>(numbers.array(k * n).map { $0 / 7 }, rowCount: k, columnCount: n)
    var together = [Float](repeating: 0, count: m * n)
    var alone = together
    together.withUnsafeMutableBufferPointer { pack.multiply(a, batch: m, into: $0.baseAddress!, accumulate: false) }
    alone.withUnsafeMutableBufferPointer { result in
      a.withUnsafeBufferPointer { rows in
        for row in 0..<m {
          pack.multiply(
            rows.baseAddress! + row * k, batch: 1, into: result.baseAddress! + row * n, accumulate: false)
        }
      }
    }
    #expect(together == alone)
  }
}
