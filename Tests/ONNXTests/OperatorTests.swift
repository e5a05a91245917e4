// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graph
import ONNX
import Testing

@Suite("Operators against ONNX Runtime")
struct OperatorTests {
  @Test("every fixture means what ONNX Runtime computes", arguments: Fixtures.cases)
  func matchesRuntime(_ golden: GoldenCases.Case) throws {
    let graph = try ONNXReader.read(try Fixtures.bytes(golden.model), path: nil)
    try graph.checkInvariants()
    #expect(graph.tensors[graph.output].shape == golden.outputShape)
    #expect(relativeError(graph, golden) < (graph.elementType == .float32 ? 2e-6 : 1e-14))
  }

  @Test("the fixtures are there") func fixturesExist() { #expect(Fixtures.cases.count > 100) }

  @Test(
    "models outside this repository mean what ONNX Runtime computes", .enabled(if: !Fixtures.foreignCases.isEmpty),
    arguments: Fixtures.foreignCases)
  func matchesRuntimeOnForeignModel(_ golden: GoldenCases.Case) throws {
    let graph = try ModelFile(path: golden.model).graph()
    try graph.checkInvariants()
    let error = relativeError(graph, golden)
    print("relative error \(error) \(golden.name)")
    #expect(graph.tensors[graph.output].shape == golden.outputShape)
    #expect(error < 2e-6)
  }

  /// max |ours − theirs| / max(1, max |theirs|).
  private func relativeError(_ graph: Graph, _ golden: GoldenCases.Case) -> Double {
    let output = evaluate(graph, golden.input)
    guard output.count == golden.output.count else { return .infinity }
    let scale = golden.output.reduce(1) { max($0, $1.magnitude) }
    return zip(output, golden.output).reduce(0) { max($0, ($1.0 - $1.1).magnitude / scale) }
  }
}
