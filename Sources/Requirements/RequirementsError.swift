// SPDX-License-Identifier: Apache-2.0
package import Exact
package import Properties

/// Why a requirements file was refused: the file, the line, the property, the reason.
package struct RequirementsError: Error, Hashable, Sendable {
  package var file: String
  package var line: Int?
  package var column: Int?
  /// The name of the property, once it is known.
  package var property: String?
  package var reason: Reason

  package enum Reason: Hashable, Sendable {
    // The file.
    case unreadable(String)
    case notText
    case yaml(String)
    case empty
    case version(String)
    // Its structure.
    case wrongType(String, expected: String, found: String)
    case missingKey(String, in: String)
    case unknownKey(String, suggestion: String?, allowed: [String])
    case duplicateKey(String)
    case bothKeys(String, String)
    case noProperties
    case name(String)
    case duplicateName(String, firstLine: Int?)
    case kind(String, suggestion: String?)
    // Its numbers.
    case number(String, DecimalError)
    case negativeEpsilon(String)
    case count(String, expected: Int, found: Int)
    case emptyInterval(String, lower: String, upper: String)
    case index(String, Int, count: Int)
    case duplicateOutput(Int)
    case noLimit(Int)
    case singleOutput
    // What it refers to.
    case dataFile(String, DataFileError)
    case label(String)
    case query(VNNLIBError)
  }
}

extension RequirementsError: CustomStringConvertible {
  /// `robustness.yml:12:5: property 'digit-7': …`
  package var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    return place + ": " + (property.map { "property '\($0)': " } ?? "") + reason.description
  }
}

extension RequirementsError.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable, .notText, .yaml, .empty, .version: fileFault
    case .wrongType, .missingKey, .unknownKey, .duplicateKey, .bothKeys, .noProperties, .name, .duplicateName, .kind:
      structureFault
    case .number, .negativeEpsilon, .count, .emptyInterval, .index, .duplicateOutput, .noLimit, .singleOutput:
      numberFault
    case .dataFile(let path, let error): "'\(path)': \(error)"
    case .label(let problem): "the model gives no label for the point: \(problem); write the label as a number"
    case .query(let error): "the query for it is not valid: \(error)"
    }
  }

  private var fileFault: String {
    switch self {
    case .unreadable(let problem): "the file cannot be read: \(problem)"
    case .notText: "the file is not UTF-8 text"
    case .yaml(let problem): "not valid YAML: \(problem)"
    case .empty: "the file is empty; it needs 'version: 1' and 'properties'"
    case .version(let found): "version '\(found)' is not supported; write 'version: 1'"
    default: ""
    }
  }

  private var structureFault: String {
    switch self {
    case .wrongType(let key, let expected, let found): "\(key) must be \(expected), found \(found)"
    case .missingKey(let key, let place): "\(place) needs the key '\(key)'"
    case .unknownKey(let key, let suggestion, let allowed):
      "unknown key '\(key)'; "
        + (suggestion.map { "did you mean '\($0)'?" } ?? "known here: \(allowed.joined(separator: ", "))")
    case .duplicateKey(let key): "the key '\(key)' appears twice"
    case .bothKeys(let first, let second): "give either '\(first)' or '\(second)', not both"
    case .noProperties: "the list 'properties' is empty; it needs at least one property"
    case .name(let name):
      "the name '\(name)' may only have letters, digits, '.', '_' and '-', and may not start with '.'"
    case .duplicateName(let name, let line): "the name '\(name)' is used twice, first on line \(line ?? 0)"
    case .kind(let kind, let suggestion):
      "unknown kind '\(kind)'; "
        + (suggestion.map { "did you mean '\($0)'?" }
          ?? "known kinds: \(Requirement.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    default: ""
    }
  }

  private var numberFault: String {
    switch self {
    case .number(let key, let error): "\(key): \(error)"
    case .negativeEpsilon(let value): "epsilon is \(value); it must be at least 0"
    case .count(let key, let expected, let found):
      "\(key) has \(found) number\(found == 1 ? "" : "s"), but the model takes \(expected)"
    case .emptyInterval(let what, let lower, let upper):
      "\(what) is empty: its lower end \(lower) is above its upper end \(upper)"
    case .index(let key, let found, let count):
      "\(key) is \(found), but the model has \(count) output\(count == 1 ? "" : "s"), counted from 0"
    case .duplicateOutput(let index): "output \(index) is listed twice; give its min and max together"
    case .noLimit(let index): "output \(index) has neither min nor max; give at least one"
    case .singleOutput: "linf-robustness needs a model with at least 2 outputs, this one has 1; use output-range"
    default: ""
    }
  }
}
