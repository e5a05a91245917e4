// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Properties

/// A small deterministic generator (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A float32 in [−1, 1].
  mutating func weight() -> Double { Double(Float.random(in: -1...1, using: &self)) }
  /// An integer in [−3, 3].
  mutating func integer() -> Double { Double(Int.random(in: -3...3, using: &self)) }
}

/// Builds graphs tensor by tensor.
struct GraphBuilder {
  var graph: Graph

  init(inputShape: [Int], elementType: ElementType = .float32) {
    graph = Graph(
      elementType: elementType, tensors: [TensorInfo(name: "x", shape: inputShape)], input: 0, output: 0, nodes: [])
  }

  /// Adds a node and makes its output the graph's.
  @discardableResult
  mutating func add(_ operation: Operation, _ name: String, inputs: [Int]? = nil, shape: [Int]) -> Int {
    graph.tensors.append(TensorInfo(name: "t\(graph.tensors.count)", shape: shape))
    let output = graph.tensors.count - 1
    graph.nodes.append(
      Node(name: "\(name)_\(graph.nodes.count)", operatorName: name, inputs: inputs ?? [graph.output], output: output, operation: operation)
    )
    graph.output = output
    return output
  }

  var shape: [Int] { graph.tensors[graph.output].shape }
  var count: Int { graph.tensors[graph.output].elementCount }

  @discardableResult
  mutating func relu() -> Int { add(.relu, "Relu", shape: shape) }

  @discardableResult
  mutating func dense(_ width: Int, bias: Bool = true, scale: Double = 1, _ number: () -> Double) -> Int {
    let weights = (0..<width * count).map { _ in number() * scale }
    let offsets = bias ? (0..<width).map { _ in number() * scale } : nil
    return add(.dense(Dense(inputWidth: count, outputWidth: width, weights: weights, bias: offsets)), "Gemm", shape: [1, width])
  }
}

/// One small network per operation kind, ending in `outputs` outputs. `number` draws a weight.
func sampleNetworks(outputs: Int = 2, number: () -> Double, exact: Bool = false) -> [(name: String, graph: Graph)] {
  var list: [(String, Graph)] = []

  var dense = GraphBuilder(inputShape: [1, 3])
  for width in [9, 7] {
    dense.dense(width, number)
    dense.relu()
  }
  dense.dense(outputs, number)
  list.append(("dense", dense.graph))

  var left = GraphBuilder(inputShape: [2, 3, 2])
  left.add(
    .dense(
      Dense(inputWidth: 3, outputWidth: 4, outer: 2, inner: 2, weights: (0..<12).map { _ in number() }, bias: (0..<4).map { _ in number() })
    ),
    "MatMul", shape: [2, 4, 2])
  left.relu()
  left.add(.dense(Dense(inputWidth: 2, outputWidth: 3, outer: 8, weights: (0..<6).map { _ in number() })), "MatMul", shape: [2, 4, 3])
  left.relu()
  left.dense(outputs, number)
  list.append(("dense outer/inner", left.graph))

  var conv = GraphBuilder(inputShape: [1, 2, 5, 4])
  let first = Window(input: (5, 4), output: (3, 4), kernel: (3, 2), stride: (2, 1), padBegin: (1, 0), padEnd: (1, 1))
  conv.add(
    .convolution(
      Convolution(
        batch: 1, inputChannels: 2, outputChannels: 4, groups: 2, window: first, weights: (0..<24).map { _ in number() },
        bias: (0..<4).map { _ in number() })),
    "Conv", shape: [1, 4, 3, 4])
  conv.relu()
  let second = Window(input: (3, 4), output: (1, 2), kernel: (2, 2), stride: (1, 2), dilation: (2, 1))
  conv.add(
    .convolution(
      Convolution(
        batch: 1, inputChannels: 4, outputChannels: 3, groups: 1, window: second, weights: (0..<48).map { _ in number() }, bias: nil)),
    "Conv", shape: [1, 3, 1, 2])
  conv.relu()
  conv.dense(outputs, number)
  list.append(("conv", conv.graph))

  var residual = GraphBuilder(inputShape: [1, 4])
  residual.dense(6, number)
  let a = residual.relu()
  residual.dense(6, number)
  residual.relu()
  let b = residual.dense(6, number)
  residual.add(.sum(signs: [1, -1]), "Sub", inputs: [b, a], shape: [1, 6])
  residual.relu()
  residual.dense(outputs, number)
  list.append(("residual", residual.graph))

  var pool = GraphBuilder(inputShape: [1, 2, 4, 4])
  let conv1 = Window(input: (4, 4), output: (4, 4), kernel: (3, 3), padBegin: (1, 1), padEnd: (1, 1))
  pool.add(
    .convolution(
      Convolution(
        batch: 1, inputChannels: 2, outputChannels: 2, groups: 1, window: conv1, weights: (0..<36).map { _ in number() }, bias: nil)),
    "Conv", shape: [1, 2, 4, 4])
  pool.relu()
  let average = Window(input: (4, 4), output: (2, 2), kernel: (2, 2), stride: (2, 2))
  pool.add(.averagePool(AveragePool(planes: 2, window: average, divisors: [4, 4, 4, 4])), "AveragePool", shape: [1, 2, 2, 2])
  pool.add(.view, "Flatten", shape: [1, 8])
  pool.dense(5, number)
  pool.relu()
  pool.dense(outputs, number)
  list.append(("average pool", pool.graph))

  var scale = GraphBuilder(inputShape: [1, 3])
  scale.dense(6, bias: false, number)
  scale.add(
    .scale(ElementwiseAffine(scale: repeated(6, 1), offset: (0..<6).map { _ in Enclosure(exactly: number()) })), "Add", shape: [1, 6])
  scale.relu()
  let width = exact ? 0.0 : 0x1p-53
  scale.add(
    .scale(
      ElementwiseAffine(
        scale: (0..<6).map { _ in
          let v = number()
          return Enclosure(lower: v - width, upper: v + width)
        },
        offset: (0..<6).map { _ in
          let v = number()
          return Enclosure(lower: v - width, upper: v + width)
        })), "Div", shape: [1, 6])
  scale.dense(5, number)
  scale.relu()
  scale.dense(outputs, number)
  list.append(("scale", scale.graph))

  var index = GraphBuilder(inputShape: [1, 4])
  index.add(.gather(indices: [2, 0, 2, 3, 1, 0]), "Expand", shape: [1, 6])
  index.dense(5, number)
  let part = index.relu()
  index.add(.gather(indices: [4, 3, 2, 1, 0, 0]), "Transpose", shape: [1, 6])
  let gathered = index.graph.output
  index.add(
    .concatenation([
      .element(input: 0, index: 5), .constant(2), .element(input: 1, index: 0), .element(input: 1, index: 4),
      .element(input: 0, index: 1), .element(input: 0, index: 1), .constant(-1),
    ]), "Concat", inputs: [gathered, part], shape: [1, 7])
  index.dense(5, number)
  index.relu()
  index.dense(outputs, number)
  list.append(("gather and concat", index.graph))
  return list
}

func repeated(_ count: Int, _ value: Double) -> [Enclosure] { Array(repeating: Enclosure(exactly: value), count: count) }

/// A region with exact literals.
func region(_ lower: [Double], _ upper: [Double], _ disjuncts: [Conjunction]) -> Region {
  Region(lower: lower.map { Enclosure(exactly: $0) }, upper: upper.map { Enclosure(exactly: $0) }, disjuncts: disjuncts)
}

/// Σ coefficients·Y + constant ≤ 0.
func row(_ coefficients: [Double], _ constant: Double, inputs: [Double] = [], isStrict: Bool = false) -> LinearConstraint {
  func terms(_ list: [Double]) -> [LinearTerm] {
    list.enumerated().filter { $0.element != 0 }.map { LinearTerm(variable: $0.offset, coefficient: Enclosure(exactly: $0.element)) }
  }
  return LinearConstraint(
    inputTerms: terms(inputs), outputTerms: terms(coefficients), constant: Enclosure(exactly: constant), isStrict: isStrict)
}
