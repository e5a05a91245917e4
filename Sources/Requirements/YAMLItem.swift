// SPDX-License-Identifier: Apache-2.0
import Exact
import Yams

/// A node of the requirements file that knows where it stands.
///
/// Scalars keep their text: a number never passes through a double.
struct YAMLItem {
  let node: Node
  let file: String
  /// The property that the node belongs to, for messages.
  var property: String?

  func fault(_ reason: RequirementsError.Reason) -> RequirementsError {
    RequirementsError(
      file: file, line: node.mark?.line, column: node.mark?.column, property: property, reason: reason)
  }

  /// Line and column, for sorting.
  var place: (Int, Int) { (node.mark?.line ?? 0, node.mark?.column ?? 0) }

  private func child(_ node: Node) -> YAMLItem {
    YAMLItem(node: node, file: file, property: property)
  }

  /// The values by key; `name` says what the mapping is, for messages.
  func mapping(_ name: String) throws(RequirementsError) -> [String: (key: YAMLItem, value: YAMLItem)] {
    guard case .mapping(let mapping) = node else { throw wrongType(name, expected: "a mapping of keys to values") }
    var result: [String: (key: YAMLItem, value: YAMLItem)] = [:]
    for (key, value) in mapping {
      let keyText = try child(key).text("a key of \(name)")
      result[keyText] = (child(key), child(value))  // Yams has refused duplicate keys
    }
    return result
  }

  func list(_ name: String) throws(RequirementsError) -> [YAMLItem] {
    guard case .sequence(let sequence) = node else { throw wrongType(name, expected: "a list") }
    return sequence.map(child)
  }

  var isMapping: Bool { if case .mapping = node { true } else { false } }
  var isList: Bool { if case .sequence = node { true } else { false } }

  /// From 1.
  var line: Int? { node.mark?.line }

  func isWord(_ word: String) -> Bool {
    if case .scalar(let scalar) = node { scalar.string == word } else { false }
  }

  /// Any scalar, quoted or not.
  func text(_ name: String) throws(RequirementsError) -> String {
    guard case .scalar(let scalar) = node, !isNull else { throw wrongType(name, expected: "text") }
    return scalar.string
  }

  func decimal(_ name: String) throws(RequirementsError) -> Decimal {
    guard case .scalar(let scalar) = node, scalar.style == .plain, !isNull else {
      throw wrongType(name, expected: "a number")
    }
    do {
      return try Decimal(parsing: scalar.string)
    } catch {
      throw fault(.number(name, error))
    }
  }

  func integer(_ name: String, expected: String = "a whole number") throws(RequirementsError) -> Int {
    guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Int(scalar.string) else {
      throw wrongType(name, expected: expected)
    }
    return value
  }

  private var isNull: Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
    return ["", "~", "null"].contains(scalar.string)
  }

  func wrongType(_ name: String, expected: String) -> RequirementsError {
    fault(.wrongType(name, expected: expected, found: found))
  }

  private var found: String {
    switch node {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      isNull
        ? "nothing"
        : scalar.style == .plain ? "'\(shortened(scalar.string))'" : "the quoted text '\(shortened(scalar.string))'"
    }
  }

  private func shortened(_ text: String) -> String {
    text.count <= 40 ? text : text.prefix(37) + "..."
  }
}

/// The keys of one mapping.
struct YAMLKeys {
  let item: YAMLItem
  let name: String
  private let entries: [String: (key: YAMLItem, value: YAMLItem)]

  /// - Parameter name: what the mapping is, for messages.
  init(_ item: YAMLItem, _ name: String) throws(RequirementsError) {
    self.item = item
    self.name = name
    entries = try item.mapping(name)
  }

  /// Refuses every key that is not in the list; the first in the file is reported.
  func allow(_ allowed: [String]) throws(RequirementsError) {
    let unknown = entries.filter { !allowed.contains($0.key) }.values.map(\.key)
    guard let first = unknown.min(by: { $0.place < $1.place }) else { return }
    let key = try first.text("a key")
    throw first.fault(.unknownKey(key, suggestion: suggestion(for: key, among: allowed), allowed: allowed))
  }

  func optional(_ key: String) -> YAMLItem? { entries[key]?.value }

  func required(_ key: String) throws(RequirementsError) -> YAMLItem {
    guard let value = entries[key]?.value else { throw item.fault(.missingKey(key, in: name)) }
    return value
  }
}
