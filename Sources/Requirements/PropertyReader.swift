// SPDX-License-Identifier: Apache-2.0
import Exact
import Properties

/// Turns one entry of `properties` into a requirement.
struct PropertyReader {
  /// Of the requirements file, with a final slash, or empty: paths inside are relative to it.
  let directory: String
  let inputCount: Int
  let outputCount: Int

  private static let inputKeys = ["point", "epsilon", "clip"]
  private static let keys: [Requirement.Kind: [String]] = [
    .linfRobustness: ["name", "kind"] + inputKeys + ["label"],
    .outputRange: ["name", "kind", "input"] + inputKeys + ["output"],
    .vnnlib: ["name", "kind", "file"],
  ]

  func requirement(_ item: YAMLItem, argmax: ([Double]) throws -> Int) throws(RequirementsError) -> Requirement {
    var keys = try YAMLKeys(item, "a property")
    guard let nameItem = keys.optional("name"), keys.optional("kind") != nil else {
      try keys.allow(Set(Self.keys.values.joined()).sorted())  // a mistyped key explains a missing one
      throw item.fault(.missingKey(keys.optional("name") == nil ? "name" : "kind", in: "a property"))
    }
    let name = try nameItem.text("name")
    guard Requirement.isName(name) else { throw nameItem.fault(.name(name)) }
    var item = item
    item.property = name
    keys = try YAMLKeys(item, "this property")
    let kindItem = try keys.required("kind")
    let kindText = try kindItem.text("kind")
    guard let kind = Requirement.Kind(rawValue: kindText) else {
      let known = Requirement.Kind.allCases.map(\.rawValue)
      throw kindItem.fault(.kind(kindText, suggestion: suggestion(for: kindText, among: known)))
    }
    try keys.allow(Self.keys[kind] ?? [])
    switch kind {
    case .linfRobustness: return try robustness(name, keys, argmax: argmax)
    case .outputRange: return try outputRange(name, keys)
    case .vnnlib: return try query(name, keys)
    }
  }

  /// Violated when some other output is at least the label's.
  private func robustness(
    _ name: String, _ keys: YAMLKeys, argmax: ([Double]) throws -> Int
  ) throws(RequirementsError) -> Requirement {
    guard outputCount >= 2 else { throw keys.item.fault(.singleOutput) }
    let ball = try InputBox(around: keys, self)
    let label = try label(try keys.required("label"), point: ball.point ?? [], argmax: argmax)
    let others = (0..<outputCount).filter { $0 != label }
    return try requirement(
      name, .linfRobustness, keys, ball, cases: others.map { [.atLeast(output: $0, other: label)] },
      comment: "violated where another output is at least Y_\(label)")
  }

  private func label(
    _ item: YAMLItem, point: [Double], argmax: ([Double]) throws -> Int
  ) throws(RequirementsError) -> Int {
    if item.isWord("argmax") {
      let label: Int
      do { label = try argmax(point) } catch { throw item.fault(.label("\(error)")) }
      guard 0..<outputCount ~= label else {
        throw item.fault(.index("the label of the point", label, count: outputCount))
      }
      return label
    }
    let label = try item.integer("label", expected: "a whole number or 'argmax'")
    guard 0..<outputCount ~= label else { throw item.fault(.index("label", label, count: outputCount)) }
    return label
  }

  /// Violated when a listed output leaves its range.
  private func outputRange(_ name: String, _ keys: YAMLKeys) throws(RequirementsError) -> Requirement {
    let box: InputBox
    if let input = keys.optional("input") {
      if let other = Self.inputKeys.first(where: { keys.optional($0) != nil }) {
        throw input.fault(.bothKeys("input", other))
      }
      box = try InputBox(between: try YAMLKeys(input, "input"), self)
    } else if keys.optional("point") != nil || keys.optional("epsilon") != nil {
      box = try InputBox(around: keys, self)
    } else {
      throw keys.item.fault(.missingKey("input", in: "this property"))
    }
    let output = try keys.required("output")
    var cases: [[VNNLIBWriter.Atom]] = []
    var seen: Set<Int> = []
    for item in try output.list("output") {
      let limits = try YAMLKeys(item, "an entry of 'output'")
      try limits.allow(["index", "min", "max"])
      let indexItem = try limits.required("index")
      let index = try indexItem.integer("index")
      guard 0..<outputCount ~= index else { throw indexItem.fault(.index("index", index, count: outputCount)) }
      guard seen.insert(index).inserted else { throw indexItem.fault(.duplicateOutput(index)) }
      cases += try limitAtoms(index, limits).map { [$0] }
    }
    guard !cases.isEmpty else { throw output.wrongType("output", expected: "a list with at least one entry") }
    return try requirement(
      name, .outputRange, keys, box, cases: cases, comment: "violated where an output leaves its range")
  }

  private func limitAtoms(_ index: Int, _ limits: YAMLKeys) throws(RequirementsError) -> [VNNLIBWriter.Atom] {
    let lower = try limits.optional("min").map { item throws(RequirementsError) in try item.decimal("min") }
    let upper = try limits.optional("max").map { item throws(RequirementsError) in try item.decimal("max") }
    if let lower, let upper, lower > upper {
      throw limits.item.fault(.emptyInterval("the range of output \(index)", lower: "\(lower)", upper: "\(upper)"))
    }
    guard lower != nil || upper != nil else { throw limits.item.fault(.noLimit(index)) }
    return (lower.map { [.less(output: index, $0)] } ?? []) + (upper.map { [.greater(output: index, $0)] } ?? [])
  }

  /// A VNN-LIB file, unchanged; whoever parses it reports its faults.
  private func query(_ name: String, _ keys: YAMLKeys) throws(RequirementsError) -> Requirement {
    let item = try keys.required("file")
    let path = resolve(try item.text("file"))
    do {
      return Requirement(name: name, kind: .vnnlib, vnnlib: try readBytes(path), source: path, point: nil)
    } catch {
      throw item.fault(.dataFile(path, .unreadable(error.problem)))
    }
  }

  private func requirement(
    _ name: String, _ kind: Requirement.Kind, _ keys: YAMLKeys, _ box: InputBox, cases: [[VNNLIBWriter.Atom]],
    comment: String
  ) throws(RequirementsError) -> Requirement {
    let writer = VNNLIBWriter(
      comments: ["\(name): \(kind.rawValue), \(comment)"], lower: box.lower, upper: box.upper, outputCount: outputCount,
      cases: cases)
    let bytes = writer.bytes()
    do {
      try VNNLIB.parse(bytes).check(against: inputCount, outputCount: outputCount)
    } catch {
      throw keys.item.fault(.query(error))
    }
    let line = keys.item.line.map { ":\($0)" } ?? ""
    return Requirement(
      name: name, kind: kind, vnnlib: bytes, source: "\(keys.item.file)\(line), property '\(name)'", point: box.point)
  }

  func resolve(_ path: String) -> String {
    path.hasPrefix("/") ? path : directory + path
  }
}
