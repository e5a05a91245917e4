// SPDX-License-Identifier: Apache-2.0
package import Bounds
import Compute
package import Program

/// A subproblem of neuron splitting that is still to be bounded.
private struct OpenNode: Sendable {
  var node: Int
  var depth: Int
  var splits: [NeuronSplit]
  var beta: [Float]
  var alpha: [UInt8]
  var mustSplit = false
}

/// Branch and bound over the signs of neurons (β-CROWN), for many varying inputs: intermediate intervals stay those of the root, every
/// subproblem tunes its own α and β, and candidates for the next split are tried on both sides before one is taken.
///
/// Proves one row of one disjunct. The tree depends on the subproblems alone, so any number of threads grows the same one.
///
/// Unchecked: worker threads read what is fixed at the start; everything else changes between waves, on the caller's thread.
package final class NeuronSplitSearch: @unchecked Sendable {
  let program: Program
  let problem: SearchProblem
  package let disjunct: Int
  package let rowInDisjunct: Int
  private let row: SpecificationRow
  private let root: Intervals
  /// The root's slopes, stored once in the certificate and used by every leaf that needs none of its own.
  package let rootAlpha: [UInt8]
  private let lower: [Float]
  private let upper: [Float]
  package private(set) var tree = ProofTree()
  package private(set) var margin: Float
  private var open: [OpenNode]
  private let optimizers: WorkspacePool<LaneOptimizer>
  package private(set) var closedShare = 0.0
  package private(set) var visited = 0
  package private(set) var worstBound: Float = .infinity
  /// Every neuron on the path is decided, yet the bound is not positive.
  package private(set) var isStuck = false
  private let iterations: Int

  package init(
    _ program: Program, _ problem: SearchProblem, disjunct: Int, row: Int, root: Intervals, rootAlpha: [UInt8],
    rounding: RoundingErrors?, margin: Float, iterations: Int
  ) {
    self.program = program
    self.problem = problem
    self.disjunct = disjunct
    rowInDisjunct = row
    self.row = problem.disjuncts[disjunct][row]
    self.root = root
    self.rootAlpha = rootAlpha
    self.margin = margin
    self.iterations = iterations
    lower = problem.floatLower
    upper = problem.floatUpper
    open = [OpenNode(node: 0, depth: 0, splits: [], beta: [], alpha: rootAlpha)]
    optimizers = WorkspacePool { LaneOptimizer(program, rounding: rounding) }
  }

  package var isFinished: Bool { open.isEmpty && !isStuck }
  package var openCount: Int { open.count }

  /// Bounds one wave of subproblems and splits those that stay open. Deterministic for any thread count.
  package func wave(threads: Int, size: Int) {
    let batch = Array(open.suffix(size))
    open.removeLast(batch.count)
    let chunk = max(1, min(chunkLimit, (batch.count + threads - 1) / threads))
    let chunks = stride(from: 0, to: batch.count, by: chunk).map { Array(batch[$0..<min($0 + chunk, batch.count)]) }
    let results = Parallel.map(chunks, threads: threads) { nodes in self.optimizers.with { self.work(nodes, with: $0) } }
    worstBound = .infinity
    for (node, outcome) in zip(batch, results.joined()) { record(node, outcome) }
    visited += batch.count
  }

  private var chunkLimit: Int { max(1, min(32, 200_000 / max(1, program.tensorCounts.max() ?? 1))) }

  private enum Outcome: Sendable {
    case closed(beta: [Float], alpha: [UInt8]?)
    case split(BranchingCandidate, alpha: [UInt8], beta: [Float], bound: Float)
    case stuck(bound: Float)
  }

  private func record(_ node: OpenNode, _ outcome: Outcome) {
    switch outcome {
    case .closed(let beta, let alpha):
      tree.close(node.node, rows: [rowInDisjunct], .init(alpha: alpha, beta: beta))
      closedShare += share(node.depth)
    case .split(let candidate, let alpha, let beta, let bound):
      worstBound = min(worstBound, bound)
      let child = tree.splitNeuron(node.node, relu: candidate.relu, element: candidate.element)
      for (offset, isActive) in [(1, true), (0, false)] {
        open.append(
          OpenNode(
            node: child + offset, depth: node.depth + 1,
            splits: node.splits + [.init(relu: candidate.relu, element: candidate.element, isActive: isActive)],
            beta: beta + [0], alpha: alpha))
      }
    case .stuck(let bound):
      worstBound = min(worstBound, bound)
      isStuck = true
    }
  }

  private func share(_ depth: Int) -> Double { Double(sign: .plus, exponent: -depth, significand: 1) }

  private func work(_ nodes: [OpenNode], with optimizer: LaneOptimizer) -> [Outcome] {
    let lanes = nodes.map {
      Lane(row: row, splits: $0.splits, beta: $0.beta, alpha: $0.alpha, mustBranch: $0.mustSplit)
    }
    let options = OptimizationOptions(iterations: iterations, candidateCount: 4, target: margin)
    let results = optimizer.optimise(lanes, root: root, lower: lower, upper: upper, options: options)
    let closed = nodes.indices.filter { results[$0].bound > margin && !nodes[$0].mustSplit }
    let needsNoAlpha = closesWithRootAlpha(closed.map { (nodes[$0].splits, results[$0].beta) }, optimizer)
    var outcomes = nodes.indices.map { Outcome.stuck(bound: results[$0].bound) }
    for (index, plain) in zip(closed, needsNoAlpha) {
      outcomes[index] = .closed(beta: results[index].beta, alpha: plain ? nil : results[index].alpha)
    }
    let split = nodes.indices.filter { !(results[$0].bound > margin && !nodes[$0].mustSplit) && !results[$0].candidates.isEmpty }
    let choices = choose(split.map { (nodes[$0], results[$0]) }, optimizer)
    for (index, candidate) in zip(split, choices) {
      outcomes[index] = .split(
        candidate, alpha: results[index].alpha, beta: results[index].beta, bound: results[index].bound)
    }
    return outcomes
  }

  /// A leaf that the shared table closes too is stored without a table of its own.
  private func closesWithRootAlpha(_ leaves: [([NeuronSplit], [Float])], _ optimizer: LaneOptimizer) -> [Bool] {
    guard !leaves.isEmpty else { return [] }
    let lanes = leaves.map { Lane(row: row, splits: $0.0, beta: $0.1, alpha: rootAlpha) }
    let options = OptimizationOptions(iterations: 0, target: margin)
    return optimizer.optimise(lanes, root: root, lower: lower, upper: upper, options: options).map { $0.bound > margin }
  }

  /// Filtered smart branching: bounds both children of every candidate once and takes the candidate whose worse child is best.
  /// Source: De Palma et al. 2021 (FSB); the variant with several candidates is α,β-CROWN's kFSB.
  private func choose(_ parents: [(OpenNode, LaneResult)], _ optimizer: LaneOptimizer) -> [BranchingCandidate] {
    guard !parents.isEmpty else { return [] }
    var lanes: [Lane] = []
    for (node, result) in parents {
      for candidate in result.candidates {
        for isActive in [false, true] {
          let split = NeuronSplit(relu: candidate.relu, element: candidate.element, isActive: isActive)
          lanes.append(
            Lane(row: row, splits: node.splits + [split], beta: result.beta + [0], alpha: result.alpha))
        }
      }
    }
    var bounds: [Float] = []
    for start in stride(from: 0, to: lanes.count, by: 128) {
      let part = Array(lanes[start..<min(start + 128, lanes.count)])
      bounds += optimizer.optimise(
        part, root: root, lower: lower, upper: upper, options: OptimizationOptions(iterations: 0, target: margin)
      ).map(\.bound)
    }
    var offset = 0
    return parents.map { _, result in
      defer { offset += 2 * result.candidates.count }
      return best(result.candidates, bounds[offset...])
    }
  }

  private func best(_ candidates: [BranchingCandidate], _ bounds: ArraySlice<Float>) -> BranchingCandidate {
    var choice = candidates[0], choiceScore = (-Float.infinity, -Float.infinity)
    for (number, candidate) in candidates.enumerated() {
      let first = min(bounds[bounds.startIndex + 2 * number], margin)
      let second = min(bounds[bounds.startIndex + 2 * number + 1], margin)
      let score = (min(first, second), max(first, second))
      if score > choiceScore { (choice, choiceScore) = (candidate, score) }
    }
    return choice
  }

  // MARK: Repair

  /// Opens leaves that the checker rejected; they are split further and their parts must reach the larger margin.
  package func reopen(ordinals: Set<Int>, margin: Float) {
    self.margin = margin
    let rejected = Set(tree.leafNodes(ordinals: ordinals))
    var stack = [OpenNode(node: 0, depth: 0, splits: [], beta: [], alpha: rootAlpha)]
    var reopened: [OpenNode] = []
    while let node = stack.popLast() {
      switch tree.nodes[node.node] {
      case .leaf(_, let multipliers):
        guard rejected.contains(node.node) else { continue }
        var again = node
        again.mustSplit = true
        if let multipliers { again.beta = tree.multipliers[multipliers].beta }
        closedShare -= share(node.depth)
        reopened.append(again)
      case .neuronSplit(let relu, let element, let child):
        for (offset, isActive) in [(1, true), (0, false)] {
          let split = NeuronSplit(relu: relu, element: element, isActive: isActive)
          stack.append(
            OpenNode(
              node: child + offset, depth: node.depth + 1, splits: node.splits + [split], beta: node.beta + [0],
              alpha: rootAlpha))
        }
      case .open, .inputSplit, .clip: continue
      }
    }
    for node in reopened { tree.reopen(node.node) }
    open += reopened
  }
}
