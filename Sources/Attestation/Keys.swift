// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// How an envelope is signed. The raw values are our names for them on the command line.
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
  /// ECDSA on NIST P-256 over SHA-256 (FIPS 186-5); signatures are DER `SEQUENCE { r, s }`.
  case ecdsaP256 = "ecdsa-p256"
  /// Ed25519 (RFC 8032); signatures are 64 raw bytes.
  case ed25519
}

/// Owns an `EVP_PKEY`. Shared between copies of a key; OpenSSL only reads it after construction, so it is safe to send.
private final class KeyHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { self.pointer = pointer }
  deinit { EVP_PKEY_free(pointer) }

  /// Which of the supported kinds of key this is.
  func algorithm(of path: String) throws(KeyError) -> SignatureAlgorithm {
    if EVP_PKEY_is_a(pointer, "ED25519") == 1 { return .ed25519 }
    guard EVP_PKEY_is_a(pointer, "EC") == 1 else {
      throw KeyError.unsupported(
        path: path, algorithm: EVP_PKEY_get0_type_name(pointer).map { String(cString: $0) } ?? "?")
    }
    var name = [CChar](repeating: 0, count: 80)
    let group =
      EVP_PKEY_get_group_name(pointer, &name, name.count, nil) == 1
      ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "?"
    guard group == "prime256v1" else { throw KeyError.unsupported(path: path, algorithm: "EC \(group)") }
    return .ecdsaP256
  }

  /// Signatures are made and checked in one call; Ed25519 has no separate digest.
  func digest(for algorithm: SignatureAlgorithm) -> OpaquePointer? {
    algorithm == .ed25519 ? nil : EVP_sha256()
  }
}

/// A private key. It never leaves this type except into a file of mode 0600.
package struct SigningKey: Sendable {
  private let handle: KeyHandle
  package let algorithm: SignatureAlgorithm
  package let publicKey: PublicKey

  /// Makes a new key from OpenSSL's random generator.
  package static func generate(_ algorithm: SignatureAlgorithm) throws(KeyError) -> SigningKey {
    let pointer =
      switch algorithm {
      case .ecdsaP256: ax_generate_p256()
      case .ed25519: ax_generate_ed25519()
      }
    guard let pointer else { throw KeyError.openSSL(operation: "generate a key") }
    return try SigningKey(KeyHandle(pointer), path: "")
  }

  /// Reads an unencrypted PEM private key.
  ///
  /// - Throws: `KeyError.readableByOthers` unless the file is private to its owner, as ssh does.
  package init(file path: String) throws(KeyError) {
    let file = try readKeyFile(path)
    guard file.permissions & 0o077 == 0 else {
      throw KeyError.readableByOthers(path: path, permissions: file.permissions)
    }
    var bytes = file.bytes
    defer { OPENSSL_cleanse(&bytes, bytes.count) }
    // Without a callback OpenSSL would ask for the passphrase on the terminal.
    let pointer = readPEM(bytes) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
    guard let pointer else {
      let text = String(decoding: bytes, as: UTF8.self)
      throw text.contains("ENCRYPTED") ? KeyError.encrypted(path: path) : KeyError.noPrivateKey(path: path)
    }
    try self.init(KeyHandle(pointer), path: path)
  }

  private init(_ handle: KeyHandle, path: String) throws(KeyError) {
    self.handle = handle
    algorithm = try handle.algorithm(of: path)
    guard let pem = writePEM({ PEM_write_bio_PUBKEY($0, handle.pointer) }) else {
      throw KeyError.openSSL(operation: "write a public key")
    }
    publicKey = try PublicKey(pem: pem, path: path)
  }

  /// Writes the key as PKCS#8 PEM into a new file of mode 0600.
  ///
  /// - Throws: `KeyError.file` with `EEXIST` if there is a file already.
  package func write(to path: String) throws(KeyError) {
    let bytes = writePEM { PEM_write_bio_PKCS8PrivateKey($0, handle.pointer, nil, nil, 0, nil, nil) }
    guard var bytes else { throw KeyError.openSSL(operation: "write a private key") }
    defer { OPENSSL_cleanse(&bytes, bytes.count) }
    do { try FileAccess.create(path, bytes, mode: 0o600) } catch { throw KeyError.file(error) }
  }

  /// Signs the bytes themselves, not a digest of them.
  package func sign(_ message: [UInt8]) throws(KeyError) -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { throw KeyError.openSSL(operation: "sign") }
    defer { EVP_MD_CTX_free(context) }
    let digest = handle.digest(for: algorithm)
    var count = 0
    guard EVP_DigestSignInit(context, nil, digest, nil, handle.pointer) == 1,
      EVP_DigestSign(context, nil, &count, message, message.count) == 1
    else { throw KeyError.openSSL(operation: "sign") }
    var signature = [UInt8](repeating: 0, count: count)
    guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
      throw KeyError.openSSL(operation: "sign")
    }
    return Array(signature.prefix(count))
  }
}

/// A public key, known by the SHA-256 of its PEM text.
package struct PublicKey: Sendable, Hashable {
  private let handle: KeyHandle
  package let algorithm: SignatureAlgorithm
  /// SPKI PEM as OpenSSL writes it, final newline included.
  package let pem: [UInt8]
  /// 64 hexadecimal digits: SHA-256 of `pem`, the hint that sigstore bundles use as well.
  package let id: String

  package init(file path: String) throws(KeyError) {
    try self.init(pem: readKeyFile(path).bytes, path: path)
  }

  /// - Parameter path: only for messages.
  package init(pem: [UInt8], path: String) throws(KeyError) {
    guard let pointer = readPEM(pem, { PEM_read_bio_PUBKEY($0, nil, { _, _, _, _ in -1 }, nil) }) else {
      throw KeyError.noPublicKey(path: path)
    }
    handle = KeyHandle(pointer)
    algorithm = try handle.algorithm(of: path)
    guard let canonical = writePEM({ PEM_write_bio_PUBKEY($0, pointer) }) else {
      throw KeyError.openSSL(operation: "write a public key")
    }
    self.pem = canonical
    id = SHA256Digest(of: canonical).hex
  }

  /// Whether this key signed these bytes. A signature that cannot even be parsed is a wrong one.
  package func isValid(signature: [UInt8], over message: [UInt8]) -> Bool {
    guard let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    guard EVP_DigestVerifyInit(context, nil, handle.digest(for: algorithm), nil, handle.pointer) == 1 else {
      return false
    }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  package static func == (left: PublicKey, right: PublicKey) -> Bool { left.pem == right.pem }
  package func hash(into hasher: inout Hasher) { hasher.combine(pem) }
}

/// No key is near 64 KiB; more is not a key file.
private func readKeyFile(_ path: String) throws(KeyError) -> (bytes: [UInt8], permissions: UInt32) {
  do { return try FileAccess.contents(of: path, limit: 1 << 16) } catch { throw KeyError.file(error) }
}

private func readPEM(_ bytes: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
  bytes.withUnsafeBytes { buffer in
    guard !buffer.isEmpty, let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
    defer {
      BIO_free(bio)
      ERR_clear_error()
    }
    return read(bio)
  }
}

private func writePEM(_ write: (OpaquePointer) -> Int32) -> [UInt8]? {
  guard let bio = BIO_new(BIO_s_mem()) else { return nil }
  defer { BIO_free(bio) }
  guard write(bio) == 1 else { return nil }
  var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
  guard BIO_read(bio, &bytes, Int32(bytes.count)) == Int32(bytes.count) else { return nil }
  return bytes
}
