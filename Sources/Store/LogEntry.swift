// SPDX-License-Identifier: Apache-2.0
import Attestation

/// What one link of the hash chain says: a run with its results, certificates by digest.
///
/// Its canonical JSON is hashed, so fields are never renamed; a new layout takes a new `format`.
struct LogEntry: Codable, Equatable {
  struct File: Codable, Equatable {
    var sha256: SHA256Digest
    var name: String
    var byteCount: Int
  }

  struct Result: Codable, Equatable {
    var property: String
    var verdict: String
    var semantics: String?
    var margin: String?
    var leaves: Int?
    var certificate: SHA256Digest?
    var envelope: SHA256Digest?
    var reason: String?
  }

  /// Previous hash of the first entry.
  static let genesis = [UInt8](repeating: 0, count: 32)

  var format = "axcert-log/v1"
  var run: Int64
  var startedAt: String
  var toolVersion: String
  var model: File
  var property: File
  var propertyKind: String
  var options: String
  var verdict: String
  /// The shortest decimal that reads back as the same binary64; text, as every number that is no small integer.
  var seconds: String
  var results: [Result]

  init(_ run: StoredRun, _ results: [StoredResult]) {
    self.run = run.id
    startedAt = run.startedAt
    toolVersion = run.toolVersion
    model = File(sha256: run.model.sha256, name: run.model.name, byteCount: run.model.byteCount)
    property = File(sha256: run.property.sha256, name: run.property.name, byteCount: run.property.byteCount)
    propertyKind = run.propertyKind
    options = run.options
    verdict = run.verdict.rawValue
    seconds = "\(run.seconds)"
    self.results = results.map {
      Result(
        property: $0.property, verdict: $0.verdict.rawValue, semantics: $0.semantics, margin: $0.margin,
        leaves: $0.leaves, certificate: $0.certificate, envelope: $0.envelope, reason: $0.reason)
    }
  }

  var canonicalBytes: [UInt8] { CanonicalJSON.encode(self) }

  /// SHA-256(previous hash ‖ canonical JSON).
  static func hash(previous: [UInt8], canonicalBytes: [UInt8]) -> SHA256Digest {
    SHA256Digest(of: previous + canonicalBytes)
  }
}
