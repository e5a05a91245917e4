// SPDX-License-Identifier: Apache-2.0
import Compute
import Testing

@Suite("Elementwise kernels")
struct KernelScalarTests {
  @Test("relu clears negative numbers and not-a-number")
  func relu() {
    let x: [Float] = [-1, 2, -0.0, .nan, .infinity]
    var y = [Float](repeating: 9, count: 5)
    Float.relu(x, count: 5, into: &y)
    #expect(y == [0, 2, 0, 0, .infinity])
  }

  @Test("the relu gradient is 0 at 0")
  func reluGradient() {
    let x: [Double] = [-1, 2, 0, 3]
    var g: [Double] = [5, 6, 7, 8]
    Double.reluGradient(x, count: 4, gradient: &g)
    #expect(g == [0, 6, 0, 8])
  }

  @Test("column sums, dot, argmax, transpose, diagonal, scale, rows", arguments: [1, 15, 16, 37])
  func shapes(_ n: Int) {
    var numbers = Numbers(state: UInt64(n))
    let x = numbers.array(3 * n)
    let z = numbers.array(n)
    var sums = [Double](repeating: 0, count: n)
    var y = [Double](repeating: 1, count: 3 * n)
    Double.columnSums(x, batch: 3, count: n, into: &sums, accumulate: false)
    let expectedSums: [Double] = (0..<n).map { x[$0] + x[n + $0] + x[2 * n + $0] }
    #expect(sums == expectedSums)
    var product = 0.0
    for index in 0..<n { product += x[index] * z[index] }
    #expect(Double.dot(x, z, count: n) == product)
    #expect(Double.argmax(x, count: 3 * n) == x.firstIndex(of: x.max()!))
    Double.transpose(x, rows: 3, columns: n, into: &y)
    let columns: [Double] = (0..<n).flatMap { [x[$0], x[n + $0], x[2 * n + $0]] }
    #expect(y == columns)
    Double.diagonal(z, x, batch: 3, count: n, into: &y, accumulate: false, absolute: true)
    let scaled: [Double] = x.indices.map { abs(z[$0 % n]) * x[$0] }
    #expect(y == scaled)
    Double.scale(2, x, count: 3 * n, into: &y, accumulate: true)
    #expect(y == zip(scaled, x).map { $0 + 2 * $1 })
    Double.fillRows(z, batch: 3, count: n, into: &y)
    #expect(y == z + z + z)
    Double.absolute(x, count: 3 * n, into: &y)
    #expect(y == x.map { abs($0) })
  }

  @Test("a descent step moves against the gradient, stays in the box and leaves zero gradients alone")
  func descend() {
    let lower: [Float] = [-1, -1, -1]
    let upper: [Float] = [1, 1, 1]
    let width: [Float] = [2, 2, 2]
    var x: [Float] = [0, 0.9, 0]
    var v: [Float] = [0, 0, 0]
    Float.descend(
      gradient: [1, -1, 0], lower: lower, upper: upper, width: width, step: [0.25], momentum: 0.5, batch: 1, count: 3,
      velocity: &v, x: &x)
    #expect(x == [-0.5, 1, 0])
    #expect(v == [1.5, -1.5, 0])
  }
}

@Suite("Memory and threads")
struct BufferTests {
  @Test("a buffer is aligned, grows, and starts at zero")
  func buffer() {
    let buffer = Buffer<Float>(capacity: 3)
    #expect(Int(bitPattern: buffer.pointer) % 64 == 0)
    #expect(buffer[2] == 0)
    buffer.reserve(1000)
    #expect(buffer.capacity >= 1000 && Int(bitPattern: buffer.pointer) % 64 == 0)
    #expect((0..<1000).allSatisfy { buffer[$0] == 0 })
  }

  @Test("every index is visited once", arguments: [1, 2, 5])
  func forEach(_ threads: Int) {
    let counts = Counts(100)
    Parallel.forEach(count: 100, threads: threads) { counts.increment($0) }
    #expect(counts.values == [Int](repeating: 1, count: 100))
    Parallel.forEach(count: 0, threads: threads) { _ in Issue.record("no index to visit") }
  }

  /// Unchecked Sendable: each index is written by one call only.
  private final class Counts: @unchecked Sendable {
    private let buffer: Buffer<Int>
    private let count: Int
    init(_ count: Int) {
      self.count = count
      buffer = Buffer(capacity: count)
    }
    func increment(_ index: Int) { buffer[index] += 1 }
    var values: [Int] { (0..<count).map { buffer[$0] } }
  }
}
