// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Graph

extension Analysis {
  /// Every sum of a chain of linear operators, in whatever grouping, stays below 2¹²⁷ in magnitude (specification, section 5).
  ///
  /// G is a bound on the sum of the magnitudes of all terms: G = |W|·G + |b| along the chain, times 1 + γ plus the underflow,
  /// beginning with the bounds at the input and behind each Relu. The check of a whole region covers its pieces.
  ///
  /// - Throws: `.magnitude` with the first node that fails. Returns at once under `real`.
  func checkMagnitudes() throws(Rejection) {
    guard network.semantics == .float32AnyOrder else { return }
    var negative: [Matrix?] = Array(repeating: nil, count: bounds.count)
    negative[network.graph.input] = try height(of: network.graph.input)
    for (index, node) in network.graph.nodes.enumerated() {
      var sum = Matrix(rows: 1, columns: network.width(node.output))
      switch network.rules[index] {
      case .relu: sum = try height(of: node.output)
      case .affine(let rule):
        if let bias = rule.bias { bias.copyNegativeMagnitude(row: 0, to: sum, row: 0) }
        rule.addLargestMagnitude(of: node.inputs.compactMap { negative[$0] }, rows: 1, to: sum, network.kernels)
        if let term = network.roundingTerms[index] {
          network.kernels.multiplyAdd(Block(sum), factor: term.onePlusGamma, addend: -term.underflow)
        }
      }
      negative[node.output] = sum
      let least = sum.read(row: 0) { row in
        var least = 0.0
        for j in row.indices { least = row[j] > least ? least : row[j] }
        return least
      }
      guard sum.isFinite(rows: 1), least > -0x1p127 else { throw Rejection(.magnitude(node: node.name, value: -least)) }
    }
  }

  private func height(of tensor: Int) throws(Rejection) -> Matrix {
    let bounds = try bounds(of: tensor)
    let height = Matrix(rows: 1, columns: network.width(tensor))
    bounds.copyNegativeMagnitude(row: 0, to: height, row: 0)
    return height
  }
}
