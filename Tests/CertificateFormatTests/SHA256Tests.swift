// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Testing

@Suite struct SHA256Tests {
  @Test(
    "the examples of FIPS 180-4 and NIST's long messages",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func golden(message: String, digest: String) {
    #expect(Digest(of: Array(message.utf8)).hex == digest)
  }

  @Test("a long message: 200,000 times 'a'")
  func long() {
    let digest = Digest(of: [UInt8](repeating: UInt8(ascii: "a"), count: 200_000))
    #expect(digest.hex == "2287d207f24a941ff3b56c04c8a25ad56b63e3023207b3bb5b4ac0c9869d74be")
  }

  @Test("pieces of any length give the digest of the whole")
  func streaming() {
    let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for size in [1, 3, 63, 64, 65, 200] {
      var hash = SHA256()
      var start = 0
      while start < message.count {
        hash.update(message[start..<min(message.count, start + size)])
        start += size
      }
      #expect(hash.finish() == Digest(of: message), "pieces of \(size)")
    }
  }

  @Test func hexadecimal() {
    let digest = Digest(of: [1, 2, 3])
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(hex: digest.hex.uppercased()) == digest)
    #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
    #expect(Digest(hex: String(digest.hex.dropLast()) + "g") == nil)
    #expect(Digest(hex: digest.hex + "00") == nil)
  }
}
