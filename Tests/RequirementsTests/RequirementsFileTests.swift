// SPDX-License-Identifier: Apache-2.0
import Exact
import Foundation
import Properties
import Requirements
import Testing

@Suite("Requirements file")
struct RequirementsFileTests {
  static let robustness = """
    version: 1
    properties:
      - name: stays-2
        kind: linf-robustness
        point: [0.1, .95]     # the literal text counts, not its double
        epsilon: 0.3
        clip: [0, 1]
        label: 2
    """

  @Test("robustness is a clipped box in exact decimals and one case per other output")
  func robustness() throws {
    let folder = try Folder(["r.yml": Self.robustness])
    let requirement = try #require(try folder.load().first)
    #expect(requirement.name == "stays-2")
    #expect(requirement.kind == .linfRobustness)
    #expect(requirement.point == [0.1, 0.95])
    #expect(requirement.source == "\(folder.path):3, property 'stays-2'")
    #expect(
      String(decoding: requirement.vnnlib, as: UTF8.self) == """
        ; stays-2: linf-robustness, violated where another output is at least Y_2
        (declare-const X_0 Real)
        (declare-const X_1 Real)
        (declare-const Y_0 Real)
        (declare-const Y_1 Real)
        (declare-const Y_2 Real)
        (assert (>= X_0 0))
        (assert (<= X_0 0.4))
        (assert (>= X_1 0.65))
        (assert (<= X_1 1))
        (assert (or
          (and (>= Y_0 Y_2))
          (and (>= Y_1 Y_2))
        ))

        """)
  }

  @Test("an output range is violated strictly outside")
  func outputRange() throws {
    let folder = try Folder([
      "r.yml": """
      version: 1
      properties:
        - name: low
          kind: output-range
          input: {lower: [-1, 0], upper: [1e0, 0.50]}
          output: [{index: 1, min: -1, max: 2.5}, {index: 0, max: 0}]
        - name: near
          kind: output-range
          point: [1, 2]
          epsilon: 0.25
          output:
            - index: 2
              min: -1e-3
      """
    ])
    let requirements = try folder.load()
    #expect(
      String(decoding: requirements[0].vnnlib, as: UTF8.self).hasSuffix(
        """
        (assert (>= X_0 -1))
        (assert (<= X_0 1))
        (assert (>= X_1 0))
        (assert (<= X_1 0.5))
        (assert (or
          (and (< Y_1 -1))
          (and (> Y_1 2.5))
          (and (> Y_0 0))
        ))

        """))
    #expect(requirements[0].point == nil)
    #expect(
      String(decoding: requirements[1].vnnlib, as: UTF8.self).hasSuffix(
        "(assert (>= X_0 0.75))\n(assert (<= X_0 1.25))\n(assert (>= X_1 1.75))\n(assert (<= X_1 2.25))\n(assert (< Y_2 -0.001))\n"
      ))
    #expect(requirements[1].point == [1, 2])
  }

  @Test("a VNN-LIB file passes through unchanged, byte for byte")
  func passThrough() throws {
    let text = "; anything (even wrong)\r\n"
    let folder = try Folder([
      "r.yml": "version: 1\nproperties: [{name: q, kind: vnnlib, file: q.vnnlib}]\n", "q.vnnlib": text,
    ])
    let requirement = try #require(try folder.load().first)
    #expect(requirement.vnnlib == Array(text.utf8))
    #expect(requirement.kind == .vnnlib && requirement.point == nil)
    #expect(requirement.source == folder.url.path + "/q.vnnlib")
  }

  @Test("points come from CSV as text and from NPY as exact doubles")
  func dataFiles() throws {
    let yaml = """
      version: 1
      properties:
        - {name: text, kind: linf-robustness, point: {file: p.csv}, epsilon: 0.03, label: 0}
        - {name: array, kind: linf-robustness, point: {file: p.npy}, epsilon: 0.03, label: 0}
      """
    let folder = try Folder(["r.yml": yaml, "p.csv": "0.1,\t2e-1\r\n"])
    try folder.write("p.npy", NPYTests.file("<f4", "(1, 2)", [0xCD, 0xCC, 0xCC, 0x3D, 0, 0, 0, 0x3F]))
    let texts = try folder.load().map { String(decoding: $0.vnnlib, as: UTF8.self) }
    #expect(texts[0].contains("(assert (>= X_0 0.07))\n(assert (<= X_0 0.13))\n(assert (>= X_1 0.17))"))
    #expect(texts[1].contains("(assert (>= X_0 0.070000001490116119384765625))\n"))
    #expect(texts[1].contains("(assert (<= X_1 0.53))\n"))
  }

  @Test("argmax asks for the label of the nearest doubles")
  func argmax() throws {
    let folder = try Folder(["r.yml": Self.robustness.replacingOccurrences(of: "label: 2", with: "label: argmax")])
    let requirements = try folder.load { point in
      #expect(point == [0.1, 0.95])
      return 1
    }
    #expect(String(decoding: requirements[0].vnnlib, as: UTF8.self).contains("(and (>= Y_2 Y_1))"))
  }

  @Test("the generated text means the box and the label: sampled points agree")
  func meaning() throws {
    let folder = try Folder(["r.yml": Self.robustness])
    let query = try VNNLIB.parse(try folder.load()[0].vnnlib)
    #expect(query.regions.count == 1 && query.regions[0].disjuncts.count == 2)
    let region = query.regions[0]
    let center = try ["0.1", "0.95"].map { try Decimal(parsing: $0) }
    let epsilon = try Decimal(parsing: "0.3")
    for step in 0...60 {
      let x = Decimal(exactly: Double(step) / 32 - 0.5)
      for index in 0..<2 {
        let isNear = try x >= center[index] - epsilon && x <= center[index] + epsilon
        let isInside = isNear && x >= Decimal(0) && x <= Decimal(1)
        let value = Double(step) / 32 - 0.5
        #expect((value >= region.lower[index].upper && value <= region.upper[index].lower) == isInside)
      }
    }
    for a in -1...1 {
      for b in -1...1 {
        let outputs = [Double(a), Double(b), 0]
        let isViolated = region.disjuncts.contains { disjunct in
          disjunct.rows.allSatisfy { row in
            row.outputTerms.reduce(row.constant.lower) { $0 + $1.coefficient.lower * outputs[$1.variable] } <= 0
          }
        }
        #expect(isViolated == (a >= 0 || b >= 0))
      }
    }
  }

  @Test("YAML files are told by their extension")
  func isYAML() {
    for path in ["a.yml", "b/c.YAML", "r.Yml"] { #expect(RequirementsFile.isYAML(path)) }
    for path in ["a.vnnlib", "yml", "a.yml.gz"] { #expect(!RequirementsFile.isYAML(path)) }
  }

  @Test("a VNN-LIB file given by itself is one requirement named after it")
  func vnnlibFile() {
    let names = ["dir/prop_1.vnnlib", "a b=c.VNNLIB", "x.txt", ".vnnlib", "...vnnlib", "é.vnnlib"].map {
      Requirement(vnnlibFile: $0, bytes: [1]).name
    }
    #expect(names == ["prop_1", "a_b_c", "x.txt", "_vnnlib", "_.", "_"])
    let requirement = Requirement(vnnlibFile: "dir/prop_1.vnnlib", bytes: [1])
    #expect(requirement.kind == .vnnlib && requirement.vnnlib == [1] && requirement.source == "dir/prop_1.vnnlib")
  }

  @Test("the published schema is JSON and knows the same kinds")
  func schema() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: package.appending(path: "schemas/robustness.schema.json"))
    let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: Any])
    let property = try #require((definitions["property"] as? [String: Any])?["properties"] as? [String: Any])
    let kinds = try #require((property["kind"] as? [String: Any])?["enum"] as? [String])
    #expect(kinds == Requirement.Kind.allCases.map(\.rawValue))
  }
}
