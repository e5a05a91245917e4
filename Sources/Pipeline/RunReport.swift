// SPDX-License-Identifier: Apache-2.0
import Attestation
import CertificateFormat
import Graph
import Requirements

/// A whole run as text for people and JSON for machines (schemas/verify-output.schema.json).
package struct RunReport: Sendable {
  package var model: LoadedModel
  package var propertyFile: PropertyFile
  package var outcomes: [PropertyOutcome]
  /// Files that were written, by property name.
  package var certificatePaths: [String: String]
  package var storePath: String?
  package var run: Int64?
  package var seconds: Double

  package init(
    model: LoadedModel, propertyFile: PropertyFile, outcomes: [PropertyOutcome], certificatePaths: [String: String],
    storePath: String?, run: Int64?, seconds: Double
  ) {
    self.model = model
    self.propertyFile = propertyFile
    self.outcomes = outcomes
    self.certificatePaths = certificatePaths
    self.storePath = storePath
    self.run = run
    self.seconds = seconds
  }

  /// Violated if any property is, else unknown if any is or there is none.
  private var overall: Verdict {
    if outcomes.contains(where: { $0.verdict == .violated }) { return .violated }
    return outcomes.isEmpty || outcomes.contains { $0.verdict == .unknown } ? .unknown : .holds
  }

  package var status: ExitStatus {
    switch overall {
    case .holds: .allHold
    case .violated: .violated
    case .unknown: .unknown
    }
  }

  // MARK: Text

  package var text: String {
    var lines = [header("property", "verdict", "leaves", "margin", "search", "check")]
    for outcome in outcomes {
      lines.append(
        header(
          outcome.name, outcome.headline, outcome.leaves > 0 ? "\(outcome.leaves)" : "-",
          outcome.verdict == .holds ? outcome.margin.map(shortNumber) ?? "-" : "-", secondsText(outcome.searchSeconds),
          secondsText(outcome.checkSeconds)))
    }
    for outcome in outcomes { lines += details(outcome) }
    if let storePath, let run { lines.append("\nRun \(run) is recorded in \(storePath)") }
    return lines.joined(separator: "\n")
  }

  private func details(_ outcome: PropertyOutcome) -> [String] {
    var lines: [String] = []
    if let witness = outcome.counterexample {
      lines.append("\n\(outcome.name): counterexample")
      lines.append("  x = [" + list(witness.input) + "]")
      lines.append("  y = [" + list(witness.output) + "]")
    }
    if let reason = outcome.reason { lines.append("\n\(outcome.name): unknown: \(reason)") }
    if let path = certificatePaths[outcome.name] {
      lines.append("\n\(outcome.name): signed certificate in \(path)")
      lines.append("  check it again:  axcheck \(path) --model \(model.path)\(propertyArgument(outcome))")
    } else if let certificate = outcome.certificate, storePath != nil {
      let digest = SHA256Digest(of: certificate).hex.prefix(12)
      lines.append("\n\(outcome.name): signed certificate \(digest) is in the store")
      lines.append("  take it out:     axcert store export \(digest) --output .\(storeArgument)")
    }
    return lines
  }

  private var storeArgument: String { storePath.map { " --store \($0)" } ?? "" }

  /// Only a certificate that does not carry the property's text needs the file again.
  private func propertyArgument(_ outcome: PropertyOutcome) -> String {
    outcome.carriesProperty ? "" : " --props \(propertyFile.path)"
  }

  private func list(_ values: [Double]) -> String {
    let shown = values.prefix(40).map { model.graph.elementType == .float32 ? "\(Float($0))" : "\($0)" }
    return shown.joined(separator: ", ") + (values.count > 40 ? ", … (\(values.count) values)" : "")
  }

  private func header(_ columns: String...) -> String {
    let width = max(10, outcomes.map(\.name.count).max() ?? 0)
    let widths = [width, 28, 9, 11, 10, 10]
    return zip(columns, widths).enumerated().map { index, column in
      index < 2 ? padRight(column.0, column.1) : padLeft(column.0, column.1)
    }.joined(separator: " ")
  }

  // MARK: JSON

  package var json: String {
    let value = JSONRun(
      version: Version.number, status: overall.rawValue,
      model: .init(path: model.path, sha256: model.digest.hex),
      properties: .init(path: propertyFile.path, sha256: SHA256Digest(of: propertyFile.bytes).hex),
      store: storePath, run: run, seconds: seconds,
      results: outcomes.map { JSONResult($0, certificatePath: certificatePaths[$0.name]) })
    return String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
  }
}

private struct JSONRun: Encodable {
  struct File: Encodable {
    var path: String
    var sha256: String
  }
  var version: String
  var status: String
  var model: File
  var properties: File
  var store: String?
  var run: Int64?
  var seconds: Double
  var results: [JSONResult]
}

private struct JSONResult: Encodable {
  var property: String
  var kind: String
  var verdict: Verdict
  var semantics: String?
  var margin: Double?
  var leaves: Int
  var subproblems: Int
  var searchSeconds: Double
  var checkSeconds: Double
  var certificateSha256: String?
  var certificateBytes: Int?
  var proofBytes: Int?
  var certificatePath: String?
  var counterexample: Witness?
  var reason: String?

  struct Witness: Encodable {
    var input: [Double]
    var output: [Double]
  }

  init(_ outcome: PropertyOutcome, certificatePath: String?) {
    property = outcome.name
    kind = outcome.kind
    verdict = outcome.verdict
    semantics = outcome.semantics?.name
    margin = outcome.verdict == .holds ? outcome.margin : nil
    leaves = outcome.leaves
    subproblems = outcome.subproblems
    searchSeconds = outcome.searchSeconds
    checkSeconds = outcome.checkSeconds
    certificateSha256 = outcome.certificate.map { SHA256Digest(of: $0).hex }
    certificateBytes = outcome.certificate?.count
    proofBytes = outcome.certificate == nil ? nil : outcome.proofByteCount
    self.certificatePath = certificatePath
    counterexample = outcome.counterexample.map { Witness(input: $0.input, output: $0.output) }
    reason = outcome.reason.map { "\($0)" }
  }
}
