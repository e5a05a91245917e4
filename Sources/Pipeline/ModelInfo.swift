// SPDX-License-Identifier: Apache-2.0
import Attestation
import CertificateFormat
import Graph

/// What a model file contains, for `axcert info`.
package struct ModelInfo: Sendable {
  private let model: LoadedModel

  package init(_ model: LoadedModel) {
    self.model = model
  }

  private var graph: Graph { model.graph }

  private func shape(_ tensor: TensorIndex) -> String {
    "[" + graph.tensors[tensor].shape.map(String.init).joined(separator: ", ") + "]"
  }

  package var text: String {
    var lines = [
      "file        \(model.path)",
      "sha256      \(model.digest.hex)",
      "bytes       \(model.bytes.count)",
      "computes in \(graph.elementType.name)",
      "input       \(graph.tensors[graph.input].name) \(shape(graph.input))",
      "output      \(graph.tensors[graph.output].name) \(shape(graph.output))",
      "parameters  \(graph.nodes.reduce(0) { $0 + $1.operation.parameterCount })",
      "Relu units  \(reluUnits)",
      "operators   \(operators.map { "\($0.name) ×\($0.count)" }.joined(separator: ", "))",
      "",
    ]
    let width = max(4, graph.nodes.map(\.name.count).max() ?? 4)
    for node in graph.nodes {
      lines.append(
        "\(padRight(node.name, width))  \(padRight(node.operatorName, 20))  \(shape(node.inputs[0])) → \(shape(node.output))"
      )
    }
    return lines.joined(separator: "\n")
  }

  private var reluUnits: Int {
    graph.nodes.reduce(0) { total, node in
      if case .relu = node.operation { return total + graph.tensors[node.output].elementCount }
      return total
    }
  }

  private var operators: [(name: String, count: Int)] {
    Dictionary(graph.nodes.map { ($0.operatorName, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  package var json: String {
    struct Value: Encodable {
      struct Tensor: Encodable { var name: String, shape: [Int] }
      struct Node: Encodable { var name: String, `operator`: String, output: [Int] }
      var path: String, sha256: String, bytes: Int, elementType: String, input: Tensor, output: Tensor
      var parameters: Int, reluUnits: Int, nodes: [Node]
    }
    let value = Value(
      path: model.path, sha256: model.digest.hex, bytes: model.bytes.count, elementType: graph.elementType.name,
      input: .init(name: graph.tensors[graph.input].name, shape: graph.tensors[graph.input].shape),
      output: .init(name: graph.tensors[graph.output].name, shape: graph.tensors[graph.output].shape),
      parameters: graph.nodes.reduce(0) { $0 + $1.operation.parameterCount }, reluUnits: reluUnits,
      nodes: graph.nodes.map {
        .init(name: $0.name, operator: $0.operatorName, output: graph.tensors[$0.output].shape)
      })
    return String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
  }
}

extension Operation {
  /// Constants the operation holds.
  fileprivate var parameterCount: Int {
    switch self {
    case .dense(let map): map.weights.count + (map.bias?.count ?? 0)
    case .convolution(let map): map.weights.count + (map.bias?.count ?? 0)
    case .scale(let map): Set(map.scale).count > 1 || Set(map.offset).count > 1 ? map.scale.count : 1
    case .averagePool, .sum, .relu, .view, .gather, .concatenation: 0
    }
  }
}
