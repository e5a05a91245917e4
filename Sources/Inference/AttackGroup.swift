// SPDX-License-Identifier: Apache-2.0
import Compute
import Program

/// A fixed set of restarts that descend together as one batch.
///
/// Each restart has its own disjunct, start and step size. Unchecked Sendable: one thread at a time works on a group.
final class AttackGroup<Scalar: ProgramScalar>: @unchecked Sendable {
  /// Restart numbers, counted over all groups and rounds.
  private let count: Int
  private let problem: AttackProblem<Scalar>
  private let rows: CompiledRows<Scalar>
  private let inputCount: Int
  private let outputCount: Int
  private let workspace: Workspace<Scalar>
  private let width: [Scalar]
  private let x = Buffer<Scalar>()
  private let y = Buffer<Scalar>()
  private let gradient = Buffer<Scalar>()
  private let velocity = Buffer<Scalar>()
  private let direction = Buffer<Scalar>()
  private var disjuncts: [Int] = []
  private var firstSteps: [Scalar] = []
  private var diversified: [Bool] = []
  private var activeRows: [Int]
  private var losses: [Scalar]
  private var scales: [Scalar]
  /// The best point so far, and whether it is good enough to stop.
  private(set) var best: AttackResult<Scalar>?
  private(set) var isDone = false

  init(_ engine: InferenceEngine, _ problem: AttackProblem<Scalar>, _ rows: CompiledRows<Scalar>, count: Int) {
    self.count = count
    self.problem = problem
    self.rows = rows
    inputCount = engine.program.inputCount
    outputCount = engine.program.outputCount
    workspace = engine.makeWorkspace()
    width = zip(problem.upper, problem.lower).map { $0 - $1 }
    activeRows = [Int](repeating: -1, count: count)
    losses = [Scalar](repeating: 0, count: count)
    scales = losses
    for buffer in [x, gradient, velocity] { buffer.reserve(count * inputCount) }
    for buffer in [y, direction] { buffer.reserve(count * outputCount) }
  }

  // MARK: Starts

  /// Draws new starts for restarts `first ..< first + count` of a seed.
  func restart(first: Int, seed: UInt64) {
    let sizes: [Scalar] = [0.25, 0.1, 0.02, 0.5]
    disjuncts = (0..<count).map { (first + $0) % problem.disjuncts.count }
    firstSteps = (0..<count).map { sizes[(first + $0) / problem.disjuncts.count % sizes.count] }
    diversified = [Bool](repeating: false, count: count)
    velocity.pointer.update(repeating: 0, count: count * inputCount)
    for restart in 0..<count { drawStart(restart, number: first + restart, seed: seed) }
  }

  private func drawStart(_ restart: Int, number: Int, seed: UInt64) {
    var random = RandomNumbers(seed: seed, stream: UInt64(number))
    let point = x.pointer + restart * inputCount
    let lower = problem.lower
    let upper = problem.upper
    let turn = number / problem.disjuncts.count
    for output in 0..<outputCount { direction[restart * outputCount + output] = Scalar(2 * random.unit() - 1) }
    if number < problem.starts.count {
      for i in 0..<inputCount { point[i] = min(max(problem.starts[number][i], lower[i]), upper[i]) }
    } else if turn == 0 {
      for i in 0..<inputCount { point[i] = min(max(lower[i] / 2 + upper[i] / 2, lower[i]), upper[i]) }
    } else if turn % 3 == 2 {
      for i in 0..<inputCount { point[i] = random.next() & 1 == 0 ? lower[i] : upper[i] }
    } else {
      for i in 0..<inputCount {
        point[i] = min(max(lower[i] + Scalar(random.unit()) * width[i], lower[i]), upper[i])
      }
      diversified[restart] = turn % 3 == 1
    }
  }

  // MARK: Descent

  /// Descends from step `steps.lowerBound` up to `steps.upperBound` of `total`; stops early at a clear counterexample.
  func descend(_ steps: Range<Int>, of total: Int) {
    for step in steps where !isDone {
      evaluate(diversifying: step < 4 && total > 8)
      guard !isDone, step + 1 < total else { return }
      let left = 1 - Scalar(step) / Scalar(total)
      let sizes = firstSteps.map { $0 * (0.03 + 0.97 * left * left) }
      Scalar.descend(
        gradient: gradient.pointer, lower: problem.lower, upper: problem.upper, width: width, step: sizes,
        momentum: 0.75,
        batch: count, count: inputCount, velocity: velocity.pointer, x: x.pointer)
    }
  }

  /// Runs the batch, notes the losses and the best point, and leaves the gradients of the losses.
  private func evaluate(diversifying: Bool) {
    let rows = rows
    let x = x.pointer
    let inputCount = inputCount
    let outputCount = outputCount
    workspace.forwardAndGradient(x, batch: count, into: y.pointer, gradient: gradient.pointer) { samples, y, w in
      w.update(repeating: 0, count: samples.count * outputCount)
      for (offset, restart) in samples.enumerated() {
        let weights = w + offset * outputCount
        let worst = rows.worst(
          disjuncts[restart], x: x + restart * inputCount, y: y + offset * outputCount)
        losses[restart] = worst.loss
        scales[restart] = worst.scale
        activeRows[restart] = worst.row
        if diversifying && diversified[restart] {
          weights.update(from: direction.pointer + restart * outputCount, count: outputCount)
        } else {
          rows.addOutputs(of: worst.row, to: weights)
        }
      }
    }
    for restart in 0..<count where !(diversifying && diversified[restart]) {
      rows.addInputs(of: activeRows[restart], to: gradient.pointer + restart * inputCount)
    }
    noteBest()
  }

  /// Keeps the point with the least loss; done when that is clearly below rounding noise.
  private func noteBest() {
    for restart in 0..<count {
      let loss = Double(losses[restart])
      guard loss < best?.loss ?? .infinity else { continue }
      let start = x.pointer + restart * inputCount
      best = AttackResult(
        point: (0..<inputCount).map { start[$0] }, disjunct: disjuncts[restart], loss: loss)
      if losses[restart] <= -scales[restart] * Scalar(1e-4) { isDone = true }
    }
  }
}
