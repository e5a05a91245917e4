// SPDX-License-Identifier: Apache-2.0

/// A constant right-hand factor of matrix products, stored in the order in which the kernel reads it.
///
/// Unchecked Sendable: written in the initializer only.
package final class PackedMatrix<Scalar: KernelScalar>: @unchecked Sendable {
  package let rowCount: Int
  package let columnCount: Int
  private let storage: Buffer<Scalar>

  /// Packs a row-major matrix [rowCount × columnCount].
  package convenience init(_ elements: [Double], rowCount: Int, columnCount: Int) {
    self.init(rowCount: rowCount, columnCount: columnCount, elements) { source, packed in
      Scalar.pack(source, stride: columnCount, rows: rowCount, columns: columnCount, into: packed)
    }
  }

  /// Packs the transpose of a row-major matrix [columnCount × rowCount].
  package convenience init(transposing elements: [Double], rowCount: Int, columnCount: Int) {
    self.init(rowCount: rowCount, columnCount: columnCount, elements) { source, packed in
      Scalar.packTransposed(source, stride: rowCount, rows: rowCount, columns: columnCount, into: packed)
    }
  }

  private init(
    rowCount: Int, columnCount: Int, _ elements: [Double],
    pack: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) {
    precondition(
      elements.count == rowCount * columnCount, "\(elements.count) elements for \(rowCount) × \(columnCount)")
    self.rowCount = rowCount
    self.columnCount = columnCount
    storage = Buffer(capacity: packedCount(rows: rowCount, columns: columnCount))
    let rounded = elements.map { Scalar($0) }
    rounded.withUnsafeBufferPointer { if let base = $0.baseAddress { pack(base, storage.pointer) } }
  }

  /// y [batch × columnCount] (=|+=) x [batch × rowCount] · M, or · |M|.
  package func multiply(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool = false
  ) {
    Scalar.gemm(
      (batch, columnCount, rowCount), x, stride: rowCount, packed: storage.pointer, into: y, stride: columnCount,
      accumulate: accumulate, absolute: absolute)
  }
}

/// Elements in the packed form of a matrix: columns rounded up to whole panels.
package func packedCount(rows: Int, columns: Int) -> Int {
  (columns + kernelPanel - 1) / kernelPanel * kernelPanel * rows
}
