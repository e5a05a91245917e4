// SPDX-License-Identifier: Apache-2.0
import Exact

/// One word of an s-expression.
enum Token {
  case open, close, end
  /// A run of bytes up to white space, a parenthesis or a comment.
  case word(Range<Int>)
}

/// Cuts the bytes of a property file into tokens; makes no strings.
struct VNNLIBScanner {
  let bytes: [UInt8]
  /// Where the last token begins.
  private(set) var tokenStart = 0
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func next() -> Token {
    skipBlanks()
    tokenStart = offset
    guard offset < bytes.count else { return .end }
    switch bytes[offset] {
    case UInt8(ascii: "("):
      offset += 1
      return .open
    case UInt8(ascii: ")"):
      offset += 1
      return .close
    default:
      repeat { offset += 1 } while offset < bytes.count && !Self.endsWord(bytes[offset])
      return .word(tokenStart..<offset)
    }
  }

  private mutating func skipBlanks() {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: ";") {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
      } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
        || byte == UInt8(ascii: "\r")
      {
        offset += 1
      } else {
        return
      }
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "("),
      UInt8(ascii: ")"),
      UInt8(ascii: ";"):
      true
    default: false
    }
  }

  func position(of offset: Int) -> VNNLIBError.Position {
    let before = bytes[..<offset]
    let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return .init(line: line, column: offset - lineStart + 1)
  }

  func text(_ range: Range<Int>) -> String {
    range.count <= 40
      ? String(decoding: bytes[range], as: UTF8.self) : String(decoding: bytes[range].prefix(37), as: UTF8.self) + "..."
  }
}

extension VNNLIBScanner {
  /// A word that is a keyword of VNN-LIB 1.0, or nil.
  func keyword(_ range: Range<Int>) -> Keyword? {
    let first = bytes[range.lowerBound]
    switch range.count {
    case 1:
      switch first {
      case UInt8(ascii: "<"): return .less
      case UInt8(ascii: ">"): return .greater
      case UInt8(ascii: "="): return .equal
      case UInt8(ascii: "+"): return .plus
      case UInt8(ascii: "-"): return .minus
      case UInt8(ascii: "*"): return .times
      default: return nil
      }
    case 2:
      let second = bytes[range.lowerBound + 1]
      if second == UInt8(ascii: "=") {
        if first == UInt8(ascii: "<") { return .lessOrEqual }
        if first == UInt8(ascii: ">") { return .greaterOrEqual }
        if first == UInt8(ascii: "=") { return .equal }
      }
      return first == UInt8(ascii: "o") && second == UInt8(ascii: "r") ? .or : nil
    default:
      return Keyword.long.first { $0.spelling.elementsEqual(bytes[range]) }?.keyword
    }
  }

  /// The variable that a word names, or nil: `X_` or `Y_` and a number without leading zeros.
  func variable(_ range: Range<Int>) -> Variable? {
    let start = range.lowerBound
    guard range.count >= 3, range.count <= 12, bytes[start + 1] == UInt8(ascii: "_") else { return nil }
    guard bytes[start] == UInt8(ascii: "X") || bytes[start] == UInt8(ascii: "Y") else { return nil }
    guard bytes[start + 2] != UInt8(ascii: "0") || range.count == 3 else { return nil }
    var index = 0
    for offset in start + 2..<range.upperBound {
      let digit = bytes[offset] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      index = index &* 10 &+ Int(digit)  // at most 10 digits
    }
    return Variable(isOutput: bytes[start] == UInt8(ascii: "Y"), index: index)
  }

  /// Whether a word can only be meant as a number.
  func looksNumeric(_ range: Range<Int>) -> Bool {
    var start = range.lowerBound
    let hasSign = bytes[start] == UInt8(ascii: "-") || bytes[start] == UInt8(ascii: "+")
    if hasSign { start += 1 }
    guard start < range.upperBound else { return false }
    let byte = bytes[start]
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".")
  }
}

enum Keyword {
  case less, lessOrEqual, greater, greaterOrEqual, equal
  case and, or
  case plus, minus, times
  case assert, declareConst, declareFun, version, declareNetwork

  fileprivate static let long: [(spelling: [UInt8], keyword: Keyword)] = [
    (Array("assert".utf8), .assert), (Array("and".utf8), .and), (Array("declare-const".utf8), .declareConst),
    (Array("declare-fun".utf8), .declareFun), (Array("vnnlib-version".utf8), .version),
    (Array("declare-network".utf8), .declareNetwork),
  ]
}

/// X_index or Y_index.
struct Variable: Hashable {
  var isOutput: Bool
  var index: Int

  var name: String { (isOutput ? "Y_" : "X_") + String(index) }
}
