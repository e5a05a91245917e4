// SPDX-License-Identifier: Apache-2.0
import CBounds
import Compute
package import Program

/// Bounds many neuron-split subproblems of one box at once and tunes their multipliers (α, β) by projected gradient ascent.
///
/// Every lane uses the root's intervals clipped by its own splits. The gradient needs no automatic differentiation: with the primal
/// point p̂ that minimises the relaxed problem, ∂κ/∂α_j = max(Λ_j, 0)·ẑ_j, and ∂κ/∂β_j = ∓ẑ_j for a split z_j ≥ 0 / ≤ 0.
///
/// Source: Xu et al., ICLR 2021 (α-CROWN); Wang et al., NeurIPS 2021 (β-CROWN); Kingma and Ba 2015 (Adam).
package final class LaneOptimizer {
  let program: Program
  let layers: LayerBounds
  private let pass: BackwardPass
  private let scratch = Scratch()
  /// Coefficients on each ReLU's output as the last backward pass left them, [lanes × neurons].
  private(set) var reluCoefficients: [Buffer<Float>]
  /// Values of each ReLU's input at the primal point, [lanes × neurons].
  private(set) var preActivations: [Buffer<Float>]
  private(set) var alpha: [Buffer<Float>]
  private var first: [Buffer<Float>]
  private var second: [Buffer<Float>]
  private var tensors: [Buffer<Float>]
  private let boxLower = Buffer<Float>()
  private let boxUpper = Buffer<Float>()
  private let zeroIndices = Buffer<Int32>()
  private let bounds = Buffer<Float>()
  private var beta: SplitMultipliers
  private var splits: [[NeuronSplit]] = []
  private var laneCount = 0

  /// - Parameter rounding: the rounding errors on the box, subtracted from every bound; nil for real arithmetic.
  package init(_ program: Program, rounding: RoundingErrors? = nil) {
    self.program = program
    layers = LayerBounds(program)
    pass = BackwardPass(program)
    pass.rounding = rounding
    let counts = layers.counts
    reluCoefficients = counts.map { _ in Buffer() }
    preActivations = counts.map { _ in Buffer() }
    alpha = counts.map { _ in Buffer() }
    first = counts.map { _ in Buffer() }
    second = counts.map { _ in Buffer() }
    tensors = program.tensorCounts.map { _ in Buffer() }
    beta = SplitMultipliers([], neuronCounts: counts)
  }

  /// Bounds the lanes over the box [lower, upper] with intermediate intervals `root`.
  package func optimise(
    _ lanes: [Lane], root: Intervals, lower: [Float], upper: [Float], options: OptimizationOptions
  ) -> [LaneResult] {
    load(lanes, root: root, lower: lower, upper: upper)
    var best = lanes.map { _ in -Float.infinity }
    var bestAlpha = lanes.map { _ in [UInt8]() }
    var bestBeta = lanes.indices.map { beta[$0] }
    for iteration in 0...options.iterations {
      quantise()
      evaluate(lanes)
      // A lane that has reached its target stays as it is, so that no lane depends on how long its neighbours take.
      for lane in lanes.indices where bounds.pointer[lane] > best[lane] && !(best[lane] > options.target) {
        best[lane] = bounds.pointer[lane]
        bestAlpha[lane] = storedAlpha(lane)
        bestBeta[lane] = beta[lane]
      }
      if iteration == options.iterations || best.allSatisfy({ $0 > options.target }) { break }
      primal()
      step(iteration, options)
    }
    if options.candidateCount > 0 { prepareScores(lanes, bestAlpha, bestBeta) }
    return lanes.indices.map { lane in
      LaneResult(
        bound: best[lane], isInfeasible: isInfeasible(lane), alpha: bestAlpha[lane], beta: bestBeta[lane],
        candidates: options.candidateCount > 0 && (lanes[lane].mustBranch || !(best[lane] > options.target))
          ? candidates(lane, count: options.candidateCount) : [])
    }
  }

  private func load(_ lanes: [Lane], root: Intervals, lower: [Float], upper: [Float]) {
    laneCount = lanes.count
    splits = lanes.map(\.splits)
    beta = SplitMultipliers(lanes, neuronCounts: layers.counts)
    layers.fill(from: root, splits: splits)
    boxLower.reserve(lower.count)
    boxUpper.reserve(upper.count)
    for i in lower.indices { (boxLower.pointer[i], boxUpper.pointer[i]) = (lower[i], upper[i]) }
    bounds.reserve(laneCount)
    zeroIndices.reserve(laneCount)
    zeroIndices.pointer.update(repeating: 0, count: laneCount)
    for relu in layers.counts.indices {
      let count = laneCount * layers.counts[relu]
      for buffer in [reluCoefficients[relu], preActivations[relu], alpha[relu], first[relu], second[relu]] {
        buffer.reserve(count)
      }
      first[relu].pointer.update(repeating: 0, count: count)
      second[relu].pointer.update(repeating: 0, count: count)
    }
    for tensor in tensors.indices { tensors[tensor].reserve(laneCount * program.tensorCounts[tensor]) }
    for lane in lanes.indices { loadAlpha(lanes[lane].alpha, lane: lane) }
  }

  /// Unstable elements take the lane's own slopes where it brings some; stable ones are 0 or 1 whatever was stored.
  private func loadAlpha(_ stored: [UInt8], lane: Int) {
    var offset = 0
    for relu in layers.counts.indices {
      let count = layers.counts[relu], base = lane * count
      let target = alpha[relu].pointer + base
      target.update(from: layers.below[relu].pointer + base, count: count)
      if !stored.isEmpty {
        let gap = layers.gap[relu].pointer + base
        for j in 0..<count where gap[j] > 0 { target[j] = Float(stored[offset + j]) / 255 }
      }
      offset += count
    }
  }

  private func storedAlpha(_ lane: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(layers.counts.reduce(0, +))
    for relu in layers.counts.indices {
      let source = alpha[relu].pointer + lane * layers.counts[relu]
      for j in 0..<layers.counts[relu] { result.append(UInt8(min(max(source[j] * 255 + 0.5, 0), 255))) }
    }
    return result
  }

  private func quantise() {
    for relu in layers.counts.indices { axb_quantise(laneCount * layers.counts[relu], alpha[relu].pointer) }
    beta.quantise()
  }

  private func evaluate(_ lanes: [Lane]) {
    pass.begin(rows: laneCount)
    for lane in 0..<laneCount { pass.boxes[lane] = Int32(lane) }
    pass.seed { lanes[$0].row }
    pass.run(from: program.steps.count - 1, relu: relu)
    axb_concretise(
      laneCount, program.inputCount, zeroIndices.pointer, boxLower.pointer, boxUpper.pointer, pass.inputCoefficients,
      pass.rowConstants, bounds.pointer)
    for lane in 0..<laneCount { bounds.pointer[lane] -= pass.rowErrors[lane] }
  }

  private func relu(_ relu: Int, _ coefficients: Buffer<Float>, _ constants: UnsafeMutablePointer<Float>) {
    let count = layers.counts[relu]
    reluCoefficients[relu].pointer.update(from: coefficients.pointer, count: laneCount * count)
    axb_relu_rows_alpha(
      laneCount, count, pass.boxes, alpha[relu].pointer, layers.above[relu].pointer, layers.gap[relu].pointer,
      reluCoefficients[relu].pointer, coefficients.pointer, constants)
    beta.apply(relu: relu, to: coefficients.pointer)
  }

  /// Runs the primal point of every lane forwards through the relaxed network.
  private func primal() {
    axb_corner(
      laneCount, program.inputCount, zeroIndices.pointer, boxLower.pointer, boxUpper.pointer, pass.inputCoefficients,
      tensors[program.input].pointer)
    var relu = 0
    for step in program.steps {
      let width = program.tensorCounts[step.output], target = tensors[step.output].pointer
      switch step.kind {
      case .linear(let terms, let bias):
        for lane in 0..<laneCount { for j in 0..<width { target[lane &* width &+ j] = bias[j] } }
        for (term, source) in zip(terms, step.inputs) {
          term.map.forward(tensors[source].pointer, batch: laneCount, into: target, accumulate: true, scratch: scratch)
        }
      case .relu:
        preActivations[relu].pointer.update(from: tensors[step.inputs[0]].pointer, count: laneCount * width)
        axb_primal_relu(
          laneCount, width, pass.boxes, alpha[relu].pointer, layers.above[relu].pointer, layers.gap[relu].pointer,
          reluCoefficients[relu].pointer, preActivations[relu].pointer, target)
        relu += 1
      }
      if step.output == program.output { break }
    }
  }

  private func step(_ iteration: Int, _ options: OptimizationOptions) {
    let correction1 = 1 / (1 - power(0.9, iteration + 1)), correction2 = 1 / (1 - power(0.99, iteration + 1))
    let fade = power(options.decay, iteration)
    for relu in layers.counts.indices {
      axb_alpha_step(
        laneCount, layers.counts[relu], pass.boxes, layers.gap[relu].pointer, reluCoefficients[relu].pointer,
        preActivations[relu].pointer, options.alphaRate * fade, correction1, correction2, first[relu].pointer,
        second[relu].pointer, alpha[relu].pointer)
      beta.step(
        relu: relu, rate: options.betaRate * fade, correction1, correction2, z: preActivations[relu].pointer,
        coefficients: reluCoefficients[relu].pointer)
    }
  }

  private func isInfeasible(_ lane: Int) -> Bool {
    splits[lane].contains { split in
      let index = lane * layers.counts[Int(split.relu)] + Int(split.element)
      return layers.lower[Int(split.relu)].pointer[index] > layers.upper[Int(split.relu)].pointer[index]
    }
  }

  /// Puts the best multipliers back and recomputes coefficients and primal point with them.
  private func prepareScores(_ lanes: [Lane], _ bestAlpha: [[UInt8]], _ bestBeta: [[Float]]) {
    for lane in lanes.indices where !bestAlpha[lane].isEmpty { loadAlpha(bestAlpha[lane], lane: lane) }
    for lane in lanes.indices { beta[lane] = bestBeta[lane] }
    evaluate(lanes)
    primal()
  }

  /// Scores every unstable neuron by how much its relaxation loses at the primal point.
  private func candidates(_ lane: Int, count: Int) -> [BranchingCandidate] {
    var found: [BranchingCandidate] = []
    for relu in layers.counts.indices {
      let width = layers.counts[relu], base = lane * width
      let coefficient = reluCoefficients[relu].pointer + base, z = preActivations[relu].pointer + base
      let gap = layers.gap[relu].pointer + base, above = layers.above[relu].pointer + base
      let slope = alpha[relu].pointer + base
      for j in 0..<width where gap[j] > 0 {
        let c = coefficient[j], value = max(z[j], 0)
        let loss = c < 0 ? c * (value - (above[j] * z[j] + gap[j])) : c * (value - slope[j] * z[j])
        found.append(BranchingCandidate(relu: relu, element: j, score: max(loss, 0)))
      }
    }
    var chosen: [BranchingCandidate] = []
    while chosen.count < count,
      let best = found.indices.max(by: { found[$0].score < found[$1].score || (found[$0].score == found[$1].score && $0 > $1) })
    {
      chosen.append(found.remove(at: best))
    }
    return chosen
  }
}

private func power(_ base: Float, _ exponent: Int) -> Float {
  (0..<exponent).reduce(1) { value, _ in value * base }
}
