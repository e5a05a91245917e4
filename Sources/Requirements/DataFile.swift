// SPDX-License-Identifier: Apache-2.0
package import Exact

/// Why a file of numbers was refused.
package enum DataFileError: Error, Hashable, Sendable {
  case unreadable(String)
  case extensionUnknown
  case csvField(line: Int, DecimalError)
  case csvEmptyField(line: Int)
  case csvEmpty
  case npyMagic
  case npyVersion(UInt8)
  case npyTruncated(expected: Int, found: Int)
  case npyHeader(String)
  case npyType(String)
  case npyFortranOrder
  case npyTooLarge
  case npyNotFinite(index: Int)
}

extension DataFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let problem): "the file cannot be read: \(problem)"
    case .extensionUnknown: "numbers are read from .csv and .npy files only"
    case .csvField(let line, let error): "line \(line): \(error)"
    case .csvEmptyField(let line): "line \(line): a field is empty; write one number per field"
    case .csvEmpty: "the file has no numbers"
    case .npyMagic: "not an .npy file: it does not begin with \\x93NUMPY"
    case .npyVersion(let version):
      "version \(version) of the .npy format is not supported; save the array again with numpy.save"
    case .npyTruncated(let expected, let found): "the file should have \(expected) bytes but has \(found)"
    case .npyHeader(let problem): "its header is malformed: \(problem)"
    case .npyType(let type):
      "its element type '\(type)' is not supported; save float32 or float64 in little-endian order"
    case .npyFortranOrder: "its elements are in Fortran order; save numpy.ascontiguousarray(x) instead"
    case .npyTooLarge: "its shape has too many elements"
    case .npyNotFinite(let index): "element \(index) is not a finite number"
    }
  }
}

/// Numbers from a file beside the requirements, exactly: decimal text from CSV, the expansion of each double from NPY.
package enum DataFile {
  package static func decimals(_ bytes: [UInt8], path: String) throws(DataFileError) -> [Decimal] {
    let name = path.lowercased()
    if name.hasSuffix(".csv") { return try CSV.decimals(bytes) }
    if name.hasSuffix(".npy") { return try NPY(bytes).values.map(Decimal.init(exactly:)) }
    throw .extensionUnknown
  }
}

/// Numbers separated by commas, over one line or several; blanks around them and empty lines do not count.
enum CSV {
  static func decimals(_ bytes: [UInt8]) throws(DataFileError) -> [Decimal] {
    var result: [Decimal] = []
    var lineNumber = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      lineNumber += 1
      if trim(line).isEmpty { continue }
      for field in line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        let number = trim(field)
        guard !number.isEmpty else { throw .csvEmptyField(line: lineNumber) }
        do {
          result.append(try Decimal(parsing: bytes, in: number.startIndex..<number.endIndex))
        } catch {
          throw .csvField(line: lineNumber, error)
        }
      }
    }
    guard !result.isEmpty else { throw .csvEmpty }
    return result
  }

  private static func trim(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
    guard let first = field.firstIndex(where: { !isBlank($0) }), let last = field.lastIndex(where: { !isBlank($0) })
    else {
      return field[field.startIndex..<field.startIndex]
    }
    return field[first...last]
  }
}
