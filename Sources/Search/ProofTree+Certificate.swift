// SPDX-License-Identifier: Apache-2.0
import Bounds
import CertificateFormat

/// The slopes that a proof's leaves share, and which neurons a certificate has to name.
struct SharedAlpha {
  /// One byte per neuron, all ReLUs one after the other.
  var table: [UInt8]
  /// Whether the neuron is unstable on the whole box; the others need no slope.
  var isUnstable: [Bool]
  var counts: [Int]

  init(table: [UInt8], root: Intervals) {
    self.table = table
    counts = root.lower.map(\.count)
    // A little wider than zero: the checker's intervals differ from the search's in the last bits.
    isUnstable = zip(root.lower.joined(), root.upper.joined()).map { $0 < 1e-4 && $1 > -1e-4 }
  }

  func encoded(_ bytes: [UInt8]) -> AlphaTable {
    var offset = 0
    return AlphaTable(
      nodes: counts.map { count in
        defer { offset += count }
        let marked = (0..<count).filter { isUnstable[offset + $0] }.map { ($0, bytes[offset + $0]) }
        return AlphaTable.Node(count: count, marked: marked)
      })
  }
}

/// Writes a closed tree as a certificate's proof; `alpha` is nil for the default slopes.
func makeProof(
  _ tree: ProofTree, disjuncts: [Int], _ problem: SearchProblem, mode: BoundsMode, alpha: SharedAlpha?
) -> Proof {
  let rowCounts = disjuncts.map { problem.disjuncts[$0].count }
  var writer = TreeWriter(rowCounts: rowCounts)
  tree.visit { _, content in
    switch content {
    case .open: preconditionFailure("a proof is written only when every leaf is closed")
    case .leaf(let rows, nil): writer.leaf(rows: rows)
    case .leaf(let rows, .some(let index)):
      let own = tree.multipliers[index]
      writer.leaf(
        rows: rows, alpha: own.alpha.flatMap { bytes in alpha.map { [$0.encoded(bytes)] } },
        beta: own.beta.isEmpty ? nil : [own.beta])
    case .inputSplit(let dimension, _): writer.splitMidpoint(dimension: dimension)
    case .neuronSplit(let relu, let element, _): writer.splitNeuron(relu: relu, element: element)
    case .clip(let rows, _): writer.clip(rows: rows)
    }
  }
  let shared = alpha.map { $0.encoded($0.table) } ?? .empty
  return Proof(disjuncts: disjuncts, mode: mode, alpha: disjuncts.map { _ in shared }, tree: writer.bytes)
}
