// SPDX-License-Identifier: Apache-2.0
package import Attestation

/// A verdict as it is kept: of one property, or of a whole run.
package enum RecordedVerdict: String, Sendable, CaseIterable { case holds, violated, unknown }

/// One run of the tool and everything it found, ready to be stored in one transaction.
package struct RunRecord: Sendable {
  /// A file the run read, by content; the name is for the reader.
  package struct File: Sendable, Hashable {
    package var sha256: SHA256Digest
    package var name: String
    package var byteCount: Int

    package init(sha256: SHA256Digest, name: String, byteCount: Int) {
      self.sha256 = sha256
      self.name = name
      self.byteCount = byteCount
    }
  }

  /// What was found about one property.
  package struct Result: Sendable {
    package var property: String
    package var verdict: RecordedVerdict
    /// `real` or `float32-any-order`; nil where nothing was proved.
    package var semantics: String?
    /// Smallest proven margin as an exact number in text.
    package var margin: String?
    package var leaves: Int?
    /// Canonical bytes of the certificate. A `holds` or `violated` without one cannot be recorded.
    package var certificate: [UInt8]?
    /// Bytes of the signed DSSE envelope around a statement about `certificate`.
    package var envelope: [UInt8]?
    /// Why the verdict is `unknown`.
    package var reason: String?

    package init(
      property: String, verdict: RecordedVerdict, semantics: String? = nil, margin: String? = nil, leaves: Int? = nil,
      certificate: [UInt8]? = nil, envelope: [UInt8]? = nil, reason: String? = nil
    ) {
      self.property = property
      self.verdict = verdict
      self.semantics = semantics
      self.margin = margin
      self.leaves = leaves
      self.certificate = certificate
      self.envelope = envelope
      self.reason = reason
    }
  }

  /// RFC 3339, given by the caller.
  package var startedAt: String
  package var toolVersion: String
  package var model: File
  package var property: File
  /// `vnnlib`, `robustness`, …
  package var propertyKind: String
  /// The options of the run as JSON text, kept as given.
  package var options: String
  /// Wall-clock seconds, finite and not negative.
  package var seconds: Double
  package var results: [Result]

  package init(
    startedAt: String, toolVersion: String, model: File, property: File, propertyKind: String, options: String,
    seconds: Double, results: [Result]
  ) {
    self.startedAt = startedAt
    self.toolVersion = toolVersion
    self.model = model
    self.property = property
    self.propertyKind = propertyKind
    self.options = options
    self.seconds = seconds
    self.results = results
  }

  /// `violated` if any result is, else `unknown` if any result is or there is none, else `holds`.
  package var verdict: RecordedVerdict {
    if results.contains(where: { $0.verdict == .violated }) { return .violated }
    return results.isEmpty || results.contains { $0.verdict == .unknown } ? .unknown : .holds
  }

  /// Refuses what must never be in a store.
  func checkInvariants() throws(StoreError) {
    guard seconds.isFinite, seconds >= 0 else { throw .invalidRecord("its time is \(seconds) seconds") }
    guard Set(results.map(\.property)).count == results.count else { throw .invalidRecord("two results share a name") }
    for result in results {
      if result.verdict != .unknown && result.certificate == nil {
        throw .invalidRecord("'\(result.property)' is '\(result.verdict.rawValue)' without a certificate")
      }
      if result.envelope != nil && result.certificate == nil {
        throw .invalidRecord("'\(result.property)' has an envelope without a certificate")
      }
    }
  }
}
