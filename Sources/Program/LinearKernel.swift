// SPDX-License-Identifier: Apache-2.0
import Compute
import Graph

/// A linear map packed for one element type. Shapes and meanings as in `LinearMap`; |W| in place of W where `absolute`.
protocol LinearKernel<Scalar>: Sendable {
  associatedtype Scalar: KernelScalar

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch)

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch)
}

extension LinearOperator {
  func makeKernel<Scalar: KernelScalar>(of _: Scalar.Type) -> any LinearKernel<Scalar> {
    switch self {
    case .identity(let count, let sign): IdentityKernel<Scalar>(count: count, sign: Scalar(sign))
    case .diagonal(let factors): DiagonalKernel<Scalar>(factors: factors.map { Scalar($0) })
    case .sparse(let matrix): SparseKernel<Scalar>(matrix)
    case .dense(let matrix): DenseKernel<Scalar>(matrix)
    case .convolution(let node): ConvolutionKernel<Scalar>(node)
    }
  }
}

struct DenseKernel<Scalar: KernelScalar>: LinearKernel {
  private let forwardMatrix: PackedMatrix<Scalar>
  private let adjointMatrix: PackedMatrix<Scalar>

  init(_ matrix: DenseMatrix) {
    forwardMatrix = PackedMatrix(
      transposing: matrix.elements, rowCount: matrix.columnCount, columnCount: matrix.rowCount)
    adjointMatrix = PackedMatrix(matrix.elements, rowCount: matrix.rowCount, columnCount: matrix.columnCount)
  }

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    forwardMatrix.multiply(x, batch: batch, into: y, accumulate: accumulate, absolute: absolute)
  }

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch
  ) {
    adjointMatrix.multiply(rows, batch: count, into: result, accumulate: accumulate, absolute: absolute)
  }
}

struct SparseKernel<Scalar: KernelScalar>: LinearKernel {
  private struct Rows {
    let rowCount: Int
    let columnCount: Int
    let rowStart: [Int32]
    let columns: [Int32]
    let values: [Scalar]

    init(_ matrix: SparseMatrix) {
      rowCount = matrix.rowCount
      columnCount = matrix.columnCount
      rowStart = matrix.rowStart
      columns = matrix.columns
      values = matrix.values.map { Scalar($0) }
    }

    func multiply(
      _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
      scratch: Scratch
    ) {
      let room: UnsafeMutablePointer<Scalar> = scratch.reserve(.columns, kernelPanel * (rowCount + columnCount))
      Scalar.sparse(
        rows: rowCount, columns: columnCount, rowStart: rowStart, column: columns, value: values, x, batch: batch,
        into: y, accumulate: accumulate, absolute: absolute, scratch: room)
    }
  }

  private let rows: Rows
  private let transposed: Rows

  init(_ matrix: SparseMatrix) {
    rows = Rows(matrix)
    transposed = Rows(matrix.transposed())
  }

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    rows.multiply(x, batch: batch, into: y, accumulate: accumulate, absolute: absolute, scratch: scratch)
  }

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch
  ) {
    transposed.multiply(rows, batch: count, into: result, accumulate: accumulate, absolute: absolute, scratch: scratch)
  }
}

/// A map that is its own adjoint: y[i] = factors[i]·x[i].
struct DiagonalKernel<Scalar: KernelScalar>: LinearKernel {
  let factors: [Scalar]

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    Scalar.diagonal(
      factors, x, batch: batch, count: factors.count, into: y, accumulate: accumulate, absolute: absolute)
  }

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch
  ) {
    forward(rows, batch: count, into: result, accumulate: accumulate, absolute: absolute, scratch: scratch)
  }
}

struct IdentityKernel<Scalar: KernelScalar>: LinearKernel {
  let count: Int
  let sign: Scalar

  func forward(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>, accumulate: Bool, absolute: Bool,
    scratch: Scratch
  ) {
    Scalar.scale(absolute ? abs(sign) : sign, x, count: batch * count, into: y, accumulate: accumulate)
  }

  func adjoint(
    _ rows: UnsafePointer<Scalar>, count: Int, into result: UnsafeMutablePointer<Scalar>, accumulate: Bool,
    absolute: Bool, scratch: Scratch
  ) {
    forward(rows, batch: count, into: result, accumulate: accumulate, absolute: absolute, scratch: scratch)
  }
}
