// SPDX-License-Identifier: Apache-2.0
import Bounds
import CertificateFormat
import Compute
import Program

/// Refutes the disjuncts of one region: one pass over the whole box first, then branch and bound on what is left.
///
/// The strategy follows from structure alone: few varying inputs are split themselves, many leave the splitting to the neurons, and in
/// between both run side by side until one of them is done.
final class RegionSolver {
  enum Stop {
    case closed
    case counterexample(Candidate)
    case stopped(StopReason)
  }

  let program: Program
  let problem: SearchProblem
  private let options: ProverOptions
  private var root: RootAnalysis?
  /// Disjuncts that the first pass closed, and their rows.
  private var closedAtRoot: [(disjunct: Int, row: Int)] = []
  private var strategies: [any Strategy] = []
  private var winner: (any Strategy)?
  private var margin: Float = 0
  private(set) var isClosed = false
  private var attackRound: UInt64 = 0
  private var waves = 0
  /// A search that is not over by then is worth a long look for counterexamples.
  private static let persistentAttackWave = 12

  init(_ program: Program, _ problem: SearchProblem, options: ProverOptions) {
    self.program = program
    self.problem = problem
    self.options = options
  }

  var state: (open: Int, visited: Int, share: Double, worst: Float) {
    let all = winner.map { [$0] } ?? strategies
    let leader = all.max { $0.closedShare < $1.closedShare }
    return (
      leader?.openCount ?? 0, strategies.reduce(1) { $0 + $1.visited }, leader?.closedShare ?? 0,
      leader?.worstBound ?? root?.worstBound ?? -.infinity
    )
  }

  func run(attack: (AttackRequest) -> Candidate?, progress: () -> Void) -> Stop {
    if problem.disjuncts.contains(where: \.isEmpty) {
      // A disjunct without constraints is satisfied by every point of the box.
      return attack(AttackRequest(effort: .quick, disjuncts: nil, boxes: [], round: 0)).map { .counterexample($0) }
        ?? .stopped(.nothingLeftToSplit(region: problem.regionIndex))
    }
    if root == nil, let stop = firstPass(attack) { return stop }
    progress()
    return branch(attack, progress)
  }

  private func firstPass(_ attack: (AttackRequest) -> Candidate?) -> Stop? {
    let analysis = RootAnalysis(program, problem, threads: options.threads)
    root = analysis
    guard analysis.isFinite else { return .stopped(.notFinite(region: problem.regionIndex)) }
    margin = analysis.margin
    closedAtRoot = problem.disjuncts.indices.compactMap { disjunct in
      analysis.bestRow(disjunct).flatMap { $0.bound > margin ? (disjunct, $0.row) : nil }
    }
    let open = openDisjuncts
    if open.isEmpty {
      isClosed = true
      return .closed
    }
    if let found = attack(AttackRequest(effort: .thorough, disjuncts: open, boxes: [], round: 1)) {
      return .counterexample(found)
    }
    chooseStrategies(analysis)
    return nil
  }

  private var openDisjuncts: [Int] {
    let closed = Set(closedAtRoot.map(\.disjunct))
    return problem.disjuncts.indices.filter { !closed.contains($0) }
  }

  private func chooseStrategies(_ analysis: RootAnalysis) {
    let dimensions = problem.varyingDimensions.count
    let open = openDisjuncts
    strategies = []
    if dimensions <= 20 {
      for branching in [InputBranching.sensitivity, .longestEdge] {
        strategies.append(
          InputStrategy(
            InputSplitSearch(
              program, problem, disjuncts: open, branching: branching, root: analysis.intervals, margin: margin)))
      }
    }
    if dimensions > 8 && analysis.hasRelu {
      strategies.append(NeuronStrategy(program, problem, open, analysis, margin: margin, threads: options.threads))
    }
  }

  private func branch(_ attack: (AttackRequest) -> Candidate?, _ progress: () -> Void) -> Stop {
    var slice = 1
    while true {
      for strategy in winner.map({ [$0] }) ?? strategies {
        let end = strategy.visited + slice * strategy.sliceUnit
        while strategy.visited < end && !strategy.isFinished && !strategy.isStuck {
          if options.isCancelled() { return .stopped(.cancelled) }
          if options.deadline < .now { return .stopped(.timeLimit) }
          strategy.wave(threads: options.threads)
          progress()
          waves += 1
          if waves == Self.persistentAttackWave,
            let found = attack(AttackRequest(effort: .persistent, disjuncts: openDisjuncts, boxes: [], round: 7777))
          {
            return .counterexample(found)
          }
          if strategy.wantsAttack, let found = suspicion(strategy, attack) { return .counterexample(found) }
        }
        if strategy.isFinished {
          winner = strategy
          isClosed = true
          return .closed
        }
      }
      if (winner.map { [$0] } ?? strategies).allSatisfy(\.isStuck) {
        return .stopped(.nothingLeftToSplit(region: problem.regionIndex))
      }
      dropLosers(after: slice)
      slice = min(slice * 2, 1 << 16)
    }
  }

  /// Input searches that differ only in their branching are compared by the volume they closed; the neuron search is kept beside the better one.
  private func dropLosers(after slice: Int) {
    let inputs = strategies.compactMap { $0 as? InputStrategy }
    guard slice >= 4, inputs.count == 2 else { return }
    let better = inputs[0].closedShare >= inputs[1].closedShare ? inputs[0] : inputs[1]
    strategies.removeAll { $0 is InputStrategy && $0 !== better }
  }

  private func suspicion(_ strategy: any Strategy, _ attack: (AttackRequest) -> Candidate?) -> Candidate? {
    attackRound += 1
    return attack(
      AttackRequest(
        effort: .local, disjuncts: openDisjuncts, boxes: strategy.suspects, round: attackRound + 1))
  }

  // MARK: Proofs

  var needsRealArithmetic: Bool { winner?.needsRealArithmetic ?? false }

  func proofs() -> [Proof] {
    var proofs: [Proof] = []
    if !closedAtRoot.isEmpty {
      var tree = ProofTree()
      tree.close(0, rows: closedAtRoot.map(\.row))
      proofs.append(makeProof(tree, disjuncts: closedAtRoot.map(\.disjunct), problem, mode: .recompute, alpha: nil))
    }
    return proofs + (winner?.proofs() ?? [])
  }

  /// The checker wants more margin on some leaves. Proof 0 may be the first pass, which has a single leaf: its disjuncts become open.
  func reopen(_ ordinals: [Int: Set<Int>], forReal: Bool) {
    isClosed = false
    margin *= 4
    let offset = closedAtRoot.isEmpty ? 0 : 1
    if offset == 1, ordinals[0] != nil, let root {
      closedAtRoot = closedAtRoot.filter { entry in
        (root.bestRow(entry.disjunct)?.bound ?? 0) > margin * 4
      }
      winner = nil
      chooseStrategies(root)
      return
    }
    winner?.reopen(Dictionary(uniqueKeysWithValues: ordinals.map { ($0 - offset, $1) }), margin: margin, forReal: forReal)
  }
}
