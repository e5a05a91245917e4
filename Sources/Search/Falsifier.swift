// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Inference
package import Program
import Properties

/// How much an attack may cost.
enum AttackEffort: Sendable {
  /// A hundred starts, a few steps: what easy counterexamples need.
  case quick
  /// Before branch and bound begins.
  case thorough
  /// Once branch and bound turns out to be long.
  case persistent
  /// Every now and then during branch and bound, with new starts, in the boxes that are furthest from being closed.
  case local
}

/// What to attack.
struct AttackRequest: Sendable {
  var effort: AttackEffort
  /// Disjuncts that are still open; nil for all.
  var disjuncts: [Int]?
  /// Boxes to start from; empty for the whole region.
  var boxes: [(lower: [Double], upper: [Double])]
  /// Changes the random numbers from attack to attack.
  var round: UInt64
}

/// Looks for points that satisfy a region; what it finds still has to be replayed exactly.
package struct Falsifier: Sendable {
  private let engine: InferenceEngine

  package init(_ program: Program) {
    engine = InferenceEngine(program)
  }

  func candidate(region: Region, index: Int, request: AttackRequest, options: ProverOptions) -> Candidate? {
    switch engine.program.elementType {
    case .float32: attack(region, index, request, options, as: Float.self)
    case .float64: attack(region, index, request, options, as: Double.self)
    }
  }

  private func attack<Scalar: ProgramScalar>(
    _ region: Region, _ index: Int, _ request: AttackRequest, _ options: ProverOptions, as _: Scalar.Type
  ) -> Candidate? {
    // Dimensions without a number of the type get the nearest one; the exact replay puts the literal back.
    let box = InnerBox.makeNearest(lower: region.lower, upper: region.upper, of: Scalar.self)
    let open = request.disjuncts ?? Array(region.disjuncts.indices)
    // A conjunction without rows holds everywhere: any point of the box will do.
    if let free = open.first(where: { region.disjuncts[$0].rows.isEmpty }) {
      return Candidate(region: index, disjunct: free, point: box.lower.map { Double($0) })
    }
    let starts = request.boxes.map { piece in
      box.lower.indices.map { i in
        min(max(Scalar(piece.lower[i] / 2 + piece.upper[i] / 2), box.lower[i]), box.upper[i])
      }
    }
    let problem = AttackProblem(
      lower: box.lower, upper: box.upper, disjuncts: open.map { region.disjuncts[$0].rows.map(AttackRow.init) },
      starts: starts)
    guard let best = engine.attack(problem, limits(request, options)), best.isCounterexample else { return nil }
    return Candidate(region: index, disjunct: open[best.disjunct], point: best.point.map { Double($0) })
  }

  private func limits(_ request: AttackRequest, _ options: ProverOptions) -> AttackOptions {
    var limits: AttackOptions
    let budget: Duration
    switch request.effort {
    case .quick: (limits, budget) = (.quick, .milliseconds(500))
    case .thorough: (limits, budget) = (AttackOptions(restarts: 256, steps: 100, rounds: 2, samples: 32), .seconds(2))
    case .persistent: (limits, budget) = (AttackOptions(restarts: 256, steps: 100, rounds: 20, samples: 32), .seconds(3))
    case .local: (limits, budget) = (AttackOptions(restarts: 64, steps: 60), .milliseconds(300))
    }
    limits.seed = options.seed &+ request.round &* 0x9E37_79B9
    limits.threads = options.threads
    limits.deadline = min(options.deadline, .now + budget)
    return limits
  }
}

extension AttackRow {
  init(_ row: LinearConstraint) {
    // The literals' upper ends make the row a little harder to satisfy than the file's.
    self.init(
      outputs: row.outputTerms.map { ($0.variable, $0.coefficient.upper) },
      inputs: row.inputTerms.map { ($0.variable, $0.coefficient.upper) }, constant: row.constant.upper)
  }
}
