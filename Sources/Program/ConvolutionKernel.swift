// SPDX-License-Identifier: Apache-2.0
import Compute
import Graph

/// A convolution as correlations: one for the forward map, and one per stride phase for the adjoint.
///
/// The adjoint's value at input pixel iy is a sum over the kernel rows ky for which iy + pad − ky·dilation is a multiple of the
/// stride. Input pixels of one phase (iy mod stride) share these rows, so each phase is a plain correlation of stride 1.
struct ConvolutionKernel<Scalar: KernelScalar>: LinearKernel {
  private let node: Convolution
  private let correlation: Correlation<Scalar>
  private let phases: [Correlation<Scalar>]
  private let coversInput: Bool

  init(_ node: Convolution) {
    var bare = node
    bare.weights = []
    bare.bias = nil
    self.node = bare
    correlation = Correlation(node.forwardShape, weights: node.weights)
    let all = (0..<node.window.strideY).flatMap { y in
      (0..<node.window.strideX).map { x in AdjointPhase(node, y: y, x: x) }
    }
    phases = all.filter { !$0.isEmpty }.map { Correlation($0.shape, weights: $0.weights) }
    coversInput = phases.count == all.count
  }

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    correlation.apply(
      x, batch: batch * node.batch, into: y, accumulate: accumulate, absolute: absolute, scratch: scratch)
  }

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch
  ) {
    if !accumulate && !coversInput {
      let size = node.batch * node.inputChannels * node.window.inputHeight * node.window.inputWidth
      result.update(repeating: 0, count: count * size)
    }
    for phase in phases {
      phase.apply(
        rows, batch: count * node.batch, into: result, accumulate: accumulate, absolute: absolute, scratch: scratch)
    }
  }
}

extension Convolution {
  fileprivate var forwardShape: CorrelationShape {
    let w = window
    let taps = (0..<w.kernelHeight).flatMap { ky in
      (0..<w.kernelWidth).map { kx in (y: ky * w.dilationY - w.padTop, x: kx * w.dilationX - w.padLeft) }
    }
    return CorrelationShape(
      groups: groups, sourceChannels: inputChannels, targetChannels: outputChannels,
      source: (w.inputHeight, w.inputWidth), grid: (w.outputHeight, w.outputWidth),
      target: (w.outputHeight, w.outputWidth), stride: (w.strideY, w.strideX), taps: taps)
  }
}

/// The input pixels (y + i·strideY, x + j·strideX), and the kernel elements that reach them.
private struct AdjointPhase {
  let shape: CorrelationShape
  let weights: [Double]

  var isEmpty: Bool { weights.isEmpty || shape.grid.y == 0 || shape.grid.x == 0 }

  init(_ node: Convolution, y: Int, x: Int) {
    let w = node.window
    let rows = AdjointPhase.taps(
      phase: y, pad: w.padTop, kernel: w.kernelHeight, dilation: w.dilationY, stride: w.strideY)
    let columns = AdjointPhase.taps(
      phase: x, pad: w.padLeft, kernel: w.kernelWidth, dilation: w.dilationX, stride: w.strideX)
    shape = CorrelationShape(
      groups: node.groups, sourceChannels: node.outputChannels, targetChannels: node.inputChannels,
      source: (w.outputHeight, w.outputWidth),
      grid: (
        max(0, w.inputHeight - y + w.strideY - 1) / w.strideY, max(0, w.inputWidth - x + w.strideX - 1) / w.strideX
      ),
      target: (w.inputHeight, w.inputWidth), stride: (1, 1), start: (y, x), step: (w.strideY, w.strideX),
      taps: rows.flatMap { row in columns.map { (y: row.offset, x: $0.offset) } })
    let groupInputs = node.inputChannels / node.groups
    let groupOutputs = node.outputChannels / node.groups
    var weights: [Double] = []
    weights.reserveCapacity(node.inputChannels * groupOutputs * rows.count * columns.count)
    for channel in 0..<node.inputChannels {
      for output in 0..<groupOutputs {
        let from = (channel / groupInputs * groupOutputs + output) * groupInputs + channel % groupInputs
        for row in rows {
          for column in columns {
            weights.append(node.weights[(from * w.kernelHeight + row.kernel) * w.kernelWidth + column.kernel])
          }
        }
      }
    }
    self.weights = weights
  }

  private static func taps(
    phase: Int, pad: Int, kernel: Int, dilation: Int, stride: Int
  ) -> [(kernel: Int, offset: Int)] {
    (0..<kernel).compactMap { k in
      let distance = phase + pad - k * dilation
      return distance % stride == 0 ? (k, distance / stride) : nil
    }
  }
}
