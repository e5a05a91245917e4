// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
import Program
import Properties

@testable import Search

/// A small deterministic generator: the same networks on every machine.
struct TestRandom {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func signed() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(state >> 53)) / 1024 - 1
  }
}

/// A perceptron with Relu between its layers.
func perceptron(_ widths: [Int], seed: UInt64) -> Graph {
  var random = TestRandom(seed)
  var tensors = [TensorInfo(name: "x", shape: [1, widths[0]])]
  var nodes: [Node] = []
  func add(_ operation: Operation, width: Int, _ name: String) {
    tensors.append(TensorInfo(name: name, shape: [1, width]))
    nodes.append(
      Node(
        name: name, operatorName: "test", inputs: [tensors.count - 2], output: tensors.count - 1, operation: operation))
  }
  for layer in 1..<widths.count {
    let (below, width) = (widths[layer - 1], widths[layer])
    let weights = (0..<(below * width)).map { _ in Double(Float(random.signed() * (2 / Double(below)).squareRoot())) }
    let bias = (0..<width).map { _ in Double(Float(random.signed() * 0.3)) }
    add(.dense(Dense(inputWidth: below, outputWidth: width, weights: weights, bias: bias)), width: width, "dense\(layer)")
    if layer < widths.count - 1 { add(.relu, width: width, "relu\(layer)") }
  }
  return Graph(elementType: .float32, tensors: tensors, input: 0, output: tensors.count - 1, nodes: nodes)
}

/// The network's value in double arithmetic.
func evaluate(_ graph: Graph, _ point: [Double]) -> [Double] {
  var value = point
  for node in graph.nodes {
    switch node.operation {
    case .dense(let map):
      var result = map.bias ?? [Double](repeating: 0, count: map.outputWidth)
      for j in 0..<map.outputWidth {
        for k in 0..<map.inputWidth { result[j] += map.weights[j * map.inputWidth + k] * value[k] }
      }
      value = result
    case .relu: value = value.map { max(0, $0) }
    default: preconditionFailure("a perceptron")
    }
  }
  return value
}

/// "Is Y_0 ≤ threshold for some input of the box?", or the same for one of two thresholds on either side.
func query(_ graph: Graph, radius: Double, atMost threshold: Double, orAtLeast ceiling: Double? = nil) -> Query {
  func row(_ sign: Double, _ constant: Double) -> Conjunction {
    let term = LinearTerm(variable: 0, coefficient: Enclosure(exactly: sign))
    let constraint = LinearConstraint(
      inputTerms: [], outputTerms: [term], constant: Enclosure(exactly: constant), isStrict: false)
    return Conjunction(rows: [constraint])
  }
  let end = Enclosure(exactly: radius)
  var disjuncts = [row(1, -threshold)]
  if let ceiling { disjuncts.append(row(-1, ceiling)) }
  let lower = [Enclosure](repeating: -end, count: graph.inputCount)
  let upper = [Enclosure](repeating: end, count: graph.inputCount)
  let region = Region(lower: lower, upper: upper, disjuncts: disjuncts)
  return Query(inputCount: graph.inputCount, outputCount: graph.outputCount, regions: [region])
}

/// The least and greatest value of Y_0 that sampling and climbing from vertex to vertex finds in the box.
func sampledRange(_ graph: Graph, radius: Double) -> ClosedRange<Double> {
  var random = TestRandom(77)
  var least = Double.infinity, greatest = -Double.infinity
  for _ in 0..<1000 {
    let value = evaluate(graph, (0..<graph.inputCount).map { _ in random.signed() * radius })[0]
    (least, greatest) = (min(least, value), max(greatest, value))
  }
  for sign in [1.0, -1] {
    for _ in 0..<6 {
      let start = (0..<graph.inputCount).map { _ in random.signed() < 0 ? -radius : radius }
      let value = climb(graph, from: start, sign: sign)
      (least, greatest) = (min(least, value), max(greatest, value))
    }
  }
  return least...greatest
}

/// Flips one coordinate after the other as long as that raises sign·Y_0.
private func climb(_ graph: Graph, from start: [Double], sign: Double) -> Double {
  var point = start, value = evaluate(graph, start)[0], improved = true
  while improved {
    improved = false
    for i in point.indices {
      point[i] = -point[i]
      let next = evaluate(graph, point)[0]
      if sign * next > sign * value { (value, improved) = (next, true) } else { point[i] = -point[i] }
    }
  }
  return value
}
