// SPDX-License-Identifier: Apache-2.0
import Exact
import Foundation
import Properties
import Testing

/// VNN-COMP queries kept beside the project, or where AXCERT_BENCHMARKS points; not part of it.
enum Benchmarks {
  static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["AXCERT_BENCHMARKS"] { return URL(filePath: path) }
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let beside = package.deletingLastPathComponent().appending(path: "shared/benchmarks")
    let oneUp = package.deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/benchmarks")
    return FileManager.default.fileExists(atPath: beside.path) ? beside : oneUp
  }()

  static var isPresent: Bool { FileManager.default.fileExists(atPath: root.path) }

  static func query(_ path: String) throws -> Query {
    try VNNLIB.parse([UInt8](Data(contentsOf: root.appending(path: path))))
  }

  static func files(of family: String) -> [String] {
    let names =
      FileManager.default.enumerator(atPath: root.appending(path: family).path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".vnnlib") }.sorted().map { "\(family)/\($0)" }
  }
}

@Suite("VNN-COMP corpus", .enabled(if: Benchmarks.isPresent, "no benchmarks folder beside the project"))
struct BenchmarkCorpusTests {
  /// Families of small files run whole, of those with large files the first few: every file is read in a few seconds by a release build.
  static let families: [(name: String, limit: Int)] = [
    ("test", .max), ("acasxu", .max), ("reach_prob_density", .max), ("safenlp", .max), ("tllverifybench", .max),
    ("lsnc", .max), ("cgan", .max), ("nn4sys", .max), ("collins_rul_cnn", .max), ("dist_shift", 6), ("cora", 6),
    ("mnist_fc", 6),
    ("oval21", 2), ("sri_resnet_a", 2), ("vit", 2), ("ml4acopf", .max), ("metaroom", 1), ("yolo", 1),
    ("traffic_signs", 1),
  ]

  @Test("every file of the corpus is read", arguments: families.map(\.name))
  func readsFamily(_ family: String) throws {
    let limit = try #require(Self.families.first { $0.name == family }).limit
    let files = Benchmarks.files(of: family).prefix(limit)
    #expect(!files.isEmpty)
    for file in files {
      let query = try Benchmarks.query(file)
      #expect(!query.regions.isEmpty, "\(file)")
      for region in query.regions {
        #expect(region.lower.count == query.inputCount && region.upper.count == query.inputCount, "\(file)")
        #expect(!region.disjuncts.isEmpty, "\(file)")
        #expect(zip(region.lower, region.upper).allSatisfy { $0.lower <= $1.upper }, "\(file)")
      }
    }
  }

  @Test(
    "named files have the expected shape: rows of each disjunct of each region",
    arguments: [
      ("test/test_nano.vnnlib", 1, 1, [[1]]),
      ("acasxu/vnnlib/prop_1.vnnlib", 5, 5, [[1]]),
      ("acasxu/vnnlib/prop_3.vnnlib", 5, 5, [[4]]),
      ("acasxu/vnnlib/prop_6.vnnlib", 5, 5, [[1, 1, 1, 1], [1, 1, 1, 1]]),
      ("acasxu/vnnlib/prop_7.vnnlib", 5, 5, [[3, 3]]),
      ("tllverifybench/vnnlib/property_N=24_0.vnnlib", 2, 1, [[1]]),
      ("nn4sys/vnnlib/lindex_1.vnnlib", 1, 1, [[1, 1]]),
      ("collins_rul_cnn/vnnlib/monotonicity_CI_shift5_w40.vnnlib", 800, 1, [[1, 1]]),
      ("cora/vnnlib/mnist-img8.vnnlib", 784, 10, [Array(repeating: 1, count: 9)]),
      ("lsnc/vnnlib/quadrotor2d_output_2.vnnlib", 8, 10, [Array(repeating: 2, count: 17)]),
    ])
  func readsShape(_ file: String, _ inputs: Int, _ outputs: Int, _ rows: [[Int]]) throws {
    let query = try Benchmarks.query(file)
    #expect(query.inputCount == inputs)
    #expect(query.outputCount == outputs)
    #expect(query.regions.map { $0.disjuncts.map(\.rows.count) } == rows)
  }

  @Test("acasxu prop_6 keeps both boxes, each with its four comparisons")
  func readsSubBoxes() throws {
    let query = try Benchmarks.query("acasxu/vnnlib/prop_6.vnnlib")
    #expect(query.regions[0].lower[1] == (try Enclosure(decimal: "0.11140846")))
    #expect(query.regions[1].upper[1] == (try Enclosure(decimal: "-0.11140846")))
    #expect(query.regions[0].disjuncts == query.regions[1].disjuncts)
    // (<= Y_1 Y_0) is Y_1 − Y_0 ≤ 0.
    let row = LinearConstraint(
      inputTerms: [],
      outputTerms: [
        LinearTerm(variable: 0, coefficient: Enclosure(exactly: -1)),
        LinearTerm(variable: 1, coefficient: Enclosure(exactly: 1)),
      ], constant: Enclosure(exactly: 0), isStrict: false)
    #expect(query.regions[0].disjuncts[0].rows == [row])
  }
}
