// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// JSON with one spelling per value: keys sorted, no white space, no escaped slashes.
///
/// Types encoded here hold no floating-point numbers, whose spelling differs between writers; numbers that are not
/// small integers are strings. Signatures never depend on this: they cover bytes, not values.
package enum CanonicalJSON {
  package static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try Array(encoder.encode(value))
    } catch {
      preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
    }
  }

  /// Decodes, and reports the first fault with the place it was found at.
  package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws(JSONFault) -> T {
    // No JSON text in UTF-8 has a zero byte; the decoder would go on to try UTF-16.
    guard !bytes.contains(0) else { throw .notJSON }
    let value: T
    do {
      value = try JSONDecoder().decode(type, from: Data(bytes))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw .missingField(place(context.codingPath + [key]))
    } catch DecodingError.valueNotFound(_, let context), DecodingError.typeMismatch(_, let context) {
      throw .wrongType(place(context.codingPath))
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw .wrongValue(place(context.codingPath))
    } catch {
      // Foundation gives no path for a number that does not fit, so ask whether the text itself is at fault.
      throw (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) == nil ? .notJSON : .numberOutOfRange
    }
    if let name = firstRepeatedName(in: bytes) { throw .repeatedField(name) }
    return value
  }

  /// A name that an object has twice, in text already known to be JSON.
  ///
  /// Foundation takes the first of two such fields, Python and Go the last: one signed text could say two things.
  private static func firstRepeatedName(in bytes: [UInt8]) -> String? {
    var scopes: [Set<String>?] = []  // nil for an array
    var expectsName = false
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "{"): scopes.append([])
      case UInt8(ascii: "["): scopes.append(nil)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = scopes.popLast()
      case UInt8(ascii: "\""):
        let start = index
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard expectsName, index < bytes.count else { break }
        let literal = Data(bytes[start...index])
        let name = (try? JSONDecoder().decode(String.self, from: literal)) ?? String(decoding: literal, as: UTF8.self)
        // In place: a copy per name would make a large object quadratic.
        if scopes[scopes.count - 1]?.insert(name).inserted == false { return name }
      default: break
      }
      switch index < bytes.count ? bytes[index] : 0 {
      case UInt8(ascii: "{"), UInt8(ascii: ","): expectsName = (scopes.last ?? nil) != nil
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
      default: expectsName = false
      }
      index += 1
    }
    return nil
  }

  /// Accepts every JSON text.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue { text += "[\(index)]" } else { text += (text.isEmpty ? "" : ".") + key.stringValue }
    }
  }
}

/// What is wrong with a JSON document, and where (`signatures[0].sig`).
package enum JSONFault: Error, Hashable, CustomStringConvertible {
  case notJSON
  case missingField(String)
  case wrongType(String)
  case wrongValue(String)
  case repeatedField(String)
  case numberOutOfRange

  package var description: String {
    switch self {
    case .notJSON: "it is not complete JSON"
    case .missingField(let place): "the field '\(place)' is missing"
    case .wrongType(let place):
      place.isEmpty ? "it is not a JSON object" : "the field '\(place)' has the wrong JSON type"
    case .wrongValue(let place): "the field '\(place)' has a value that is not allowed there"
    case .repeatedField(let name): "an object has the field '\(name)' twice"
    case .numberOutOfRange: "a number that must be whole is not, or is too large"
    }
  }
}
