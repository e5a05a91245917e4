// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

/// Reader of `robustness.yml`.
///
/// Comes in: a list of properties in words near the user's. Goes out: one VNN-LIB text each, which is what is proved and pinned;
/// this reader is convenience, not part of the trusted base. The format is in docs/formats/properties.md and
/// schemas/robustness.schema.json.
package enum RequirementsFile {
  /// Whether a path given as properties names a YAML file rather than a VNN-LIB file.
  package static func isYAML(_ path: String) -> Bool {
    let name = path.lowercased()
    return name.hasSuffix(".yml") || name.hasSuffix(".yaml")
  }

  /// Reads all properties of a file, in order.
  ///
  /// - Parameters:
  ///   - inputCount: elements of the model's input; points must have as many numbers.
  ///   - outputCount: elements of its output.
  ///   - argmax: the label that the model gives to a point, for properties with `label: argmax`.
  package static func load(
    path: String, inputCount: Int, outputCount: Int, argmax: ([Double]) throws -> Int
  ) throws(RequirementsError) -> [Requirement] {
    let root = try rootItem(path)
    let keys = try YAMLKeys(root, "the file")
    try keys.allow(["version", "properties"])
    let version = try keys.required("version")
    let versionText = try version.text("version")
    guard versionText == "1" else { throw version.fault(.version(versionText)) }
    let properties = try keys.required("properties")
    let items = try properties.list("properties")
    guard !items.isEmpty else { throw properties.fault(.noProperties) }
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let reader = PropertyReader(directory: directory, inputCount: inputCount, outputCount: outputCount)
    var lines: [String: Int?] = [:]
    var requirements: [Requirement] = []
    for item in items {
      let requirement = try reader.requirement(item, argmax: argmax)
      if let line = lines.updateValue(item.line, forKey: requirement.name) {
        throw item.fault(.duplicateName(requirement.name, firstLine: line))
      }
      requirements.append(requirement)
    }
    return requirements
  }

  private static func rootItem(_ path: String) throws(RequirementsError) -> YAMLItem {
    func fault(_ reason: RequirementsError.Reason, _ mark: Mark? = nil) -> RequirementsError {
      RequirementsError(file: path, line: mark?.line, column: mark?.column, property: nil, reason: reason)
    }
    let bytes: [UInt8]
    do { bytes = try readBytes(path) } catch { throw fault(.unreadable(error.problem)) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw fault(.notText) }
    do {
      guard let node = try Yams.compose(yaml: text) else { throw fault(.empty) }
      return YAMLItem(node: node, file: path, property: nil)
    } catch let error as RequirementsError {
      throw error
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _)
    {
      throw fault(.yaml(problem), mark)
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw fault(.duplicateKey(keys.sorted().first ?? ""), context.mark)
    } catch {
      throw fault(.yaml("\(error)"))
    }
  }
}

/// The system's reason for a failed read.
struct ReadFailure: Error {
  var problem: String
}

func readBytes(_ path: String) throws(ReadFailure) -> [UInt8] {
  var isDirectory: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
    throw ReadFailure(problem: "it does not exist")
  }
  guard !isDirectory.boolValue else { throw ReadFailure(problem: "it is a directory") }
  do {
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  } catch {
    throw ReadFailure(problem: "the system refuses it (check its permissions)")
  }
}
