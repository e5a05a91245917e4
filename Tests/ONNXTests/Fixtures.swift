// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Models beside the tests and what ONNX Runtime computes for them; made by ci/fixtures/make_onnx_cases.py.
struct GoldenCases: Decodable {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var model: String
    var input: [Double]
    var output: [Double]
    var outputShape: [Int]
    var testDescription: String { name }
  }

  var cases: [Case]

  static func load(_ folder: URL) -> [Case] {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("cases.json")) else { return [] }
    return (try? JSONDecoder().decode(GoldenCases.self, from: data).cases) ?? []
  }
}

enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
  static let cases = GoldenCases.load(folder)

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// Cases made outside this repository, `AXCERT_ONNX_CASES=DIR`: the script's `--models` writes them.
  static let foreignCases: [GoldenCases.Case] = {
    guard let path = ProcessInfo.processInfo.environment["AXCERT_ONNX_CASES"] else { return [] }
    return GoldenCases.load(URL(fileURLWithPath: path))
  }()

  /// The folder of VNN-COMP instances: `AXCERT_BENCHMARKS`, or `shared/benchmarks` beside the checkout. Nil where there is none.
  static let benchmarks: URL? = {
    let root = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let parent = root.deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["AXCERT_BENCHMARKS"].map { URL(fileURLWithPath: $0) }
    let beside = [parent, parent.deletingLastPathComponent()].map { $0.appendingPathComponent("shared/benchmarks") }
    return ([named].compactMap { $0 } + beside).first { FileManager.default.fileExists(atPath: $0.path) }
  }()
}
