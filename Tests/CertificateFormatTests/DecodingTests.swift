// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Testing

@Suite struct DecodingTests {
  @Test("a certificate comes back equal, and encodes to the same bytes", arguments: [holdsSample(), violatedSample()])
  func roundTrip(certificate: Certificate) throws {
    let bytes = certificate.encoded()
    let again = try Certificate(decoding: bytes)
    #expect(again == certificate)
    #expect(again.encoded() == bytes)
  }

  @Test("the first bytes are those of the specification")
  func golden() {
    let bytes = violatedSample().encoded()
    #expect(Array(bytes.prefix(9)) == [0x41, 0x58, 0x43, 0x31, 1, 0, 1, 1, 1])
    // region 3, disjunct 130 as a varint of two bytes, float32, 4 bytes of input
    #expect(Array(bytes.dropLast(32).suffix(9)) == [3, 0x82, 1, 1, 4, 0, 0, 128, 63])
    #expect(bytes.suffix(32).elementsEqual(Digest(of: Array(bytes.dropLast(32))).bytes))
  }

  @Test("every flipped bit is found", arguments: [holdsSample(), violatedSample()])
  func everyBit(certificate: Certificate) {
    var bytes = certificate.encoded()
    for i in bytes.indices {
      for bit in 0..<8 {
        bytes[i] ^= 1 << UInt8(bit)
        #expect(throws: CertificateError.self, "byte \(i), bit \(bit)") { try Certificate(decoding: bytes) }
        bytes[i] ^= 1 << UInt8(bit)
      }
    }
  }

  @Test("a flipped bit under a new digest is refused, or is another canonical certificate")
  func everySealedBit() throws {
    for certificate in [holdsSample(), violatedSample()] {
      let bytes = certificate.encoded()
      for i in 0..<bytes.count - 32 {
        for bit in 0..<8 {
          var forged = bytes
          forged[i] ^= 1 << UInt8(bit)
          forged = sealed(forged)
          guard let decoded = try? Certificate(decoding: forged) else { continue }
          #expect(decoded != certificate)
          #expect(decoded.encoded() == forged, "byte \(i), bit \(bit)")
        }
      }
    }
  }

  @Test("a file that is cut short says so, wherever it ends")
  func truncated() {
    let bytes = holdsSample().encoded()
    for count in 1..<bytes.count {
      let error = #expect(throws: CertificateError.self) { try Certificate(decoding: Array(bytes.prefix(count))) }
      if case .truncated = error { continue }
      Issue.record("cut to \(count) bytes: \(error.debugDescription)")
    }
  }

  @Test("what is wrong is said with field and offset")
  func messages() {
    var bytes = violatedSample().encoded()
    func message(_ bytes: [UInt8]) -> String {
      do { _ = try Certificate(decoding: bytes) } catch { return error.description }
      return "accepted"
    }
    #expect(
      message(Array("PK..".utf8))
        == "not an axcert certificate: the file does not begin with 'AXC1'. Pass the file that 'axcert verify' wrote.")
    #expect(message([]) == message(Array("PK..".utf8)))
    var future = bytes
    future[4] = 2
    #expect(message(future) == "certificate format version 2; this checker reads version 1. Use a newer axcheck.")
    #expect(
      message(Array(bytes.prefix(20)))
        == "the certificate ends inside 'model digest', which begins at offset 9. The file is cut short: copy it again.")
    let good = Digest(of: Array(bytes.dropLast(32)))
    bytes[10] ^= 1
    let bad = Digest(of: Array(bytes.dropLast(32)))
    #expect(message(bytes) == "the certificate is damaged: it says SHA-256 \(good), its bytes have \(bad). Copy the file again.")
    var type = violatedSample().encoded()
    type[type.count - 32 - 6] = 2
    #expect(
      message(sealed(type))
        == "'witness element type' at offset \(type.count - 38) is malformed: 2 is neither 1 nor 11. The producer of this certificate is at fault."
    )
    let more = sealed(violatedSample().encoded().dropLast(32) + [0] + [UInt8](repeating: 0, count: 32))
    #expect(
      message(more)
        == "1 bytes follow the end of the certificate at offset \(more.count - 1). The producer of this certificate is at fault.")
  }

  @Test(
    "numbers that are not canonical are refused",
    arguments: [
      ([0x80, 0x00], "the number is not in its shortest form"),
      ([UInt8](repeating: 0xff, count: 9) + [1], "the number is longer than 9 bytes"),
    ])
  func varints(bytes: [UInt8], reason: String) {
    var reader = ByteReader(bytes)
    #expect(throws: CertificateError.invalid(field: "n", offset: 0, reason: reason)) { try reader.varint("n") }
  }

  @Test("a varint comes back, whatever its size")
  func varintRoundTrip() throws {
    for value in [0, 1, 127, 128, 16_383, 16_384, 1 << 40, Int.max] {
      var writer = ByteWriter()
      writer.varint(value)
      var reader = ByteReader(writer.bytes)
      #expect(try reader.varint("n") == value)
      #expect(reader.isAtEnd)
    }
  }

  @Test("NaN, a margin of 0 and bad text are refused")
  func badNumbers() {
    var writer = ByteWriter()
    writer.f64(.nan)
    var reader = ByteReader(writer.bytes)
    #expect(throws: CertificateError.self) { try reader.f64("x") }
    for margin in [0, -1, Double.infinity] {
      let bytes = certificate(.holds(margin: margin, regions: [])).encoded()
      #expect(throws: CertificateError.self) { try Certificate(decoding: bytes) }
    }
    var text = ByteReader([1, 0xff])
    #expect(throws: CertificateError.invalid(field: "t", offset: 0, reason: "the text is not UTF-8")) { try text.text("t") }
  }
}
