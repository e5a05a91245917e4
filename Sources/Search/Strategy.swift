// SPDX-License-Identifier: Apache-2.0
import Bounds
import CertificateFormat
import Program

/// A way to refute the open disjuncts of a region, advanced wave by wave.
protocol Strategy: AnyObject {
  var isFinished: Bool { get }
  var isStuck: Bool { get }
  var visited: Int { get }
  var openCount: Int { get }
  var closedShare: Double { get }
  var worstBound: Float { get }
  /// Subproblems in one slice of the race between strategies; slices of different strategies should cost about the same.
  var sliceUnit: Int { get }
  /// True every now and then: an attack on `suspects` is worth its time.
  var wantsAttack: Bool { get }
  var suspects: [(lower: [Double], upper: [Double])] { get }
  /// Whether some leaf was closed in real arithmetic only.
  var needsRealArithmetic: Bool { get }
  func wave(threads: Int)
  func proofs() -> [Proof]
  /// - Parameter forReal: the proof is for real arithmetic; no more room has to be left for rounding.
  func reopen(_ ordinals: [Int: Set<Int>], margin: Float, forReal: Bool)
}

/// How many subproblems a wave bounds: few at first, then about as many as take a tenth of a second.
///
/// From the size of the network alone, never from the clock: what a search does between waves must not depend on the machine's mood.
struct WaveSize {
  private var next: Int
  private let limit: Int

  /// - Parameter cost: multiply-adds of one subproblem, roughly.
  init(initial: Int, cost: Double) {
    next = initial
    limit = Int(min(max(4e9 / max(cost, 1), 4), 2048))
  }

  mutating func advance() -> Int {
    defer { next = min(next * 2, limit) }
    return min(next, limit)
  }
}

extension Program {
  /// Entries of all matrices, as if dense.
  fileprivate var matrixSize: Double {
    steps.reduce(0) { total, step in
      guard case .linear(let terms, _) = step.kind else { return total }
      return total + terms.reduce(0) { $0 + Double($1.map.inputCount) * Double($1.map.outputCount) }
    }
  }

  fileprivate var reluCount: Double { reluSteps.reduce(0) { $0 + Double(tensorCounts[steps[$1].output]) } }
}

/// Splitting of inputs as a strategy.
final class InputStrategy: Strategy {
  private let search: InputSplitSearch
  private var size: WaveSize
  private var waves = 0

  init(_ search: InputSplitSearch) {
    self.search = search
    // A third of the neurons unstable, two rows for each, half of the matrices below it.
    size = WaveSize(initial: 16, cost: search.program.matrixSize * (1 + search.program.reluCount / 3))
  }

  var isFinished: Bool { search.isFinished && !search.isStuck }
  var isStuck: Bool { search.isFinished && search.isStuck }
  var visited: Int { search.visited }
  var openCount: Int { search.openCount }
  var closedShare: Double { search.closedShare }
  var worstBound: Float { search.worstBound }
  var sliceUnit: Int { 128 }
  var wantsAttack: Bool { waves % 8 == 4 && !search.suspects.isEmpty }
  var suspects: [(lower: [Double], upper: [Double])] { search.suspects }
  var needsRealArithmetic: Bool { search.realLeafCount > 0 }

  func wave(threads: Int) {
    waves += 1
    search.wave(threads: threads, size: size.advance())
  }

  func proofs() -> [Proof] {
    [makeProof(search.tree, disjuncts: search.disjuncts, search.problem, mode: .recompute, alpha: nil)]
  }

  func reopen(_ ordinals: [Int: Set<Int>], margin: Float, forReal: Bool) {
    search.reopen(ordinals: ordinals[0] ?? [], margin: margin, forReal: forReal)
  }
}

/// Splitting of neurons as a strategy: one search per open disjunct, one after the other.
final class NeuronStrategy: Strategy {
  private let searches: [NeuronSplitSearch]
  private let program: Program
  private let problem: SearchProblem
  private let intervals: Intervals
  private var size: WaveSize
  private var waves = 0

  init(
    _ program: Program, _ problem: SearchProblem, _ open: [Int], _ root: RootAnalysis, margin: Float, threads: Int
  ) {
    self.program = program
    self.problem = problem
    intervals = root.intervals
    size = WaveSize(initial: 8, cost: program.matrixSize * 40)
    searches = root.optimise(open, threads: threads).map { start in
      NeuronSplitSearch(
        program, problem, disjunct: start.disjunct, row: start.row, root: root.intervals, rootAlpha: start.alpha,
        rounding: root.rounding, margin: margin, iterations: 12)
    }
  }

  private var current: NeuronSplitSearch? { searches.first { !$0.isFinished } }
  var isFinished: Bool { current == nil }
  var isStuck: Bool { searches.contains(where: \.isStuck) }
  var visited: Int { searches.reduce(0) { $0 + $1.visited } }
  var openCount: Int { searches.reduce(0) { $0 + $1.openCount } }
  var closedShare: Double { searches.reduce(0) { $0 + $1.closedShare } / Double(max(searches.count, 1)) }
  var worstBound: Float { current?.worstBound ?? .infinity }
  var sliceUnit: Int { 32 }
  var wantsAttack: Bool { waves % 16 == 8 }
  var suspects: [(lower: [Double], upper: [Double])] { [] }
  var needsRealArithmetic: Bool { false }

  func wave(threads: Int) {
    guard let current else { return }
    waves += 1
    current.wave(threads: threads, size: size.advance())
  }

  func proofs() -> [Proof] {
    searches.map { search in
      makeProof(
        search.tree, disjuncts: [search.disjunct], problem, mode: .inherit,
        alpha: SharedAlpha(table: search.rootAlpha, root: intervals))
    }
  }

  func reopen(_ ordinals: [Int: Set<Int>], margin: Float, forReal: Bool) {
    for (index, leaves) in ordinals { searches[index].reopen(ordinals: leaves, margin: margin) }
  }
}
