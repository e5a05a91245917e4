// SPDX-License-Identifier: Apache-2.0
package import Bounds
import CertificateFormat
import Compute
import Graph
package import Program

/// How the dimension to split is chosen.
package enum InputBranching: Sendable {
  /// |Λ_i|·width_i of the row that is hardest to close (the score of α,β-CROWN's `sb`, without thresholds).
  case sensitivity
  /// The dimension whose width is the largest share of its width at the root.
  case longestEdge
}

/// A box that is still to be bounded.
struct OpenBox: Sendable {
  var node: Int
  var depth: Int
  var lower: [Double]
  var upper: [Double]
  /// A leaf the checker did not accept: it has to be split even if the bound looks good enough.
  var mustSplit = false
  /// How many boxes above this one were closed in real arithmetic but not in float32.
  var nearMisses = 0

  mutating func apply(_ frame: ClipFrame) {
    let i = frame.dimension
    (lower[i], upper[i]) = frame.ends(lower: lower[i], upper: upper[i])
  }
}

/// Branch and bound over the input box, for few varying inputs: every box is analysed anew, closed, clipped or halved.
///
/// Boxes are kept in double so that halving follows the certificate's midpoint rule bit by bit. The tree depends on the boxes alone, not
/// on their order, so any number of threads grows the same one.
///
/// Unchecked: worker threads read what is fixed at the start; everything else changes between waves, on the caller's thread.
package final class InputSplitSearch: @unchecked Sendable {
  let program: Program
  let problem: SearchProblem
  let disjuncts: [Int]
  let branching: InputBranching
  let root: Intervals?
  package private(set) var tree = ProofTree()
  package private(set) var margin: Float
  private(set) var open: [OpenBox]
  private let dimensions: [Int]
  private let rows: [SpecificationRow]
  private let rowsOfDisjunct: [Range<Int>]
  private let rootWidths: [Double]
  private var workspaces: WorkspacePool<Analysis>
  /// Share of the root's volume (by halvings) that is closed.
  package private(set) var closedShare = 0.0
  package private(set) var visited = 0
  /// Leaves that were closed in real arithmetic only.
  package private(set) var realLeafCount = 0
  package private(set) var worstBound: Float = .infinity
  /// The boxes of the last wave that are furthest from being closed: good places for an attack.
  package private(set) var suspects: [(lower: [Double], upper: [Double])] = []

  package init(
    _ program: Program, _ problem: SearchProblem, disjuncts: [Int], branching: InputBranching, root: Intervals?,
    margin: Float
  ) {
    self.program = program
    self.problem = problem
    self.disjuncts = disjuncts
    self.branching = branching
    self.root = root
    self.margin = margin
    dimensions = problem.varyingDimensions
    var rows: [SpecificationRow] = [], ranges: [Range<Int>] = []
    for disjunct in disjuncts {
      ranges.append(rows.count..<(rows.count + problem.disjuncts[disjunct].count))
      rows += problem.disjuncts[disjunct]
    }
    self.rows = rows
    rowsOfDisjunct = ranges
    rootWidths = zip(problem.lower, problem.upper).map { $1 - $0 }
    open = [OpenBox(node: 0, depth: 0, lower: problem.lower, upper: problem.upper)]
    workspaces = WorkspacePool { Analysis(program, accountsForRounding: program.elementType == .float32) }
  }

  /// Splits spent on closing a box for float32 that is closed in real arithmetic already.
  private var nearMissLimit = 3
  /// So many leaves that only real arithmetic closes, and the meaning of the whole proof is settled.
  private static let realLeafLimit = 64

  /// From here on bounds are those of real arithmetic, like the checker's will be.
  private func giveUpRounding() {
    guard nearMissLimit > 0 else { return }
    nearMissLimit = 0
    let program = program
    workspaces = WorkspacePool { Analysis(program) }
  }

  package var isFinished: Bool { open.isEmpty }
  package var openCount: Int { open.count }

  /// Bounds one wave of boxes. Deterministic for any thread count.
  package func wave(threads: Int, size: Int) {
    let batch = Array(open.suffix(size))
    open.removeLast(batch.count)
    let chunk = max(1, min(chunkLimit, (batch.count + threads - 1) / threads))
    let chunks = stride(from: 0, to: batch.count, by: chunk).map { batch[$0..<min($0 + chunk, batch.count)] }
    let results = Parallel.map(chunks, threads: threads) { boxes in
      self.workspaces.with { self.evaluate(Array(boxes), with: $0) }
    }
    if realLeafCount > Self.realLeafLimit { giveUpRounding() }
    worstBound = .infinity
    var ranked: [(Float, OpenBox)] = []
    for (boxes, evaluations) in zip(chunks, results) {
      for (box, evaluation) in zip(boxes, evaluations) {
        record(box, evaluation)
        guard case .split(_, _, let bound, _) = evaluation else { continue }
        worstBound = min(worstBound, bound)
        ranked.append((bound, box))
      }
    }
    visited += batch.count
    suspects = ranked.sorted { $0.0 < $1.0 }.prefix(8).map { ($0.1.lower, $0.1.upper) }
  }

  /// Few boxes at a time for wide networks: the working set should stay near the cache.
  private var chunkLimit: Int { max(1, min(64, 400_000 / max(1, program.tensorCounts.max() ?? 1))) }

  private enum Evaluation: Sendable {
    case closed(rows: [Int], withRounding: Bool)
    case split(dimension: Int, clipped: ClippedBox?, bound: Float, isNearMiss: Bool)
    /// No dimension can be halved any more.
    case stuck(bound: Float)
  }

  private func record(_ box: OpenBox, _ evaluation: Evaluation) {
    switch evaluation {
    case .closed(let rows, let withRounding):
      tree.close(box.node, rows: rows)
      realLeafCount += withRounding ? 0 : 1
      closedShare += exp2(-Double(box.depth))
    case .split(let dimension, let clipped, _, let isNearMiss):
      push(box, dimension, clipped, isNearMiss)
    case .stuck:
      stuck.append(box)
    }
  }

  /// Boxes that are single points and not closed.
  private(set) var stuck: [OpenBox] = []
  package var isStuck: Bool { !stuck.isEmpty }

  private func push(_ box: OpenBox, _ dimension: Int, _ clipped: ClippedBox?, _ isNearMiss: Bool) {
    var node = box.node, parent = box
    if let clipped {
      node = tree.clip(node, rows: clipped.rows, frames: clipped.frames)
      parent.lower = clipped.lower
      parent.upper = clipped.upper
    }
    let child = tree.splitInput(node, dimension: dimension)
    let middle = midpoint(parent.lower[dimension], parent.upper[dimension])
    var first = parent, second = parent
    first.upper[dimension] = middle
    second.lower[dimension] = middle
    (first.node, second.node) = (child, child + 1)
    for var half in [second, first] {
      half.depth = box.depth + 1
      half.mustSplit = false
      half.nearMisses += isNearMiss ? 1 : 0
      open.append(half)
    }
  }

  private func evaluate(_ boxes: [OpenBox], with analysis: Analysis) -> [Evaluation] {
    let inputs = program.inputCount
    analysis.begin(boxes: boxes.count)
    for (b, box) in boxes.enumerated() {
      for i in 0..<inputs {
        analysis.lower[b * inputs + i] = Float(box.lower[i])
        analysis.upper[b * inputs + i] = Float(box.upper[i])
      }
    }
    analysis.run(root: root, splits: [])
    let bounds = Buffer<Float>()
    bounds.reserve(boxes.count * rows.count)
    analysis.bound(rows, into: bounds.pointer)
    return boxes.indices.map { b in
      judge(boxes[b], index: b, bounds: bounds.pointer + b * rows.count, analysis)
    }
  }

  private func judge(
    _ box: OpenBox, index: Int, bounds: UnsafeMutablePointer<Float>, _ analysis: Analysis
  ) -> Evaluation {
    let base = index * rows.count
    var best: [Int] = [], hardest = 0, hardestBound = Float.infinity
    // Bounds with room for rounding; after some near misses real arithmetic has to do.
    for r in rows.indices {
      bounds[r] -= box.nearMisses >= nearMissLimit ? 0 : analysis.errors[base + r]
    }
    for range in rowsOfDisjunct {
      let row = range.max { bounds[$0] < bounds[$1] } ?? range.lowerBound
      best.append(row - range.lowerBound)
      let bound = bounds[row]
      if !(bound >= hardestBound) { (hardest, hardestBound) = (row, bound) }
    }
    if hardestBound > margin && !box.mustSplit { return .closed(rows: best, withRounding: box.nearMisses < nearMissLimit) }
    let isNearMiss = hardestBound + analysis.errors[base + hardest] > margin
    let coefficients = analysis.coefficients
    let inputs = program.inputCount
    var clipped = box.mustSplit ? nil : clip(box, base: base, rows: best, bounds, analysis)
    if let shrunk = clipped, !shrunk.isWorthwhile { clipped = nil }
    let lower = clipped?.lower ?? box.lower, upper = clipped?.upper ?? box.upper
    let slopes = coefficients + (base + hardest) * inputs
    // A dimension that the row hardly depends on here still loosens the relaxations.
    let least = 0.1 * dimensions.reduce(0) { max($0, Double(abs(slopes[$1]))) }
    var choice = -1, choiceScore = -1.0
    for i in dimensions {
      let width = upper[i] - lower[i]
      let middle = midpoint(lower[i], upper[i])
      guard middle > lower[i] && middle < upper[i] else { continue }
      let score =
        switch branching {
        case .sensitivity: max(Double(abs(slopes[i])), least) * width
        case .longestEdge: width / rootWidths[i]
        }
      if score > choiceScore { (choice, choiceScore) = (i, score) }
    }
    return choice < 0
      ? .stuck(bound: hardestBound) : .split(dimension: choice, clipped: clipped, bound: hardestBound, isNearMiss: isNearMiss)
  }

  private func clip(
    _ box: OpenBox, base: Int, rows: [Int], _ bounds: UnsafeMutablePointer<Float>, _ analysis: Analysis
  ) -> ClippedBox? {
    var hull: ClippedBox?
    for (range, choice) in zip(rowsOfDisjunct, rows) {
      let row = range.lowerBound + choice
      guard !(bounds[row] > margin) else { continue }
      var piece = ClippedBox(box, rows: rows)
      // A little more than the row leaves, for what the checker's rounding adds.
      let bound = bounds[row] - margin - analysis.errors[base + row]
      piece.clip(by: analysis.coefficients + (base + row) * program.inputCount, bound: bound, from: box, dimensions)
      hull = hull.map { $0.hull(piece) } ?? piece
    }
    hull?.frame(within: box, dimensions)
    return hull
  }

  // MARK: Repair

  /// Opens leaves that the checker rejected; they will be split and their parts must reach the larger margin.
  package func reopen(ordinals: Set<Int>, margin: Float, forReal: Bool) {
    self.margin = margin
    if forReal { giveUpRounding() }
    let rejected = Set(tree.leafNodes(ordinals: ordinals))
    var boxes: [OpenBox] = []
    walk { if rejected.contains($0.node) { boxes.append($0) } }
    for var box in boxes {
      tree.reopen(box.node)
      closedShare -= exp2(-Double(box.depth))
      box.mustSplit = true
      open.append(box)
    }
  }

  /// Visits every leaf with its box, derived again from the root.
  private func walk(_ body: (OpenBox) -> Void) {
    var stack = [OpenBox(node: 0, depth: 0, lower: problem.lower, upper: problem.upper)]
    while let box = stack.popLast() {
      switch tree.nodes[box.node] {
      case .leaf, .open: body(box)
      case .clip(_, let frames, let child):
        var inner = box
        for frame in frames { inner.apply(frame) }
        inner.node = child
        stack.append(inner)
      case .inputSplit(let dimension, let child):
        let middle = midpoint(box.lower[dimension], box.upper[dimension])
        var first = box, second = box
        first.upper[dimension] = middle
        second.lower[dimension] = middle
        (first.node, second.node) = (child, child + 1)
        (first.depth, second.depth) = (box.depth + 1, box.depth + 1)
        stack.append(second)
        stack.append(first)
      case .neuronSplit: preconditionFailure("an input-split tree has no neuron splits")
      }
    }
  }
}

/// The certificate's midpoint rule.
func midpoint(_ lower: Double, _ upper: Double) -> Double {
  TreeWriter.midpoint(lower: lower, upper: upper)
}

private func exp2(_ exponent: Double) -> Double {
  Double(sign: .plus, exponent: Int(exponent), significand: 1)
}
