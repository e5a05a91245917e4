// SPDX-License-Identifier: Apache-2.0
import Compute
package import Program

/// Restarts that share one batch. Fixed, so that results do not depend on the number of threads.
private let groupSize = 48

extension InferenceEngine {
  /// Looks for a counterexample by projected gradient descent from many starts.
  ///
  /// The result is the best point met, or nil when the deadline had passed before the first step; it is a claim, to be replayed
  /// exactly. With the same options it is the same on any number of threads, unless the deadline cuts the search short.
  ///
  /// Source: Madry et al., ICLR 2018 (arXiv:1706.06083); momentum: MI-FGSM (arXiv:1710.06081); diversified starts: ODI
  /// (arXiv:2003.06878).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func attack<Scalar: ProgramScalar>(
    _ problem: AttackProblem<Scalar>, _ options: AttackOptions
  ) -> AttackResult<Scalar>? {
    precondition(problem.lower.count == program.inputCount && problem.upper.count == program.inputCount)
    guard !problem.disjuncts.isEmpty, options.restarts > 0 else { return nil }
    let rows = CompiledRows<Scalar>(problem.disjuncts)
    let groups = stride(from: 0, to: options.restarts, by: groupSize).map {
      AttackGroup(self, problem, rows, count: min(groupSize, options.restarts - $0))
    }
    var elites: [AttackResult<Scalar>] = []
    for round in 0..<max(options.rounds, 1) {
      let known = elites
      Parallel.forEach(count: groups.count, threads: options.threads) {
        groups[$0].restart(
          first: round * options.restarts + $0 * groupSize, seed: options.seed, elites: known, samples: options.samples)
      }
      if descend(groups, options) { break }
      elites = Array((elites + groups.flatMap(\.elites)).sorted { $0.loss < $1.loss }.prefix(24))
    }
    return groups.compactMap(\.best).min { $0.loss < $1.loss }
  }

  /// One round of descent, in short stretches between which the groups meet. True when the search is over.
  private func descend<Scalar>(_ groups: [AttackGroup<Scalar>], _ options: AttackOptions) -> Bool {
    var step = 0
    while step < options.steps {
      let end = min(step + 5, options.steps)
      let stretch = step..<end
      Parallel.forEach(count: groups.count, threads: options.threads) {
        if let deadline = options.deadline, ContinuousClock.now >= deadline { return }
        groups[$0].descend(stretch, of: options.steps)
      }
      if groups.contains(where: \.isDone) { return true }
      if let deadline = options.deadline, ContinuousClock.now >= deadline { return true }
      step = end
    }
    return groups.contains { $0.best?.isCounterexample ?? false }
  }
}
