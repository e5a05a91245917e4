// SPDX-License-Identifier: Apache-2.0

/// An array saved by `numpy.save`: format 1.0, 2.0 or 3.0, little-endian float32 or float64, C order.
///
/// Source: NumPy's `numpy.lib.format` document: magic, version, header length, a Python dictionary of three keys, then the elements.
struct NPY {
  let shape: [Int]
  /// Row-major; every float32 is a double exactly. All finite.
  let values: [Double]

  init(_ bytes: [UInt8]) throws(DataFileError) {
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else { throw .npyMagic }
    guard bytes.count >= 10 else { throw .npyTruncated(expected: 10, found: bytes.count) }
    let version = bytes[6]
    guard 1...3 ~= version else { throw .npyVersion(version) }
    let lengthBytes = version == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else { throw .npyTruncated(expected: 8 + lengthBytes, found: bytes.count) }
    let headerStart = 8 + lengthBytes
    let headerLength = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard bytes.count - headerStart >= headerLength else {
      throw .npyTruncated(expected: headerStart + headerLength, found: bytes.count)
    }
    var header = NPYHeader(bytes[headerStart..<headerStart + headerLength])
    try header.parse()
    shape = header.shape
    values = try Self.elements(bytes[(headerStart + headerLength)...], of: header, fileCount: bytes.count)
  }

  private static func elements(
    _ bytes: ArraySlice<UInt8>, of header: NPYHeader, fileCount: Int
  ) throws(DataFileError) -> [Double] {
    guard header.type == "<f4" || header.type == "<f8" else { throw .npyType(header.type) }
    guard !header.isFortranOrder else { throw .npyFortranOrder }
    let width = header.type == "<f4" ? 4 : 8
    var byteCount = width
    for dimension in header.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
      guard !overflow, product < 1 << 40 else { throw .npyTooLarge }
      byteCount = product
    }
    guard bytes.count == byteCount else {
      throw .npyTruncated(expected: fileCount - bytes.count + byteCount, found: fileCount)
    }
    var values: [Double] = []
    values.reserveCapacity(byteCount / width)
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: width) {
      let pattern = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
      let value = width == 4 ? Double(Float(bitPattern: UInt32(pattern))) : Double(bitPattern: pattern)
      guard value.isFinite else { throw .npyNotFinite(index: values.count) }
      values.append(value)
    }
    return values
  }
}

/// The dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: these three keys, in any order.
struct NPYHeader {
  private(set) var type = ""
  private(set) var isFortranOrder = false
  private(set) var shape: [Int] = []
  private let bytes: ArraySlice<UInt8>
  private var offset: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    offset = bytes.startIndex
  }

  mutating func parse() throws(DataFileError) {
    var seen: Set<String> = []
    try expect("{")
    while !skip("}") {
      let key = try string()
      guard seen.insert(key).inserted else { throw .npyHeader("the key '\(key)' appears twice") }
      try expect(":")
      switch key {
      case "descr": type = try string()
      case "fortran_order": isFortranOrder = try boolean()
      case "shape": shape = try tuple()
      default: throw .npyHeader("unknown key '\(key)'")
      }
      if skip("}") { break }
      try expect(",")
    }
    skipBlanks()
    guard offset == bytes.endIndex else { throw .npyHeader("there is more text after '}'") }
    for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) {
      throw .npyHeader("the key '\(key)' is missing")
    }
  }

  private mutating func skipBlanks() {
    while offset < bytes.endIndex, bytes[offset] == UInt8(ascii: " ") || bytes[offset] == UInt8(ascii: "\n") {
      offset += 1
    }
  }

  /// Skips blanks and the symbol, if it stands here.
  private mutating func skip(_ symbol: String) -> Bool {
    skipBlanks()
    guard bytes[offset...].starts(with: symbol.utf8) else { return false }
    offset += symbol.utf8.count
    return true
  }

  private mutating func expect(_ symbol: String) throws(DataFileError) {
    guard skip(symbol) else { throw .npyHeader("expected '\(symbol)'") }
  }

  private mutating func string() throws(DataFileError) -> String {
    try expect("'")
    guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "'")), end - offset <= 64 else {
      throw .npyHeader("a text is not closed")
    }
    defer { offset = end + 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(DataFileError) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw .npyHeader("fortran_order is neither True nor False")
  }

  private mutating func tuple() throws(DataFileError) -> [Int] {
    var result: [Int] = []
    try expect("(")
    while !skip(")") {
      skipBlanks()
      let digits = bytes[offset...].prefix { 0x30...0x39 ~= $0 }
      guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
        throw .npyHeader("the shape is not a tuple of sizes")
      }
      offset = digits.endIndex
      result.append(value)
      if skip(")") { break }
      try expect(",")
    }
    return result
  }
}
