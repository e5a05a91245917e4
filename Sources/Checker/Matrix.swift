// SPDX-License-Identifier: Apache-2.0

/// A row-major matrix of doubles; rows start on a multiple of 8 elements. The memory behind every kernel.
///
/// A class, because kernels write into matrices that several owners hold; each matrix is written by one thread at a time, and
/// what threads share (weights, root bounds) is no longer written when they start.
@safe final class Matrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  let stride: Int
  private let storage: UnsafeMutableRawPointer

  /// - Parameter zeroed: false leaves the contents undefined, for a kernel that writes all of them.
  init(rows: Int, columns: Int, zeroed: Bool = true) {
    self.rows = rows
    self.columns = columns
    stride = (columns + 7) / 8 * 8
    let count = max(8, rows * stride)
    unsafe storage = .allocate(byteCount: count * 8, alignment: 64)
    unsafe storage.bindMemory(to: Double.self, capacity: count)
    if zeroed { unsafe storage.initializeMemory(as: UInt8.self, repeating: 0, count: count * 8) }
  }

  /// One row with the given elements.
  convenience init(row: [Double]) {
    self.init(rows: 1, columns: row.count)
    for (j, value) in row.enumerated() { self[0, j] = value }
  }

  deinit { unsafe storage.deallocate() }

  /// The first element; valid while the matrix lives.
  var base: UnsafeMutablePointer<Double> { unsafe storage.assumingMemoryBound(to: Double.self) }

  subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "element [\(row), \(column)] of [\(rows), \(columns)]")
      return unsafe base[row &* stride &+ column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "element [\(row), \(column)] of [\(rows), \(columns)]")
      unsafe base[row &* stride &+ column] = newValue
    }
  }

  /// Lets `body` read one row.
  func read<Result>(row: Int, _ body: (Span<Double>) -> Result) -> Result {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    return unsafe body(Span(_unsafeStart: UnsafePointer(base + row * stride), count: columns))
  }

  /// Lets `body` write one row.
  func update(row: Int, _ body: (inout MutableSpan<Double>) -> Void) {
    precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
    var span = unsafe MutableSpan(_unsafeStart: base + row * stride, count: columns)
    body(&span)
  }

  /// Copies a row of a matrix of the same width.
  func copyRow(_ row: Int, from source: Matrix, row sourceRow: Int) {
    precondition(columns == source.columns && row < rows && sourceRow < source.rows, "copy of a row")
    unsafe (base + row * stride).update(from: source.base + sourceRow * source.stride, count: columns)
  }

  /// A copy. Exact.
  func copy() -> Matrix {
    let result = Matrix(rows: rows, columns: columns, zeroed: false)
    unsafe result.base.update(from: base, count: max(8, rows * stride))
    return result
  }

  /// A copy with every sign changed. Exact.
  func negated() -> Matrix {
    let result = Matrix(rows: rows, columns: columns, zeroed: false)
    for i in 0..<rows * stride { unsafe result.base[i] = -base[i] }
    return result
  }

  /// Whether every element is finite.
  func isFinite(rows count: Int) -> Bool {
    for i in 0..<min(count, rows) {
      let sum = read(row: i) { row in
        var sum = 0.0
        for j in row.indices { sum += row[j] * 0 }  // 0, or NaN once an element is infinite or NaN
        return sum
      }
      guard sum == 0 else { return false }
    }
    return true
  }
}

/// One matrix per end: `lower` and minus the upper end, both rounded towards minus infinity.
struct Bounds {
  let lower: Matrix
  let negUpper: Matrix

  init(lower: Matrix, negUpper: Matrix) {
    self.lower = lower
    self.negUpper = negUpper
  }

  init(rows: Int, columns: Int) {
    lower = Matrix(rows: rows, columns: columns)
    negUpper = Matrix(rows: rows, columns: columns)
  }

  /// One row that holds for every leaf.
  var isShared: Bool { lower.rows == 1 }
  /// The row of a leaf.
  func row(of leaf: Int) -> Int { isShared ? 0 : leaf }
}
