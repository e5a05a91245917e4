// SPDX-License-Identifier: Apache-2.0
package import Attestation

/// A run as the store has it.
package struct StoredRun: Sendable, Hashable {
  package let id: Int64
  package let startedAt: String
  package let toolVersion: String
  package let model: RunRecord.File
  package let property: RunRecord.File
  package let propertyKind: String
  package let options: String
  package let verdict: RecordedVerdict
  package let seconds: Double
}

/// A result as the store has it; certificate and envelope by digest.
package struct StoredResult: Sendable, Hashable {
  package let run: Int64
  package let property: String
  package let verdict: RecordedVerdict
  package let semantics: String?
  package let margin: String?
  package let leaves: Int?
  package let certificate: SHA256Digest?
  package let envelope: SHA256Digest?
  package let reason: String?
}

/// Bytes that have just been compared with their digest.
package struct StoredCertificate: Sendable, Hashable {
  package let sha256: SHA256Digest
  package let bytes: [UInt8]
}

/// Where `export` put the files.
package struct ExportedCertificate: Sendable, Hashable {
  package let certificatePath: String
  /// nil if the certificate was never signed.
  package let envelopePath: String?
  package let informationPath: String
}
