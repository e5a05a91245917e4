// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Testing

@Suite("Graph invariants")
struct GraphInvariantTests {
  private func isSound(_ operation: Operation, _ inputs: [Int] = [0], output: Int = 1, from: [Int], to: [Int]) -> Bool {
    let graph = Graph(
      elementType: .float32, tensors: [TensorInfo(name: "x", shape: from), TensorInfo(name: "y", shape: to)], input: 0,
      output: 1, nodes: [Node(name: "n", operatorName: "Op", inputs: inputs, output: output, operation: operation)])
    return (try? graph.checkInvariants()) != nil
  }

  private let ones = [Enclosure](repeating: Enclosure(exactly: 1), count: 2)

  @Test("arrays as long as the shapes say are accepted") func accepts() {
    #expect(isSound(.relu, from: [2], to: [2]))
    #expect(isSound(.view, from: [2, 3], to: [6]))
    #expect(isSound(.gather(indices: [1, 1, 0]), from: [2], to: [3]))
    #expect(isSound(.sum(signs: [1, -1]), [0, 0], from: [2], to: [2]))
    #expect(isSound(.scale(ElementwiseAffine(scale: ones, offset: ones)), from: [2], to: [2]))
    #expect(isSound(.concatenation([.constant(1), .element(input: 0, index: 1)]), from: [2], to: [2]))
    #expect(isSound(.dense(Dense(inputWidth: 2, outputWidth: 1, weights: [1, 2], bias: [0])), from: [2], to: [1]))
  }

  @Test("arrays of another length, bad indices and bad order are noticed") func rejects() {
    #expect(!isSound(.relu, from: [2], to: [3]))
    #expect(!isSound(.gather(indices: [1, 2, 0]), from: [2], to: [3]))
    #expect(!isSound(.gather(indices: [-1, 0]), from: [2], to: [2]))
    #expect(!isSound(.sum(signs: [1, 2]), [0, 0], from: [2], to: [2]))
    #expect(!isSound(.scale(ElementwiseAffine(scale: ones, offset: [])), from: [2], to: [2]))
    #expect(!isSound(.concatenation([.element(input: 1, index: 0)]), from: [2], to: [1]))
    #expect(!isSound(.dense(Dense(inputWidth: 2, outputWidth: 1, weights: [1])), from: [2], to: [1]))
    #expect(!isSound(.relu, [1], from: [2], to: [2]))
    #expect(!isSound(.relu, output: 0, from: [2], to: [2]))
    #expect(!isSound(.relu, [7], from: [2], to: [2]))
  }
}
