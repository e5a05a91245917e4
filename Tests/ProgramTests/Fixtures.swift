// SPDX-License-Identifier: Apache-2.0
import Compute
import Exact
import Graph
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

/// Builds graphs by hand: every call adds a node whose output is a new tensor.
struct GraphBuilder {
  private(set) var tensors: [TensorInfo]
  private(set) var nodes: [Node] = []

  init(inputShape: [Int]) { tensors = [TensorInfo(name: "x", shape: inputShape)] }

  mutating func add(_ operation: Operation, _ inputs: [Int], shape: [Int]) -> Int {
    tensors.append(TensorInfo(name: "t\(tensors.count)", shape: shape))
    nodes.append(
      Node(
        name: "node\(nodes.count)", operatorName: "Op", inputs: inputs, output: tensors.count - 1, operation: operation)
    )
    return tensors.count - 1
  }

  mutating func dense(_ input: Int, to width: Int, bias: Bool = true, _ numbers: inout Numbers) -> Int {
    let from = tensors[input].elementCount
    let node = Dense(
      inputWidth: from, outputWidth: width, weights: numbers.array(from * width),
      bias: bias ? numbers.array(width) : nil)
    return add(.dense(node), [input], shape: [1, width])
  }

  mutating func scale(_ input: Int, _ numbers: inout Numbers) -> Int {
    let count = tensors[input].elementCount
    let affine = ElementwiseAffine(
      scale: numbers.array(count).map { Enclosure(exactly: $0) },
      offset: numbers.array(count).map { Enclosure(exactly: $0) })
    return add(.scale(affine), [input], shape: tensors[input].shape)
  }

  mutating func relu(_ input: Int) -> Int { add(.relu, [input], shape: tensors[input].shape) }

  func graph(output: Int) -> Graph {
    Graph(elementType: .float32, tensors: tensors, input: 0, output: output, nodes: nodes)
  }
}

/// The graph's meaning, node by node, straight from the definitions of the operations.
func evaluate(_ graph: Graph, at x: [Double]) -> [Double] {
  var values = [[Double]](repeating: [], count: graph.tensors.count)
  values[graph.input] = x
  for node in graph.nodes {
    values[node.output] = evaluate(node.operation, node.inputs.map { values[$0] })
  }
  return values[graph.output]
}

private func evaluate(_ operation: Operation, _ inputs: [[Double]]) -> [Double] {
  let x = inputs[0]
  switch operation {
  case .dense(let d): return evaluate(d, x)
  case .convolution(let c): return evaluate(c, x)
  case .averagePool(let p):
    let ones = Convolution(
      batch: p.planes, inputChannels: 1, outputChannels: 1, groups: 1, window: p.window,
      weights: [Double](repeating: 1, count: p.window.kernelHeight * p.window.kernelWidth), bias: nil)
    return evaluate(ones, x).enumerated().map { $1 / Double(p.divisors[$0 % p.divisors.count]) }
  case .scale(let s): return x.indices.map { s.scale[$0].lower * x[$0] + s.offset[$0].lower }
  case .sum(let signs):
    return x.indices.map { i in zip(inputs, signs).reduce(0) { $0 + Double($1.1) * $1.0[i] } }
  case .relu: return x.map { max(0, $0) }
  case .view: return x
  case .gather(let indices): return indices.map { x[Int($0)] }
  case .concatenation(let sources):
    return sources.map {
      switch $0 {
      case .element(let input, let index): inputs[input][index]
      case .constant(let value): value
      }
    }
  }
}

private func evaluate(_ d: Dense, _ x: [Double]) -> [Double] {
  var y: [Double] = []
  for o in 0..<d.outer {
    for j in 0..<d.outputWidth {
      for i in 0..<d.inner {
        var sum = d.bias?[j] ?? 0
        for k in 0..<d.inputWidth { sum += d.weights[j * d.inputWidth + k] * x[(o * d.inputWidth + k) * d.inner + i] }
        y.append(sum)
      }
    }
  }
  return y
}

private func evaluate(_ c: Convolution, _ x: [Double]) -> [Double] {
  let w = c.window
  let groupInputs = c.inputChannels / c.groups
  let groupOutputs = c.outputChannels / c.groups
  var y: [Double] = []
  for n in 0..<c.batch {
    for o in 0..<c.outputChannels {
      for oy in 0..<w.outputHeight {
        for ox in 0..<w.outputWidth {
          var sum = c.bias?[o] ?? 0
          for i in 0..<groupInputs {
            for ky in 0..<w.kernelHeight {
              for kx in 0..<w.kernelWidth {
                let iy = oy * w.strideY - w.padTop + ky * w.dilationY
                let ix = ox * w.strideX - w.padLeft + kx * w.dilationX
                guard iy >= 0, ix >= 0, iy < w.inputHeight, ix < w.inputWidth else { continue }
                let channel = n * c.inputChannels + o / groupOutputs * groupInputs + i
                sum +=
                  c.weights[((o * groupInputs + i) * w.kernelHeight + ky) * w.kernelWidth + kx]
                  * x[(channel * w.inputHeight + iy) * w.inputWidth + ix]
              }
            }
          }
          y.append(sum)
        }
      }
    }
  }
  return y
}

/// A window whose output size follows from the rest.
func window(
  _ input: (height: Int, width: Int), kernel: (height: Int, width: Int), stride: (y: Int, x: Int) = (1, 1),
  dilation: (y: Int, x: Int) = (1, 1), pad: (y: Int, x: Int) = (0, 0), padEnd: (y: Int, x: Int)? = nil
) -> Window {
  let end = padEnd ?? pad
  let height = (input.height + pad.y + end.y - dilation.y * (kernel.height - 1) - 1) / stride.y + 1
  let width = (input.width + pad.x + end.x - dilation.x * (kernel.width - 1) - 1) / stride.x + 1
  return Window(
    input: input, output: (height, width), kernel: kernel, stride: stride, dilation: dilation, padBegin: pad,
    padEnd: end)
}

/// The program's function in float64.
func evaluate(_ program: Program, at x: [Double]) -> [Double] {
  var values = [[Double]](repeating: [], count: program.tensorCounts.count)
  values[program.input] = x
  let scratch = Scratch()
  for step in program.steps {
    switch step.kind {
    case .relu: values[step.output] = values[step.inputs[0]].map { max(0, $0) }
    case .linear(let terms, _):
      var y = step.preciseBias
      for (term, input) in zip(terms, step.inputs) {
        y.withUnsafeMutableBufferPointer {
          term.map.forwardDouble(values[input], batch: 1, into: $0.baseAddress!, accumulate: true, scratch: scratch)
        }
      }
      values[step.output] = y
    }
  }
  return values[program.output]
}

func maximumDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}
