// SPDX-License-Identifier: Apache-2.0
import Compute
import Program

/// Draws the starting points of an attack. The same number and seed give the same start.
struct AttackStarts<Scalar: ProgramScalar> {
  private let problem: AttackProblem<Scalar>
  private let rows: CompiledRows<Scalar>
  private let outputCount: Int
  let width: [Scalar]
  /// Random points beat descent only where there are few dimensions to spread them over.
  private let isLowDimensional: Bool
  private let candidates = Buffer<Scalar>()
  private let outputs = Buffer<Scalar>()

  init(_ problem: AttackProblem<Scalar>, _ rows: CompiledRows<Scalar>, outputCount: Int) {
    self.problem = problem
    self.rows = rows
    self.outputCount = outputCount
    width = zip(problem.upper, problem.lower).map { $0 - $1 }
    isLowDimensional = width.count { $0 > 0 } <= 24
  }

  /// Writes start number `number` [inputCount] and says how to go on from there.
  ///
  /// Restarts take turns: every disjunct first gets the centre of the box; then the best of `samples` random points, a random
  /// vertex, a random point whose first steps diversify the outputs, and, in later rounds, a neighbour of an earlier best point.
  func draw(
    number: Int, seed: UInt64, elites: [AttackResult<Scalar>], samples: Int, _ workspace: Workspace<Scalar>,
    into point: UnsafeMutablePointer<Scalar>
  ) -> RestartPlan {
    var random = RandomNumbers(seed: seed, stream: UInt64(number))
    let turn = number / problem.disjuncts.count
    let samples = isLowDimensional ? samples : 1
    var plan = RestartPlan(
      disjunct: number % problem.disjuncts.count, firstStep: [0.25, 0.1, 0.02, 0.5][turn / 2 % 4], direction: [],
      followsAllRows: turn % 2 == 1)
    if number < problem.starts.count {
      write(problem.starts[number], into: point)
    } else if turn == 0 {
      write(zip(problem.lower, problem.upper).map { $0 / 2 + $1 / 2 }, into: point)
    } else if !elites.isEmpty && turn % 2 == 0 {
      let elite = elites[turn / 2 % elites.count]
      plan.disjunct = elite.disjunct
      plan.firstStep = [0.1, 0.02, 0.005][turn / 4 % 3]
      let reach = plan.firstStep * 2
      write(
        elite.point.indices.map { elite.point[$0] + Scalar(reach * (random.unit() - 0.5)) * width[$0] }, into: point)
    } else if turn % 4 == 2 {
      write(problem.lower.indices.map { random.next() & 1 == 0 ? problem.lower[$0] : problem.upper[$0] }, into: point)
    } else if turn % 4 == 3 {
      write(uniform(&random), into: point)
      plan.direction = (0..<outputCount).map { _ in 2 * random.unit() - 1 }
    } else {
      drawBest(of: samples, disjunct: plan.disjunct, &random, workspace, into: point)
    }
    return plan
  }

  private func uniform(_ random: inout RandomNumbers) -> [Scalar] {
    width.indices.map { problem.lower[$0] + Scalar(random.unit()) * width[$0] }
  }

  /// Clamps to the box and writes.
  private func write(_ values: [Scalar], into point: UnsafeMutablePointer<Scalar>) {
    for i in values.indices { point[i] = min(max(values[i], problem.lower[i]), problem.upper[i]) }
  }

  private func drawBest(
    of samples: Int, disjunct: Int, _ random: inout RandomNumbers, _ workspace: Workspace<Scalar>,
    into point: UnsafeMutablePointer<Scalar>
  ) {
    let inputCount = width.count
    let x = candidates.reserve(samples * inputCount)
    let y = outputs.reserve(samples * outputCount)
    for sample in 0..<samples { write(uniform(&random), into: x + sample * inputCount) }
    guard samples > 1 else { return point.update(from: x, count: inputCount) }
    workspace.forward(x, batch: samples, into: y)
    var best = (loss: Scalar.infinity, sample: 0)
    for sample in 0..<samples {
      let loss = rows.worst(disjunct, x: x + sample * inputCount, y: y + sample * outputCount).loss
      if loss < best.loss { best = (loss, sample) }
    }
    point.update(from: x + best.sample * inputCount, count: inputCount)
  }
}
