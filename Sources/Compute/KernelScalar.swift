// SPDX-License-Identifier: Apache-2.0
package import CKernels

/// Columns in one panel of a packed matrix.
package let kernelPanel = Int(AX_PANEL)

/// The instruction set that the kernels run on: "base", "avx2" or "avx512".
package var kernelInstructionSet: String { String(cString: ax_instruction_set()) }

/// An element type that the kernels know. Pointers must not overlap unless a function says so; meanings and rounding are
/// written in `CKernels.h`.
package protocol KernelScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// Packs b [rows × columns] for `gemm`; `packedCount(rows:columns:)` elements.
  static func pack(
    _ b: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Self>)
  /// Packs the transpose of b [columns × rows].
  static func packTransposed(
    _ b: UnsafePointer<Self>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Self>)
  /// c [m × n] (=|+=) a [m × k] · B, or · |B|.
  static func gemm(
    _ shape: (m: Int, n: Int, k: Int), _ a: UnsafePointer<Self>, stride aStride: Int, packed: UnsafePointer<Self>,
    into c: UnsafeMutablePointer<Self>, stride cStride: Int, accumulate: Bool, absolute: Bool)
  /// x [planes, height, width] with zeros around every plane.
  static func pad(_ x: UnsafePointer<Self>, planes: Int, by padding: ax_padding, into y: UnsafeMutablePointer<Self>)
  /// Packed columns of the grid pixels `pixels`, counted over all samples; rows are (channel, tap).
  static func windowColumns(
    _ window: ax_sliding_window, _ x: UnsafePointer<Self>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into packed: UnsafeMutablePointer<Self>)
  /// Puts result [channels × pixels.count] where it belongs in the targets y, or adds it.
  static func windowPlace(
    _ window: ax_sliding_window, _ result: UnsafePointer<Self>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into y: UnsafeMutablePointer<Self>, accumulate: Bool)
  /// y [batch × rows] (=|+=) x [batch × columns] · Sᵀ, S in compressed rows; scratch: 16·(rows + columns) elements.
  static func sparse(
    rows: Int, columns: Int, rowStart: UnsafePointer<Int32>, column: UnsafePointer<Int32>, value: UnsafePointer<Self>,
    _ x: UnsafePointer<Self>, batch: Int, into y: UnsafeMutablePointer<Self>, accumulate: Bool, absolute: Bool,
    scratch: UnsafeMutablePointer<Self>)
  /// y[b, i] (=|+=) scale[i]·x[b, i].
  static func diagonal(
    _ scale: UnsafePointer<Self>, _ x: UnsafePointer<Self>, batch: Int, count: Int, into y: UnsafeMutablePointer<Self>,
    accumulate: Bool, absolute: Bool)
  /// y (=|+=) factor·x.
  static func scale(
    _ factor: Self, _ x: UnsafePointer<Self>, count: Int, into y: UnsafeMutablePointer<Self>, accumulate: Bool)
  /// Every row of y [batch × count] becomes `row`.
  static func fillRows(_ row: UnsafePointer<Self>, batch: Int, count: Int, into y: UnsafeMutablePointer<Self>)
  /// y = max(0, x); x and y may be the same.
  static func relu(_ x: UnsafePointer<Self>, count: Int, into y: UnsafeMutablePointer<Self>)
  /// gradient[i] = 0 where x[i] ≤ 0.
  static func reluGradient(_ x: UnsafePointer<Self>, count: Int, gradient: UnsafeMutablePointer<Self>)
  static func absolute(_ x: UnsafePointer<Self>, count: Int, into y: UnsafeMutablePointer<Self>)
  /// sums[j] (=|+=) Σ_b x[b, j].
  static func columnSums(
    _ x: UnsafePointer<Self>, batch: Int, count: Int, into sums: UnsafeMutablePointer<Self>, accumulate: Bool)
  static func dot(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, count: Int) -> Self
  /// The first largest element; count ≥ 1.
  static func argmax(_ x: UnsafePointer<Self>, count: Int) -> Int
  /// x [rows × columns] to y [columns × rows].
  static func transpose(_ x: UnsafePointer<Self>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Self>)
  /// One projected step of the momentum sign method, in place on x and velocity [batch × count].
  static func descend(
    gradient: UnsafePointer<Self>, lower: UnsafePointer<Self>, upper: UnsafePointer<Self>, width: UnsafePointer<Self>,
    step: UnsafePointer<Self>, momentum: Self, batch: Int, count: Int, velocity: UnsafeMutablePointer<Self>,
    x: UnsafeMutablePointer<Self>)
}

extension Float: KernelScalar {
  package static func pack(
    _ b: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Float>
  ) {
    ax_pack_f32(b, stride, rows, columns, packed)
  }

  package static func packTransposed(
    _ b: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Float>
  ) {
    ax_pack_transposed_f32(b, stride, rows, columns, packed)
  }

  package static func gemm(
    _ shape: (m: Int, n: Int, k: Int), _ a: UnsafePointer<Float>, stride aStride: Int, packed: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int, accumulate: Bool, absolute: Bool
  ) {
    ax_gemm_f32(shape.m, shape.n, shape.k, a, aStride, packed, c, cStride, accumulate ? 1 : 0, absolute ? 1 : 0)
  }

  package static func pad(
    _ x: UnsafePointer<Float>, planes: Int, by padding: ax_padding, into y: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: padding) { ax_pad_f32(x, planes, $0, y) }
  }

  package static func windowColumns(
    _ window: ax_sliding_window, _ x: UnsafePointer<Float>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: window) {
      ax_window_columns_f32($0, x, pixels.lowerBound, pixels.count, sampleStride, channels, packed)
    }
  }

  package static func windowPlace(
    _ window: ax_sliding_window, _ result: UnsafePointer<Float>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    withUnsafePointer(to: window) {
      ax_window_place_f32($0, result, pixels.lowerBound, pixels.count, sampleStride, channels, y, accumulate ? 1 : 0)
    }
  }

  package static func sparse(
    rows: Int, columns: Int, rowStart: UnsafePointer<Int32>, column: UnsafePointer<Int32>, value: UnsafePointer<Float>,
    _ x: UnsafePointer<Float>, batch: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool, absolute: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    ax_sparse_f32(rows, columns, rowStart, column, value, x, batch, y, accumulate ? 1 : 0, absolute ? 1 : 0, scratch)
  }

  package static func diagonal(
    _ scale: UnsafePointer<Float>, _ x: UnsafePointer<Float>, batch: Int, count: Int,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool, absolute: Bool
  ) {
    ax_diagonal_f32(scale, x, batch, count, y, accumulate ? 1 : 0, absolute ? 1 : 0)
  }

  package static func scale(
    _ factor: Float, _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    ax_scale_f32(factor, x, count, y, accumulate ? 1 : 0)
  }

  package static func fillRows(_ row: UnsafePointer<Float>, batch: Int, count: Int, into y: UnsafeMutablePointer<Float>) {
    ax_fill_rows_f32(row, batch, count, y)
  }

  package static func relu(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    ax_relu_f32(x, count, y)
  }

  package static func reluGradient(_ x: UnsafePointer<Float>, count: Int, gradient: UnsafeMutablePointer<Float>) {
    ax_relu_gradient_f32(x, count, gradient)
  }

  package static func absolute(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    ax_absolute_f32(x, count, y)
  }

  package static func columnSums(
    _ x: UnsafePointer<Float>, batch: Int, count: Int, into sums: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    ax_column_sums_f32(x, batch, count, sums, accumulate ? 1 : 0)
  }

  package static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    ax_dot_f32(a, b, count)
  }

  package static func argmax(_ x: UnsafePointer<Float>, count: Int) -> Int {
    ax_argmax_f32(x, count)
  }

  package static func transpose(_ x: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>) {
    ax_transpose_f32(x, rows, columns, y)
  }

  package static func descend(
    gradient: UnsafePointer<Float>, lower: UnsafePointer<Float>, upper: UnsafePointer<Float>,
    width: UnsafePointer<Float>, step: UnsafePointer<Float>, momentum: Float, batch: Int, count: Int,
    velocity: UnsafeMutablePointer<Float>, x: UnsafeMutablePointer<Float>
  ) {
    ax_descend_f32(gradient, lower, upper, width, step, momentum, batch, count, velocity, x)
  }
}

extension Double: KernelScalar {
  package static func pack(
    _ b: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Double>
  ) {
    ax_pack_f64(b, stride, rows, columns, packed)
  }

  package static func packTransposed(
    _ b: UnsafePointer<Double>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Double>
  ) {
    ax_pack_transposed_f64(b, stride, rows, columns, packed)
  }

  package static func gemm(
    _ shape: (m: Int, n: Int, k: Int), _ a: UnsafePointer<Double>, stride aStride: Int, packed: UnsafePointer<Double>,
    into c: UnsafeMutablePointer<Double>, stride cStride: Int, accumulate: Bool, absolute: Bool
  ) {
    ax_gemm_f64(shape.m, shape.n, shape.k, a, aStride, packed, c, cStride, accumulate ? 1 : 0, absolute ? 1 : 0)
  }

  package static func pad(
    _ x: UnsafePointer<Double>, planes: Int, by padding: ax_padding, into y: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: padding) { ax_pad_f64(x, planes, $0, y) }
  }

  package static func windowColumns(
    _ window: ax_sliding_window, _ x: UnsafePointer<Double>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into packed: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: window) {
      ax_window_columns_f64($0, x, pixels.lowerBound, pixels.count, sampleStride, channels, packed)
    }
  }

  package static func windowPlace(
    _ window: ax_sliding_window, _ result: UnsafePointer<Double>, pixels: Range<Int>, sampleStride: Int, channels: Int,
    into y: UnsafeMutablePointer<Double>, accumulate: Bool
  ) {
    withUnsafePointer(to: window) {
      ax_window_place_f64($0, result, pixels.lowerBound, pixels.count, sampleStride, channels, y, accumulate ? 1 : 0)
    }
  }

  package static func sparse(
    rows: Int, columns: Int, rowStart: UnsafePointer<Int32>, column: UnsafePointer<Int32>, value: UnsafePointer<Double>,
    _ x: UnsafePointer<Double>, batch: Int, into y: UnsafeMutablePointer<Double>, accumulate: Bool, absolute: Bool,
    scratch: UnsafeMutablePointer<Double>
  ) {
    ax_sparse_f64(rows, columns, rowStart, column, value, x, batch, y, accumulate ? 1 : 0, absolute ? 1 : 0, scratch)
  }

  package static func diagonal(
    _ scale: UnsafePointer<Double>, _ x: UnsafePointer<Double>, batch: Int, count: Int,
    into y: UnsafeMutablePointer<Double>, accumulate: Bool, absolute: Bool
  ) {
    ax_diagonal_f64(scale, x, batch, count, y, accumulate ? 1 : 0, absolute ? 1 : 0)
  }

  package static func scale(
    _ factor: Double, _ x: UnsafePointer<Double>, count: Int, into y: UnsafeMutablePointer<Double>, accumulate: Bool
  ) {
    ax_scale_f64(factor, x, count, y, accumulate ? 1 : 0)
  }

  package static func fillRows(
    _ row: UnsafePointer<Double>, batch: Int, count: Int, into y: UnsafeMutablePointer<Double>
  ) {
    ax_fill_rows_f64(row, batch, count, y)
  }

  package static func relu(_ x: UnsafePointer<Double>, count: Int, into y: UnsafeMutablePointer<Double>) {
    ax_relu_f64(x, count, y)
  }

  package static func reluGradient(_ x: UnsafePointer<Double>, count: Int, gradient: UnsafeMutablePointer<Double>) {
    ax_relu_gradient_f64(x, count, gradient)
  }

  package static func absolute(_ x: UnsafePointer<Double>, count: Int, into y: UnsafeMutablePointer<Double>) {
    ax_absolute_f64(x, count, y)
  }

  package static func columnSums(
    _ x: UnsafePointer<Double>, batch: Int, count: Int, into sums: UnsafeMutablePointer<Double>, accumulate: Bool
  ) {
    ax_column_sums_f64(x, batch, count, sums, accumulate ? 1 : 0)
  }

  package static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
    ax_dot_f64(a, b, count)
  }

  package static func argmax(_ x: UnsafePointer<Double>, count: Int) -> Int {
    ax_argmax_f64(x, count)
  }

  package static func transpose(
    _ x: UnsafePointer<Double>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Double>
  ) {
    ax_transpose_f64(x, rows, columns, y)
  }

  package static func descend(
    gradient: UnsafePointer<Double>, lower: UnsafePointer<Double>, upper: UnsafePointer<Double>,
    width: UnsafePointer<Double>, step: UnsafePointer<Double>, momentum: Double, batch: Int, count: Int,
    velocity: UnsafeMutablePointer<Double>, x: UnsafeMutablePointer<Double>
  ) {
    ax_descend_f64(gradient, lower, upper, width, step, momentum, batch, count, velocity, x)
  }
}
