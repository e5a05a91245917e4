// SPDX-License-Identifier: Apache-2.0
import CKernels
import Compute
import Testing

@Suite("Correlations and sparse products")
struct CorrelationTests {
  /// Small numbers, so that every sum is exact and the order of additions does not matter. In a process of its own.
  @Test("exact on every instruction set, straight from the definition")
  func everyInstructionSet() async {
    await #expect(processExitsWith: .success) {
      for level in 0...ax_limit_instruction_set(2) {
        _ = ax_limit_instruction_set(Int32(level))
        for stride in 1...3 {
          CorrelationTests.checkCorrelation(Float.self, stride: stride)
          CorrelationTests.checkCorrelation(Double.self, stride: stride)
        }
        for batch in [1, 5, 16, 21] {
          CorrelationTests.checkSparse(Float.self, batch: batch)
          CorrelationTests.checkSparse(Double.self, batch: batch)
        }
      }
    }
  }

  private static func checkCorrelation<Scalar: KernelScalar>(_: Scalar.Type, stride: Int) {
    let source = (y: 11, x: 12)
    let grid = (y: 9 / stride + 1, x: 11 / stride + 1)
    let taps: [CorrelationShape.Pair] = [(-1, 0), (0, 2), (1, -1)]
    let shape = CorrelationShape(
      groups: 1, sourceChannels: 3, targetChannels: 2, source: source, grid: grid, target: grid,
      stride: (stride, stride), taps: taps)
    var numbers = Numbers(state: 8)
    let x = numbers.array(2 * 3 * source.y * source.x)
    let weights = numbers.array(2 * 3 * taps.count)
    var expected: [Double] = []
    for sample in 0..<2 {
      for output in 0..<2 {
        for pixel in 0..<grid.y * grid.x {
          var sum = 0.0
          for channel in 0..<3 {
            for (tap, offset) in taps.enumerated() {
              let y = pixel / grid.x * stride + offset.y
              let column = pixel % grid.x * stride + offset.x
              guard y >= 0, column >= 0, y < source.y, column < source.x else { continue }
              let element = x[((sample * 3 + channel) * source.y + y) * source.x + column]
              sum += weights[(output * 3 + channel) * taps.count + tap] * element
            }
          }
          expected.append(sum)
        }
      }
    }
    var y = [Scalar](repeating: 0, count: expected.count)
    Correlation<Scalar>(shape, weights: weights).apply(
      x.map { Scalar($0) }, batch: 2, into: &y, accumulate: false, absolute: false, scratch: Scratch())
    precondition(y.map { Double($0) } == expected, "a correlation of stride \(stride) is wrong")
  }

  private static func checkSparse<Scalar: KernelScalar>(_: Scalar.Type, batch: Int) {
    let starts: [Int32] = [0, 2, 2, 5]
    let columns: [Int32] = [1, 4, 0, 2, 4]
    let values = [2, -1, 0.5, 3, -4]
    var numbers = Numbers(state: 9)
    let x = numbers.array(batch * 5)
    var y = [Scalar](repeating: 1, count: batch * 3)
    var scratch = [Scalar](repeating: 0, count: 16 * 8)
    Scalar.sparse(
      rows: 3, columns: 5, rowStart: starts, column: columns, value: values.map { Scalar($0) }, x.map { Scalar($0) },
      batch: batch, into: &y, accumulate: true, absolute: false, scratch: &scratch)
    let expected: [Double] = (0..<batch).flatMap { sample -> [Double] in
      let row = Array(x[sample * 5..<sample * 5 + 5])
      return [1 + 2 * row[1] - row[4], 1, 1 + 0.5 * row[0] + 3 * row[2] - 4 * row[4]]
    }
    precondition(y.map { Double($0) } == expected, "a sparse product of batch \(batch) is wrong")
  }
}
