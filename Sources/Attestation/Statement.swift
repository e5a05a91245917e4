// SPDX-License-Identifier: Apache-2.0

/// An in-toto Statement v1 about a verdict: which files (subjects), and what is said of them (predicate).
///
/// Source: in-toto attestation specification v1, statement layer (in-toto/attestation, spec/v1/statement.md).
package struct Statement: Sendable, Hashable {
  package static let type = "https://in-toto.io/Statement/v1"
  package static let predicateType = "https://axcert.dev/certificate/v1"

  /// A file, by name for the reader and by digest for the machine.
  package struct Subject: Sendable, Hashable {
    package let name: String
    package let digest: SHA256Digest

    package init(name: String, digest: SHA256Digest) {
      self.name = name
      self.digest = digest
    }
  }

  /// The model file, the property file and the certificate, in this order when we write.
  package let subjects: [Subject]
  package let predicate: CertificatePredicate

  package init(model: Subject, property: Subject, certificate: Subject, predicate: CertificatePredicate) {
    subjects = [model, property, certificate]
    self.predicate = predicate
  }

  /// Whether the statement speaks of a file with these bytes.
  package func names(_ digest: SHA256Digest) -> Bool { subjects.contains { $0.digest == digest } }
}

extension Statement {
  private struct Wire: Codable {
    struct Subject: Codable {
      var name: String
      var digest: [String: String]
    }
    var _type: String
    var subject: [Subject]
    var predicateType: String
    var predicate: CertificatePredicate
  }

  /// What is needed to tell a foreign statement from a damaged one before the predicate is read.
  private struct Header: Decodable {
    var _type: String
    var predicateType: String
  }

  /// Canonical JSON: the same statement is always the same bytes.
  package func encoded() -> [UInt8] {
    CanonicalJSON.encode(
      Wire(
        _type: Self.type, subject: subjects.map { .init(name: $0.name, digest: ["sha256": $0.digest.hex]) },
        predicateType: Self.predicateType, predicate: predicate))
  }

  /// Reads a statement. Unknown fields and further digests are ignored, as in-toto's parsing rules ask.
  ///
  /// - Throws: `StatementError`, also if the certificate of the predicate is not among the subjects.
  package init(decoding bytes: [UInt8]) throws(StatementError) {
    let wire: Wire
    do {
      let header = try CanonicalJSON.decode(Header.self, from: bytes)
      guard header._type == Self.type else { throw StatementError.wrongType(header._type) }
      guard header.predicateType == Self.predicateType else {
        throw StatementError.wrongPredicateType(header.predicateType)
      }
      wire = try CanonicalJSON.decode(Wire.self, from: bytes)
    } catch let error as StatementError {
      throw error
    } catch let fault as JSONFault {
      throw .malformed(fault)
    } catch {
      throw .malformed(.notJSON)
    }
    var subjects: [Subject] = []
    for (index, subject) in wire.subject.enumerated() {
      guard let hex = subject.digest["sha256"] else {
        throw .malformed(.missingField("subject[\(index)].digest.sha256"))
      }
      guard let digest = SHA256Digest(hex: hex) else {
        throw .malformed(.wrongValue("subject[\(index)].digest.sha256"))
      }
      subjects.append(Subject(name: subject.name, digest: digest))
    }
    self.subjects = subjects
    predicate = wire.predicate
    if let field = predicate.firstForbiddenValue { throw .malformed(.wrongValue("predicate.\(field)")) }
    guard names(predicate.certificate.sha256) else { throw .certificateNotASubject(predicate.certificate.sha256) }
  }
}

/// Why a signed payload is not a statement about a certificate.
package enum StatementError: Error, Hashable, CustomStringConvertible {
  case malformed(JSONFault)
  case wrongType(String)
  case wrongPredicateType(String)
  case certificateNotASubject(SHA256Digest)

  package var description: String {
    switch self {
    case .malformed(let fault):
      "The signed statement cannot be read: \(fault). Ask its signer for one made by axcert."
    case .wrongType(let found):
      "The signed payload is a '\(found)', not an in-toto statement ('\(Statement.type)'). Check that this is the right envelope."
    case .wrongPredicateType(let found):
      "The statement says '\(found)', not '\(Statement.predicateType)'. Check that this is the envelope of a certificate."
    case .certificateNotASubject(let digest):
      "The statement describes certificate \(digest) but does not list it as a subject. Do not rely on it."
    }
  }
}
