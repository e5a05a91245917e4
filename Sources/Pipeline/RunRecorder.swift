// SPDX-License-Identifier: Apache-2.0
import Attestation
import CertificateFormat
import FoundationEssentials
import Requirements
import Store

#if canImport(Glibc)
  import Glibc
#endif

/// Signs the certificates of a run and records everything in the store, in one transaction.
///
/// Opened before the search begins, so that a locked store or an unreadable key costs no computing time.
package struct RunRecorder: Sendable {
  private let store: CertificateStore?
  private let key: SigningKey

  /// - Parameter storePath: nil for the standard place; `keepsNothing` opens no store at all.
  package init(storePath: String?, keyName: String?, keepsNothing: Bool) throws(UserError) {
    let keys = try Keys.directory()
    key = try Keys.rethrowing { () throws(KeyError) in
      if let keyName { try keys.load(keyName) } else { try keys.defaultKey() }
    }
    store = keepsNothing ? nil : try StoreAccess.open(storePath, mode: .readWrite)
  }

  /// The signed envelope around the statement about one certificate.
  package func envelope(_ outcome: PropertyOutcome, model: LoadedModel, at time: String) throws(UserError) -> [UInt8]? {
    guard let certificate = outcome.certificate, let semantics = outcome.semantics else { return nil }
    let digest = SHA256Digest(of: certificate)
    let statement = Statement(
      model: .init(name: fileName(model.path), digest: SHA256Digest(model.digest)),
      property: .init(name: "\(outcome.name).vnnlib", digest: SHA256Digest(outcome.propertyDigest)),
      certificate: .init(name: "\(outcome.name).axc", digest: digest),
      predicate: CertificatePredicate(
        verdict: outcome.verdict == .holds ? .holds : .violated, property: outcome.name,
        semantics: .init(semantics), certificate: .init(sha256: digest, size: certificate.count),
        checker: .init(name: "axcheck", version: Version.number, arithmetic: "rigorous-f64"),
        prover: .init(
          name: "axcert", version: Version.number,
          backend: .init(asked: "cpu", executed: "cpu \(Backend.instructionSet)")),
        leaves: outcome.leaves, minMargin: outcome.margin.map { "\($0)" } ?? "0", createdAt: time))
    return try Keys.rethrowing { () throws(KeyError) in try Envelope.sign(statement, with: key).encoded() }
  }

  /// Records the run; nil where no store is kept.
  package func record(
    _ outcomes: [PropertyOutcome], envelopes: [[UInt8]?], model: LoadedModel, propertyFile: PropertyFile,
    options: String, startedAt: String, seconds: Double
  ) throws(UserError) -> Int64? {
    guard let store else { return nil }
    let results = zip(outcomes, envelopes).map { outcome, envelope in
      RunRecord.Result(
        property: outcome.name, verdict: RecordedVerdict(rawValue: outcome.verdict.rawValue) ?? .unknown,
        semantics: outcome.semantics?.name, margin: outcome.margin.map { "\($0)" }, leaves: outcome.leaves,
        certificate: outcome.certificate, envelope: envelope, reason: outcome.reason.map { "\($0)" })
    }
    let run = RunRecord(
      startedAt: startedAt, toolVersion: Version.number,
      model: .init(sha256: SHA256Digest(model.digest), name: fileName(model.path), byteCount: model.bytes.count),
      property: .init(
        sha256: SHA256Digest(of: propertyFile.bytes), name: fileName(propertyFile.path),
        byteCount: propertyFile.bytes.count),
      propertyKind: propertyFile.kind, options: options, seconds: seconds, results: results)
    do { return try store.record(run) } catch { throw UserError(.unavailable, "\(error)") }
  }

  package var storePath: String? { store?.path }
}

extension SHA256Digest {
  init(_ digest: Digest) {
    self = SHA256Digest(bytes: digest.bytes) ?? SHA256Digest(of: [])
  }
}

extension CertificatePredicate.Semantics {
  init(_ semantics: CertificateFormat.Semantics) {
    switch semantics {
    case .real: self.init(id: .real, unitRoundoff: nil, excluded: [])
    case .float32AnyOrder:
      self.init(
        id: .float32AnyOrder, unitRoundoff: "2^-24",
        excluded: [
          "TF32, bfloat16 or float16 products", "Winograd, FFT and Strassen kernels", "flushing of subnormals",
          "quantised kernels",
        ])
    }
  }
}

/// The last component of a path.
package func fileName(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The present moment as RFC 3339 in UTC.
package func timestamp() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
  return
    "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}
