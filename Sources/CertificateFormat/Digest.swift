// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 value: 32 bytes that name a file.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
  package static let byteCount = 32

  /// Exactly 32 bytes.
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount, "a SHA-256 value has 32 bytes, not \(bytes.count)")
    self.bytes = bytes
  }

  /// The digest of `data`.
  package init(of data: [UInt8]) {
    var hash = SHA256()
    hash.update(data[...])
    self = hash.finish()
  }

  /// The digest of a part of an array.
  package init(of data: ArraySlice<UInt8>) {
    var hash = SHA256()
    hash.update(data)
    self = hash.finish()
  }

  /// From 64 hexadecimal digits of either case; nil for anything else.
  package init?(hex: String) {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in hex.utf8 {
      guard let value = Digest.value(ofHexDigit: character) else { return nil }
      if let pending = high {
        bytes.append(pending << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard high == nil, bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// 64 lower-case hexadecimal digits.
  package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  package var description: String { hex }

  private static func value(ofHexDigit character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
