// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// A DSSE envelope around an in-toto statement: payload bytes and signatures over them.
///
/// Source: DSSE 1.0.2 (secure-systems-lab/dsse, protocol.md and envelope.md); in-toto attestation v1, envelope layer.
package struct Envelope: Sendable, Hashable {
  package static let payloadType = "application/vnd.in-toto+json"
  /// Statements take a few kilobytes; anything near this is not one of ours and is not decoded.
  package static let byteLimit = 16 << 20

  package struct Signature: Sendable, Hashable {
    /// A hint which key to try first; it is not signed.
    package let keyID: String
    package let bytes: [UInt8]

    package init(keyID: String, bytes: [UInt8]) {
      self.keyID = keyID
      self.bytes = bytes
    }
  }

  package let payload: [UInt8]
  package let signatures: [Signature]

  package init(payload: [UInt8], signatures: [Signature]) {
    self.payload = payload
    self.signatures = signatures
  }

  /// Signs the canonical bytes of `statement`.
  package static func sign(_ statement: Statement, with key: SigningKey) throws(KeyError) -> Envelope {
    let payload = statement.encoded()
    let signature = try key.sign(preAuthenticationEncoding(of: payload))
    return Envelope(payload: payload, signatures: [Signature(keyID: key.publicKey.id, bytes: signature)])
  }

  /// `"DSSEv1" SP len(type) SP type SP len(payload) SP payload`: the bytes that are signed.
  package static func preAuthenticationEncoding(of payload: [UInt8]) -> [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }

  /// The key among `keys` that signed the payload; one good signature suffices.
  ///
  /// A signature whose `keyid` names none of the keys is still tried with all of them, because other tools compute
  /// other identifiers and the field is only a hint (DSSE, "keyid … MUST NOT be used for security decisions").
  ///
  /// - Throws: `.badSignature` if a signature names one of the keys and does not verify, `.unknownKey` if none names one.
  package func verify(with keys: [PublicKey]) throws(EnvelopeError) -> PublicKey {
    guard !signatures.isEmpty else { throw .noSignature }
    let message = Self.preAuthenticationEncoding(of: payload)
    for signature in signatures {
      let named = keys.filter { $0.id == signature.keyID }
      for key in named.isEmpty ? keys : named where key.isValid(signature: signature.bytes, over: message) {
        return key
      }
    }
    let known = Set(keys.map(\.id))
    if let signature = signatures.first(where: { known.contains($0.keyID) }) {
      throw .badSignature(keyID: signature.keyID)
    }
    throw .unknownKey(keyIDs: signatures.map(\.keyID))
  }

  /// Checks the signature, then reads what was signed.
  package func verifiedStatement(with keys: [PublicKey]) throws(EnvelopeError) -> (statement: Statement, key: PublicKey) {
    let key = try verify(with: keys)
    do { return (try Statement(decoding: payload), key) } catch { throw .statement(error) }
  }
}

extension Envelope {
  /// Both spellings of the DSSE specification share these names.
  private struct Wire: Codable {
    struct Signature: Codable {
      var keyid: String?
      var sig: String
    }
    var payload: String
    var payloadType: String
    var signatures: [Signature]
  }

  /// The envelope as one line of JSON, with a final newline.
  package func encoded() -> [UInt8] {
    let wire = Wire(
      payload: Data(payload).base64EncodedString(), payloadType: Self.payloadType,
      signatures: signatures.map { .init(keyid: $0.keyID, sig: Data($0.bytes).base64EncodedString()) })
    return CanonicalJSON.encode(wire) + [UInt8(ascii: "\n")]
  }

  /// Reads an envelope without judging its signatures. Unknown fields are ignored, as DSSE asks.
  package init(decoding bytes: [UInt8]) throws(EnvelopeError) {
    guard bytes.count <= Self.byteLimit else { throw .tooLarge(byteCount: bytes.count) }
    let wire: Wire
    do { wire = try CanonicalJSON.decode(Wire.self, from: bytes) } catch { throw .malformed(error) }
    guard wire.payloadType == Self.payloadType else { throw .wrongPayloadType(wire.payloadType) }
    guard let payload = Self.base64(wire.payload) else { throw .badBase64(field: "payload") }
    var signatures: [Signature] = []
    for (index, signature) in wire.signatures.enumerated() {
      guard let bytes = Self.base64(signature.sig), !bytes.isEmpty else {
        throw .badBase64(field: "signatures[\(index)].sig")
      }
      signatures.append(Signature(keyID: signature.keyid ?? "", bytes: bytes))
    }
    self.init(payload: payload, signatures: signatures)
  }

  /// DSSE readers accept the standard and the URL-safe alphabet; padding is required.
  private static func base64(_ text: String) -> [UInt8]? {
    let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    return Data(base64Encoded: standard).map(Array.init)
  }
}

/// Why an envelope proves nothing.
package enum EnvelopeError: Error, Hashable, CustomStringConvertible {
  case tooLarge(byteCount: Int)
  case malformed(JSONFault)
  case badBase64(field: String)
  case wrongPayloadType(String)
  case noSignature
  case unknownKey(keyIDs: [String])
  case badSignature(keyID: String)
  case statement(StatementError)

  package var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "The envelope has \(byteCount) bytes, more than \(Envelope.byteLimit). Check that this is the envelope, not the certificate."
    case .malformed(let fault):
      "This is no DSSE envelope: \(fault). Check that the file was copied whole."
    case .badBase64(let field):
      "The envelope's field '\(field)' is no base64. Check that the file was copied whole."
    case .wrongPayloadType(let found):
      "The envelope holds '\(found)', not '\(Envelope.payloadType)'. Check that this is the envelope of a certificate."
    case .noSignature:
      "The envelope carries no signature. Run 'axcert verify' again: it signs what it proves."
    case .unknownKey(let keyIDs):
      """
      None of the given keys made the signature; the envelope names \
      \(keyIDs.map { $0.isEmpty ? "no key" : "key \($0)" }.joined(separator: ", ")). \
      Get the signer's public key from a source you trust.
      """
    case .badSignature(let keyID):
      "The signature of key \(keyID) does not match: the envelope was altered after signing. Do not rely on it."
    case .statement(let error):
      error.description
    }
  }
}
