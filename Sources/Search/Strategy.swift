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
  func reopen(_ ordinals: [Int: Set<Int>], margin: Float)
}

/// Sizes waves so that one takes about a fifth of a second: long enough to keep all cores busy, short enough for the deadline.
struct WaveSize {
  private(set) var value: Int
  private let limit: Int

  init(initial: Int, limit: Int) {
    value = initial
    self.limit = limit
  }

  mutating func run(_ body: (Int) -> Void) {
    let start = ContinuousClock.now
    body(value)
    let elapsed = ContinuousClock.now - start
    if elapsed < .milliseconds(100) { value = min(value * 2, limit) }
    if elapsed > .milliseconds(400) { value = max(value / 2, 1) }
  }
}

/// Splitting of inputs as a strategy.
final class InputStrategy: Strategy {
  private let search: InputSplitSearch
  private var size = WaveSize(initial: 16, limit: 4096)
  private var waves = 0

  init(_ search: InputSplitSearch) {
    self.search = search
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
    size.run { search.wave(threads: threads, size: $0) }
  }

  func proofs() -> [Proof] {
    [makeProof(search.tree, disjuncts: search.disjuncts, search.problem, mode: .recompute, alpha: nil)]
  }

  func reopen(_ ordinals: [Int: Set<Int>], margin: Float) {
    search.reopen(ordinals: ordinals[0] ?? [], margin: margin)
  }
}

/// Splitting of neurons as a strategy: one search per open disjunct, one after the other.
final class NeuronStrategy: Strategy {
  private let searches: [NeuronSplitSearch]
  private let program: Program
  private let problem: SearchProblem
  private let intervals: Intervals
  private var size = WaveSize(initial: 8, limit: 512)
  private var waves = 0

  init(
    _ program: Program, _ problem: SearchProblem, _ open: [Int], _ root: RootAnalysis, margin: Float, threads: Int
  ) {
    self.program = program
    self.problem = problem
    intervals = root.intervals
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
    size.run { current.wave(threads: threads, size: $0) }
  }

  func proofs() -> [Proof] {
    searches.map { search in
      makeProof(
        search.tree, disjuncts: [search.disjunct], problem, mode: .inherit,
        alpha: SharedAlpha(table: search.rootAlpha, root: intervals))
    }
  }

  func reopen(_ ordinals: [Int: Set<Int>], margin: Float) {
    for (index, leaves) in ordinals { searches[index].reopen(ordinals: leaves, margin: margin) }
  }
}
