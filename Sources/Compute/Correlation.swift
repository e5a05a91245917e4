// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// Where a correlation reads and writes. See `ax_sliding_window`: source pixel = grid · stride + tap, target pixel = start + grid · step.
package struct CorrelationShape: Sendable {
  package typealias Pair = (y: Int, x: Int)
  package var groups: Int
  /// Channels of the whole source and of the whole target.
  package var sourceChannels: Int
  package var targetChannels: Int
  package var source: Pair
  package var grid: Pair
  package var target: Pair
  package var stride: Pair
  package var start: Pair
  package var step: Pair
  package var taps: [Pair]

  package init(
    groups: Int, sourceChannels: Int, targetChannels: Int, source: Pair, grid: Pair, target: Pair, stride: Pair,
    start: Pair = (0, 0), step: Pair = (1, 1), taps: [Pair]
  ) {
    self.groups = groups
    self.sourceChannels = sourceChannels
    self.targetChannels = targetChannels
    self.source = source
    self.grid = grid
    self.target = target
    self.stride = stride
    self.start = start
    self.step = step
    self.taps = taps
  }
}

/// One pass of a convolution or of its adjoint: y[o, target] (=|+=) Σ weights[o, c, t] · x[c, source].
///
/// Gathers a block of source pixels into packed columns that fit the cache and multiplies them with the weights.
/// Unchecked Sendable: the memory behind the pointers is written in the initializer only.
package final class Correlation<Scalar: KernelScalar>: @unchecked Sendable {
  private let shape: CorrelationShape
  private let weights: [Scalar]
  private let magnitudes: [Scalar]
  private let taps: Buffer<Int32>
  private let window: ax_sliding_window

  /// Weights row-major [targetChannels, sourceChannels / groups, taps].
  package init(_ shape: CorrelationShape, weights: [Double]) {
    let tapCount = shape.taps.count
    precondition(weights.count == shape.targetChannels * (shape.sourceChannels / shape.groups) * tapCount)
    self.shape = shape
    self.weights = weights.map { Scalar($0) }
    magnitudes = weights.map { Scalar(abs($0)) }
    taps = Buffer(capacity: 2 * tapCount)
    for (index, tap) in shape.taps.enumerated() {
      taps[index] = Int32(tap.y)
      taps[tapCount + index] = Int32(tap.x)
    }
    window = ax_sliding_window(
      sourceHeight: Int32(shape.source.y), sourceWidth: Int32(shape.source.x), gridHeight: Int32(shape.grid.y),
      gridWidth: Int32(shape.grid.x), targetHeight: Int32(shape.target.y), targetWidth: Int32(shape.target.x),
      strideY: Int32(shape.stride.y), strideX: Int32(shape.stride.x), startY: Int32(shape.start.y),
      startX: Int32(shape.start.x), stepY: Int32(shape.step.y), stepX: Int32(shape.step.x), tapCount: Int32(tapCount),
      tapY: UnsafePointer(taps.pointer), tapX: UnsafePointer(taps.pointer + tapCount))
  }

  /// x [batch, sourceChannels, source], y [batch, targetChannels, target]; |weights| where `absolute`.
  package func apply(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    let depth = shape.sourceChannels / shape.groups * shape.taps.count
    let pixels = shape.grid.y * shape.grid.x
    guard depth > 0, pixels > 0 else { return }
    let block = max(4, 24_000 / (depth * kernelPanel)) * kernelPanel
    var first = 0
    while first < batch * pixels {
      let end = min(first + block, writesInPlace ? (first / pixels + 1) * pixels : batch * pixels, batch * pixels)
      for group in 0..<shape.groups {
        applyBlock(
          first..<end, group: group, depth: depth, x, into: y, accumulate, absolute ? magnitudes : weights, scratch)
      }
      first = end
    }
  }

  /// Whether the products may go straight to y: the target is the grid, and large enough to fill panels.
  private var writesInPlace: Bool {
    shape.step == (1, 1) && shape.start == (0, 0) && shape.grid == shape.target && shape.grid.y * shape.grid.x >= 48
  }

  private func applyBlock(
    _ pixels: Range<Int>, group: Int, depth: Int, _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>,
    _ accumulate: Bool, _ weights: [Scalar], _ scratch: Scratch
  ) {
    let sourceChannels = shape.sourceChannels / shape.groups
    let targetChannels = shape.targetChannels / shape.groups
    let sourcePlane = shape.source.y * shape.source.x
    let targetPlane = shape.target.y * shape.target.x
    let columns: UnsafeMutablePointer<Scalar> = scratch.reserve(
      .columns, packedCount(rows: depth, columns: pixels.count))
    Scalar.windowColumns(
      window, x + group * sourceChannels * sourcePlane, pixels: pixels,
      sampleStride: shape.sourceChannels * sourcePlane, channels: sourceChannels, into: columns)
    let target = y + group * targetChannels * targetPlane
    weights.withUnsafeBufferPointer { all in
      guard let base = all.baseAddress else { return }
      let rows = base + group * targetChannels * depth
      let product = (m: targetChannels, n: pixels.count, k: depth)
      if writesInPlace {
        let sample = pixels.lowerBound / targetPlane
        let into = target + sample * shape.targetChannels * targetPlane + pixels.lowerBound % targetPlane
        Scalar.gemm(
          product, rows, stride: depth, packed: columns, into: into, stride: targetPlane, accumulate: accumulate,
          absolute: false)
      } else {
        let result: UnsafeMutablePointer<Scalar> = scratch.reserve(.result, targetChannels * pixels.count)
        Scalar.gemm(
          product, rows, stride: depth, packed: columns, into: result, stride: pixels.count, accumulate: false,
          absolute: false)
        Scalar.windowPlace(
          window, result, pixels: pixels, sampleStride: shape.targetChannels * targetPlane, channels: targetChannels,
          into: target, accumulate: accumulate)
      }
    }
  }
}
