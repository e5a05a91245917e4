// SPDX-License-Identifier: Apache-2.0
package import Compute

/// An element type in which a program can be run.
package protocol ProgramScalar: KernelScalar {
  static func forward(
    _ map: LinearMap, _ x: UnsafePointer<Self>, batch: Int, into y: UnsafeMutablePointer<Self>, accumulate: Bool,
    scratch: Scratch)
  static func adjoint(
    _ map: LinearMap, _ rows: UnsafePointer<Self>, count: Int, into result: UnsafeMutablePointer<Self>,
    accumulate: Bool, scratch: Scratch)
  /// Every row of y [batch × bias] becomes the bias of a linear step.
  static func fillBias(of step: Step, batch: Int, into y: UnsafeMutablePointer<Self>)
}

extension Float: ProgramScalar {
  package static func forward(
    _ map: LinearMap, _ x: UnsafePointer<Float>, batch: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool,
    scratch: Scratch
  ) {
    map.forward(x, batch: batch, into: y, accumulate: accumulate, scratch: scratch)
  }

  package static func adjoint(
    _ map: LinearMap, _ rows: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>,
    accumulate: Bool, scratch: Scratch
  ) {
    map.adjoint(rows, count: count, into: result, accumulate: accumulate, scratch: scratch)
  }

  package static func fillBias(of step: Step, batch: Int, into y: UnsafeMutablePointer<Float>) {
    guard case .linear(_, let bias) = step.kind else { return }
    Float.fillRows(bias, batch: batch, count: bias.count, into: y)
  }
}

extension Double: ProgramScalar {
  package static func forward(
    _ map: LinearMap, _ x: UnsafePointer<Double>, batch: Int, into y: UnsafeMutablePointer<Double>, accumulate: Bool,
    scratch: Scratch
  ) {
    map.forwardDouble(x, batch: batch, into: y, accumulate: accumulate, scratch: scratch)
  }

  package static func adjoint(
    _ map: LinearMap, _ rows: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>,
    accumulate: Bool, scratch: Scratch
  ) {
    map.adjointDouble(rows, count: count, into: result, accumulate: accumulate, scratch: scratch)
  }

  package static func fillBias(of step: Step, batch: Int, into y: UnsafeMutablePointer<Double>) {
    Double.fillRows(step.preciseBias, batch: batch, count: step.preciseBias.count, into: y)
  }
}
