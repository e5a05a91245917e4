// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

@Suite struct SHA256DigestTests {
  @Test(
    "digests of FIPS 180-4's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func examples(message: String, hex: String) throws {
    let digest = SHA256Digest(of: Array(message.utf8))
    #expect(digest.hex == hex)
    #expect(SHA256Digest(hex: hex) == digest)
    #expect(SHA256Digest(hex: hex.uppercased()) == digest)
    #expect(SHA256Digest(bytes: digest.bytes) == digest)
  }

  @Test("a file has the digest of its bytes, whatever its size", arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
  func file(byteCount: Int) throws {
    let directory = try TemporaryDirectory()
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let path = directory.path + "/data"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let (digest, count) = try SHA256Digest.ofFile(at: path)
    #expect(digest == SHA256Digest(of: bytes))
    #expect(count == byteCount)
  }

  @Test func refusesWhatIsNoDigest() {
    #expect(SHA256Digest(hex: String(repeating: "0", count: 63)) == nil)
    #expect(SHA256Digest(hex: String(repeating: "g", count: 64)) == nil)
    #expect(SHA256Digest(bytes: [1, 2, 3]) == nil)
  }

  @Test func missingFileAndDirectory() throws {
    let directory = try TemporaryDirectory()
    let missing = failure { () throws(FileError) in try SHA256Digest.ofFile(at: directory.path + "/no") }
    #expect(missing?.description == "cannot read '\(directory.path)/no': No such file or directory. Check the path.")
    let folder = failure { () throws(FileError) in try SHA256Digest.ofFile(at: directory.path) }
    #expect(
      folder?.description == "cannot read '\(directory.path)': Is a directory. Give a file, not a directory.")
  }
}
