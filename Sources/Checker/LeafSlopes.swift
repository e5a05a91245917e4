// SPDX-License-Identifier: Apache-2.0
import CertificateFormat

/// An alpha table checked against the network: per Relu the marked elements and their slopes.
struct AlphaSlopes: Sendable {
  /// Per Relu; empty where nothing is marked.
  let marked: [[(element: Int, slope: Double)]]

  init(_ table: AlphaTable, network: Network) throws(Rejection) {
    let count = network.reluNodes.count
    guard !table.nodes.isEmpty else {
      marked = Array(repeating: [], count: count)
      return
    }
    guard table.nodes.count == count else {
      throw Rejection(.alphaTable("it has \(table.nodes.count) Relu nodes, the model \(count)"))
    }
    var marked: [[(element: Int, slope: Double)]] = []
    for (relu, node) in table.nodes.enumerated() {
      let width = network.reluWidth(relu)
      guard node.values.isEmpty || node.bitmap.count == (width + 7) / 8 else {
        throw Rejection(.alphaTable("the bitmap of Relu \(relu) has \(node.bitmap.count) bytes for \(width) elements"))
      }
      let elements = node.marked
      guard elements.allSatisfy({ $0.element < width }) else {
        throw Rejection(.alphaTable("the bitmap of Relu \(relu) marks elements beyond its \(width)"))
      }
      marked.append(elements.map { ($0.element, Double($0.alpha) / 255) })
    }
    self.marked = marked
  }
}

/// One row of the final walk: a leaf of the batch with the multipliers of one disjunct.
struct RowMultipliers {
  var leaf: Int
  var alpha: AlphaSlopes
  /// Per split of the leaf's path; empty: all 0.
  var beta: [Float]
  var splits: [NeuronSplit]
}

/// The slopes of rows that bring multipliers: the analysis' own, changed where α or β says so. One row per row of the walk.
///
/// - Returns: per Relu the slopes, or nil where no row changes anything.
func makeSlopes(_ rows: [RowMultipliers], analysis: Analysis) -> [Slopes?] {
  analysis.network.reluNodes.indices.map { relu in
    let hasBeta = rows.contains { row in !row.beta.isEmpty && row.splits.contains { $0.relu == relu } }
    guard hasBeta || rows.contains(where: { !$0.alpha.marked[relu].isEmpty }) else { return nil }
    guard let base = analysis.slopes[relu] else { return nil }
    let width = base.positive.columns
    let slopes = Slopes(
      positive: Matrix(rows: rows.count, columns: width, zeroed: false),
      negative: Matrix(rows: rows.count, columns: width, zeroed: false),
      offset: hasBeta ? Matrix(rows: rows.count, columns: width) : nil)
    for (r, row) in rows.enumerated() {
      let source = base.positive.rows == 1 ? 0 : row.leaf
      slopes.positive.copyRow(r, from: base.positive, row: source)
      slopes.negative.copyRow(r, from: base.negative, row: source)
      // Stable elements have equal slopes for both signs, unstable ones never have.
      for (element, slope) in row.alpha.marked[relu] where slopes.positive[r, element] != slopes.negative[r, element] {
        slopes.positive[r, element] = slope
      }
      guard !row.beta.isEmpty else { continue }
      for (split, beta) in zip(row.splits, row.beta) where split.relu == relu {
        slopes.offset?[r, split.element] = split.isActive ? -Double(beta) : Double(beta)
      }
    }
    return slopes
  }
}
