// SPDX-License-Identifier: Apache-2.0
import Program
import Testing

@testable import Bounds

@Suite("optimisation of alpha and beta")
struct LaneOptimizerTests {
  private struct Setting {
    let program: Program
    let root: Intervals
    let lower: [Float], upper: [Float]
    let row = SpecificationRow(
      outputTerms: [.init(variable: 0, coefficient: 1), .init(variable: 1, coefficient: -1)], inputTerms: [], constant: 0.5)

    init(radius: Float) throws {
      program = try Program(perceptron([4, 16, 16, 2], seed: 11))
      lower = (0..<4).map { Float($0) / 8 - radius }
      upper = (0..<4).map { Float($0) / 8 + radius }
      let analysis = Analysis(program)
      analysis.begin(boxes: 1)
      for i in 0..<4 { (analysis.lower[i], analysis.upper[i]) = (lower[i], upper[i]) }
      analysis.run(root: nil, splits: [])
      root = analysis.layers.snapshot(box: 0)
    }

    /// The least sampled value of the row over the part of the box in which the splits hold.
    func sampledMinimum(_ splits: [NeuronSplit]) -> Float {
      var random = TestRandom(3), least = Float.infinity
      for _ in 0..<4000 {
        let values = forward(
          program, lower.indices.map { (lower[$0] + upper[$0]) / 2 + Float(random.signed()) * (upper[$0] - lower[$0]) / 2 })
        let satisfies = splits.allSatisfy { split in
          let z = values[program.steps[program.reluSteps[Int(split.relu)]].inputs[0]][Int(split.element)]
          return split.isActive ? z >= 0 : z <= 0
        }
        if satisfies { least = min(least, values[program.output][0] - values[program.output][1] + 0.5) }
      }
      return least
    }

    func optimise(_ splits: [NeuronSplit], iterations: Int) -> LaneResult {
      LaneOptimizer(program).optimise(
        [Lane(row: row, splits: splits, beta: splits.map { _ in 0 }, alpha: [])], root: root, lower: lower, upper: upper,
        options: OptimizationOptions(iterations: iterations, candidateCount: 4, target: .infinity))[0]
    }
  }

  @Test("optimised bounds stay below sampled values and above the default ones", arguments: [Float(0.2), 0.5, 1])
  func boundsAreValidAndBetter(radius: Float) throws {
    let setting = try Setting(radius: radius)
    let plain = setting.optimise([], iterations: 0), tuned = setting.optimise([], iterations: 40)
    #expect(tuned.bound >= plain.bound)
    #expect(tuned.bound <= setting.sampledMinimum([]) + 1e-4)
  }

  @Test("both halves of a split are bounded validly, and the worse one no worse than the whole", arguments: [Float(0.5), 1])
  func splitsAreValid(radius: Float) throws {
    let setting = try Setting(radius: radius)
    let whole = setting.optimise([], iterations: 40)
    let candidate = try #require(whole.candidates.first)
    var halves: [Float] = []
    for isActive in [false, true] {
      let split = NeuronSplit(relu: candidate.relu, element: candidate.element, isActive: isActive)
      let half = setting.optimise([split], iterations: 80)
      #expect(half.beta[0] >= 0)
      #expect(half.bound <= setting.sampledMinimum([split]) + 1e-4)
      halves.append(half.bound)
    }
    #expect(halves[0] >= whole.bound - 0.02 && halves[1] >= whole.bound - 0.02)
    #expect(max(halves[0], halves[1]) > whole.bound)
  }

  @Test("stored multipliers give the reported bound again")
  func storedMultipliersReproduceTheBound() throws {
    let setting = try Setting(radius: 0.7)
    let first = setting.optimise([], iterations: 30)
    let again = LaneOptimizer(setting.program).optimise(
      [Lane(row: setting.row, splits: [], beta: [], alpha: first.alpha)], root: setting.root, lower: setting.lower,
      upper: setting.upper, options: OptimizationOptions(iterations: 0))[0]
    #expect(again.bound == first.bound)
  }
}
