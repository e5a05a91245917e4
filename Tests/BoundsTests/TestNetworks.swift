// SPDX-License-Identifier: Apache-2.0
import Compute
import Graph
import Program

/// A small deterministic generator: the same networks on every machine.
struct TestRandom {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [−1, 1), a multiple of 2⁻¹⁰.
  mutating func signed() -> Double { Double(Int64(bits() >> 53)) / 1024 - 1 }
}

/// A perceptron with the given widths, Relu between its layers; optionally with a residual sum around its middle layers.
func perceptron(_ widths: [Int], seed: UInt64, residual: Bool = false) -> Graph {
  var random = TestRandom(seed)
  var tensors = [TensorInfo(name: "x", shape: [1, widths[0]])]
  var nodes: [Node] = []
  func add(_ operation: Operation, _ inputs: [Int], width: Int, _ name: String) -> Int {
    tensors.append(TensorInfo(name: name, shape: [1, width]))
    nodes.append(
      Node(name: name, operatorName: "test", inputs: inputs, output: tensors.count - 1, operation: operation))
    return tensors.count - 1
  }
  var current = 0
  for layer in 1..<widths.count {
    let (below, width) = (widths[layer - 1], widths[layer])
    let dense = Dense(
      inputWidth: below, outputWidth: width,
      weights: (0..<(below * width)).map { _ in random.signed() * (2 / Double(below)).squareRoot() },
      bias: (0..<width).map { _ in random.signed() * 0.3 })
    let before = current
    current = add(.dense(dense), [current], width: width, "dense\(layer)")
    if layer < widths.count - 1 {
      if residual && below == width { current = add(.sum(signs: [1, 1]), [current, before], width: width, "sum\(layer)") }
      current = add(.relu, [current], width: width, "relu\(layer)")
    }
  }
  return Graph(elementType: .float32, tensors: tensors, input: 0, output: current, nodes: nodes)
}

/// Values of every program tensor at a point, in binary32.
func forward(_ program: Program, _ point: [Float]) -> [[Float]] {
  var values = program.tensorCounts.map { [Float](repeating: 0, count: $0) }
  values[program.input] = point
  let scratch = Scratch()
  for step in program.steps {
    switch step.kind {
    case .linear(let terms, let bias):
      var result = bias
      for (term, source) in zip(terms, step.inputs) {
        term.map.forward(values[source], batch: 1, into: &result, accumulate: true, scratch: scratch)
      }
      values[step.output] = result
    case .relu: values[step.output] = values[step.inputs[0]].map { max(0, $0) }
    }
  }
  return values
}
