// SPDX-License-Identifier: Apache-2.0
import Graph
import Inference
import Program
import Testing

@Suite("Attack")
struct AttackTests {
  private let engine: InferenceEngine

  init() throws { engine = InferenceEngine(try Program(perceptron([4, 16, 16, 3], seed: 3))) }

  /// y_0 ≥ threshold or y_1 ≥ threshold, inside [−1, 1]⁴ with x_3 fixed.
  private func problem<Scalar: ProgramScalar>(_ threshold: Double, of _: Scalar.Type) -> AttackProblem<Scalar> {
    AttackProblem(
      lower: [-1, -1, -1, 0.5], upper: [1, 1, 1, 0.5],
      disjuncts: [0, 1].map { [AttackRow(outputs: [($0, -1)], constant: threshold)] })
  }

  /// The largest of y_0 and y_1 on a grid of the box.
  private func largestOnGrid() -> Double {
    var largest = -Double.infinity
    let ends = (0...20).map { Double($0) / 10 - 1 }
    for a in ends {
      for b in ends { for c in ends { largest = max(largest, engine.forward([a, b, c, 0.5])[0...1].max()!) } }
    }
    return largest
  }

  @Test("a point that the grid proves to exist is found, in the box, in float32 and float64")
  func findsWhatExists() throws {
    let threshold = largestOnGrid()
    let single = try #require(engine.attack(problem(threshold, of: Float.self), .quick))
    #expect(single.isCounterexample)
    #expect(single.point.allSatisfy { abs($0) <= 1 } && single.point[3] == 0.5)
    #expect(engine.forward(single.point)[single.disjunct] >= Float(threshold))
    let double = try #require(engine.attack(problem(threshold, of: Double.self), .quick))
    #expect(double.isCounterexample && engine.forward(double.point)[double.disjunct] >= threshold)
  }

  @Test("out of reach: the best point is returned and is no counterexample")
  func unreachable() throws {
    let result = try #require(engine.attack(problem(1000, of: Float.self), .quick))
    #expect(!result.isCounterexample)
    #expect(abs(result.loss - Double(1000 - engine.forward(result.point)[result.disjunct])) < 1e-3)
    #expect(1000 - result.loss >= largestOnGrid() - 1e-3)
  }

  @Test("the same seed gives the same point on any number of threads; another seed need not")
  func deterministic() throws {
    var options = AttackOptions(restarts: 150, steps: 12, rounds: 2, seed: 5)
    let first = try #require(engine.attack(problem(1000, of: Float.self), options))
    for threads in [2, 3] {
      options.threads = threads
      let again = try #require(engine.attack(problem(1000, of: Float.self), options))
      #expect(again.point == first.point && again.loss == first.loss && again.disjunct == first.disjunct)
    }
  }

  @Test("all rows of a conjunction must hold, and inputs count")
  func conjunction() throws {
    // y_0 ≥ y_1 and x_0 + x_1 ≤ −0.5 and x_0 ≥ x_1.
    let rows = [
      AttackRow(outputs: [(0, -1), (1, 1)], constant: 0),
      AttackRow(outputs: [], inputs: [(0, 1), (1, 1)], constant: 0.5),
      AttackRow(outputs: [], inputs: [(0, -1), (1, 1)], constant: 0),
    ]
    let box = AttackProblem<Float>(lower: [-1, -1, -1, -1], upper: [1, 1, 1, 1], disjuncts: [rows])
    let result = try #require(engine.attack(box, .quick))
    let x = result.point
    let y = engine.forward(x)
    #expect(result.isCounterexample)
    #expect(y[0] >= y[1] && x[0] + x[1] <= -0.5 && x[0] >= x[1])
  }

  @Test("given starts are tried first and clamped to the box")
  func starts() throws {
    var start = problem(1000, of: Float.self)
    start.starts = [[5, 0, -5, 7]]
    let result = try #require(engine.attack(start, AttackOptions(restarts: 1, steps: 1)))
    #expect(result.point == [1, 0, -1, 0.5])
  }

  @Test("a disjunct without rows is satisfied everywhere; no disjuncts or a past deadline give nothing")
  func degenerate() throws {
    var empty = problem(0, of: Float.self)
    empty.disjuncts = [[]]
    #expect(try #require(engine.attack(empty, .quick)).isCounterexample)
    var late = AttackOptions.quick
    late.deadline = .now - .seconds(1)
    #expect(engine.attack(empty, late) == nil)
    empty.disjuncts = []
    #expect(engine.attack(empty, .quick) == nil)
  }
}
