// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Inference
import Program

/// Deterministic numbers for tests: SplitMix64, uniform in [−1, 1).
struct Numbers {
  var state: UInt64

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) / Double(1 << 52) - 1
  }

  mutating func array(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }
}

/// x → dense → relu → … → dense, with random weights.
func perceptron(_ widths: [Int], seed: UInt64, elementType: ElementType = .float32) -> Graph {
  var numbers = Numbers(state: seed)
  var tensors = [TensorInfo(name: "x", shape: [1, widths[0]])]
  var nodes: [Node] = []
  for (layer, (from, to)) in zip(widths, widths.dropFirst()).enumerated() {
    let dense = Dense(inputWidth: from, outputWidth: to, weights: numbers.array(from * to), bias: numbers.array(to))
    var operations: [Operation] = [.dense(dense)]
    if layer + 2 < widths.count { operations.append(.relu) }
    for operation in operations {
      tensors.append(TensorInfo(name: "t\(tensors.count)", shape: [1, to]))
      nodes.append(
        Node(
          name: "n\(nodes.count)", operatorName: "Op", inputs: [tensors.count - 2], output: tensors.count - 1,
          operation: operation))
    }
  }
  return Graph(elementType: elementType, tensors: tensors, input: 0, output: tensors.count - 1, nodes: nodes)
}

/// A network with a convolution, two residual sums and a ReLU whose input has a second reader.
func residualNetwork() -> Graph {
  var numbers = Numbers(state: 7)
  let window = Window(
    input: (6, 6), output: (3, 3), kernel: (3, 3), stride: (2, 2), padBegin: (1, 1), padEnd: (0, 0))
  let convolution = Convolution(
    batch: 1, inputChannels: 2, outputChannels: 4, groups: 2, window: window, weights: numbers.array(36),
    bias: numbers.array(4))
  let mixing = Dense(inputWidth: 36, outputWidth: 36, weights: numbers.array(36 * 36), bias: numbers.array(36))
  let last = Dense(inputWidth: 36, outputWidth: 3, weights: numbers.array(108))
  let nodes: [([Int], Operation)] = [
    ([0], .convolution(convolution)), ([1], .relu), ([2], .dense(mixing)), ([3], .relu),
    ([4, 2, 3], .sum(signs: [1, 1, -1])),
    ([5], .relu), ([6], .dense(last)),
  ]
  let counts = [72, 36, 36, 36, 36, 36, 36, 3]
  return Graph(
    elementType: .float32, tensors: counts.enumerated().map { TensorInfo(name: "t\($0)", shape: [$1]) }, input: 0,
    output: 7,
    nodes: nodes.enumerated().map { index, node in
      Node(name: "n\(index)", operatorName: "Op", inputs: node.0, output: index + 1, operation: node.1)
    })
}
