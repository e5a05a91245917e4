// SPDX-License-Identifier: Apache-2.0

package enum GzipFault: Error, Hashable, Sendable {
  case truncated
  case header
  case block(String)
  case checksumDiffers
  case lengthDiffers
  case tooLarge(limit: Int)
}

/// Decompresses DEFLATE data (RFC 1951), reading bits from the least significant end of each byte.
///
/// Memory stays below the limit given, whatever the input claims.
struct Inflate {
  private let input: [UInt8]
  /// The next byte to load into `bits`.
  private var position: Int
  private var bits: UInt64 = 0
  private var bitCount = 0
  private(set) var output: [UInt8] = []
  private let limit: Int

  init(_ input: [UInt8], from position: Int, limit: Int) {
    self.input = input
    self.position = position
    self.limit = limit
  }

  /// Reads blocks up to the last one and returns the position of the first byte after them.
  mutating func run() throws(GzipFault) -> Int {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try storedBlock()
      case 1: try compressedBlock(literals: .fixedLiterals, distances: .fixedDistances)
      case 2: try dynamicBlock()
      default: throw .block("block type 3")
      }
    }
    return position - bitCount / 8
  }

  private mutating func fill() {
    while bitCount <= 56, position < input.count {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  private mutating func take(_ count: Int) throws(GzipFault) -> Int {
    if bitCount < count { fill() }
    guard bitCount >= count else { throw .truncated }
    let value = Int(truncatingIfNeeded: bits & ((1 << UInt64(count)) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func symbol(_ code: HuffmanCode) throws(GzipFault) -> Int {
    if bitCount < 15 { fill() }
    let entry = code.table[Int(truncatingIfNeeded: bits) & (code.table.count - 1)]
    let length = Int(entry & 15)
    guard length > 0 else { throw bitCount < 15 ? .truncated : .block("unassigned code") }
    guard length <= bitCount else { throw .truncated }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  private func checkRoom(for count: Int) throws(GzipFault) {
    guard count <= limit - output.count else { throw .tooLarge(limit: limit) }
  }

  private mutating func storedBlock() throws(GzipFault) {
    _ = try take(bitCount % 8)
    let length = try take(16)
    guard try take(16) == length ^ 0xFFFF else { throw .block("stored length") }
    try checkRoom(for: length)
    for _ in 0..<length { output.append(UInt8(truncatingIfNeeded: try take(8))) }
  }

  private mutating func dynamicBlock() throws(GzipFault) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .block("too many codes") }
    var lengthLengths = [UInt8](repeating: 0, count: 19)
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    for index in order.prefix(lengthCount) { lengthLengths[index] = UInt8(truncatingIfNeeded: try take(3)) }
    let lengthCode = try HuffmanCode(lengths: lengthLengths[...], mayBeIncomplete: false)

    var lengths: [UInt8] = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try symbol(lengthCode)
      switch symbol {
      case 0...15: lengths.append(UInt8(truncatingIfNeeded: symbol))
      case 16:
        guard let last = lengths.last else { throw .block("repeat without a length") }
        lengths += [UInt8](repeating: last, count: 3 + (try take(2)))
      case 17: lengths += [UInt8](repeating: 0, count: 3 + (try take(3)))
      default: lengths += [UInt8](repeating: 0, count: 11 + (try take(7)))
      }
    }
    guard lengths.count == literalCount + distanceCount else { throw .block("lengths overrun") }
    guard lengths[256] > 0 else { throw .block("no end code") }
    try compressedBlock(
      literals: HuffmanCode(lengths: lengths[..<literalCount], mayBeIncomplete: true),
      distances: HuffmanCode(lengths: lengths[literalCount...], mayBeIncomplete: true))
  }

  private mutating func compressedBlock(literals: HuffmanCode, distances: HuffmanCode) throws(GzipFault) {
    while true {
      let literal = try symbol(literals)
      if literal < 256 {
        try checkRoom(for: 1)
        output.append(UInt8(truncatingIfNeeded: literal))
        continue
      }
      if literal == 256 { return }
      guard literal <= 285 else { throw .block("length code \(literal)") }
      let length = Self.lengthBases[literal - 257] + (try take(Self.lengthExtraBits[literal - 257]))
      let distanceSymbol = try symbol(distances)
      guard distanceSymbol <= 29 else { throw .block("distance code \(distanceSymbol)") }
      let distance = Self.distanceBases[distanceSymbol] + (try take(max(0, distanceSymbol / 2 - 1)))
      guard distance <= output.count else { throw .block("distance before the start") }
      try checkRoom(for: length)
      for source in (output.count - distance)..<(output.count - distance + length) { output.append(output[source]) }
    }
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtraBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
}

/// A canonical Huffman code as one table over the next bits: entry = symbol · 16 + code length, 0 where no code begins so.
struct HuffmanCode {
  let table: [UInt16]

  /// RFC 1951 section 3.2.2. Incomplete codes are only legal with at most one symbol, of one bit.
  init(lengths: ArraySlice<UInt8>, mayBeIncomplete: Bool) throws(GzipFault) {
    var countOfLength = [Int](repeating: 0, count: 16)
    for length in lengths where length > 0 { countOfLength[Int(length)] += 1 }
    let used = countOfLength.reduce(0, +)
    let longest = countOfLength.lastIndex { $0 > 0 } ?? 1

    var next = [Int](repeating: 0, count: 17)
    var code = 0
    for length in 1...15 {
      next[length] = code
      code += countOfLength[length]
      guard code <= 1 << length else { throw .block("over-full code") }
      code <<= 1
    }
    let isComplete = code == 1 << 16
    guard isComplete || (mayBeIncomplete && used <= 1 && longest == 1) else { throw .block("incomplete code") }

    var table = [UInt16](repeating: 0, count: 1 << longest)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let reversed = Self.reverse(next[Int(length)], bits: Int(length))
      next[Int(length)] += 1
      for entry in stride(from: reversed, to: table.count, by: 1 << Int(length)) {
        table[entry] = UInt16(truncatingIfNeeded: symbol << 4) | UInt16(length)
      }
    }
    self.table = table
  }

  private init(table: [UInt16]) { self.table = table }

  private static func reverse(_ code: Int, bits: Int) -> Int {
    var result = 0
    for bit in 0..<bits where code & (1 << bit) != 0 { result |= 1 << (bits - 1 - bit) }
    return result
  }

  static let fixedLiterals = fixed(
    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
      + [UInt8](repeating: 8, count: 8))
  static let fixedDistances = fixed([UInt8](repeating: 5, count: 32))

  private static func fixed(_ lengths: [UInt8]) -> HuffmanCode {
    do { return try HuffmanCode(lengths: lengths[...], mayBeIncomplete: false) } catch {
      preconditionFailure("the fixed codes of RFC 1951 are complete")
    }
  }
}
