// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

@Suite struct KeysTests {
  let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  @Test("what a key signs verifies with its public key alone", arguments: SignatureAlgorithm.allCases)
  func signs(algorithm: SignatureAlgorithm) throws {
    let key = try SigningKey.generate(algorithm)
    let other = try SigningKey.generate(algorithm)
    let message = Array("a message".utf8)
    let signature = try key.sign(message)
    #expect(key.algorithm == algorithm)
    #expect(key.publicKey.isValid(signature: signature, over: message))
    #expect(!other.publicKey.isValid(signature: signature, over: message))
    #expect(!key.publicKey.isValid(signature: signature, over: message + [0]))
    #expect(!key.publicKey.isValid(signature: [], over: message))
    for index in signature.indices {
      var altered = signature
      altered[index] ^= 1
      #expect(!key.publicKey.isValid(signature: altered, over: message), "byte \(index)")
    }
  }

  @Test("signs an empty message", arguments: SignatureAlgorithm.allCases)
  func signsNothing(algorithm: SignatureAlgorithm) throws {
    let key = try SigningKey.generate(algorithm)
    #expect(key.publicKey.isValid(signature: try key.sign([]), over: []))
  }

  @Test("RFC 8032, section 7.1, test 2")
  func rfc8032() throws {
    let key = try SigningKey(file: directory.write("rfc.key", TestKeys.ed25519))
    let expected =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    #expect(try key.sign([0x72]).map { String(format: "%02x", $0) }.joined() == expected)
  }

  @Test("a public key is OpenSSL's text, known by its digest")
  func publicKey() throws {
    let key = try SigningKey(file: directory.write("p256.key", TestKeys.p256)).publicKey
    #expect(String(decoding: key.pem, as: UTF8.self) == TestKeys.p256Public)
    #expect(key.id == TestKeys.p256ID)
    #expect(key == (try PublicKey(file: directory.write("p256.pub", TestKeys.p256Public))))
    let withoutNewline = Array(TestKeys.p256Public.utf8.dropLast())
    #expect(try PublicKey(pem: withoutNewline, path: "").id == TestKeys.p256ID)
  }

  @Test("a written key reads back as the same key, mode 0600", arguments: SignatureAlgorithm.allCases)
  func roundTrip(algorithm: SignatureAlgorithm) throws {
    let key = try SigningKey.generate(algorithm)
    let path = directory.path + "/new.key"
    try key.write(to: path)
    #expect(try mode(of: path) == 0o600)
    #expect(try SigningKey(file: path).publicKey == key.publicKey)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    let again = failure { () throws(KeyError) in try key.write(to: path) }
    #expect(
      again?.description
        == "cannot create '\(path)': File exists. Choose another name or remove the existing file.")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["new.key"])
  }

  @Test("a private key that others may read is refused", arguments: [0o640, 0o604, 0o620, 0o777])
  func readableByOthers(mode: Int) throws {
    let path = try directory.write("open.key", TestKeys.p256, mode: mode)
    let error = failure { () throws(KeyError) in try SigningKey(file: path) }
    #expect(
      error?.description == """
        The private key '\(path)' has mode 0\(String(mode, radix: 8)): others may read it. \
        Run 'chmod 600 \(path)', and make a new key if someone may have copied it.
        """)
  }

  @Test func garbageAndForeignKeys() throws {
    func message(_ text: String) throws -> String? {
      let path = try directory.write("k", text)
      return failure { () throws(KeyError) in try SigningKey(file: path) }?.description
        .replacingOccurrences(of: path, with: "PATH")
    }
    let noKey =
      "'PATH' holds no readable private key. Expected PKCS#8 PEM ('-----BEGIN PRIVATE KEY-----'), unencrypted."
    #expect(try message("garbage") == noKey)
    #expect(try message("") == noKey)
    #expect(try message(TestKeys.p256Public) == noKey)
    #expect(try message(String(TestKeys.p256.dropLast(60))) == noKey)
    #expect(
      try message(TestKeys.p384) == "The key 'PATH' is of type 'EC secp384r1'. Use an ECDSA P-256 or an Ed25519 key.")
    #expect(
      try message(TestKeys.encrypted) == """
        The private key 'PATH' is encrypted, which axcert cannot read. \
        Decrypt it with 'openssl pkcs8 -in PATH -out NEW.key' and 'chmod 600 NEW.key'.
        """)
  }

  @Test func publicKeyFaults() throws {
    let path = try directory.write("k", TestKeys.p256)
    let wrong = failure { () throws(KeyError) in try PublicKey(file: path) }
    #expect(
      wrong?.description
        == "'\(path)' holds no readable public key. Expected SPKI PEM ('-----BEGIN PUBLIC KEY-----').")
    let missing = failure { () throws(KeyError) in try PublicKey(file: "/nonexistent.pub") }
    #expect(missing?.description == "cannot read '/nonexistent.pub': No such file or directory. Check the path.")
    let huge = try directory.write("huge", String(repeating: "x", count: 70_000))
    let tooLarge = failure { () throws(KeyError) in try PublicKey(file: huge) }
    #expect(tooLarge == .file(FileError("read", huge, code: EFBIG)))
  }

  @Test("an unreadable key file is reported", .enabled(if: geteuid() != 0, "root reads every file"))
  func permissionDenied() throws {
    let path = try directory.write("k", TestKeys.p256, mode: 0)
    let error = failure { () throws(KeyError) in try SigningKey(file: path) }
    #expect(
      error?.description == "cannot read '\(path)': Permission denied. Check its owner and mode with 'ls -ld'.")
  }
}
