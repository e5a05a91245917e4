// SPDX-License-Identifier: Apache-2.0
package import Compute
import Synchronization

/// A constant linear map y = W·x with its weights packed for the kernels: dense, convolution, sparse, diagonal or ±identity.
///
/// Batches are row-major: x [batch, inputCount], y [batch, outputCount]. All methods write y where `accumulate` is false and add to
/// it otherwise; x and y must not overlap. Rounding is to nearest in the element type. A row's result does not depend on the
/// other rows of a batch. Shared and immutable; calls from several threads need a `Scratch` each.
package final class LinearMap: Sendable {
  package let inputCount: Int
  package let outputCount: Int
  /// y = x, and nothing else.
  package let isIdentity: Bool
  package let weights: LinearOperator
  /// The name of the form in use, for logs and tests.
  package var form: String {
    switch weights {
    case .identity: "identity"
    case .diagonal: "diagonal"
    case .sparse: "sparse"
    case .dense: "dense"
    case .convolution: "convolution"
    }
  }
  private let single: any LinearKernel<Float>
  private let double = Mutex<(any LinearKernel<Double>)?>(nil)

  package init(_ weights: LinearOperator) {
    self.weights = weights
    inputCount = weights.inputCount
    outputCount = weights.outputCount
    if case .identity(_, let sign) = weights { isIdentity = sign == 1 } else { isIdentity = false }
    single = weights.makeKernel(of: Float.self)
  }

  /// y = W·x.
  package func forward(
    _ x: UnsafePointer<Float>, batch: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool, scratch: Scratch
  ) {
    single.forward(x, batch: batch, into: y, accumulate: accumulate, absolute: false, scratch: scratch)
  }

  /// y = |W|·x: the radius of the image of a box with radius x.
  package func forwardAbsolute(
    _ x: UnsafePointer<Float>, batch: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool, scratch: Scratch
  ) {
    single.forward(x, batch: batch, into: y, accumulate: accumulate, absolute: true, scratch: scratch)
  }

  /// Λ_x = Λ_y·W: rows [count, outputCount] to result [count, inputCount].
  package func adjoint(
    _ rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, accumulate: Bool,
    scratch: Scratch
  ) {
    single.adjoint(rows, count: count, into: result, accumulate: accumulate, absolute: false, scratch: scratch)
  }

  /// Λ_y·|W|.
  package func adjointAbsolute(
    _ rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>, accumulate: Bool,
    scratch: Scratch
  ) {
    single.adjoint(rows, count: count, into: result, accumulate: accumulate, absolute: true, scratch: scratch)
  }

  /// `forward` in float64, with the weights as they were before rounding to float32.
  package func forwardDouble(
    _ x: UnsafePointer<Double>, batch: Int, into y: UnsafeMutablePointer<Double>, accumulate: Bool, scratch: Scratch
  ) {
    doubleKernel.forward(x, batch: batch, into: y, accumulate: accumulate, absolute: false, scratch: scratch)
  }

  /// `forwardAbsolute` in float64.
  package func forwardAbsoluteDouble(
    _ x: UnsafePointer<Double>, batch: Int, into y: UnsafeMutablePointer<Double>, accumulate: Bool, scratch: Scratch
  ) {
    doubleKernel.forward(x, batch: batch, into: y, accumulate: accumulate, absolute: true, scratch: scratch)
  }

  /// `adjoint` in float64.
  package func adjointDouble(
    _ rows: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>, accumulate: Bool,
    scratch: Scratch
  ) {
    doubleKernel.adjoint(rows, count: count, into: result, accumulate: accumulate, absolute: false, scratch: scratch)
  }

  /// Writes row `index` of W [inputCount], every element rounded to nearest.
  package func row(_ index: Int, into row: UnsafeMutablePointer<Float>) {
    let precise = Buffer<Double>(capacity: inputCount)
    weights.writeRow(index, into: precise.pointer)
    for column in 0..<inputCount { row[column] = Float(precise[column]) }
  }

  /// Packed when first asked for: most models never need it.
  private var doubleKernel: any LinearKernel<Double> {
    double.withLock { kernel in
      if let kernel { return kernel }
      let made = weights.makeKernel(of: Double.self)
      kernel = made
      return made
    }
  }
}
