// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// An independent reading of each operation: every output element as an explicit sum of terms.
struct OracleSum {
  struct Term {
    var input: Int
    var element: Int
    var weight: Enclosure
  }
  var terms: [Term] = []
  var constant = Enclosure(exactly: 0)
}

/// The sums of an affine node, one per output element.
func oracleSums(_ node: Node, _ graph: Graph) -> [OracleSum] {
  let count = graph.tensors[node.output].elementCount
  var sums = [OracleSum](repeating: OracleSum(), count: count)
  func add(_ output: Int, _ element: Int, _ weight: Double, input: Int = 0) {
    sums[output].terms.append(.init(input: input, element: element, weight: Enclosure(exactly: weight)))
  }
  switch node.operation {
  case .dense(let d):
    for o in 0..<d.outer {
      for j in 0..<d.outputWidth {
        for i in 0..<d.inner {
          let y = (o * d.outputWidth + j) * d.inner + i
          for k in 0..<d.inputWidth { add(y, (o * d.inputWidth + k) * d.inner + i, d.weights[j * d.inputWidth + k]) }
          if let bias = d.bias { sums[y].constant = Enclosure(exactly: bias[j]) }
        }
      }
    }
  case .convolution(let c):
    let w = c.window
    let (perGroup, outPerGroup) = (c.inputChannels / c.groups, c.outputChannels / c.groups)
    for b in 0..<c.batch {
      for o in 0..<c.outputChannels {
        forEachPixel(w) { pixel, ky, kx, source in
          let y = (b * c.outputChannels + o) * w.outputHeight * w.outputWidth + pixel
          for channel in 0..<perGroup {
            let x = (b * c.inputChannels + o / outPerGroup * perGroup + channel) * w.inputHeight * w.inputWidth + source
            add(y, x, c.weights[((o * perGroup + channel) * w.kernelHeight + ky) * w.kernelWidth + kx])
          }
        }
        if let bias = c.bias {
          for pixel in 0..<w.outputHeight * w.outputWidth {
            sums[(b * c.outputChannels + o) * w.outputHeight * w.outputWidth + pixel].constant = Enclosure(exactly: bias[o])
          }
        }
      }
    }
  case .averagePool(let p):
    let w = p.window
    for plane in 0..<p.planes {
      forEachPixel(w) { pixel, _, _, source in
        let d = Double(p.divisors[pixel])
        let weight = Enclosure(lower: (1 / d).nextDown, upper: (1 / d).nextUp)
        sums[plane * w.outputHeight * w.outputWidth + pixel].terms.append(
          .init(input: 0, element: plane * w.inputHeight * w.inputWidth + source, weight: weight))
      }
    }
  case .scale(let s):
    for i in 0..<count {
      sums[i] = OracleSum(terms: [.init(input: 0, element: i, weight: s.scale[i])], constant: s.offset[i])
    }
  case .sum(let signs):
    for i in 0..<count { for (k, sign) in signs.enumerated() { add(i, i, Double(sign), input: k) } }
  case .view:
    for i in 0..<count { add(i, i, 1) }
  case .gather(let indices):
    for (i, index) in indices.enumerated() { add(i, Int(index), 1) }
  case .concatenation(let sources):
    for (i, source) in sources.enumerated() {
      switch source {
      case .element(let input, let index): add(i, index, 1, input: input)
      case .constant(let value): sums[i].constant = Enclosure(exactly: value)
      }
    }
  case .relu: preconditionFailure("relu is not affine")
  }
  return sums
}

private func forEachPixel(_ w: Window, _ body: (_ pixel: Int, _ ky: Int, _ kx: Int, _ source: Int) -> Void) {
  for oy in 0..<w.outputHeight {
    for ox in 0..<w.outputWidth {
      for ky in 0..<w.kernelHeight {
        for kx in 0..<w.kernelWidth {
          let iy = oy * w.strideY - w.padTop + ky * w.dilationY
          let ix = ox * w.strideX - w.padLeft + kx * w.dilationX
          guard iy >= 0, iy < w.inputHeight, ix >= 0, ix < w.inputWidth else { continue }
          body(oy * w.outputWidth + ox, ky, kx, iy * w.inputWidth + ix)
        }
      }
    }
  }
}

/// All tensors at a point, in plain doubles (exact where all numbers are small integers).
func evaluate(_ graph: Graph, at point: [Double]) -> [[Double]] {
  run(graph, point) { sum, inputs in
    sum.terms.reduce(sum.constant.lower) { $0 + $1.weight.lower * inputs[$1.input][$1.element] }
  }
}

/// All tensors of one float32 execution: terms and constant added in random order, products fused or not.
func evaluateFloat32(_ graph: Graph, at point: [Double], using random: inout SplitMix) -> [[Double]] {
  var generator = random
  defer { random = generator }
  return run(graph, point) { sum, inputs in
    var parts = sum.terms.map { (Float($0.weight.lower), Float(inputs[$0.input][$0.element])) }
    parts.append((Float(sum.constant.lower), 1))
    parts.shuffle(using: &generator)
    var partial: [Float] = []
    for (weight, x) in parts {
      if let last = partial.last, Bool.random(using: &generator) {
        let fused = Bool.random(using: &generator)
        partial[partial.count - 1] = fused ? last.addingProduct(weight, x) : last + weight * x
      } else {
        partial.append(weight * x)
      }
    }
    while partial.count > 1 {
      let other = partial.remove(at: Int.random(in: 0..<partial.count, using: &generator))
      partial[Int.random(in: 0..<partial.count, using: &generator)] += other
    }
    return Double(partial[0])
  }
}

private func run(_ graph: Graph, _ point: [Double], _ value: (OracleSum, [[Double]]) -> Double) -> [[Double]] {
  var tensors = [[Double]](repeating: [], count: graph.tensors.count)
  tensors[graph.input] = point
  for node in graph.nodes {
    let inputs = node.inputs.map { tensors[$0] }
    if case .relu = node.operation {
      tensors[node.output] = inputs[0].map { max(0, $0) }
    } else {
      tensors[node.output] = oracleSums(node, graph).map { value($0, inputs) }
    }
  }
  return tensors
}
