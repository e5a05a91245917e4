// SPDX-License-Identifier: Apache-2.0
import Exact
import Requirements
import Testing

/// The message of the error that reading gives.
private func message(_ bytes: [UInt8], _ path: String) -> String? {
  #expect(throws: DataFileError.self) { try DataFile.decimals(bytes, path: path) }?.description
}

@Suite("CSV points")
struct CSVTests {
  @Test("fields keep their decimal text, over any number of lines")
  func reads() throws {
    let numbers = try DataFile.decimals(Array("0.1, 2e-1\t,-3\r\n\n  4.50\n".utf8), path: "a.CSV")
    #expect(numbers.map(\.description) == ["0.1", "0.2", "-3", "4.5"])
  }

  @Test(
    "what is not a number is refused with its line",
    arguments: [
      ("", "the file has no numbers"),
      (" \n\n", "the file has no numbers"),
      ("1,,2", "line 1: a field is empty; write one number per field"),
      ("1\n2,\n", "line 2: a field is empty; write one number per field"),
      ("1\n\n2,x", "line 3: 'x' is not a decimal number; write it like -12.5 or 1e-3"),
      ("nan", "line 1: 'nan' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1;2", "line 1: '1;2' is not a decimal number; write it like -12.5 or 1e-3"),
      ("1 2", "line 1: '1 2' is not a decimal number; write it like -12.5 or 1e-3"),
    ])
  func refuses(_ text: String, _ expected: String) {
    #expect(message(Array(text.utf8), "a.csv") == expected)
  }
}

@Suite("NPY points")
struct NPYTests {
  /// A version 1.0 file with a header of the given type and shape.
  static func file(_ type: String, _ shape: String, _ elements: [UInt8], fortran: String = "False") -> [UInt8] {
    file(header: "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }", elements)
  }

  static func file(header: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8)
    let length =
      version == 1
      ? [UInt8(text.count & 255), UInt8(text.count >> 8)] : [UInt8(text.count & 255), UInt8(text.count >> 8), 0, 0]
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements
  }

  private func digits(_ bytes: [UInt8]) throws -> [String] {
    try DataFile.decimals(bytes, path: "a.npy").map(\.description)
  }

  @Test("files of numpy.save are read exactly")
  func golden() throws {
    // numpy.save of numpy.array([[0.1, -2.5], [1e-3, 3.0]], '<f4'): format 1.0, header padded to 128 bytes with spaces.
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let elements: [UInt8] = [0xCD, 0xCC, 0xCC, 0x3D, 0, 0, 0x20, 0xC0, 0x6F, 0x12, 0x83, 0x3A, 0, 0, 0x40, 0x40]
    let bytes = Self.file(header: padded, elements)
    #expect(bytes.count == 144)
    #expect(try digits(bytes) == ["0.100000001490116119384765625", "-2.5", "0.001000000047497451305389404296875", "3"])
    // Format 2.0, float64: 0.1, −0.0 and 1.
    let doubles: [UInt8] =
      [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F] + [0, 0, 0, 0, 0, 0, 0, 0x80] + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
    let second = Self.file(header: "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", doubles, version: 2)
    #expect(try digits(second) == ["0.1000000000000000055511151231257827021181583404541015625", "0", "1"])
    // A scalar, and keys in another order.
    #expect(
      try digits(Self.file(header: "{'shape': (), 'fortran_order': False, 'descr': '<f4'}", [0, 0, 0x80, 0x3F])) == [
        "1"
      ])
  }

  @Test("an array of any doubles is read back bit for bit")
  func roundTrip() throws {
    var generator = SystemRandomNumberGenerator()
    let values = (0..<200).map { _ in
      Double(bitPattern: UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &generator))
    }
    let bytes = values.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
    }
    let read = try DataFile.decimals(Self.file("<f8", "(200,)", bytes), path: "a.npy")
    #expect(try read.map { try $0.enclosure() } == values.map(Enclosure.init(exactly:)))
  }

  @Test("malformed files are refused with the reason")
  func refuses() {
    let one: [UInt8] = [0, 0, 0x80, 0x3F]
    let cases: [([UInt8], String)] = [
      ([], "not an .npy file: it does not begin with \\x93NUMPY"),
      (Array("PK\u{3}\u{4}".utf8), "not an .npy file: it does not begin with \\x93NUMPY"),
      ([0x93] + Array("NUMPY".utf8), "the file should have 10 bytes but has 6"),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 1, 0], "the file should have 12 bytes but has 10"),
      (
        Self.file(header: "{}", [], version: 9),
        "version 9 of the .npy format is not supported; save the array again with numpy.save"
      ),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255], "the file should have 65545 bytes but has 10"),
      (Self.file("<f4", "(2,)", one), "the file should have 75 bytes but has 71"),
      (Self.file("<f4", "(1,)", one + [0]), "the file should have 71 bytes but has 72"),
      (
        Self.file("<i4", "(1,)", one),
        "its element type '<i4' is not supported; save float32 or float64 in little-endian order"
      ),
      (
        Self.file(">f4", "(1,)", one),
        "its element type '>f4' is not supported; save float32 or float64 in little-endian order"
      ),
      (
        Self.file("|O", "(1,)", one),
        "its element type '|O' is not supported; save float32 or float64 in little-endian order"
      ),
      (
        Self.file("<f4", "(1,)", one, fortran: "True"),
        "its elements are in Fortran order; save numpy.ascontiguousarray(x) instead"
      ),
      (Self.file("<f4", "(1,)", one, fortran: "0"), "its header is malformed: fortran_order is neither True nor False"),
      (Self.file("<f4", "(9999999999, 9999999999)", one), "its shape has too many elements"),
      (Self.file("<f4", "(99999999999999999999,)", one), "its header is malformed: the shape is not a tuple of sizes"),
      (Self.file("<f4", "(-1,)", one), "its header is malformed: the shape is not a tuple of sizes"),
      (Self.file("<f4", "[1]", one), "its header is malformed: expected '('"),
      (Self.file("<f4", "(1 1)", one), "its header is malformed: expected ','"),
      (Self.file(header: "[]", one), "its header is malformed: expected '{'"),
      (Self.file(header: "{'descr': '<f4'}", one), "its header is malformed: the key 'fortran_order' is missing"),
      (
        Self.file(header: "{'descr': '<f4', 'descr': '<f4'}", one),
        "its header is malformed: the key 'descr' appears twice"
      ),
      (Self.file(header: "{'x': 1}", one), "its header is malformed: unknown key 'x'"),
      (Self.file(header: "{'descr", one), "its header is malformed: a text is not closed"),
      (
        Self.file(header: "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", one),
        "its header is malformed: there is more text after '}'"
      ),
      (Self.file("<f4", "(1,)", [0, 0, 0x80, 0x7F]), "element 0 is not a finite number"),
      (Self.file("<f4", "(2,)", one + [0, 0, 0xC0, 0x7F]), "element 1 is not a finite number"),
    ]
    for (bytes, expected) in cases { #expect(message(bytes, "a.npy") == expected) }
  }

  @Test("any cut or damage is refused or read, and never traps")
  func mutations() {
    let valid = Self.file("<f4", "(2, 1)", [0, 0, 0x80, 0x3F, 0, 0, 0, 0])
    for count in 0..<valid.count {
      #expect(throws: DataFileError.self) { try DataFile.decimals(Array(valid.prefix(count)), path: "a.npy") }
    }
    for index in valid.indices {
      for byte in UInt8.min...UInt8.max {
        var mutated = valid
        mutated[index] = byte
        _ = try? DataFile.decimals(mutated, path: "a.npy")
      }
    }
  }
}
