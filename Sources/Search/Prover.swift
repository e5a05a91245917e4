// SPDX-License-Identifier: Apache-2.0
import Bounds
package import CertificateFormat
import Compute
package import Program
package import Properties

/// Why a search ended without an answer.
package enum StopReason: Sendable, Hashable {
  case timeLimit
  case cancelled
  /// Every neuron on some path is decided, or every input is a single point, and the bound is still not positive.
  case nothingLeftToSplit(region: Int)
  /// The numbers left the range in which bounds mean anything.
  case notFinite(region: Int)
}

/// What the search knows while it runs.
package struct SearchProgress: Sendable {
  package var region: Int
  package var regionCount: Int
  package var openCount: Int
  package var visited: Int
  package var closedShare: Double
  package var worstBound: Float
}

/// A point that the attack believes to satisfy a disjunct; only an exact replay makes it a counterexample.
package struct Candidate: Sendable {
  package var region: Int
  package var disjunct: Int
  package var point: [Double]

  package init(region: Int, disjunct: Int, point: [Double]) {
    self.region = region
    self.disjunct = disjunct
    self.point = point
  }
}

package enum ProverOutcome: Sendable {
  /// Every disjunct of every region is refuted, as far as binary32 can tell; the proofs are for the checker.
  case proofs([[Proof]])
  case counterexample(Candidate)
  case unknown(StopReason)
}

package struct ProverOptions: Sendable {
  package var deadline: ContinuousClock.Instant
  package var threads: Int
  package var seed: UInt64
  package var attack: Bool
  package var isCancelled: @Sendable () -> Bool
  package var progress: (@Sendable (SearchProgress) -> Void)?

  package init(
    deadline: ContinuousClock.Instant, threads: Int = 1, seed: UInt64 = 0, attack: Bool = true,
    isCancelled: @escaping @Sendable () -> Bool = { false }, progress: (@Sendable (SearchProgress) -> Void)? = nil
  ) {
    self.deadline = deadline
    self.threads = threads
    self.seed = seed
    self.attack = attack
    self.isCancelled = isCancelled
    self.progress = progress
  }
}

/// Answers a query by attack, bounds and branch and bound. Untrusted: its proofs go to the checker, its candidates to exact replay.
///
/// Comes in: a program and a query. Goes out: proofs for every region, a candidate that `accept` confirmed, or the reason why neither was
/// found. `repair` continues after the checker rejected some leaves.
package final class Prover {
  let program: Program
  let query: Query
  let options: ProverOptions
  private let accept: (Candidate) -> Bool
  private var solvers: [RegionSolver]
  private let falsifier: Falsifier

  /// - Parameter accept: exact replay of a candidate.
  package init(
    _ program: Program, _ query: Query, falsifier: Falsifier, options: ProverOptions,
    accept: @escaping (Candidate) -> Bool
  ) {
    self.program = program
    self.query = query
    self.options = options
    self.accept = accept
    self.falsifier = falsifier
    solvers = query.regions.enumerated().map { index, region in
      RegionSolver(program, SearchProblem(region, index: index), options: options)
    }
  }

  package func run() -> ProverOutcome {
    if options.attack, let found = attackAll(.quick) { return .counterexample(found) }
    return prove()
  }

  /// Opens the leaves that the checker rejected and searches on. `ordinals[region][proof]` are preorder leaf numbers.
  ///
  /// - Parameter forReal: the checker was asked about real arithmetic.
  package func repair(_ ordinals: [Int: [Int: Set<Int>]], forReal: Bool) -> ProverOutcome {
    for (region, proofs) in ordinals { solvers[region].reopen(proofs, forReal: forReal) }
    return prove()
  }

  private func prove() -> ProverOutcome {
    var reason: StopReason?
    for solver in solvers where !solver.isClosed {
      let stop = solver.run(
        attack: { self.attack(solver, $0) }, progress: { self.report(solver) })
      switch stop {
      case .closed: continue
      case .counterexample(let candidate): return .counterexample(candidate)
      case .stopped(let why):
        // A stuck region does not keep the others from being violated.
        reason = reason ?? why
        if why == .timeLimit || why == .cancelled { return .unknown(why) }
      }
    }
    if let reason { return .unknown(reason) }
    return .proofs(solvers.map { $0.proofs() })
  }

  private func attackAll(_ effort: AttackEffort) -> Candidate? {
    for solver in solvers {
      if let found = attack(solver, AttackRequest(effort: effort, disjuncts: nil, boxes: [], round: 0)) { return found }
      if options.deadline < .now { return nil }
    }
    return nil
  }

  private func attack(_ solver: RegionSolver, _ request: AttackRequest) -> Candidate? {
    guard options.attack else { return nil }
    let found = falsifier.candidate(
      region: query.regions[solver.problem.regionIndex], index: solver.problem.regionIndex, request: request,
      options: options)
    return found.flatMap { accept($0) ? $0 : nil }
  }

  private func report(_ solver: RegionSolver) {
    guard let progress = options.progress else { return }
    let state = solver.state
    progress(
      SearchProgress(
        region: solver.problem.regionIndex, regionCount: solvers.count, openCount: state.open, visited: state.visited,
        closedShare: state.share, worstBound: state.worst))
  }

  /// Whether the last proofs contain leaves that float32 rounding is known to break.
  package var needsRealArithmetic: Bool { solvers.contains(where: \.needsRealArithmetic) }

  package var visited: Int { solvers.reduce(0) { $0 + $1.state.visited } }
}
