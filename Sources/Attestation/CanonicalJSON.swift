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
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw .missingField(place(context.codingPath + [key]))
    } catch DecodingError.valueNotFound(_, let context), DecodingError.typeMismatch(_, let context) {
      throw .wrongType(place(context.codingPath))
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw .wrongValue(place(context.codingPath))
    } catch {
      throw .notJSON
    }
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

  package var description: String {
    switch self {
    case .notJSON: "it is not complete JSON"
    case .missingField(let place): "the field '\(place)' is missing"
    case .wrongType(let place): place.isEmpty ? "it is not a JSON object" : "the field '\(place)' has the wrong JSON type"
    case .wrongValue(let place): "the field '\(place)' has a value that is not allowed there"
    }
  }
}
