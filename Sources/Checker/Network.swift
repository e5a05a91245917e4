// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph

/// A graph made ready for checking: one rule per node, weights laid out, roundings counted.
struct Network: Sendable {
  enum NodeRule: Sendable {
    case affine(any AffineRule)
    /// The Relu's ordinal.
    case relu(Int)
  }

  let graph: Graph
  let semantics: Semantics
  let kernels: Kernels
  let rules: [NodeRule]
  /// Node index of each Relu, in node order.
  let reluNodes: [Int]
  /// Per Relu: whether bounds by 4.1 can be better than the interval.
  let isRefined: [Bool]
  /// Per node: γ_m, rounded up, and m·2⁻¹⁴⁹; nil where the node is exact or the meaning is `real`.
  let roundingTerms: [RoundingTerm?]

  struct RoundingTerm: Sendable {
    /// γ_m, rounded up.
    var gamma: Double
    /// m·2⁻¹⁴⁹.
    var underflow: Double

    /// 1 + γ_m, rounded up.
    var onePlusGamma: Double { Directed.addUp(1, gamma) }
  }

  /// - Throws: a rejection where the meaning is not possible for this model.
  init(_ graph: Graph, semantics: Semantics, kernels: Kernels = .best) throws(Rejection) {
    if semantics == .float32AnyOrder, graph.elementType != .float32 {
      throw Rejection(.meaningNeedsFloat32(elementType: graph.elementType.name))
    }
    self.graph = graph
    self.semantics = semantics
    self.kernels = kernels
    rules = Network.makeRules(graph)
    reluNodes = rules.indices.filter { if case .relu = graph.nodes[$0].operation { true } else { false } }
    isRefined = Network.refinedRelus(graph, rules)
    roundingTerms = semantics == .real ? rules.map { _ in nil } : try Network.countRoundings(graph, rules)
  }

  /// Rows of one walk: enough to fill the kernels, few enough that a tensor's coefficients stay in the cache.
  var chunkRows: Int { min(1024, max(32, (1 << 18) / max(1, widestTensor))) }
  private var widestTensor: Int { graph.tensors.map(\.elementCount).max() ?? 1 }

  /// The Relu's input tensor.
  func reluInput(_ relu: Int) -> TensorIndex { graph.nodes[reluNodes[relu]].inputs[0] }
  func reluWidth(_ relu: Int) -> Int { width(reluInput(relu)) }
  func width(_ tensor: TensorIndex) -> Int { graph.tensors[tensor].elementCount }

  private static func makeRules(_ graph: Graph) -> [NodeRule] {
    var reluCount = 0
    return graph.nodes.map { node in
      switch node.operation {
      case .dense(let dense): return .affine(DenseRule(dense))
      case .convolution(let convolution): return .affine(ConvolutionRule(convolution))
      case .averagePool(let pool): return .affine(AveragePoolRule(pool))
      case .scale(let scale): return .affine(ScaleRule(scale))
      case .sum(let signs): return .affine(SumRule(signs: signs))
      case .view: return .affine(ViewRule())
      case .gather(let indices): return .affine(IndexRule(gather: indices))
      case .concatenation(let sources): return .affine(IndexRule(concatenation: sources, inputs: node.inputs.count))
      case .relu:
        reluCount += 1
        return .relu(reluCount - 1)
      }
    }
  }

  /// A Relu needs no refinement if one mixing step leads to it from the input: intervals are then as good.
  private static func refinedRelus(_ graph: Graph, _ rules: [NodeRule]) -> [Bool] {
    var mixing = [Int](repeating: 0, count: graph.tensors.count)
    var refined: [Bool] = []
    for (node, rule) in zip(graph.nodes, rules) {
      let before = node.inputs.map { mixing[$0] }.max() ?? 0
      switch rule {
      case .affine(let rule): mixing[node.output] = before + rule.mixing
      case .relu:
        refined.append(before >= 2)
        mixing[node.output] = 2
      }
    }
    return refined
  }

  /// m per node: the roundings that a term can pass on the longest chain of linear operators through the node, between
  /// Relus or the ends of the graph, so that a runtime may carry out such a chain in any grouping; plus 3.
  private static func countRoundings(_ graph: Graph, _ rules: [NodeRule]) throws(Rejection) -> [RoundingTerm?] {
    var before = [Int](repeating: 0, count: graph.tensors.count)
    for (node, rule) in zip(graph.nodes, rules) {
      guard case .affine(let rule) = rule else { continue }
      before[node.output] = (node.inputs.map { before[$0] }.max() ?? 0) + rule.roundings
    }
    var after = [Int](repeating: 0, count: graph.tensors.count)
    for (node, rule) in zip(graph.nodes, rules).reversed() {
      guard case .affine(let rule) = rule else { continue }
      for input in node.inputs { after[input] = max(after[input], after[node.output] + rule.roundings) }
    }
    var terms: [RoundingTerm?] = []
    for (node, rule) in zip(graph.nodes, rules) {
      guard case .affine(let rule) = rule, rule.roundings > 0 else {
        terms.append(nil)
        continue
      }
      let m = before[node.output] + after[node.output] + 3
      guard m <= 1 << 22 else { throw Rejection(.tooManyRoundings(node: node.name, count: m)) }
      // γ_m = m·u / (1 − m·u) = m / (2²⁴ − m), both integers exact.
      terms.append(
        RoundingTerm(gamma: Directed.divideUp(Double(m), 0x1p24 - Double(m)), underflow: Double(m) * 0x1p-149))
    }
    return terms
  }
}
