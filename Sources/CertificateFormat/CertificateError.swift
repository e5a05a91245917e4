// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a certificate. Offsets count from the first byte of the certificate, or of the tree where `field` says so.
package enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
  case wrongMagic
  case unknownVersion(UInt16)
  /// The bytes end inside `field`, which begins at `offset`.
  case truncated(field: String, offset: Int)
  /// The digest at the end is not that of the bytes before it.
  case damaged(stored: Digest, computed: Digest)
  case invalid(field: String, offset: Int, reason: String)
  /// Bytes are left over after the last field.
  case unreadBytes(field: String, offset: Int, count: Int)

  package var description: String {
    switch self {
    case .wrongMagic:
      "not an axcert certificate: the file does not begin with 'AXC1'. Pass the file that 'axcert verify' wrote."
    case .unknownVersion(let version):
      "certificate format version \(version); this checker reads version 1. Use a newer axcheck."
    case .truncated(let field, let offset):
      "the certificate ends inside '\(field)', which begins at offset \(offset). The file is cut short: copy it again."
    case .damaged(let stored, let computed):
      "the certificate is damaged: it says SHA-256 \(stored), its bytes have \(computed). Copy the file again."
    case .invalid(let field, let offset, let reason):
      "'\(field)' at offset \(offset) is malformed: \(reason). The producer of this certificate is at fault."
    case .unreadBytes(let field, let offset, let count):
      "\(count) bytes follow the end of the \(field) at offset \(offset). The producer of this certificate is at fault."
    }
  }
}
