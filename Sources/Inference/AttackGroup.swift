// SPDX-License-Identifier: Apache-2.0
import Compute
import Program

/// A fixed set of restarts that descend together as one batch.
///
/// Each restart has its own disjunct, start, step size and way to weigh rows. Unchecked Sendable: one thread at a time works on a
/// group.
final class AttackGroup<Scalar: ProgramScalar>: @unchecked Sendable {
  let count: Int
  private let problem: AttackProblem<Scalar>
  private let rows: CompiledRows<Scalar>
  private let inputCount: Int
  private let outputCount: Int
  private let workspace: Workspace<Scalar>
  private let starts: AttackStarts<Scalar>
  private let x = Buffer<Scalar>()
  private let y = Buffer<Scalar>()
  private let gradient = Buffer<Scalar>()
  private let velocity = Buffer<Scalar>()
  private var plans: [RestartPlan] = []
  private var losses: [Scalar]
  private var magnitudes: [Scalar]
  /// The best point so far, and whether it is good enough to stop.
  private(set) var best: AttackResult<Scalar>?
  private(set) var isDone = false
  /// The point and loss at which each restart of this round was best.
  private(set) var elites: [AttackResult<Scalar>] = []

  init(_ engine: InferenceEngine, _ problem: AttackProblem<Scalar>, _ rows: CompiledRows<Scalar>, count: Int) {
    self.count = count
    self.problem = problem
    self.rows = rows
    inputCount = engine.program.inputCount
    outputCount = engine.program.outputCount
    workspace = engine.makeWorkspace()
    starts = AttackStarts(problem, rows, outputCount: outputCount)
    losses = [Scalar](repeating: 0, count: count)
    magnitudes = losses
    for buffer in [x, gradient, velocity] { buffer.reserve(count * inputCount) }
    y.reserve(count * outputCount)
  }

  /// Draws new starts for restarts `first ..< first + count` of a seed; some near the best points of earlier rounds.
  func restart(first: Int, seed: UInt64, elites: [AttackResult<Scalar>], samples: Int) {
    self.elites = []
    velocity.pointer.update(repeating: 0, count: count * inputCount)
    plans = (0..<count).map { offset in
      starts.draw(
        number: first + offset, seed: seed, elites: elites, samples: samples, workspace,
        into: x.pointer + offset * inputCount)
    }
  }

  /// Descends from step `steps.lowerBound` up to `steps.upperBound` of `total`; stops early at a clear counterexample.
  func descend(_ steps: Range<Int>, of total: Int) {
    for step in steps where !isDone {
      evaluate(diversifying: step < 4 && total > 8)
      guard !isDone, step + 1 < total else { return }
      let left = 1 - Scalar(step) / Scalar(total)
      let sizes = plans.map { Scalar($0.firstStep) * (0.03 + 0.97 * left * left) }
      Scalar.descend(
        gradient: gradient.pointer, lower: problem.lower, upper: problem.upper, width: starts.width, step: sizes,
        momentum: 0.75, batch: count, count: inputCount, velocity: velocity.pointer, x: x.pointer)
    }
  }

  /// Runs the batch, notes the losses and the best points, and leaves the gradients of the losses.
  private func evaluate(diversifying: Bool) {
    let x = x.pointer
    let y = y.pointer
    workspace.forwardAndGradient(x, batch: count, into: y, gradient: gradient.pointer) { samples, _, w in
      w.update(repeating: 0, count: samples.count * outputCount)
      for restart in samples {
        weigh(restart, diversifying: diversifying, into: w + (restart - samples.lowerBound) * outputCount)
      }
    }
    for restart in 0..<count where !(diversifying && !plans[restart].direction.isEmpty) {
      forEachPulledRow(restart) { rows.addInputs(of: $0, to: gradient.pointer + restart * inputCount) }
    }
    noteBest()
  }

  /// Notes a restart's loss and writes the weights of the outputs in the function that it descends on.
  private func weigh(_ restart: Int, diversifying: Bool, into weights: UnsafeMutablePointer<Scalar>) {
    let plan = plans[restart]
    let worst = rows.worst(
      plan.disjunct, x: x.pointer + restart * inputCount, y: y.pointer + restart * outputCount)
    losses[restart] = worst.loss
    magnitudes[restart] = worst.magnitude
    plans[restart].worstRow = worst.row
    if diversifying && !plan.direction.isEmpty {
      for output in 0..<outputCount { weights[output] = Scalar(plan.direction[output]) }
    } else {
      forEachPulledRow(restart) { rows.addOutputs(of: $0, to: weights) }
    }
  }

  /// The rows whose gradients a restart follows: the worst one, or all that are not yet satisfied.
  private func forEachPulledRow(_ restart: Int, _ body: (Int) -> Void) {
    let plan = plans[restart]
    guard plan.worstRow >= 0 else { return }
    body(plan.worstRow)
    guard plan.followsAllRows else { return }
    for row in rows.rows(of: plan.disjunct) where row != plan.worstRow {
      let at = rows.value(row, x: x.pointer + restart * inputCount, y: y.pointer + restart * outputCount)
      if at.value > 0 { body(row) }
    }
  }

  /// Keeps the points with the least loss; done when one is clearly below rounding noise.
  private func noteBest() {
    let isFirst = elites.isEmpty
    for restart in 0..<count {
      let loss = Double(losses[restart])
      guard isFirst || loss < elites[restart].loss else { continue }
      let start = x.pointer + restart * inputCount
      let found = AttackResult(
        point: (0..<inputCount).map { start[$0] }, disjunct: plans[restart].disjunct, loss: loss)
      if isFirst { elites.append(found) } else { elites[restart] = found }
      if loss < best?.loss ?? .infinity { best = found }
      if losses[restart] <= -magnitudes[restart] * Scalar(1e-4) { isDone = true }
    }
  }
}

/// What one restart does.
struct RestartPlan {
  var disjunct: Int
  /// The first step, as a part of the box's width.
  var firstStep: Double
  /// Weights of the outputs that the first steps follow instead of the loss; empty for none.
  var direction: [Double]
  var followsAllRows: Bool
  var worstRow = -1
}
