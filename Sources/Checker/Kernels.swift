// SPDX-License-Identifier: Apache-2.0
import CDirected
import Graph

/// A rectangle inside a matrix: all rows up to `rows`, `columns` elements from `offset` on.
struct Block {
  let matrix: Matrix
  let rows: Int
  let offset: Int
  let columns: Int

  init(_ matrix: Matrix, rows: Int? = nil, offset: Int = 0, columns: Int? = nil) {
    self.matrix = matrix
    self.rows = rows ?? matrix.rows
    self.offset = offset
    self.columns = columns ?? matrix.columns
    precondition(
      self.rows <= matrix.rows && offset >= 0 && offset + self.columns <= matrix.columns, "a block lies inside its matrix")
  }

  fileprivate var base: UnsafeMutablePointer<Double> { unsafe matrix.base + offset }
}

/// A constant matrix b[depth, columns], laid out for `Kernels.multiply`.
@safe final class PackedMatrix: @unchecked Sendable {
  let depth: Int
  let columns: Int
  fileprivate let storage: UnsafeMutablePointer<Double>

  /// b[k, j] = elements[start + k·rowStride + j·columnStride].
  init(_ elements: [Double], start: Int = 0, depth: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.depth = depth
    self.columns = columns
    precondition(
      depth > 0 && columns > 0 && start + (depth - 1) * rowStride + (columns - 1) * columnStride < elements.count,
      "the packed matrix lies inside its source")
    unsafe storage = .allocate(capacity: ax_packed_count(columns, depth))
    unsafe elements.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe ax_pack(columns, depth, base + start, rowStride, columnStride, storage)
    }
  }

  /// b[k, j] = row `row` of `matrix` at start + k·rowStride + j·columnStride.
  init(_ matrix: Matrix, row: Int, start: Int, depth: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.depth = depth
    self.columns = columns
    precondition(
      depth > 0 && columns > 0 && row < matrix.rows
        && start + (depth - 1) * rowStride + (columns - 1) * columnStride < matrix.columns,
      "the packed matrix lies inside its source")
    unsafe storage = .allocate(capacity: ax_packed_count(columns, depth))
    unsafe ax_pack(columns, depth, matrix.base + row * matrix.stride + start, rowStride, columnStride, storage)
  }

  /// b = `matrix`.
  init(_ matrix: Matrix) {
    depth = matrix.rows
    columns = matrix.columns
    unsafe storage = .allocate(capacity: ax_packed_count(columns, depth))
    unsafe ax_pack(columns, depth, matrix.base, matrix.stride, 1, storage)
  }

  deinit { unsafe storage.deallocate() }
}

/// The kernels of target CDirected with checked sizes. All of them round towards minus infinity.
@safe struct Kernels: @unchecked Sendable {
  private let table: UnsafePointer<ax_directed>

  /// The fastest path of this CPU.
  static let best = unsafe Kernels(table: ax_directed_best())

  /// Path 0 is the portable one; nil after the last that this CPU can run.
  static func path(_ index: Int) -> Kernels? {
    guard let table = unsafe ax_directed_path(Int32(index)) else { return nil }
    return unsafe Kernels(table: table)
  }

  private init(table: UnsafePointer<ax_directed>) { unsafe self.table = table }

  var name: String { unsafe String(cString: table.pointee.name) }

  /// a + b, rounded down.
  func addDown(_ a: Double, _ b: Double) -> Double { unsafe table.pointee.add1(a, b) }

  /// c = a·b, or c + a·b where `accumulate`; the product is negated where `negate`.
  func multiply(_ a: Block, _ b: PackedMatrix, into c: Block, accumulate: Bool = false, negate: Bool = false) {
    precondition(a.columns == b.depth && c.columns == b.columns && a.rows == c.rows, "sizes of a product")
    unsafe table.pointee.gemm(
      a.rows, b.columns, b.depth, a.base, a.matrix.stride, b.storage, c.base, c.matrix.stride, accumulate ? 1 : 0,
      negate ? 1 : 0)
  }

  /// kappa[r] += Σ_j min over x in the row's bounds of a[r, j]·x.
  func concretize(_ a: Block, over bounds: Bounds, leaves: [UInt32], into kappa: inout [Double]) {
    check(rows: a.rows, leaves, kappa, bounds.lower, columns: a.columns)
    precondition(bounds.negUpper.rows == bounds.lower.rows && bounds.negUpper.columns == a.columns, "sizes of bounds")
    unsafe table.pointee.concretize(
      a.rows, a.columns, a.base, a.matrix.stride, array(bounds.lower), array(bounds.negUpper), leaves, &kappa)
  }

  /// kappa[r] += Σ_j (−negHigh − low)·min(0, lower): the price of taking `low` for a coefficient in [low, −negHigh].
  func charge(low: Block, negHigh: Block, lower: Matrix, leaves: [UInt32], into kappa: inout [Double]) {
    check(rows: low.rows, leaves, kappa, lower, columns: low.columns)
    precondition(
      negHigh.rows == low.rows && negHigh.columns == low.columns && negHigh.matrix.stride == low.matrix.stride, "sizes of ends")
    unsafe table.pointee.charge(
      low.rows, low.columns, low.base, negHigh.base, low.matrix.stride, array(lower), leaves, &kappa)
  }

  /// The step through a Relu: Λ becomes λ in place, kappa[r] += Σ φ.
  func relu(
    _ a: Block, bounds: Bounds, leaves: [UInt32], slopes: Slopes, slopeRows: [UInt32], into kappa: inout [Double]
  ) {
    check(rows: a.rows, leaves, kappa, bounds.lower, columns: a.columns)
    check(rows: a.rows, slopeRows, kappa, slopes.positive, columns: a.columns)
    precondition(bounds.negUpper.rows == bounds.lower.rows && bounds.negUpper.columns == a.columns, "sizes of bounds")
    for matrix in [slopes.negative, slopes.offset ?? slopes.negative] {
      precondition(matrix.rows == slopes.positive.rows && matrix.columns == a.columns, "sizes of slopes")
    }
    let offset = unsafe slopes.offset.map { unsafe array($0) } ?? ax_leaf_array(base: nil, stride: 0)
    let argument = unsafe ax_slopes(positive: array(slopes.positive), negative: array(slopes.negative), offset: offset)
    unsafe table.pointee.relu(
      a.rows, a.columns, a.base, a.matrix.stride, array(bounds.lower), array(bounds.negUpper), leaves, argument,
      slopeRows, &kappa)
  }

  /// out = min over s in [low, −negHigh] of a·s, elementwise; the factors are shared by the rows.
  func scaleRows(_ a: Block, low: Matrix, negHigh: Matrix, into out: Block) {
    precondition(a.matrix.stride == out.matrix.stride && a.columns == out.columns && a.rows == out.rows, "sizes of rows")
    precondition(low.columns == a.columns && negHigh.columns == a.columns, "one factor per column")
    unsafe table.pointee.scale_rows(a.rows, a.columns, a.base, a.matrix.stride, low.base, negHigh.base, out.base)
  }

  /// out = min over s in [low, −negHigh] and x in the bounds of s·x, plus offset, elementwise.
  func scaleInterval(_ x: Bounds, rows: Int, low: Matrix, negHigh: Matrix, offset: Matrix, into out: Matrix) {
    let n = out.columns
    precondition(x.lower.columns == n && x.negUpper.columns == n && rows <= x.lower.rows && rows <= out.rows, "sizes")
    precondition(low.columns == n && negHigh.columns == n && offset.columns == n, "one factor per column")
    unsafe table.pointee.scale_interval(
      rows, n, x.lower.base, x.negUpper.base, x.lower.stride, low.base, negHigh.base, offset.base, out.base)
  }

  /// target += source.
  func add(_ source: Block, to target: Block) {
    precondition(source.rows == target.rows && source.columns == target.columns, "sizes of a sum")
    unsafe table.pointee.add(
      source.rows, source.columns, target.base, target.matrix.stride, source.base, source.matrix.stride)
  }

  /// Adds one row of `source` to a part of one row of `target`.
  func add(_ source: Matrix, row: Int, to target: Matrix, row targetRow: Int, at start: Int) {
    precondition(row < source.rows && targetRow < target.rows && start + source.columns <= target.columns, "sizes of a sum")
    unsafe table.pointee.add(
      1, source.columns, target.base + targetRow * target.stride + start, 0, source.base + row * source.stride, 0)
  }

  /// target = target·factor + addend, elementwise.
  func multiplyAdd(_ target: Block, factor: Double, addend: Double) {
    unsafe table.pointee.multiply_add(target.rows, target.columns, target.base, target.matrix.stride, factor, addend)
  }

  /// target[r, index[j]] += source[r, j]; negative indices are left out.
  func scatter(_ source: Block, to target: Block, index: [Int32]) {
    precondition(source.rows == target.rows && index.count == source.columns, "sizes of a scatter")
    precondition(index.allSatisfy { $0 < target.columns }, "indices of a scatter")
    unsafe table.pointee.scatter(
      source.rows, source.columns, target.base, target.matrix.stride, source.base, source.matrix.stride, index)
  }

  /// Adds output pixels to the input pixels that kernel position (y, x) reads. Planes start at the given elements of one row.
  func windowScatter(
    _ window: Window, y: Int, x: Int, from source: Matrix, row: Int, at start: Int, to target: Matrix, row targetRow: Int,
    at targetStart: Int
  ) {
    precondition(start + window.outputCount <= source.columns && row < source.rows, "output plane")
    precondition(targetStart + window.inputCount <= target.columns && targetRow < target.rows, "input plane")
    var w = ax_window(window)
    unsafe table.pointee.window_scatter(
      &w, Int32(y), Int32(x), target.base + targetRow * target.stride + targetStart, source.base + row * source.stride + start)
  }

  /// Adds to output pixels the input pixels that kernel position (y, x) reads.
  func windowGather(
    _ window: Window, y: Int, x: Int, from source: Matrix, row: Int, at start: Int, to target: Matrix, row targetRow: Int,
    at targetStart: Int
  ) {
    precondition(start + window.inputCount <= source.columns && row < source.rows, "input plane")
    precondition(targetStart + window.outputCount <= target.columns && targetRow < target.rows, "output plane")
    var w = ax_window(window)
    unsafe table.pointee.window_gather(
      &w, Int32(y), Int32(x), source.base + row * source.stride + start, target.base + targetRow * target.stride + targetStart)
  }

  private func array(_ matrix: Matrix) -> ax_leaf_array {
    unsafe ax_leaf_array(base: UnsafePointer(matrix.base), stride: matrix.rows == 1 ? 0 : matrix.stride)
  }

  private func check(rows: Int, _ index: [UInt32], _ kappa: [Double], _ matrix: Matrix, columns: Int) {
    precondition(index.count >= rows && kappa.count >= rows && matrix.columns == columns, "one entry per row")
    precondition(matrix.rows == 1 || (0..<rows).allSatisfy { index[$0] < matrix.rows }, "a row of a leaf that is not there")
  }
}

/// λ = Λ·(Λ ≥ 0 ? positive : negative) + offset. Hints: whatever they are, the bound is valid.
struct Slopes {
  var positive: Matrix
  var negative: Matrix
  var offset: Matrix?
}

extension Window {
  var inputCount: Int { inputHeight * inputWidth }
  var outputCount: Int { outputHeight * outputWidth }
  var kernelCount: Int { kernelHeight * kernelWidth }
}

extension ax_window {
  fileprivate init(_ window: Window) {
    self.init(
      input_height: Int32(window.inputHeight), input_width: Int32(window.inputWidth),
      output_height: Int32(window.outputHeight), output_width: Int32(window.outputWidth),
      kernel_height: Int32(window.kernelHeight), kernel_width: Int32(window.kernelWidth),
      stride_y: Int32(window.strideY), stride_x: Int32(window.strideX), dilation_y: Int32(window.dilationY),
      dilation_x: Int32(window.dilationX), pad_top: Int32(window.padTop), pad_left: Int32(window.padLeft))
  }
}
