// SPDX-License-Identifier: Apache-2.0
import Graph
import Testing

@testable import ONNX

@Suite("gzip")
struct GzipTests {
  private let packed: [UInt8]
  private let plain: [UInt8]

  init() throws {
    packed = try Fixtures.bytes("mlp.onnx.gz")
    plain = try Fixtures.bytes("mlp.onnx")
  }

  @Test("unpacks what Python's gzip packed") func expands() throws {
    #expect(try Gzip.expand(packed) == plain)
    let output = evaluate(try ONNXReader.read(packed, path: nil), [1, 2, 3, 4, 5])
    #expect(output == evaluate(try ONNXReader.read(plain, path: nil), [1, 2, 3, 4, 5]))
  }

  @Test("the CRC-32 of RFC 1952 is that of 'check'") func checksum() {
    #expect(Gzip.crc32([UInt8]("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test("members one after the other are joined") func joinsMembers() throws {
    #expect(try Gzip.expand(packed + packed) == plain + plain)
  }

  @Test("every proper prefix is refused") func refusesPrefixes() {
    for length in 2..<packed.count {
      #expect(throws: GzipFault.self) { try Gzip.expand(Array(packed[..<length])) }
    }
  }

  @Test("a flipped bit is noticed, or changes nothing of the contents") func noticesFlippedBits() {
    for position in packed.indices.dropFirst(2) {
      for bit in 0..<8 {
        var damaged = packed
        damaged[position] ^= 1 << bit
        let contents = try? Gzip.expand(damaged)
        #expect(contents == nil || contents == plain)
      }
    }
  }

  @Test("faults in the trailer have their own messages") func trailer() {
    let end = packed.count
    #expect(
      message(changing(end - 8))
        == "damaged gzip file: the CRC-32 of its contents differs from the one stored. Download it again.")
    #expect(
      message(changing(end - 1))
        == "damaged gzip file: the length of its contents differs from the one stored. Download it again.")
    #expect(message(Array(packed.dropLast(20))) == "damaged gzip file: it ends too early. Download it again.")
    #expect(
      message(changing(2))
        == "damaged gzip file: its header is not understood (RFC 1952). Download it again, or unpack it first.")
  }

  private func changing(_ position: Int) -> [UInt8] {
    var bytes = packed
    bytes[position] ^= 1
    return bytes
  }

  @Test("a bomb stops at the limit") func stopsAtLimit() {
    #expect(throws: GzipFault.tooLarge(limit: 100)) { try Gzip.expand(packed, limit: 100) }
    // Stored blocks, fixed codes with the longest match over and over: 1000 zeros from a few bytes.
    let zeros = bomb()
    #expect(throws: GzipFault.tooLarge(limit: 1 << 20)) { try Gzip.expand(zeros, limit: 1 << 20) }
  }

  /// A fixed-code block: one zero, then 100,000 matches of length 258 at distance 1 (13 bits each), 25 MB from 160 KB.
  private func bomb() -> [UInt8] {
    var bits: [Bool] = [true, true, false]  // last block, fixed codes
    func huffman(_ code: Int, _ count: Int) { for bit in (0..<count).reversed() { bits.append(code >> bit & 1 == 1) } }
    huffman(0x30, 8)
    for _ in 0..<100_000 {
      huffman(0b1100_0101, 8)  // 285: length 258
      huffman(0, 5)
    }
    huffman(0, 7)
    let body = stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(UInt8(0)) { start + $1 < bits.count && bits[start + $1] ? $0 | 1 << $1 : $0 }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + body + [UInt8](repeating: 0, count: 8)
  }

  @Test("stored blocks are copied") func storedBlocks() throws {
    let text = [UInt8]("hello".utf8)
    let crc = Gzip.crc32(text)
    let trailer = (0..<4).map { UInt8(truncatingIfNeeded: crc >> UInt32(8 * $0)) } + [5, 0, 0, 0]
    let header: [UInt8] = [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3] + [UInt8]("name".utf8) + [0]
    #expect(try Gzip.expand(header + [1, 5, 0, 0xFA, 0xFF] + text + trailer) == text)
    #expect(throws: GzipFault.block("stored length")) { try Gzip.expand(header + [1, 5, 0, 0, 0] + text + trailer) }
  }
}
