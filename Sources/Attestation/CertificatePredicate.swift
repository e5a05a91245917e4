// SPDX-License-Identifier: Apache-2.0

/// What axcert says about a certificate it has made and checked. Property names are the JSON field names.
///
/// Everything here is a claim of the signer. Only the checker, run on the certificate and the two files, decides.
/// Format: docs/formats/attestation.md, schemas/statement.schema.json.
package struct CertificatePredicate: Sendable, Hashable, Codable {
  package enum Verdict: String, Sendable, Codable { case holds, violated }

  /// Which executions of the network the verdict is about.
  package struct Semantics: Sendable, Hashable, Codable {
    package enum ID: String, Sendable, Codable {
      case real
      case float32AnyOrder = "float32-any-order"
    }
    package var id: ID
    /// `2^-24` for binary32; absent for real arithmetic.
    package var unitRoundoff: String?
    /// Kernels the verdict does not speak about: `tf32`, `winograd`, …
    package var excluded: [String]

    package init(id: ID, unitRoundoff: String?, excluded: [String]) {
      self.id = id
      self.unitRoundoff = unitRoundoff
      self.excluded = excluded
    }
  }

  package struct CertificateDescriptor: Sendable, Hashable, Codable {
    package static let mediaType = "application/vnd.axcert.certificate.v1"
    package var sha256: SHA256Digest
    package var size: Int
    package var mediaType: String

    package init(sha256: SHA256Digest, size: Int) {
      self.sha256 = sha256
      self.size = size
      mediaType = Self.mediaType
    }
  }

  package struct Checker: Sendable, Hashable, Codable {
    package var name: String
    package var version: String
    /// How it computes, e.g. `dyadic-exact`.
    package var arithmetic: String

    package init(name: String, version: String, arithmetic: String) {
      self.name = name
      self.version = version
      self.arithmetic = arithmetic
    }
  }

  package struct Prover: Sendable, Hashable, Codable {
    package struct Backend: Sendable, Hashable, Codable {
      package var asked: String
      package var executed: String

      package init(asked: String, executed: String) {
        self.asked = asked
        self.executed = executed
      }
    }
    package var name: String
    package var version: String
    /// Always true: says in the signed bytes that nothing rests on the prover.
    package var untrusted: Bool
    package var backend: Backend

    package init(name: String, version: String, backend: Backend) {
      self.name = name
      self.version = version
      untrusted = true
      self.backend = backend
    }
  }

  package var verdict: Verdict
  /// The property's name within the property file.
  package var property: String
  package var semantics: Semantics
  package var certificate: CertificateDescriptor
  package var checker: Checker
  package var prover: Prover
  /// Leaves of the proof tree; 0 for a counterexample.
  package var leaves: Int
  /// Smallest proven margin over all leaves as an exact rational or dyadic; text, since JSON has no such number.
  package var minMargin: String
  /// RFC 3339, e.g. `2026-01-31T12:00:00Z`.
  package var createdAt: String

  package init(
    verdict: Verdict, property: String, semantics: Semantics, certificate: CertificateDescriptor, checker: Checker,
    prover: Prover, leaves: Int, minMargin: String, createdAt: String
  ) {
    self.verdict = verdict
    self.property = property
    self.semantics = semantics
    self.certificate = certificate
    self.checker = checker
    self.prover = prover
    self.leaves = leaves
    self.minMargin = minMargin
    self.createdAt = createdAt
  }
}

extension CertificatePredicate {
  /// The first field whose type is right and whose value is not one of ours.
  var firstForbiddenValue: String? {
    if certificate.mediaType != CertificateDescriptor.mediaType { return "certificate.mediaType" }
    if certificate.size < 0 { return "certificate.size" }
    if !prover.untrusted { return "prover.untrusted" }
    if leaves < 0 { return "leaves" }
    if !isTimestamp(createdAt) { return "createdAt" }
    return nil
  }
}

/// Whether the text has the form `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` of RFC 3339, section 5.6.
func isTimestamp(_ text: String) -> Bool {
  text.wholeMatch(of: /\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?(Z|[+-][0-2]\d:[0-5]\d)/.asciiOnlyDigits())
    != nil
}

extension SHA256Digest: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let digest = SHA256Digest(hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256")
    }
    self = digest
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
