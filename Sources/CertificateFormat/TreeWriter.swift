// SPDX-License-Identifier: Apache-2.0

/// The tags of a proof tree (specification, section 2).
enum TreeTag: UInt8 {
  case leaf = 0
  case leafWithMultipliers = 1
  case splitMidpoint = 2
  case split = 3
  case splitNeuron = 4
  case clip = 5
}

/// Writes a proof tree in preorder. The caller visits first children before second ones.
///
///     var tree = TreeWriter(rowCounts: [1, 3])     // two disjuncts, of 1 and 3 rows
///     tree.splitMidpoint(dimension: 0)
///     tree.leaf(rows: [0, 2])
///     tree.leaf(rows: [0, 1])
package struct TreeWriter: Sendable {
  private let rowCounts: [Int]
  private var writer = ByteWriter()

  /// - Parameter rowCounts: number of rows of each disjunct of the proof.
  package init(rowCounts: [Int]) {
    self.rowCounts = rowCounts
  }

  package var bytes: [UInt8] { writer.bytes }

  /// - Parameter rows: per disjunct of the proof the row that is > 0 on the leaf.
  package mutating func leaf(rows: [Int]) {
    writer.byte(TreeTag.leaf.rawValue)
    write(rows: rows)
  }

  /// A leaf with its own multipliers.
  ///
  /// - Parameters:
  ///   - alpha: one table per disjunct, or nil for the proof's tables.
  ///   - beta: per disjunct one multiplier per neuron split on the path, root first; finite, ≥ 0; stored truncated to the
  ///     upper 16 bits. Nil: all 0.
  package mutating func leaf(rows: [Int], alpha: [AlphaTable]?, beta: [[Float]]?) {
    guard alpha != nil || beta != nil else { return leaf(rows: rows) }
    writer.byte(TreeTag.leafWithMultipliers.rawValue)
    write(rows: rows)
    writer.byte((alpha == nil ? 0 : 1) | (beta == nil ? 0 : 2))
    if let alpha {
      precondition(alpha.count == rowCounts.count, "one alpha table per disjunct")
      for table in alpha { table.write(to: &writer) }
    }
    if let beta {
      precondition(beta.count == rowCounts.count, "one list of beta per disjunct")
      for value in beta.joined() {
        precondition(value >= 0 && value.isFinite, "beta must be finite and not negative, got \(value)")
        writer.u16(UInt16(truncatingIfNeeded: abs(value).bitPattern >> 16))
      }
    }
  }

  /// The threshold of a midpoint split: lower/2 + upper/2, each operation rounded to nearest, brought into [lower, upper].
  package static func midpoint(lower: Double, upper: Double) -> Double {
    min(max(0.5 * lower + 0.5 * upper, lower), upper)
  }

  /// Splits the box at the middle of one input: first child x ≤ middle, second child x ≥ middle.
  package mutating func splitMidpoint(dimension: Int) {
    writer.byte(TreeTag.splitMidpoint.rawValue)
    writer.varint(dimension)
  }

  /// Splits the box at `threshold`, which lies inside the region's box.
  package mutating func split(dimension: Int, threshold: Double) {
    writer.byte(TreeTag.split.rawValue)
    writer.varint(dimension)
    writer.f64(threshold)
  }

  /// Splits on the sign of a Relu input: first child z ≤ 0, second child z ≥ 0.
  ///
  /// - Parameter relu: ordinal among the graph's Relu nodes, in node order.
  package mutating func splitNeuron(relu: Int, element: Int) {
    writer.byte(TreeTag.splitNeuron.rawValue)
    writer.varint(relu)
    writer.varint(element)
  }

  /// Shrinks the box to where the rows can still be ≤ 0; has one child.
  package mutating func clip(rows: [Int]) {
    writer.byte(TreeTag.clip.rawValue)
    write(rows: rows)
  }

  /// Appends a subtree that another writer wrote for the same proof.
  package mutating func append(_ subtree: TreeWriter) {
    writer.raw(subtree.bytes)
  }

  private mutating func write(rows: [Int]) {
    precondition(rows.count == rowCounts.count, "one row per disjunct")
    for (row, count) in zip(rows, rowCounts) where count > 1 {
      precondition(row >= 0 && row < count, "row \(row) of \(count)")
      writer.varint(row)
    }
  }
}
