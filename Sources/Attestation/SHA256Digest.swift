// SPDX-License-Identifier: Apache-2.0
//
// Attestation: who says what about which files.
//
// In: the digests of a model, a property file and a certificate, and a key. Out: an in-toto `Statement` inside a
// signed DSSE `Envelope`, or the answer to "did one of these keys sign this?". Formats: docs/formats/attestation.md.
//
//     let envelope = try Envelope.sign(statement, with: KeyDirectory.standard().defaultKey())
//     let signer = try Envelope(decoding: bytes).verify(with: [publicKey])
import COpenSSL

/// The SHA-256 of some bytes (FIPS 180-4): 32 bytes, written as 64 lower-case hexadecimal digits.
package struct SHA256Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Exactly 32 bytes.
  package let bytes: [UInt8]

  /// Digests `message` in one call.
  package init(of message: [UInt8]) {
    var hasher = SHA256Hasher()
    message.withUnsafeBytes { hasher.update($0) }
    self = hasher.finish()
  }

  /// Takes 32 raw digest bytes; nil for any other count.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// Reads 64 hexadecimal digits of either case; nil for anything else.
  package init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  package var description: String { hex }

  package static func < (left: SHA256Digest, right: SHA256Digest) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// Digests a file in pieces of 1 MiB, so that its size does not matter for memory.
  ///
  /// - Returns: the digest and the number of bytes read, which belong together even if the file grows meanwhile.
  /// - Throws: `FileError`, also for a directory.
  package static func ofFile(at path: String) throws(FileError) -> (digest: SHA256Digest, byteCount: Int) {
    var hasher = SHA256Hasher()
    var byteCount = 0
    try FileAccess.forEachChunk(of: path) { chunk in
      hasher.update(chunk)
      byteCount += chunk.count
    }
    return (hasher.finish(), byteCount)
  }
}

/// An EVP digest in progress.
struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL offers no SHA-256: its configuration (openssl.cnf) is broken")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    precondition(EVP_DigestUpdate(context, start, bytes.count) == 1, "OpenSSL failed to digest")
  }

  consuming func finish() -> SHA256Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &bytes, nil) == 1, "OpenSSL failed to digest")
    guard let digest = SHA256Digest(bytes: bytes) else { preconditionFailure("a SHA-256 has 32 bytes") }
    return digest
  }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
