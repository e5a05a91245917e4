// SPDX-License-Identifier: Apache-2.0
import Graph

/// Walks a graph once and turns it into steps.
///
/// Every graph tensor is held as an affine expression over program tensors. An expression becomes a program tensor of its own
/// (it is *materialised* by a linear step) only where a ReLU reads it, where it is the output, where two nodes share it, or where
/// the next linear map cannot be merged into it.
struct ProgramBuilder {
  /// Σ operator(program tensor) + bias; an empty bias is zero.
  struct Expression {
    var terms: [(source: Int, weights: LinearOperator)]
    var bias: [Double]

    /// The program tensor that this is, unchanged.
    var tensor: Int? {
      guard terms.count == 1, bias.isEmpty, case .identity(_, 1) = terms[0].weights else { return nil }
      return terms[0].source
    }
  }

  private let graph: Graph
  private let readerCounts: [Int]
  private var expressions: [Expression?]
  private(set) var tensorCounts: [Int] = []
  private(set) var steps: [Step] = []
  private(set) var reluSteps: [Int] = []

  init(_ graph: Graph) {
    self.graph = graph
    var readers = [Int](repeating: 0, count: graph.tensors.count)
    for node in graph.nodes { for input in node.inputs { readers[input] += 1 } }
    readerCounts = readers
    expressions = Array(repeating: nil, count: graph.tensors.count)
  }

  /// Returns the program tensor of the graph's output.
  mutating func build() throws(ProgramError) -> Int {
    expressions[graph.input] = newTensor(count: graph.inputCount)
    for node in graph.nodes {
      let result = try expression(of: node)
      expressions[node.output] = result
      try check(result, of: node)
    }
    return try materialise(graph.output, for: graph.nodes.last?.name ?? "output")
  }

  private mutating func newTensor(count: Int) -> Expression {
    tensorCounts.append(count)
    return Expression(terms: [(tensorCounts.count - 1, .identity(count: count, sign: 1))], bias: [])
  }

  private func check(_ expression: Expression, of node: Node) throws(ProgramError) {
    let expected = graph.tensors[node.output].elementCount
    for term in expression.terms where term.weights.outputCount != expected {
      throw .inconsistentShape(
        node: node.name, detail: "it yields \(term.weights.outputCount) elements, its output has \(expected)")
    }
  }

  private mutating func expression(of node: Node) throws(ProgramError) -> Expression {
    switch node.operation {
    case .relu: return try addRelu(node)
    case .view: return try shared(node.inputs[0], node)
    case .sum(let signs):
      var parts: [Expression] = []
      for (input, sign) in zip(node.inputs, signs) {
        let part = try shared(input, node)
        parts.append(sign < 0 ? part.mapped(by: .identity(count: count(input), sign: -1)) ?? part : part)
      }
      return Expression(sum: parts)
    case .concatenation(let sources):
      var parts: [Expression] = []
      for (index, input) in node.inputs.enumerated() {
        let scatter = LinearOperator.scatter(sources, input: index, count: count(input))
        parts.append(try apply(scatter, to: input, node))
      }
      let constants = sources.map { if case .constant(let value) = $0 { value } else { 0.0 } }
      return Expression(sum: parts).adding(bias: constants)
    default:
      let expected = count(node.inputs[0])
      guard let (weights, bias) = LinearOperator.make(node.operation, inputCount: expected) else {
        return try shared(node.inputs[0], node)
      }
      guard weights.inputCount == expected else {
        throw .inconsistentShape(
          node: node.name, detail: "it reads \(weights.inputCount) elements, its input has \(expected)")
      }
      return try apply(weights.simplified(), to: node.inputs[0], node).adding(bias: bias)
    }
  }

  private func count(_ tensor: TensorIndex) -> Int { graph.tensors[tensor].elementCount }

  private mutating func addRelu(_ node: Node) throws(ProgramError) -> Expression {
    let source = try materialise(node.inputs[0], for: node.name)
    let result = newTensor(count: tensorCounts[source])
    reluSteps.append(steps.count)
    steps.append(Step(kind: .relu, inputs: [source], output: tensorCounts.count - 1, preciseBias: []))
    return result
  }

  /// weights ∘ tensor, merged where possible.
  private mutating func apply(
    _ weights: LinearOperator, to tensor: TensorIndex, _ node: Node
  ) throws(ProgramError) -> Expression {
    if let merged = try shared(tensor, node).mapped(by: weights) { return merged }
    let source = try materialise(tensor, for: node.name)
    return Expression(terms: [(source, weights)], bias: [])
  }

  /// The expression of a tensor, materialised first when others read it too and it is not free to repeat.
  private mutating func shared(_ tensor: TensorIndex, _ node: Node) throws(ProgramError) -> Expression {
    guard let expression = expressions[tensor] else {
      throw .inconsistentShape(node: node.name, detail: "it reads a tensor that no earlier node writes")
    }
    if readerCounts[tensor] > 1 && !expression.isCheap {
      _ = try materialise(tensor, for: node.name)
      return expressions[tensor] ?? expression
    }
    return expression
  }

  /// The program tensor that holds graph tensor `tensor`; adds the linear step that computes it unless there is one.
  private mutating func materialise(_ tensor: TensorIndex, for name: String) throws(ProgramError) -> Int {
    guard let expression = expressions[tensor] else {
      throw .inconsistentShape(node: name, detail: "it reads a tensor that no earlier node writes")
    }
    if let existing = expression.tensor { return existing }
    let count = count(tensor)
    let bias = expression.bias.isEmpty ? [Double](repeating: 0, count: count) : expression.bias
    let terms = expression.terms.map { Term(map: LinearMap($0.weights)) }
    let single = bias.map { Float($0) }
    guard single.allSatisfy({ $0.isFinite }), expression.terms.allSatisfy({ $0.weights.fitsFloat }) else {
      throw .overflow(node: name)
    }
    let result = newTensor(count: count)
    expressions[tensor] = result
    let output = tensorCounts.count - 1
    steps.append(
      Step(
        kind: .linear(terms, bias: single), inputs: expression.terms.map(\.source), output: output, preciseBias: bias))
    return output
  }
}

extension ProgramBuilder.Expression {
  init(sum parts: [ProgramBuilder.Expression]) {
    self.init(terms: [], bias: [])
    for part in parts {
      for term in part.terms { add(term) }
      self = adding(bias: part.bias)
    }
  }

  private mutating func add(_ term: (source: Int, weights: LinearOperator)) {
    for index in terms.indices where terms[index].source == term.source {
      guard let sum = terms[index].weights.adding(term.weights) else { continue }
      terms[index].weights = sum
      return
    }
    terms.append(term)
  }

  func adding(bias other: [Double]) -> Self {
    guard other.contains(where: { $0 != 0 }) else { return self }
    return Self(terms: terms, bias: bias.isEmpty ? other : zip(bias, other).map { $0 + $1 })
  }

  /// weights ∘ self, or nil when some term cannot be merged.
  func mapped(by weights: LinearOperator) -> Self? {
    var result = Self(terms: [], bias: [])
    for term in terms {
      guard let merged = weights.composed(after: term.weights) else { return nil }
      result.add((term.source, merged))
    }
    return bias.isEmpty ? result : result.adding(bias: weights.applied(to: bias))
  }

  /// Whether several readers may each merge a copy: nothing but signs, scales and moves.
  var isCheap: Bool {
    terms.allSatisfy { term in
      switch term.weights {
      case .identity, .diagonal: true
      case .sparse(let matrix): matrix.entryCount <= matrix.rowCount
      case .dense, .convolution: false
      }
    }
  }
}
