// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Program
import Testing

@Suite("Programs")
struct ProgramTests {
  /// Checks the program against the graph at a few points.
  private func expectSame(_ graph: Graph, _ program: Program, tolerance: Double = 1e-10) {
    var numbers = Numbers(state: 99)
    for _ in 0..<5 {
      let x = numbers.array(graph.inputCount)
      #expect(maximumDifference(evaluate(program, at: x), evaluate(graph, at: x)) < tolerance)
    }
  }

  private func kinds(_ program: Program) -> String {
    program.steps.map { step in
      switch step.kind {
      case .relu: "relu"
      case .linear(let terms, _): terms.map { $0.map.form }.joined(separator: "+")
      }
    }.joined(separator: " ")
  }

  @Test("chains between two relus become one dense map")
  func mergesChains() throws {
    var numbers = Numbers(state: 1)
    var builder = GraphBuilder(inputShape: [1, 1, 2, 3])
    let centred = builder.scale(0, &numbers)
    let flat = builder.add(.view, [centred], shape: [1, 6])
    let moved = builder.add(.gather(indices: [5, 3, 1, 0, 2, 4]), [flat], shape: [1, 6])
    let product = builder.dense(moved, to: 40, bias: false, &numbers)
    let shifted = builder.scale(product, &numbers)
    let hidden = builder.relu(shifted)
    let narrow = builder.dense(hidden, to: 4, &numbers)
    let output = builder.dense(narrow, to: 3, &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(kinds(program) == "dense relu dense")
    #expect(program.reluSteps == [1])
    #expect(program.tensorCounts == [6, 40, 40, 3])
    expectSame(graph, program)
  }

  @Test("merging stops where it would cost more: a bottleneck stays two maps")
  func keepsBottlenecks() throws {
    var numbers = Numbers(state: 2)
    var builder = GraphBuilder(inputShape: [1, 50])
    let narrow = builder.dense(0, to: 2, &numbers)
    let output = builder.dense(narrow, to: 50, &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(kinds(program) == "dense dense")
    expectSame(graph, program)
  }

  @Test("batch normalisation and views fold into convolutions; a residual sum has two terms")
  func residualNetwork() throws {
    var numbers = Numbers(state: 3)
    var builder = GraphBuilder(inputShape: [1, 2, 6, 6])
    func convolution(_ input: Int, _ from: Int, _ to: Int) -> Int {
      let node = Convolution(
        batch: 1, inputChannels: from, outputChannels: to, groups: 1,
        window: window((6, 6), kernel: (3, 3), pad: (1, 1)),
        weights: numbers.array(from * to * 9), bias: numbers.array(to))
      return builder.add(.convolution(node), [input], shape: [1, to, 6, 6])
    }
    func batchNormalisation(_ input: Int) -> Int {
      let perChannel = numbers.array(4)
      let offsets = numbers.array(4)
      let affine = ElementwiseAffine(
        scale: (0..<144).map { Enclosure(exactly: perChannel[$0 / 36]) },
        offset: (0..<144).map { Enclosure(exactly: offsets[$0 / 36]) })
      return builder.add(.scale(affine), [input], shape: [1, 4, 6, 6])
    }
    let first = builder.relu(batchNormalisation(convolution(0, 2, 4)))
    let second = builder.relu(convolution(first, 4, 4))
    let sum = builder.add(
      .sum(signs: [1, 1]), [batchNormalisation(convolution(second, 4, 4)), first], shape: [1, 4, 6, 6])
    let third = builder.relu(sum)
    let flat = builder.add(.view, [third], shape: [1, 144])
    let output = builder.dense(flat, to: 3, &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(kinds(program) == "convolution relu convolution relu convolution+identity relu dense")
    #expect(program.reluSteps == [1, 3, 5])
    expectSame(graph, program)
  }

  @Test("a linear tensor with two readers is computed once")
  func sharedTensor() throws {
    var numbers = Numbers(state: 4)
    var builder = GraphBuilder(inputShape: [1, 8])
    let shared = builder.dense(0, to: 9, &numbers)
    let positive = builder.relu(shared)
    let sum = builder.add(.sum(signs: [1, -1]), [positive, shared], shape: [1, 9])
    let output = builder.dense(sum, to: 2, &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(kinds(program) == "dense relu dense+dense")
    expectSame(graph, program)
  }

  @Test("pooling, concatenation with constants, blocks of dense maps and signs")
  func otherOperations() throws {
    var numbers = Numbers(state: 5)
    var builder = GraphBuilder(inputShape: [1, 2, 5, 5])
    let pooling = window((5, 5), kernel: (3, 3), stride: (2, 2), pad: (1, 1))
    let pool = AveragePool(planes: 2, window: pooling, divisors: [4, 6, 4, 6, 9, 6, 4, 6, 4])
    let pooled = builder.add(.averagePool(pool), [0], shape: [1, 2, 3, 3])
    let block = Dense(inputWidth: 3, outputWidth: 2, outer: 2, inner: 3, weights: numbers.array(6), bias: [1, 2])
    let mixed = builder.relu(builder.add(.dense(block), [pooled], shape: [1, 2, 2, 3]))
    let sources: [ConcatenationSource] =
      (0..<12).map { .element(input: 0, index: 11 - $0) } + [.constant(0.5), .element(input: 1, index: 3)]
    let joined = builder.add(.concatenation(sources), [mixed, pooled], shape: [1, 14])
    let negative = builder.add(.sum(signs: [-1, -1]), [joined, joined], shape: [1, 14])
    let output = builder.scale(builder.relu(negative), &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(program.reluSteps.count == 2)
    expectSame(graph, program)
  }

  @Test("weights with few nonzeros become sparse maps")
  func sparseWeights() throws {
    var numbers = Numbers(state: 6)
    var builder = GraphBuilder(inputShape: [1, 64])
    var weights = [Double](repeating: 0, count: 64 * 128)
    for row in 0..<128 {
      weights[row * 64 + row / 2] = 1
      weights[row * 64 + (row * 7 + 3) % 64] = -1
    }
    let expanded = builder.add(
      .dense(Dense(inputWidth: 64, outputWidth: 128, weights: weights)), [0], shape: [1, 128])
    let output = builder.dense(builder.relu(expanded), to: 2, &numbers)
    let graph = builder.graph(output: output)
    let program = try Program(graph)
    #expect(kinds(program) == "sparse relu dense")
    expectSame(graph, program)
  }

  @Test("a model without nodes between input and output, and one that ends in a relu")
  func trivialModels() throws {
    var builder = GraphBuilder(inputShape: [1, 3])
    let view = builder.add(.view, [0], shape: [3])
    let identity = try Program(builder.graph(output: view))
    #expect(identity.steps.isEmpty && identity.output == identity.input)
    let positive = builder.relu(view)
    let relu = try Program(builder.graph(output: positive))
    #expect(relu.output == 1 && relu.reluSteps == [0])
  }

  @Test("a node that does not fit its tensors is named")
  func inconsistentShape() {
    var builder = GraphBuilder(inputShape: [1, 3])
    let node = Dense(inputWidth: 4, outputWidth: 1, weights: [1, 2, 3, 4])
    let output = builder.add(.dense(node), [0], shape: [1])
    let error = ProgramError.inconsistentShape(node: "node0", detail: "it reads 4 elements, its input has 3")
    #expect(throws: error) { try Program(builder.graph(output: output)) }
    #expect(
      error.description
        == "Node 'node0' does not fit its tensors: it reads 4 elements, its input has 3. The model was read wrongly; "
        + "please report it with the file.")
  }

  @Test("weights beyond float32 are refused by name")
  func overflow() {
    var builder = GraphBuilder(inputShape: [1, 1])
    let output = builder.add(.dense(Dense(inputWidth: 1, outputWidth: 1, weights: [1e300])), [0], shape: [1])
    #expect(throws: ProgramError.overflow(node: "node0")) { try Program(builder.graph(output: output)) }
    #expect(
      ProgramError.overflow(node: "node0").description
        == "A weight of the linear step ending at node 'node0' is larger than float32 can hold, so the prover cannot "
        + "work with this model. Rescale its weights.")
  }
}
