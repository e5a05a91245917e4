// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// Runs a `Graph` in plain double arithmetic, written from the comments on `Operation` alone: the tests' oracle.
///
/// Enclosures count as their midpoint.
func evaluate(_ graph: Graph, _ input: [Double]) -> [Double] {
  var values = [[Double]](repeating: [], count: graph.tensors.count)
  values[graph.input] = input
  for node in graph.nodes {
    values[node.output] = evaluate(node.operation, node.inputs.map { values[$0] })
  }
  return values[graph.output]
}

private func evaluate(_ operation: Operation, _ inputs: [[Double]]) -> [Double] {
  switch operation {
  case .dense(let dense): evaluate(dense, inputs[0])
  case .convolution(let convolution): evaluate(convolution, inputs[0])
  case .averagePool(let pool): evaluate(pool, inputs[0])
  case .scale(let affine):
    inputs[0].indices.map { middle(affine.scale[$0]) * inputs[0][$0] + middle(affine.offset[$0]) }
  case .sum(let signs):
    inputs[0].indices.map { index in zip(signs, inputs).reduce(0) { $0 + Double($1.0) * $1.1[index] } }
  case .relu: inputs[0].map { max(0, $0) }
  case .view: inputs[0]
  case .gather(let indices): indices.map { inputs[0][Int($0)] }
  case .concatenation(let sources):
    sources.map { source in
      switch source {
      case .element(let input, let index): inputs[input][index]
      case .constant(let value): value
      }
    }
  }
}

private func middle(_ enclosure: Enclosure) -> Double { enclosure.lower / 2 + enclosure.upper / 2 }

private func evaluate(_ dense: Dense, _ x: [Double]) -> [Double] {
  var y: [Double] = []
  for o in 0..<dense.outer {
    for j in 0..<dense.outputWidth {
      for i in 0..<dense.inner {
        var sum = dense.bias?[j] ?? 0
        for k in 0..<dense.inputWidth {
          sum += dense.weights[j * dense.inputWidth + k] * x[(o * dense.inputWidth + k) * dense.inner + i]
        }
        y.append(sum)
      }
    }
  }
  return y
}

private func forEachTap(_ w: Window, _ oy: Int, _ ox: Int, _ body: (_ kernel: Int, _ pixel: Int) -> Void) {
  for ky in 0..<w.kernelHeight {
    let iy = oy * w.strideY - w.padTop + ky * w.dilationY
    guard iy >= 0, iy < w.inputHeight else { continue }
    for kx in 0..<w.kernelWidth {
      let ix = ox * w.strideX - w.padLeft + kx * w.dilationX
      if ix >= 0, ix < w.inputWidth { body(ky * w.kernelWidth + kx, iy * w.inputWidth + ix) }
    }
  }
}

private func evaluate(_ c: Convolution, _ x: [Double]) -> [Double] {
  let w = c.window
  let pixels = w.inputHeight * w.inputWidth
  let taps = w.kernelHeight * w.kernelWidth
  let width = c.inputChannels / c.groups
  var y: [Double] = []
  for batch in 0..<c.batch {
    for output in 0..<c.outputChannels {
      let firstChannel = output / (c.outputChannels / c.groups) * width
      for oy in 0..<w.outputHeight {
        for ox in 0..<w.outputWidth {
          var sum = c.bias?[output] ?? 0
          for channel in 0..<width {
            let plane = (batch * c.inputChannels + firstChannel + channel) * pixels
            forEachTap(w, oy, ox) { sum += c.weights[(output * width + channel) * taps + $0] * x[plane + $1] }
          }
          y.append(sum)
        }
      }
    }
  }
  return y
}

private func evaluate(_ pool: AveragePool, _ x: [Double]) -> [Double] {
  let w = pool.window
  var y: [Double] = []
  for plane in 0..<pool.planes {
    for oy in 0..<w.outputHeight {
      for ox in 0..<w.outputWidth {
        var sum = 0.0
        forEachTap(w, oy, ox) { _, pixel in sum += x[plane * w.inputHeight * w.inputWidth + pixel] }
        y.append(sum / Double(pool.divisors[oy * w.outputWidth + ox]))
      }
    }
  }
  return y
}
