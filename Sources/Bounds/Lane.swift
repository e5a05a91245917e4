// SPDX-License-Identifier: Apache-2.0

/// One subproblem of neuron splitting: a specification row, the splits on its path, and the multipliers to start from.
package struct Lane: Sendable {
  package var row: SpecificationRow
  package var splits: [NeuronSplit]
  /// One multiplier ≥ 0 per split.
  package var beta: [Float]
  /// Slopes of the lower lines in steps of 1/255, all ReLUs one after the other; empty means the default slopes.
  package var alpha: [UInt8]
  /// Candidates for a split are wanted whatever the bound.
  package var mustBranch: Bool

  package init(
    row: SpecificationRow, splits: [NeuronSplit], beta: [Float], alpha: [UInt8], mustBranch: Bool = false
  ) {
    self.row = row
    self.splits = splits
    self.beta = beta
    self.alpha = alpha
    self.mustBranch = mustBranch
  }
}

/// What the optimiser found for a lane. `alpha` and `beta` are exactly what a certificate can store, and `bound` was computed with them.
package struct LaneResult: Sendable {
  package var bound: Float
  package var isInfeasible: Bool
  package var alpha: [UInt8]
  package var beta: [Float]
  /// Unstable neurons whose split promises most, best first.
  package var candidates: [BranchingCandidate]
}

/// A neuron that could be split, with its score (larger is better).
package struct BranchingCandidate: Sendable {
  package var relu: Int
  package var element: Int
  package var score: Float
}

/// How hard to work on each lane.
package struct OptimizationOptions: Sendable {
  package var iterations: Int
  package var alphaRate: Float
  package var betaRate: Float
  package var decay: Float
  package var candidateCount: Int
  /// Lanes whose bound exceeds this are done.
  package var target: Float

  package init(
    iterations: Int = 12, alphaRate: Float = 0.3, betaRate: Float = 1, decay: Float = 0.98, candidateCount: Int = 0,
    target: Float = 0
  ) {
    self.iterations = iterations
    self.alphaRate = alphaRate
    self.betaRate = betaRate
    self.decay = decay
    self.candidateCount = candidateCount
    self.target = target
  }
}

/// Rounds β to what a certificate stores: the upper half of a binary32.
package func storableBeta(_ value: Float) -> Float {
  Float(bitPattern: max(value, 0).bitPattern & 0xFFFF_0000)
}
