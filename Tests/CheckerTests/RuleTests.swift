// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Testing

@testable import Checker

/// Each affine rule against the oracle's explicit sums, on small integers where all arithmetic is exact.
@Suite struct RuleTests {
  /// Every affine node of the sample networks, fed by gathers from one input.
  static func singleNodes() -> [(name: String, graph: Graph)] {
    var random = SplitMix(11)
    var list: [(String, Graph)] = []
    for (name, graph) in sampleNetworks(number: { random.integer() }, exact: true) {
      for node in graph.nodes {
        if case .relu = node.operation { continue }
        let counts = node.inputs.map { graph.tensors[$0].elementCount }
        var builder = GraphBuilder(inputShape: [1, counts.reduce(0, +)])
        var start = 0
        var inputs: [Int] = []
        for (tensor, count) in zip(node.inputs, counts) {
          let indices = (0..<count).map { Int32(start + $0) }
          inputs.append(builder.add(.gather(indices: indices), "Slice", inputs: [0], shape: graph.tensors[tensor].shape))
          start += count
        }
        builder.add(node.operation, node.operatorName, inputs: inputs, shape: graph.tensors[node.output].shape)
        list.append(("\(name): \(node.operatorName)", builder.graph))
      }
    }
    return list
  }

  /// The last node's sums in terms of the graph's input.
  private func sums(_ graph: Graph) -> [OracleSum] {
    let node = graph.nodes[graph.nodes.count - 1]
    var starts: [Int] = [], total = 0
    for input in node.inputs {
      starts.append(total)
      total += graph.tensors[input].elementCount
    }
    return oracleSums(node, graph).map { sum in
      OracleSum(
        terms: sum.terms.map { .init(input: 0, element: starts[$0.input] + $0.element, weight: $0.weight) },
        constant: sum.constant)
    }
  }

  @Test("intervals are exact for one affine node", arguments: singleNodes().indices)
  func intervals(index: Int) throws {
    let (name, graph) = Self.singleNodes()[index]
    var random = SplitMix(UInt64(index))
    let lower = (0..<graph.inputCount).map { _ in random.integer() * 4 }
    let upper = lower.map { $0 + 4 * abs(random.integer()) }
    var piece = Piece(point: lower)
    piece.negUpper = upper.map { -$0 }
    let network = try Network(graph, semantics: .real)
    let analysis = try Analysis(of: [Piece(point: upper), piece], network: network, root: nil)
    let bounds = try analysis.bounds(of: graph.output)
    for (j, sum) in sums(graph).enumerated() {
      var (low, high) = (sum.constant.lower, sum.constant.upper)
      for term in sum.terms {
        let w = (term.weight.lower + term.weight.upper) / 2
        low += min(w * lower[term.element], w * upper[term.element])
        high += max(w * lower[term.element], w * upper[term.element])
      }
      #expect(bounds.lower[1, j] == low && -bounds.negUpper[1, j] == high, "\(name), element \(j)")
    }
  }

  @Test("going back multiplies by the transpose, exactly", arguments: singleNodes().indices, [false, true])
  func adjoint(index: Int, units: Bool) throws {
    let (name, graph) = Self.singleNodes()[index]
    var random = SplitMix(UInt64(index) + 100)
    let network = try Network(graph, semantics: .real)
    let point = (0..<graph.inputCount).map { _ in random.integer() * 4 }
    let analysis = try Analysis(of: [Piece(point: point)], network: network, root: nil)
    let width = graph.outputCount
    let rows = units ? width : 11
    var coefficients = (0..<rows).map { _ in (0..<width).map { _ in random.integer() * 4 } }
    var start: [Coefficients.Unit] = []
    if units {
      for r in 0..<rows {
        start.append(.init(element: r, sign: r % 2 == 0 ? 1 : -1))
        coefficients[r] = (0..<width).map { $0 == r ? start[r].sign : 0 }
      }
    }
    let matrix = Matrix(rows: rows, columns: width)
    for r in 0..<rows { for j in 0..<width { matrix[r, j] = coefficients[r][j] } }
    var walk = Walk(analysis, leaves: Array(repeating: 0, count: rows))
    walk.start(units ? .units(start) : .matrix(matrix), at: graph.output)
    let (kappa, result) = try walk.finishAtInput()
    for r in 0..<rows {
      var expected = [Double](repeating: 0, count: graph.inputCount)
      var constant = 0.0
      for (j, sum) in sums(graph).enumerated() {
        constant += coefficients[r][j] * sum.constant.lower
        for term in sum.terms { expected[term.element] += coefficients[r][j] * (term.weight.lower + term.weight.upper) / 2 }
      }
      #expect((0..<graph.inputCount).allSatisfy { result[r, $0] == expected[$0] }, "\(name), row \(r)")
      #expect(kappa[r] == constant, "\(name), row \(r)")
    }
  }

  @Test("an inexact step keeps the inequality: κ + Λ·x is below the row's value at sampled points")
  func inexactSteps() throws {
    var random = SplitMix(77)
    for (name, graph) in sampleNetworks(number: { random.weight() }) {
      let network = try Network(graph, semantics: .real)
      var piece = Piece(point: (0..<graph.inputCount).map { _ in -1 - abs(random.weight()) })
      piece.negUpper = (0..<graph.inputCount).map { _ in -abs(random.weight()) }
      let analysis = try Analysis(of: [piece], network: network, root: nil)
      var walk = Walk(analysis, leaves: [0, 0])
      let matrix = Matrix(rows: 2, columns: 2)
      (matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]) = (1, 0.3, -0.7, 1)
      walk.start(.matrix(matrix), at: graph.output)
      let (kappa, coefficients) = try walk.finishAtInput()
      for _ in 0..<300 {
        let x = zip(piece.lower, piece.negUpper).map { Double.random(in: $0 ... -$1, using: &random) }
        let y = evaluate(graph, at: x)[graph.output]
        for (r, value) in [y[0] + 0.3 * y[1], -0.7 * y[0] + y[1]].enumerated() {
          let bound = kappa[r] + x.indices.reduce(0) { $0 + coefficients[r, $1] * x[$1] }
          #expect(bound <= value + 1e-12 * abs(value) + 1e-12, "\(name)")
        }
      }
    }
  }
}
