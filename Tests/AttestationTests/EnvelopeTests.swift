// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

/// Names a directory into which `exportsForOtherTools` writes envelopes and public keys (ci/verify-signatures.py).
private let interopDirectory = ProcessInfo.processInfo.environment["AXCERT_INTEROP_DIRECTORY"]

@Suite struct EnvelopeTests {
  let key: SigningKey
  let envelope: Envelope

  init() throws {
    key = try SigningKey.generate(.ecdsaP256)
    envelope = try Envelope.sign(sampleStatement(), with: key)
  }

  @Test("the signed bytes are DSSE's PAE")
  func preAuthenticationEncoding() {
    let encoding = Envelope.preAuthenticationEncoding(of: Array("{\"ä\":1}".utf8))
    #expect(String(decoding: encoding, as: UTF8.self) == "DSSEv1 28 application/vnd.in-toto+json 8 {\"ä\":1}")
  }

  @Test("a signed statement survives writing, reading and verifying", arguments: SignatureAlgorithm.allCases)
  func roundTrip(algorithm: SignatureAlgorithm) throws {
    let key = try SigningKey.generate(algorithm)
    let other = try SigningKey.generate(algorithm)
    let bytes = try Envelope.sign(sampleStatement(), with: key).encoded()
    let read = try Envelope(decoding: bytes)
    let (statement, signer) = try read.verifiedStatement(with: [other.publicKey, key.publicKey])
    #expect(statement == sampleStatement())
    #expect(signer == key.publicKey)
    #expect(read.signatures.map(\.keyID) == [key.publicKey.id])
    #expect(read.encoded() == bytes)
  }

  /// The digest was computed from the same values with Python (`json`, `cryptography`).
  @Test("an Ed25519 envelope is always the same bytes")
  func deterministic() throws {
    let directory = try TemporaryDirectory()
    let key = try SigningKey(file: directory.write("k", TestKeys.ed25519))
    let digest = SHA256Digest(of: try Envelope.sign(sampleStatement(), with: key).encoded())
    #expect(digest.hex == "a590e6dc229c53dc6bac3cf0c823c54fc74e8401e3731df17202989e7d0f3fbd")
    #expect(try Envelope.sign(sampleStatement(), with: key) == Envelope.sign(sampleStatement(), with: key))
  }

  @Test("an envelope made by securesystemslib 1.6.0 verifies, although it names the key differently")
  func foreignEnvelope() throws {
    let envelope = try Envelope(decoding: Array(securesystemslibEnvelope.utf8))
    let key = try PublicKey(pem: Array(TestKeys.p256Public.utf8), path: "")
    #expect(try envelope.verify(with: [self.key.publicKey, key]) == key)
    #expect(String(decoding: envelope.payload, as: UTF8.self) == "{\"from\":\"securesystemslib\"}")
  }

  @Test("any altered byte of the payload is rejected")
  func alteredPayload() {
    for index in envelope.payload.indices {
      var payload = envelope.payload
      payload[index] ^= 1
      let altered = Envelope(payload: payload, signatures: envelope.signatures)
      let error = failure { () throws(EnvelopeError) in try altered.verify(with: [key.publicKey]) }
      #expect(error == .badSignature(keyID: key.publicKey.id), "byte \(index)")
    }
  }

  @Test("a second, good signature suffices")
  func twoSignatures() throws {
    let other = try SigningKey.generate(.ed25519)
    let second = try Envelope.sign(sampleStatement(), with: other)
    let both = Envelope(payload: envelope.payload, signatures: envelope.signatures + second.signatures)
    #expect(try both.verify(with: [other.publicKey]) == other.publicKey)
    #expect(try both.verify(with: [key.publicKey]) == key.publicKey)
  }

  @Test func verificationFaults() throws {
    let other = try SigningKey.generate(.ed25519).publicKey
    func message(_ envelope: Envelope, _ keys: [PublicKey]) -> String? {
      failure { () throws(EnvelopeError) in try envelope.verify(with: keys) }?.description
    }
    let unknown = """
      None of the given keys made the signature; the envelope names key \(key.publicKey.id). \
      Get the signer's public key from a source you trust.
      """
    #expect(message(envelope, [other]) == unknown)
    #expect(message(envelope, []) == unknown)
    #expect(
      message(Envelope(payload: envelope.payload, signatures: []), [key.publicKey])
        == "The envelope carries no signature. Run 'axcert verify' again: it signs what it proves.")
    let unnamed = Envelope(payload: [], signatures: [.init(keyID: "", bytes: envelope.signatures[0].bytes)])
    #expect(
      message(unnamed, [key.publicKey]) == """
        None of the given keys made the signature; the envelope names no key. \
        Get the signer's public key from a source you trust.
        """)
    let altered = Envelope(payload: envelope.payload + [32], signatures: envelope.signatures)
    #expect(
      message(altered, [other, key.publicKey]) == """
        The signature of key \(key.publicKey.id) does not match: the envelope was altered after signing. \
        Do not rely on it.
        """)
  }

  @Test("no beginning of an envelope is an envelope")
  func truncated() {
    let bytes = envelope.encoded()
    for count in 0..<(bytes.count - 1) {
      let error = failure { () throws(EnvelopeError) in try Envelope(decoding: Array(bytes.prefix(count))) }
      #expect(error == .malformed(.notJSON), "\(count) bytes")
    }
    #expect(
      EnvelopeError.malformed(.notJSON).description
        == "This is no DSSE envelope: it is not complete JSON. Check that the file was copied whole.")
  }

  @Test(
    "malformed envelopes are told apart",
    arguments: [
      ("{}", "This is no DSSE envelope: the field 'payload' is missing. Check that the file was copied whole."),
      (
        "{\"payload\":1,\"payloadType\":\"\",\"signatures\":[]}",
        "This is no DSSE envelope: the field 'payload' has the wrong JSON type. Check that the file was copied whole."
      ),
      (
        "{\"payload\":\"\",\"payloadType\":\"text/plain\",\"signatures\":[]}",
        """
        The envelope holds 'text/plain', not 'application/vnd.in-toto+json'. \
        Check that this is the envelope of a certificate.
        """
      ),
      (
        "{\"payload\":\"a*==\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[]}",
        "The envelope's field 'payload' is no base64. Check that the file was copied whole."
      ),
      (
        "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"keyid\":\"\"}]}",
        "This is no DSSE envelope: the field 'signatures[0].sig' is missing. Check that the file was copied whole."
      ),
      (
        "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"\"}]}",
        "The envelope's field 'signatures[0].sig' is no base64. Check that the file was copied whole."
      ),
    ])
  func malformed(text: String, expected: String) {
    #expect(failure { () throws(EnvelopeError) in try Envelope(decoding: Array(text.utf8)) }?.description == expected)
  }

  @Test func tooLarge() {
    let bytes = [UInt8](repeating: 32, count: Envelope.byteLimit + 1)
    #expect(
      failure { () throws(EnvelopeError) in try Envelope(decoding: bytes) }?.description == """
        The envelope has 16777217 bytes, more than 16777216. \
        Check that this is the envelope, not the certificate.
        """)
  }

  @Test("URL-safe base64 and a missing key id are read, as DSSE asks")
  func otherSpelling() throws {
    let payload: [UInt8] = [0xfb, 0xff, 0xfe]
    let signature = try key.sign(Envelope.preAuthenticationEncoding(of: payload))
    let text = """
      {"payload":"-__-","payloadType":"application/vnd.in-toto+json","extra":0,
       "signatures":[{"sig":"\(Data(signature).base64EncodedString())"}]}
      """
    let read = try Envelope(decoding: Array(text.utf8))
    #expect(read.payload == payload)
    #expect(try read.verify(with: [key.publicKey]) == key.publicKey)
  }

  @Test("a good signature over a foreign payload yields no statement")
  func foreignPayload() throws {
    let signature = try key.sign(Envelope.preAuthenticationEncoding(of: [123, 125]))
    let envelope = Envelope(payload: [123, 125], signatures: [.init(keyID: key.publicKey.id, bytes: signature)])
    let error = failure { () throws(EnvelopeError) in try envelope.verifiedStatement(with: [key.publicKey]) }
    #expect(error == .statement(.malformed(.missingField("_type"))))
  }

  @Test(
    "writes envelopes for other tools", .enabled(if: interopDirectory != nil, "AXCERT_INTEROP_DIRECTORY is not set"))
  func exportsForOtherTools() throws {
    let directory = try #require(interopDirectory)
    for algorithm in SignatureAlgorithm.allCases {
      let key = try SigningKey.generate(algorithm)
      let stem = "\(directory)/\(algorithm.rawValue)"
      try FileAccess.replace(stem + ".dsse.json", Envelope.sign(sampleStatement(), with: key).encoded())
      try FileAccess.replace(stem + ".pub", key.publicKey.pem)
    }
  }
}

/// Made with `CryptoSigner` and `TestKeys.p256` by securesystemslib 1.6.0, whose key ids are hashes of its own JSON.
private let securesystemslibEnvelope = """
  {"payload": "eyJmcm9tIjoic2VjdXJlc3lzdGVtc2xpYiJ9", "payloadType": "application/vnd.in-toto+json", "signatures": \
  [{"keyid": "6426562a2b37448190d5dc14c6f8430379ffe6bc9c1013eef12f02335cc16cb2", "sig": \
  "MEUCIFykMflBS3EQ3eAQbOTIyM9ogHm0qucPp4CA4vGZkWkdAiEAhTFCGPjJx4HzVXXKZgHLGrBAbnXF8EO//GCJjUT7H7I="}]}
  """
