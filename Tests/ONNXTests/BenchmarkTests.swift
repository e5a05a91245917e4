// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graph
import ONNX
import Testing

@Suite("VNN-COMP models", .enabled(if: Fixtures.benchmarks != nil, "shared/benchmarks is not on this machine"))
struct BenchmarkTests {
  @Test(
    "every model of the family is read",
    arguments: [
      "test", "acasxu", "reach_prob_density", "safenlp", "collins_rul_cnn", "tllverifybench", "mnist_fc", "cora", "oval21",
      "sri_resnet_a", "metaroom",
    ])
  func reads(family: String) throws {
    let folder = try #require(Fixtures.benchmarks).appendingPathComponent(family)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
    let models = files.filter { $0.path.hasSuffix(".onnx") || $0.path.hasSuffix(".onnx.gz") }
    #expect(!models.isEmpty)
    for model in models {
      let graph = try ModelFile(path: model.path).graph()
      try graph.checkInvariants()
    }
  }
}
