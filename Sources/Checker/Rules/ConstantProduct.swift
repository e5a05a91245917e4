// SPDX-License-Identifier: Apache-2.0

/// The three products that a constant matrix W = P − N needs: by P and by N (both ≥ 0) forwards, by Wᵀ backwards.
///
/// Kept in one of two layouts: packed, for x·Mᵀ with a row of x per leaf; or plain, for M·X with columns that change.
@safe struct ConstantProduct: Sendable {
  enum Part: Int {
    case positive, negative, adjoint
  }

  private var packed: [PackedMatrix?] = [nil, nil, nil]
  private var plain: [Matrix?] = [nil, nil, nil]

  /// - Parameters:
  ///   - weights: W, row-major [rows, columns], from element `start` on.
  ///   - transposed: true for the packed layout.
  init(_ weights: [Double], start: Int = 0, rows: Int, columns: Int, transposed: Bool) {
    let own = Array(weights[start..<start + rows * columns])
    let parts: [[Double]?] = [
      own.contains { $0 > 0 } ? own.map { max(0, $0) } : nil,
      own.contains { $0 < 0 } ? own.map { max(0, -$0) } : nil,
      own,
    ]
    for (i, part) in parts.enumerated() {
      guard let part else { continue }
      let isAdjoint = i == Part.adjoint.rawValue
      if transposed {
        packed[i] =
          isAdjoint
          ? PackedMatrix(part, depth: rows, columns: columns, rowStride: columns, columnStride: 1)
          : PackedMatrix(part, depth: columns, columns: rows, rowStride: 1, columnStride: columns)
      } else {
        let matrix = Matrix(rows: isAdjoint ? columns : rows, columns: isAdjoint ? rows : columns)
        for r in 0..<rows {
          for c in 0..<columns { isAdjoint ? (matrix[c, r] = part[r * columns + c]) : (matrix[r, c] = part[r * columns + c]) }
        }
        plain[i] = matrix
      }
    }
  }

  /// target += x·Mᵀ, row by row.
  func apply(_ part: Part, to x: Block, into target: Block, _ kernels: Kernels, negate: Bool = false) {
    guard let matrix = packed[part.rawValue] else { return }
    kernels.multiply(x, matrix, into: target, accumulate: true, negate: negate)
  }

  /// M·x for the columns of x; nil where M is 0.
  func applyFromLeft(_ part: Part, to x: PackedMatrix, _ kernels: Kernels, negate: Bool = false) -> Matrix? {
    guard let matrix = plain[part.rawValue] else { return nil }
    let result = Matrix(rows: matrix.rows, columns: x.columns, zeroed: false)
    kernels.multiply(Block(matrix), x, into: Block(result), negate: negate)
    return result
  }
}

extension Kernels {
  /// Adds the rows of `planes`, one after another, to one row of `target`.
  func addPlanes(_ planes: Matrix?, to target: Matrix, row: Int, at start: Int) {
    guard let planes else { return }
    for plane in 0..<planes.rows { add(planes, row: plane, to: target, row: row, at: start + plane * planes.columns) }
  }
}
