// SPDX-License-Identifier: Apache-2.0

/// The β multipliers of a batch of lanes as flat arrays, one entry per split, with their Adam state.
///
/// Source: Wang et al., NeurIPS 2021 (β-CROWN); Kingma and Ba 2015 (Adam).
struct SplitMultipliers {
  /// Entries of lane i are start[i]..<start[i + 1].
  private var start: [Int] = [0]
  /// Entries by the ReLU they belong to.
  private var entriesOfRelu: [[Int]]
  /// Place of the neuron in [lanes × neurons] of its ReLU.
  private var place: [Int] = []
  /// −1 for z ≥ 0, where β is subtracted from the coefficient, +1 for z ≤ 0.
  private var sign: [Float] = []
  private var beta: [Float] = []
  private var first: [Float]
  private var second: [Float]

  init(_ lanes: [Lane], neuronCounts: [Int]) {
    entriesOfRelu = neuronCounts.map { _ in [] }
    for (lane, content) in lanes.enumerated() {
      for (split, value) in zip(content.splits, content.beta) {
        entriesOfRelu[Int(split.relu)].append(beta.count)
        place.append(lane * neuronCounts[Int(split.relu)] + Int(split.element))
        sign.append(split.isActive ? -1 : 1)
        beta.append(storableBeta(value))
      }
      start.append(beta.count)
    }
    first = [Float](repeating: 0, count: beta.count)
    second = first
  }

  subscript(lane: Int) -> [Float] {
    get { Array(beta[start[lane]..<start[lane + 1]]) }
    set { beta.replaceSubrange(start[lane]..<start[lane + 1], with: newValue) }
  }

  /// Rounds every β to what a certificate stores.
  mutating func quantise() {
    for k in beta.indices { beta[k] = storableBeta(beta[k]) }
  }

  /// λ ∓= β on the inputs of one ReLU.
  func apply(relu: Int, to coefficients: UnsafeMutablePointer<Float>) {
    for k in entriesOfRelu[relu] { coefficients[place[k]] += sign[k] * beta[k] }
  }

  /// One projected Adam step for the splits of one ReLU: ∂κ/∂β = ∓ẑ. β is worth about as much as the coefficient that the neuron carries,
  /// so steps are relative to it.
  mutating func step(
    relu: Int, rate: Float, _ correction1: Float, _ correction2: Float, z: UnsafeMutablePointer<Float>,
    coefficients: UnsafeMutablePointer<Float>
  ) {
    for k in entriesOfRelu[relu] {
      let gradient = sign[k] * z[place[k]]
      first[k] = 0.9 * first[k] + 0.1 * gradient
      second[k] = 0.99 * second[k] + 0.01 * gradient * gradient
      let scale = abs(coefficients[place[k]]) + 0.05
      let move = rate * scale * first[k] * correction1 / ((second[k] * correction2).squareRoot() + 1e-12)
      beta[k] = max(0, beta[k] + move)
    }
  }
}
