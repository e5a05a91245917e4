// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Exact
import Graph
import Properties

/// A proof tree before it is written.
indirect enum Tree {
  case leaf(rows: [Int], multipliers: LeafMultipliers? = nil)
  case input(dimension: Int, threshold: Double? = nil, Tree, Tree)
  case neuron(relu: Int, element: Int, Tree, Tree)
  case clip(rows: [Int], frames: [ClipFrame], Tree)

  func write(to writer: inout TreeWriter) {
    switch self {
    case .leaf(let rows, let multipliers):
      writer.leaf(rows: rows, alpha: multipliers?.alpha, beta: multipliers?.beta)
    case .input(let dimension, let threshold, let first, let second):
      if let threshold { writer.split(dimension: dimension, threshold: threshold) } else { writer.splitMidpoint(dimension: dimension) }
      first.write(to: &writer)
      second.write(to: &writer)
    case .neuron(let relu, let element, let first, let second):
      writer.splitNeuron(relu: relu, element: element)
      first.write(to: &writer)
      second.write(to: &writer)
    case .clip(let rows, let frames, let child):
      writer.clip(rows: rows, frames: frames)
      child.write(to: &writer)
    }
  }

  func bytes(rowCounts: [Int]) -> [UInt8] {
    var writer = TreeWriter(rowCounts: rowCounts)
    write(to: &writer)
    return writer.bytes
  }
}

/// The smallest prover that works: split the widest input until the checker's own bounds are positive.
struct ReferenceProver {
  var graph: Graph
  var query: Query
  var semantics = Semantics.real
  var leafLimit = 5_000
  /// Puts a clip above every leaf that is split.
  var clips = false

  /// Proofs of all regions, one proof per disjunct; nil if the leaf limit is reached.
  func prove() throws -> [[Proof]]? {
    let session = try CheckSession(graph: graph, query: query, semantics: semantics)
    var regions: [[Proof]] = []
    for (index, region) in query.regions.enumerated() {
      var proofs: [Proof] = []
      for disjunct in region.disjuncts.indices {
        guard let proof = try prove(disjunct, region: index, session) else { return nil }
        proofs.append(proof)
      }
      regions.append(proofs)
    }
    return regions
  }

  /// A certificate with the margin that the checker found and made-up digests.
  func certificate() throws -> Certificate? {
    guard let regions = try prove() else { return nil }
    let session = try CheckSession(graph: graph, query: query, semantics: semantics)
    let report = try session.check(regions: regions, claimedMargin: .leastNonzeroMagnitude)
    return sampleCertificate(.holds(margin: report.margin, regions: regions), semantics: semantics)
  }

  private func prove(_ disjunct: Int, region index: Int, _ session: CheckSession) throws -> Proof? {
    let region = query.regions[index]
    let rows = region.disjuncts[disjunct].rows
    let lower = region.lower.map(\.lower)
    let upper = region.upper.map(\.upper)
    let root = ProverNode(lower: lower, upper: upper, row: bestRow(rows, lower, upper))
    while true {
      var writer = TreeWriter(rowCounts: [rows.count])
      var leaves = 0
      root.write(to: &writer, clips: clips, &leaves)
      let proof = Proof(disjuncts: [disjunct], mode: .recompute, alpha: [.empty], tree: writer.bytes)
      let failures = Set(try session.failingLeaves(of: proof, region: index).map(\.leaf))
      if failures.isEmpty { return proof }
      guard leaves + failures.count <= leafLimit else { return nil }
      var ordinal = 0
      root.split(failures, &ordinal) { bestRow(rows, $0, $1) }
    }
  }

  /// The row with the greatest left side at the middle of the box.
  private func bestRow(_ rows: [LinearConstraint], _ lower: [Double], _ upper: [Double]) -> Int {
    guard rows.count > 1 else { return 0 }
    let y = evaluate(graph, at: zip(lower, upper).map { ($0 + $1) / 2 })[graph.output]
    func value(_ row: LinearConstraint) -> Double {
      row.outputTerms.reduce(row.constant.lower) { $0 + $1.coefficient.lower * y[$1.variable] }
    }
    return rows.indices.max { value(rows[$0]) < value(rows[$1]) } ?? 0
  }
}

private final class ProverNode {
  let lower: [Double]
  let upper: [Double]
  let row: Int
  var dimension = 0
  var children: (ProverNode, ProverNode)?

  init(lower: [Double], upper: [Double], row: Int) {
    self.lower = lower
    self.upper = upper
    self.row = row
  }

  func write(to writer: inout TreeWriter, clips: Bool, _ leaves: inout Int) {
    guard let children else {
      leaves += 1
      return writer.leaf(rows: [row])
    }
    // No frames: the boxes of this prover are those without clips.
    if clips { writer.clip(rows: [row], frames: []) }
    writer.splitMidpoint(dimension: dimension)
    children.0.write(to: &writer, clips: clips, &leaves)
    children.1.write(to: &writer, clips: clips, &leaves)
  }

  func split(_ failures: Set<Int>, _ ordinal: inout Int, _ row: ([Double], [Double]) -> Int) {
    if let children {
      children.0.split(failures, &ordinal, row)
      children.1.split(failures, &ordinal, row)
      return
    }
    defer { ordinal += 1 }
    guard failures.contains(ordinal) else { return }
    dimension = lower.indices.max { upper[$0] - lower[$0] < upper[$1] - lower[$1] } ?? 0
    let middle = TreeWriter.midpoint(lower: lower[dimension], upper: upper[dimension])
    var (low, high) = (lower, upper)
    high[dimension] = middle
    low[dimension] = middle
    children = (
      ProverNode(lower: lower, upper: high, row: row(lower, high)), ProverNode(lower: low, upper: upper, row: row(low, upper))
    )
  }
}

func sampleCertificate(_ body: Certificate.Body, semantics: Semantics = .real) -> Certificate {
  Certificate(
    semantics: semantics, modelDigest: Digest(of: [1]), propertyDigest: Digest(of: [2]), property: [],
    producer: "reference prover", backendAsked: "cpu", backendExecuted: "cpu", body: body)
}
