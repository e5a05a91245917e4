// SPDX-License-Identifier: Apache-2.0
internal import CKernels

/// Where a correlation reads and writes: source pixel = grid · stride + tap (zero where there is none), target pixel =
/// start + grid · step.
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

  var gridPixels: Int { grid.y * grid.x }
  var sourcePixels: Int { source.y * source.x }
  var targetPixels: Int { target.y * target.x }

  /// The zeros that the source needs around it so that every tap finds a pixel.
  var padding: ax_padding {
    func before(_ taps: [Int]) -> Int { max(0, -(taps.min() ?? 0)) }
    func after(_ taps: [Int], last: Int, size: Int) -> Int { max(0, last + (taps.max() ?? 0) - (size - 1)) }
    let rows = taps.map(\.y)
    let columns = taps.map(\.x)
    return ax_padding(
      height: source.y, width: source.x, top: before(rows),
      bottom: after(rows, last: (grid.y - 1) * stride.y, size: source.y), left: before(columns),
      right: after(columns, last: (grid.x - 1) * stride.x, size: source.x))
  }

  /// Whether products may go straight to the target: it is the grid, and large enough to fill panels.
  var writesInPlace: Bool { step == (1, 1) && start == (0, 0) && grid == target && gridPixels >= 48 }
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
  private let padding: ax_padding
  private let isPadded: Bool
  private let window: ax_sliding_window
  /// Rows of the packed columns: source channels of a group, times taps.
  private let depth: Int

  /// Weights row-major [targetChannels, sourceChannels / groups, taps].
  package init(_ shape: CorrelationShape, weights: [Double]) {
    let tapCount = shape.taps.count
    depth = shape.sourceChannels / shape.groups * tapCount
    precondition(weights.count == shape.targetChannels * depth, "\(weights.count) weights for a correlation")
    self.shape = shape
    self.weights = weights.map { Scalar($0) }
    magnitudes = weights.map { Scalar(abs($0)) }
    padding = shape.padding
    isPadded = padding.top + padding.bottom + padding.left + padding.right > 0
    taps = Buffer(capacity: 2 * tapCount)
    for (index, tap) in shape.taps.enumerated() {
      taps[index] = Int32(tap.y + padding.top)
      taps[tapCount + index] = Int32(tap.x + padding.left)
    }
    window = ax_sliding_window(
      sourceHeight: Int32(padding.top + shape.source.y + padding.bottom),
      sourceWidth: Int32(padding.left + shape.source.x + padding.right), gridHeight: Int32(shape.grid.y),
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
    guard depth > 0, shape.gridPixels > 0 else { return }
    let block = max(4, 24_000 / (depth * kernelPanel)) * kernelPanel
    let samplesAtOnce = shape.writesInPlace ? 1 : max(1, block / shape.gridPixels)
    var sample = 0
    while sample < batch {
      let samples = min(samplesAtOnce, batch - sample)
      let pixels = samples * shape.gridPixels
      let source = padded(x + sample * shape.sourceChannels * shape.sourcePixels, samples, scratch)
      let target = y + sample * shape.targetChannels * shape.targetPixels
      for first in stride(from: 0, to: pixels, by: block) {
        let range = first..<min(first + block, pixels)
        for group in 0..<shape.groups {
          applyBlock(range, group: group, source, into: target, accumulate, absolute ? magnitudes : weights, scratch)
        }
      }
      sample += samples
    }
  }

  private func padded(_ x: UnsafePointer<Scalar>, _ samples: Int, _ scratch: Scratch) -> UnsafePointer<Scalar> {
    guard isPadded else { return x }
    let planes = samples * shape.sourceChannels
    let room: UnsafeMutablePointer<Scalar> = scratch.reserve(.padded, planes * windowPixels)
    Scalar.pad(x, planes: planes, by: padding, into: room)
    return UnsafePointer(room)
  }

  /// Pixels of a plane of the padded source.
  private var windowPixels: Int { Int(window.sourceHeight * window.sourceWidth) }

  private func applyBlock(
    _ pixels: Range<Int>, group: Int, _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>,
    _ accumulate: Bool, _ weights: [Scalar], _ scratch: Scratch
  ) {
    let sourceChannels = shape.sourceChannels / shape.groups
    let targetChannels = shape.targetChannels / shape.groups
    let columns: UnsafeMutablePointer<Scalar> = scratch.reserve(
      .columns, packedCount(rows: depth, columns: pixels.count))
    Scalar.windowColumns(
      window, x + group * sourceChannels * windowPixels, pixels: pixels,
      sampleStride: shape.sourceChannels * windowPixels, channels: sourceChannels, into: columns)
    let target = y + group * targetChannels * shape.targetPixels
    weights.withUnsafeBufferPointer { all in
      guard let base = all.baseAddress else { return }
      let rows = base + group * targetChannels * depth
      let product = (m: targetChannels, n: pixels.count, k: depth)
      if shape.writesInPlace {
        Scalar.gemm(
          product, rows, stride: depth, packed: columns, into: target + pixels.lowerBound, stride: shape.targetPixels,
          accumulate: accumulate, absolute: false)
      } else {
        let result: UnsafeMutablePointer<Scalar> = scratch.reserve(.result, targetChannels * pixels.count)
        Scalar.gemm(
          product, rows, stride: depth, packed: columns, into: result, stride: pixels.count, accumulate: false,
          absolute: false)
        Scalar.windowPlace(
          window, result, pixels: pixels, sampleStride: shape.targetChannels * shape.targetPixels,
          channels: targetChannels, into: target, accumulate: accumulate)
      }
    }
  }
}
