// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graph
import Pipeline
import Search
import Testing

/// What a run prints for people, machines and the competition.
@Suite("Output")
struct OutputTests {
  let place: Workplace
  let model: LoadedModel

  init() throws {
    place = try Workplace()
    model = try LoadedModel(path: try place.write("m.onnx", Samples.identity().onnx))
  }

  private func run(_ query: String, _ change: (inout VerificationOptions) -> Void = { _ in }) throws -> RunReport {
    let properties = try PropertyFile(path: try place.write("q.vnnlib", query), model: model)
    var options = VerificationOptions()
    options.timeLimit = .seconds(20)
    change(&options)
    let outcome = try Verifier(model, options: options).verify(properties.requirements[0], properties.queries[0])
    return RunReport(
      model: model, propertyFile: properties, outcomes: [outcome], certificatePaths: [:], storePath: nil, run: nil,
      seconds: 0.25)
  }

  private func counterexample(_ input: [Double], _ output: [Double]) throws -> Counterexample {
    var result = try #require(try run(Samples.violated).outcomes[0].counterexample)
    (result.input, result.output) = (input, output)
    return result
  }

  // MARK: VNN-COMP

  @Test("the competition's words")
  func competition() throws {
    var outcome = try run(Samples.holds).outcomes[0]
    #expect(VNNCOMPOutput.text(outcome, elementType: .float32) == "unsat\n")
    outcome.verdict = .violated
    #expect(VNNCOMPOutput.text(outcome, elementType: .float32) == "unknown\n", "sat needs a counterexample")
    outcome.counterexample = try counterexample([0.1, -2], [0.5])
    #expect(VNNCOMPOutput.text(outcome, elementType: .float64) == "sat\n((X_0 0.1)\n (X_1 -2.0)\n (Y_0 0.5))\n")
    outcome.counterexample = try counterexample([Double(0.1 as Float)], [0.5])
    #expect(VNNCOMPOutput.text(outcome, elementType: .float32) == "sat\n((X_0 0.1)\n (Y_0 0.5))\n")
    outcome.verdict = .unknown
    let reasons: [(UnknownReason, String)] = [
      (.search(.timeLimit), "timeout\n"), (.checkTime, "timeout\n"), (.search(.cancelled), "unknown\n"),
      (.search(.nothingLeftToSplit(region: 0)), "unknown\n"), (.margin(""), "unknown\n"), (.semantics(""), "unknown\n"),
    ]
    for (reason, text) in reasons {
      outcome.reason = reason
      #expect(VNNCOMPOutput.text(outcome, elementType: .float32) == text)
    }
  }

  @Test("the numbers of a witness read back as they were, and violate the property")
  func witness() throws {
    let outcome = try run(Samples.violated).outcomes[0]
    let text = VNNCOMPOutput.text(outcome, elementType: .float32)
    let lines = text.split(separator: "\n")
    #expect(lines.first == "sat")
    var values: [String: Float] = [:]
    for line in lines.dropFirst() {
      let words = line.split { " ()".contains($0) }
      try #require(words.count == 2)
      values[String(words[0])] = Float(words[1])
    }
    #expect(values.keys.sorted() == ["X_0", "X_1", "Y_0", "Y_1"])
    #expect(values["X_0"].map { Double($0) } == outcome.counterexample?.input[0])
    #expect(try #require(values["Y_0"]) >= 0.5)
  }

  // MARK: JSON

  private static let schemaPath = Checkout.root + "/schemas/verify-output.schema.json"

  @Test("the JSON has exactly the keys of its schema", arguments: [Samples.holds, Samples.violated, "no time"])
  func schema(query: String) throws {
    var report = try run(query == "no time" ? Samples.holds : query) { if query == "no time" { $0.timeLimit = .zero } }
    for isRecorded in [false, true] {
      if isRecorded {
        (report.storePath, report.run, report.certificatePaths) = ("/s", 7, ["q": "p.axc"])
      }
      let value = try JSONSerialization.jsonObject(with: Data(report.json.utf8))
      let schema = try JSONSerialization.jsonObject(with: Data(try bytes(of: Self.schemaPath)))
      let faults = SchemaCheck(root: try #require(schema as? [String: Any])).faults(in: value)
      #expect(faults.isEmpty, "\(faults)")
    }
  }

  @Test("each verdict brings the keys that it should")
  func keys() throws {
    func keys(_ report: RunReport) throws -> Set<String> {
      let value = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
      let results = try #require(value?["results"] as? [[String: Any]])
      return Set(results[0].keys)
    }
    let always: Set = ["property", "kind", "verdict", "leaves", "subproblems", "searchSeconds", "checkSeconds"]
    let certified = always.union(["semantics", "certificateSha256", "certificateBytes", "proofBytes"])
    #expect(try keys(run(Samples.holds)) == certified.union(["margin"]))
    #expect(try keys(run(Samples.violated)) == certified.union(["counterexample"]))
    #expect(try keys(run(Samples.holds) { $0.timeLimit = .zero }) == always.union(["reason"]))
  }

  @Test("violated weighs more than unknown, unknown more than holds, and no result is no success")
  func overallStatus() throws {
    var report = try run(Samples.holds)
    #expect(report.status == .allHold)
    let outcome = report.outcomes[0]
    func status(_ verdicts: Verdict...) -> Pipeline.ExitStatus {
      report.outcomes = verdicts.map { verdict in
        var copy = outcome
        copy.verdict = verdict
        return copy
      }
      return report.status
    }
    #expect(status() == .unknown)
    #expect(status(.holds, .holds) == .allHold)
    #expect(status(.holds, .unknown) == .unknown)
    #expect(status(.unknown, .violated, .holds) == .violated)
  }

  @Test("the table names meaning, counterexample and reason")
  func text() throws {
    let holds = try run(Samples.holds).text
    #expect(holds.hasPrefix("property   verdict                         leaves      margin     search      check\n"))
    #expect(holds.contains("q          holds (float32, any order)"))
    let violated = try run(Samples.violated).text
    #expect(violated.contains("q          violated (float32, any order)"))
    #expect(violated.contains("\nq: counterexample\n  x = ["))
    let unknown = try run(Samples.holds) { $0.timeLimit = .zero }.text
    #expect(unknown.contains("q          unknown                              -           -"))
    #expect(unknown.hasSuffix("--timeout gives more"))
    #expect(unknown.contains("\nq: unknown: "))
  }
}

/// As much of JSON Schema as the schema of the output uses; an unknown keyword is a fault.
struct SchemaCheck {
  let root: [String: Any]

  func faults(in value: Any) -> [String] { faults(value, root, "$") }

  private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    var result: [String] = []
    for (keyword, argument) in schema {
      switch keyword {
      case "$schema", "$id", "title", "description", "$defs", "additionalProperties": break
      case "$ref":
        let name = ((argument as? String) ?? "").split(separator: "/").last.map(String.init) ?? ""
        let target = (root["$defs"] as? [String: Any])?[name] as? [String: Any]
        result += target.map { faults(value, $0, path) } ?? ["\(path): no definition '\(name)'"]
      case "type": if !isType(value, argument) { result.append("\(path): not \(argument)") }
      case "enum":
        if !((argument as? [String]) ?? []).contains(value as? String ?? "") { result.append("\(path): \(value)") }
      case "pattern":
        let pattern = (argument as? String) ?? ""
        if (value as? String)?.range(of: pattern, options: .regularExpression) == nil {
          result.append("\(path): \(pattern)")
        }
      case "minimum":
        if (value as? Double ?? -.infinity) < (argument as? Double ?? .infinity) { result.append("\(path): minimum") }
      case "required":
        let keys = (value as? [String: Any])?.keys.map { $0 } ?? []
        result += ((argument as? [String]) ?? []).filter { !keys.contains($0) }.map { "\(path): \($0) is missing" }
      case "properties": result += properties(value, (argument as? [String: Any]) ?? [:], path)
      case "items":
        for (index, item) in ((value as? [Any]) ?? []).enumerated() {
          result += faults(item, (argument as? [String: Any]) ?? [:], "\(path)[\(index)]")
        }
      default: result.append("\(path): unknown keyword '\(keyword)'")
      }
    }
    return result
  }

  private func properties(_ value: Any, _ known: [String: Any], _ path: String) -> [String] {
    ((value as? [String: Any]) ?? [:]).flatMap { key, item -> [String] in
      guard let schema = known[key] as? [String: Any] else { return ["\(path).\(key) is not in the schema"] }
      return faults(item, schema, "\(path).\(key)")
    }
  }

  private func isType(_ value: Any, _ type: Any) -> Bool {
    switch type as? String {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "integer": (value as? Double).map { $0 == $0.rounded() } ?? false
    case "number": value is Double
    default: false
    }
  }
}
