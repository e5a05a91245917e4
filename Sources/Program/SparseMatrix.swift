// SPDX-License-Identifier: Apache-2.0

/// A matrix in compressed rows: the entries of row r are `rowStart[r] ..< rowStart[r + 1]`, columns increasing.
package struct SparseMatrix: Sendable {
  package private(set) var rowCount: Int
  package private(set) var columnCount: Int
  package private(set) var rowStart: [Int32] = [0]
  package private(set) var columns: [Int32] = []
  package private(set) var values: [Double] = []

  package var entryCount: Int { values.count }

  /// No rows yet; add them in order with `appendRow`.
  init(columnCount: Int) {
    rowCount = 0
    self.columnCount = columnCount
  }

  /// y[i] = x[indices[i]].
  init(gathering indices: [Int32], from columnCount: Int) {
    self.init(columnCount: columnCount)
    for index in indices { appendRow([(index, 1)]) }
  }

  /// The nonzero elements of a row-major matrix.
  package init(dense elements: [Double], rowCount: Int, columnCount: Int) {
    self.init(columnCount: columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount where elements[row &* columnCount &+ column] != 0 {
        columns.append(Int32(column))
        values.append(elements[row &* columnCount &+ column])
      }
      closeRow()
    }
  }

  /// Adds a row. Entries may come in any order and repeat a column (they are added up).
  mutating func appendRow(_ entries: [(column: Int32, value: Double)]) {
    for entry in entries.sorted(by: { $0.column < $1.column }) {
      if let last = columns.last, columns.count > Int(rowStart[rowCount]), last == entry.column {
        values[values.count - 1] += entry.value
      } else {
        columns.append(entry.column)
        values.append(entry.value)
      }
    }
    closeRow()
  }

  private mutating func closeRow() {
    rowCount += 1
    rowStart.append(Int32(values.count))
  }

  func entries(ofRow row: Int) -> [(column: Int32, value: Double)] {
    (Int(rowStart[row])..<Int(rowStart[row + 1])).map { (columns[$0], values[$0]) }
  }

  func mapValues(_ transform: (_ row: Int, _ column: Int, _ value: Double) -> Double) -> SparseMatrix {
    var result = self
    for row in 0..<rowCount {
      for entry in Int(rowStart[row])..<Int(rowStart[row + 1]) {
        result.values[entry] = transform(row, Int(columns[entry]), values[entry])
      }
    }
    return result
  }

  func transposed() -> SparseMatrix {
    var result = SparseMatrix(columnCount: rowCount)
    result.rowCount = columnCount
    var next = [Int32](repeating: 0, count: columnCount + 1)
    for column in columns { next[Int(column) + 1] += 1 }
    for column in 0..<columnCount { next[column + 1] += next[column] }
    result.rowStart = next
    result.columns = [Int32](repeating: 0, count: entryCount)
    result.values = [Double](repeating: 0, count: entryCount)
    for row in 0..<rowCount {
      for entry in Int(rowStart[row])..<Int(rowStart[row + 1]) {
        let place = Int(next[Int(columns[entry])])
        next[Int(columns[entry])] += 1
        result.columns[place] = Int32(row)
        result.values[place] = values[entry]
      }
    }
    return result
  }

  /// self · right.
  func multiplied(by right: SparseMatrix) -> SparseMatrix {
    var result = SparseMatrix(columnCount: right.columnCount)
    for row in 0..<rowCount {
      var entries: [(column: Int32, value: Double)] = []
      for (middle, factor) in self.entries(ofRow: row) {
        for (column, value) in right.entries(ofRow: Int(middle)) { entries.append((column, factor * value)) }
      }
      result.appendRow(entries)
    }
    return result
  }

  func adding(_ other: SparseMatrix) -> SparseMatrix {
    var result = SparseMatrix(columnCount: columnCount)
    for row in 0..<rowCount { result.appendRow(entries(ofRow: row) + other.entries(ofRow: row)) }
    return result
  }

  func dense() -> DenseMatrix {
    var elements = [Double](repeating: 0, count: rowCount * columnCount)
    for row in 0..<rowCount {
      for entry in Int(rowStart[row])..<Int(rowStart[row + 1]) {
        elements[row * columnCount + Int(columns[entry])] = values[entry]
      }
    }
    return DenseMatrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
  }
}

/// A row-major matrix of doubles.
package struct DenseMatrix: Sendable {
  package var rowCount: Int
  package var columnCount: Int
  package var elements: [Double]

  package init(rowCount: Int, columnCount: Int, elements: [Double]) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.elements = elements
  }
}
