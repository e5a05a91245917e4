// SPDX-License-Identifier: Apache-2.0
import Attestation
package import Store

/// The store as text and JSON, for `axcert store`.
package struct StoreReport: Sendable {
  private let store: CertificateStore

  package init(_ store: CertificateStore) {
    self.store = store
  }

  package func list(limit: Int, json: Bool) throws(UserError) -> String {
    let runs = try StoreAccess.rethrowing { () throws(StoreError) in try store.runs(limit: limit) }
    if json { return encode(runs.map(JSONRun.init)) }
    if runs.isEmpty { return "no runs in \(store.path)" }
    let lines = runs.map { run in
      "\(padLeft("\(run.id)", 5))  \(run.startedAt)  \(padRight(run.verdict.rawValue, 9)) \(padLeft(secondsText(run.seconds), 11))  \(run.model.name)  \(run.property.name)"
    }
    return (["  run  started               verdict           time  model  properties"] + lines).joined(separator: "\n")
  }

  package func show(_ number: Int64, json: Bool) throws(UserError) -> String {
    let (run, results) = try StoreAccess.rethrowing { () throws(StoreError) in
      (try store.run(number), try store.results(of: number))
    }
    if json { return encode(JSONDetails(run: JSONRun(run), results: results.map(JSONResult.init))) }
    var lines = [
      "run         \(run.id), \(run.startedAt), \(secondsText(run.seconds)), axcert \(run.toolVersion)",
      "model       \(run.model.name)  \(run.model.sha256.hex)",
      "properties  \(run.property.name)  \(run.property.sha256.hex)",
      "options     \(run.options)", "verdict     \(run.verdict.rawValue)", "",
    ]
    for result in results {
      let meaning = result.semantics.map { " (\($0))" } ?? ""
      lines.append("\(result.property): \(result.verdict.rawValue)\(meaning)")
      if let leaves = result.leaves, leaves > 0 {
        lines.append("  leaves       \(leaves), smallest margin \(result.margin ?? "-")")
      }
      if let certificate = result.certificate { lines.append("  certificate  \(certificate.hex)") }
      if let envelope = result.envelope { lines.append("  statement    \(envelope.hex)") }
      if let reason = result.reason { lines.append("  reason       \(reason)") }
    }
    return lines.joined(separator: "\n")
  }

  package func export(_ prefix: String, to directory: String) throws(UserError) -> String {
    let files = try StoreAccess.rethrowing { () throws(StoreError) in try store.export(prefix, to: directory) }
    return ([files.certificatePath] + [files.envelopePath, files.informationPath].compactMap { $0 }).joined(
      separator: "\n")
  }

  /// Checks the database and every signature that a key at hand can check.
  package func verify() throws(UserError) -> (text: String, isIntact: Bool) {
    let report = try StoreAccess.rethrowing { () throws(StoreError) in try store.verify() }
    var lines = ["\(report.runCount) run\(report.runCount == 1 ? "" : "s"), \(report.blobCount) blobs in \(store.path)"]
    lines += report.problems.map { "  damaged: \($0)" }
    lines.append(report.isIntact ? "intact; head of the log: \(report.head?.hex ?? "none")" : "NOT intact")
    return (lines.joined(separator: "\n"), report.isIntact)
  }

  private func encode(_ value: some Encodable) -> String {
    String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
  }
}

private struct JSONRun: Encodable {
  var id: Int64, startedAt: String, toolVersion: String, verdict: String, seconds: Double
  var model: String, modelSha256: String, properties: String, propertiesSha256: String

  init(_ run: StoredRun) {
    (id, startedAt, toolVersion, verdict, seconds) = (
      run.id, run.startedAt, run.toolVersion, run.verdict.rawValue, run.seconds
    )
    (model, modelSha256) = (run.model.name, run.model.sha256.hex)
    (properties, propertiesSha256) = (run.property.name, run.property.sha256.hex)
  }
}

private struct JSONResult: Encodable {
  var property: String, verdict: String, semantics: String?, margin: String?, leaves: Int?
  var certificateSha256: String?, statementSha256: String?, reason: String?

  init(_ result: StoredResult) {
    (property, verdict, semantics) = (result.property, result.verdict.rawValue, result.semantics)
    (margin, leaves, reason) = (result.margin, result.leaves, result.reason)
    (certificateSha256, statementSha256) = (result.certificate?.hex, result.envelope?.hex)
  }
}

private struct JSONDetails: Encodable {
  var run: JSONRun
  var results: [JSONResult]
}
