// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Properties
import Testing

@testable import Checker

/// False claims that an earlier checker accepted.
@Suite("regressions of soundness")
struct RegressionTests {
  /// x → Conv without bias → Pad → + x → Relu → Y_0 = the first element.
  private func paddedConvolution() -> Graph {
    var builder = GraphBuilder(inputShape: [1, 1, 4])
    let window = Window(input: (1, 4), output: (1, 2), kernel: (1, 3))
    builder.add(
      .convolution(
        Convolution(
          batch: 1, inputChannels: 1, outputChannels: 1, groups: 1, window: window, weights: [0, -1, 1], bias: nil)), "Conv",
      shape: [1, 1, 2])
    let sources: [ConcatenationSource] = [
      .constant(0), .element(input: 0, index: 0), .element(input: 0, index: 1), .constant(0),
    ]
    let padded = builder.add(.concatenation(sources), "Pad", shape: [1, 1, 4])
    builder.add(.sum(signs: [1, 1]), "Add", inputs: [0, padded], shape: [1, 1, 4])
    builder.relu()
    builder.add(
      .dense(Dense(inputWidth: 4, outputWidth: 1, weights: [1, 0, 0, 0])), "MatMul", shape: [1, 1])
    return builder.graph
  }

  @Test("a bound behind a constant element of a Pad does not read weights that do not exist")
  func constantElements() throws {
    let graph = paddedConvolution()
    let row = LinearConstraint(
      inputTerms: [], outputTerms: [LinearTerm(variable: 0, coefficient: Enclosure(exactly: -1))], constant: Enclosure(exactly: 0.5),
      isStrict: false)
    let lower = [-1.0, -1, -1, -1].map { Enclosure(exactly: $0) }, upper = [1.0, -0.5, 1, 1].map { Enclosure(exactly: $0) }
    let region = Region(lower: lower, upper: upper, disjuncts: [Conjunction(rows: [row])])
    let query = Query(inputCount: 4, outputCount: 1, regions: [region])
    // Y_0 = max(0, x_0) is 1 at this point, so "never Y_0 ≥ 0.5" is false.
    try Checker.replay(point: [1, -1, 0, 0], graph: graph, region: region, disjunct: region.disjuncts[0], semantics: .real)
    var tree = TreeWriter(rowCounts: [1])
    tree.leaf(rows: [0])
    let proof = Proof(disjuncts: [0], mode: .recompute, alpha: [.empty], tree: tree.bytes)
    for semantics in Semantics.allCases {
      let certificate = sampleCertificate(.holds(margin: .leastNonzeroMagnitude, regions: [[proof]]), semantics: semantics)
      #expect(throws: Rejection.self) { try Checker.check(certificate, graph: graph, query: query) }
    }
  }
}
