// SPDX-License-Identifier: Apache-2.0
import Attestation

extension CertificateStore {
  /// Writes a certificate, its latest envelope and a description into an existing directory.
  ///
  /// The names begin with the first 16 digits of the certificate's SHA-256: `….axc`, `….dsse.json`, `….info.json`.
  /// Each file appears whole or not at all, the description last.
  ///
  /// - Parameter prefix: 4 or more digits of the certificate's SHA-256.
  /// - Throws: `.directoryMissing`, `.file`, and what `certificate(_:)` throws.
  package func export(_ prefix: String, to directory: String) throws(StoreError) -> ExportedCertificate {
    guard FileAccess.isDirectory(directory) else { throw .directoryMissing(directory) }
    let certificate = try certificate(prefix)
    let envelope = try envelope(for: certificate.sha256)
    let information = try information(about: certificate, isSigned: envelope != nil)
    let stem = "\(directory)/\(certificate.sha256.hex.prefix(16))"
    do {
      try FileAccess.replace(stem + ".axc", certificate.bytes)
      if let envelope { try FileAccess.replace(stem + ".dsse.json", envelope) }
      try FileAccess.replace(stem + ".info.json", CanonicalJSON.encode(information) + [UInt8(ascii: "\n")])
    } catch {
      throw .file(error)
    }
    return ExportedCertificate(
      certificatePath: stem + ".axc", envelopePath: envelope == nil ? nil : stem + ".dsse.json",
      informationPath: stem + ".info.json")
  }

  /// Facts of the latest run that produced the certificate. A convenience for the reader, not evidence.
  private func information(
    about certificate: StoredCertificate, isSigned: Bool
  ) throws(StoreError) -> ExportInformation {
    guard let result = try results(for: certificate.sha256).first else {
      throw .noSuchCertificate(certificate.sha256.hex)
    }
    let run = try run(result.run)
    return ExportInformation(
      certificate: .init(sha256: certificate.sha256, size: certificate.bytes.count), isSigned: isSigned,
      model: .init(sha256: run.model.sha256, name: run.model.name, byteCount: run.model.byteCount),
      propertyFile: .init(sha256: run.property.sha256, name: run.property.name, byteCount: run.property.byteCount),
      property: result.property, verdict: result.verdict.rawValue, semantics: result.semantics, margin: result.margin,
      leaves: result.leaves, run: run.id, startedAt: run.startedAt, toolVersion: run.toolVersion)
  }
}

private struct ExportInformation: Encodable {
  var format = "axcert-export/v1"
  var certificate: CertificatePredicate.CertificateDescriptor
  var isSigned: Bool
  var model: LogEntry.File
  var propertyFile: LogEntry.File
  var property: String
  var verdict: String
  var semantics: String?
  var margin: String?
  var leaves: Int?
  var run: Int64
  var startedAt: String
  var toolVersion: String
}
