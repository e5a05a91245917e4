// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a graph that some reader built: a fault of the reader, not of the user's file.
package struct GraphInvariantError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
}

extension Graph {
  /// Checks what the comments on `Graph`, `Node` and `Operation` promise: indices in range, nodes in topological order, each tensor
  /// but the input produced once, and every array as long as the shapes say. Cost: one pass over all arrays.
  package func checkInvariants() throws(GraphInvariantError) {
    try require(tensors.indices.contains(input) && tensors.indices.contains(output), "input or output is no tensor")
    for tensor in tensors { try require(tensor.shape.allSatisfy { $0 > 0 }, "'\(tensor.name)' is empty") }
    var isKnown = [Bool](repeating: false, count: tensors.count)
    isKnown[input] = true
    for node in nodes {
      let place = "node '\(node.name)'"
      try require(node.inputs.allSatisfy { tensors.indices.contains($0) && isKnown[$0] }, "\(place) reads ahead")
      try require(tensors.indices.contains(node.output) && !isKnown[node.output], "\(place) writes a known tensor")
      isKnown[node.output] = true
      let sizes = node.inputs.map { tensors[$0].elementCount }
      try require(
        node.operation.fits(inputCounts: sizes, outputCount: tensors[node.output].elementCount),
        "\(place) does not fit its tensors")
    }
    try require(isKnown.allSatisfy { $0 }, "a tensor is never produced")
  }

  private func require(_ condition: Bool, _ message: String) throws(GraphInvariantError) {
    guard condition else { throw GraphInvariantError(description: message) }
  }
}

extension Operation {
  /// Whether all arrays have the lengths that the element counts of inputs and output demand.
  fileprivate func fits(inputCounts: [Int], outputCount: Int) -> Bool {
    switch self {
    case .sum(let signs):
      return signs.count == inputCounts.count && signs.count >= 2 && signs.allSatisfy { $0 == 1 || $0 == -1 }
        && inputCounts.allSatisfy { $0 == outputCount }
    case .concatenation(let sources):
      return sources.count == outputCount
        && sources.allSatisfy { source in
          guard case .element(let input, let index) = source else { return true }
          return inputCounts.indices.contains(input) && (0..<inputCounts[input]).contains(index)
        }
    default: break
    }
    guard inputCounts.count == 1 else { return false }
    let inputCount = inputCounts[0]
    switch self {
    case .dense(let dense): return dense.fits(inputCount, outputCount)
    case .convolution(let convolution): return convolution.fits(inputCount, outputCount)
    case .averagePool(let pool):
      let window = pool.window
      return pool.planes * window.inputHeight * window.inputWidth == inputCount
        && pool.planes * window.outputHeight * window.outputWidth == outputCount
        && pool.divisors.count == window.outputHeight * window.outputWidth && pool.divisors.allSatisfy { $0 > 0 }
    case .scale(let affine):
      return affine.scale.count == outputCount && affine.offset.count == outputCount && inputCount == outputCount
    case .gather(let indices):
      return indices.count == outputCount && indices.allSatisfy { (0..<inputCount).contains(Int($0)) }
    case .relu, .view: return inputCount == outputCount
    case .sum, .concatenation: return false
    }
  }
}

extension Dense {
  fileprivate func fits(_ inputCount: Int, _ outputCount: Int) -> Bool {
    outer * inputWidth * inner == inputCount && outer * outputWidth * inner == outputCount
      && weights.count == inputWidth * outputWidth && bias?.count ?? outputWidth == outputWidth
  }
}

extension Convolution {
  fileprivate func fits(_ inputCount: Int, _ outputCount: Int) -> Bool {
    batch * inputChannels * window.inputHeight * window.inputWidth == inputCount
      && batch * outputChannels * window.outputHeight * window.outputWidth == outputCount
      && groups > 0 && inputChannels % groups == 0 && outputChannels % groups == 0
      && weights.count == outputChannels * (inputChannels / groups) * window.kernelHeight * window.kernelWidth
      && bias?.count ?? outputChannels == outputChannels
  }
}
