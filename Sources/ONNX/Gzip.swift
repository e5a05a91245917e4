// SPDX-License-Identifier: Apache-2.0

/// The gzip file format (RFC 1952): members one after the other, each checked against its CRC-32 and length.
enum Gzip {
  /// The most a file may unpack to: protobuf's own limit on one message is 2 GiB.
  static let expansionLimit = (1 << 31) - 1

  static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  static func expand(_ bytes: [UInt8], limit: Int = expansionLimit) throws(GzipFault) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    repeat {
      var inflate = Inflate(bytes, from: try endOfHeader(bytes, from: position), limit: limit - result.count)
      let end = try inflate.run()
      guard end <= bytes.count - 8 else { throw .truncated }
      guard crc32(inflate.output) == littleEndian(bytes, at: end) else { throw .checksumDiffers }
      guard UInt32(truncatingIfNeeded: inflate.output.count) == littleEndian(bytes, at: end + 4) else {
        throw .lengthDiffers
      }
      if result.isEmpty { result = inflate.output } else { result += inflate.output }
      position = end + 8
    } while position < bytes.count
    return result
  }

  /// Position after the header of the member at `start`.
  private static func endOfHeader(_ bytes: [UInt8], from start: Int) throws(GzipFault) -> Int {
    guard bytes.count - start >= 18 else { throw .truncated }
    let flags = bytes[start + 3]
    guard bytes[start] == 0x1F, bytes[start + 1] == 0x8B, bytes[start + 2] == 8, flags & 0xE0 == 0 else {
      throw .header
    }
    var position = start + 10
    if flags & 4 != 0 {  // FEXTRA
      position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {  // FNAME, FCOMMENT: text up to a zero byte
      while position < bytes.count, bytes[position] != 0 { position += 1 }
      position += 1
    }
    if flags & 2 != 0 { position += 2 }  // FHCRC
    guard position < bytes.count else { throw .truncated }
    return position
  }

  private static func littleEndian(_ bytes: [UInt8], at position: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[position + $1]) << UInt32(8 * $1) }
  }

  /// CRC-32 as in RFC 1952 section 8 (polynomial 0xEDB88320, reflected).
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    return ~crc
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}
