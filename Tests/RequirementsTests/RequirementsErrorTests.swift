// SPDX-License-Identifier: Apache-2.0
import Foundation
import Requirements
import Testing

@Suite("Refused requirements files")
struct RequirementsErrorTests {
  @Test(
    "faults of the file",
    arguments: [
      ("", "r.yml: the file is empty; it needs 'version: 1' and 'properties'"),
      ("# nothing\n", "r.yml: the file is empty; it needs 'version: 1' and 'properties'"),
      ("version: [1", "r.yml:2:1: not valid YAML: did not find expected ',' or ']'"),
      ("version: 1\n\tx: 1", "r.yml:2:1: not valid YAML: found a tab character that violates indentation"),
      ("version: *a", "r.yml:1:10: not valid YAML: found undefined alias"),
      ("version: 1\nversion: 1\nproperties: []", "r.yml:1:1: the key 'version' appears twice"),
      ("[]", "r.yml:1:1: the file must be a mapping of keys to values, found a list"),
      ("version: 1", "r.yml:1:1: the file needs the key 'properties'"),
      ("properties: []", "r.yml:1:1: the file needs the key 'version'"),
      ("version: 2\nproperties: []", "r.yml:1:10: version '2' is not supported; write 'version: 1'"),
      ("version: 1\nproperties: []", "r.yml:2:13: the list 'properties' is empty; it needs at least one property"),
      ("version: 1\nproperties: {}", "r.yml:2:13: properties must be a list, found a mapping"),
      ("version: 1\nproperty: []", "r.yml:2:1: unknown key 'property'; known here: version, properties"),
      ("version: 1\npropertys: []", "r.yml:2:1: unknown key 'propertys'; did you mean 'properties'?"),
      ("version: 1\n[a]: 1", "r.yml:2:1: a key of the file must be text, found a list"),
    ])
  func fileFaults(_ text: String, _ message: String) throws {
    let found = try Folder.message(text)
    #expect(found == message)
  }

  @Test("a file that is missing, a folder or not text is refused")
  func unreadable() throws {
    let folder = try Folder()
    func message(_ path: String) -> String? {
      let error = #expect(throws: RequirementsError.self) {
        try RequirementsFile.load(path: path, inputCount: 1, outputCount: 1, argmax: { _ in 0 })
      }
      return error?.description
    }
    #expect(message(folder.path) == "\(folder.path): the file cannot be read: it does not exist")
    #expect(message(folder.url.path) == "\(folder.url.path): the file cannot be read: it is a directory")
    try folder.write("r.yml", [0x61, 0xFF])
    #expect(message(folder.path) == "\(folder.path): the file is not UTF-8 text")
  }

  @Test("deep nesting is refused, not recursed into")
  func deepNesting() throws {
    for (open, depth) in [("[", 100_000), ("{a: ", 100_000), ("- ", 100_000)] {
      #expect(try Folder.message(String(repeating: open, count: depth)).contains("not valid YAML"))
    }
  }

  @Test(
    "faults of one property, from line 3 on",
    arguments: [
      ("- 5", "3:3: a property must be a mapping of keys to values, found '5'"),
      ("- {kind: vnnlib}", "3:3: a property needs the key 'name'"),
      ("- {name: p}", "3:3: a property needs the key 'kind'"),
      ("- {nme: p, kind: vnnlib}", "3:4: unknown key 'nme'; did you mean 'name'?"),
      ("- {name: p, knd: vnnlib}", "3:13: unknown key 'knd'; did you mean 'kind'?"),
      ("- {name: , kind: vnnlib}", "3:10: name must be text, found nothing"),
      (
        "- {name: a/b, kind: vnnlib}",
        "3:10: the name 'a/b' may only have letters, digits, '.', '_' and '-', and may not start with '.'"
      ),
      (
        "- {name: .., kind: vnnlib}",
        "3:10: the name '..' may only have letters, digits, '.', '_' and '-', and may not start with '.'"
      ),
      (
        "- {name: p, kind: linf-robustnes}",
        "3:19: property 'p': unknown kind 'linf-robustnes'; did you mean 'linf-robustness'?"
      ),
      (
        "- {name: p, kind: fairness}",
        "3:19: property 'p': unknown kind 'fairness'; known kinds: linf-robustness, output-range, vnnlib"
      ),
      ("- {name: p, kind: vnnlib}", "3:3: property 'p': this property needs the key 'file'"),
      ("- {name: p, kind: vnnlib, file: q}", "3:33: property 'p': 'q': the file cannot be read: it does not exist"),
      ("- {name: p, kind: vnnlib, file: [q]}", "3:33: property 'p': file must be text, found a list"),
      (
        "- {name: p, kind: vnnlib, file: q, label: 1}",
        "3:36: property 'p': unknown key 'label'; known here: name, kind, file"
      ),
    ])
  func propertyFaults(_ text: String, _ message: String) throws {
    #expect(try Folder.message("version: 1\nproperties:\n" + text) == "r.yml:" + message)
  }

  /// `^` marks the column of the fault; without it, the whole property is at fault.
  private func expectFault(_ kind: String, _ keys: String, _ message: String) throws {
    let line = "- {name: p, kind: \(kind), \(keys)}"
    let column = line.firstIndex(of: "^").map { line.distance(from: line.startIndex, to: $0) + 1 } ?? 3
    let text = "version: 1\nproperties:\n" + line.replacingOccurrences(of: "^", with: "")
    #expect(try Folder.message(text) == "r.yml:3:\(column): property 'p': " + message)
  }

  @Test(
    "faults of robustness, at the mark",
    arguments: [
      ("epsilon: 1, label: 0", "this property needs the key 'point'"),
      ("point: [0, 0], label: 0", "this property needs the key 'epsilon'"),
      ("point: [0, 0], epsilon: 1", "this property needs the key 'label'"),
      ("point: [0, 0], ^epsilom: 1, label: 0", "unknown key 'epsilom'; did you mean 'epsilon'?"),
      ("point: ^5, epsilon: 1, label: 0", "point must be a list of numbers or {file: …}, found '5'"),
      ("point: ^[0], epsilon: 1, label: 0", "point has 1 number, but the model takes 2"),
      ("point: ^[0, 0, 0], epsilon: 1, label: 0", "point has 3 numbers, but the model takes 2"),
      ("point: [0, ^x], epsilon: 1, label: 0", "point[1]: 'x' is not a decimal number; write it like -12.5 or 1e-3"),
      (
        "point: [0, ^.inf], epsilon: 1, label: 0",
        "point[1]: '.inf' is not a decimal number; write it like -12.5 or 1e-3"
      ),
      (
        "point: [0, ^.nan], epsilon: 1, label: 0",
        "point[1]: '.nan' is not a decimal number; write it like -12.5 or 1e-3"
      ),
      ("point: [0, ^'1'], epsilon: 1, label: 0", "point[1] must be a number, found the quoted text '1'"),
      ("point: [0, ^[1]], epsilon: 1, label: 0", "point[1] must be a number, found a list"),
      ("point: [0, ^~], epsilon: 1, label: 0", "point[1] must be a number, found nothing"),
      (
        "point: ^[0, 1e400], epsilon: 1, label: 0",
        "point: the number is too large: its absolute value must be at most 1.7976931348623157e308"
      ),
      (
        "point: [0, 1.7976931348623157e308], epsilon: 1e308, label: 0",
        "the query for it is not valid: line 10, column 17: the number is too large: its absolute value must be at most 1.7976931348623157e308"
      ),
      ("point: [0, 0], epsilon: ^-0.1, label: 0", "epsilon is -0.1; it must be at least 0"),
      ("point: [0, 0], epsilon: ^{}, label: 0", "epsilon must be a number, found a mapping"),
      ("point: [0, 0], epsilon: 1, clip: ^3, label: 0", "clip must be a list, found '3'"),
      ("point: [0, 0], epsilon: 1, clip: ^[3], label: 0", "clip must be a list of two numbers, found a list"),
      ("point: [0, 0], epsilon: 1, clip: ^[1, 0], label: 0", "clip is empty: its lower end 1 is above its upper end 0"),
      (
        "point: [0, 5], epsilon: 1, clip: ^[0, 1], label: 0",
        "after clipping, the range of input 1 is empty: its lower end 4 is above its upper end 1"
      ),
      ("point: [0, 0], epsilon: 1, label: ^3", "label is 3, but the model has 3 outputs, counted from 0"),
      ("point: [0, 0], epsilon: 1, label: ^-1", "label is -1, but the model has 3 outputs, counted from 0"),
      ("point: [0, 0], epsilon: 1, label: ^max", "label must be a whole number or 'argmax', found 'max'"),
      ("point: [0, 0], epsilon: 1, label: ^1.0", "label must be a whole number or 'argmax', found '1.0'"),
      ("point: {^path: x}, epsilon: 1, label: 0", "unknown key 'path'; known here: file"),
      ("point: {file: ^x.csv}, epsilon: 1, label: 0", "'x.csv': the file cannot be read: it does not exist"),
      ("point: {file: ^r.yml}, epsilon: 1, label: 0", "'r.yml': numbers are read from .csv and .npy files only"),
    ])
  func robustnessFaults(_ keys: String, _ message: String) throws {
    try expectFault("linf-robustness", keys, message)
  }

  @Test(
    "faults of an output range, at the mark",
    arguments: [
      ("output: [{index: 0, min: 0}]", "this property needs the key 'input'"),
      ("input: ^{lower: [0, 0], upper: [1, 1]}, epsilon: 1, output: []", "give either 'input' or 'epsilon', not both"),
      ("input: ^[0], output: []", "input must be a mapping of keys to values, found a list"),
      ("input: ^{lower: [0, 0]}, output: []", "input needs the key 'upper'"),
      ("input: {lower: [0, 0], ^uper: [1, 1]}, output: []", "unknown key 'uper'; did you mean 'upper'?"),
      (
        "input: ^{lower: [0, 2], upper: [1, 1.50]}, output: []",
        "the range of input 1 is empty: its lower end 2 is above its upper end 1.5"
      ),
      ("point: [0, 0], epsilon: 1", "this property needs the key 'output'"),
      ("point: [0, 0], epsilon: 1, output: ^[]", "output must be a list with at least one entry, found a list"),
      (
        "point: [0, 0], epsilon: 1, output: [^5]", "an entry of 'output' must be a mapping of keys to values, found '5'"
      ),
      ("point: [0, 0], epsilon: 1, output: [^{min: 5}]", "an entry of 'output' needs the key 'index'"),
      ("point: [0, 0], epsilon: 1, output: [^{index: 0}]", "output 0 has neither min nor max; give at least one"),
      (
        "point: [0, 0], epsilon: 1, output: [{index: ^3, min: 5}]",
        "index is 3, but the model has 3 outputs, counted from 0"
      ),
      ("point: [0, 0], epsilon: 1, output: [{index: ^x, min: 5}]", "index must be a whole number, found 'x'"),
      (
        "point: [0, 0], epsilon: 1, output: [^{index: 0, min: 5, max: 4}]",
        "the range of output 0 is empty: its lower end 5 is above its upper end 4"
      ),
      (
        "point: [0, 0], epsilon: 1, output: [{index: 0, min: 5}, {index: ^0, max: 6}]",
        "output 0 is listed twice; give its min and max together"
      ),
    ])
  func rangeFaults(_ keys: String, _ message: String) throws {
    try expectFault("output-range", keys, message)
  }

  @Test("two properties of one name are refused")
  func duplicateName() throws {
    let property = "- {name: p, kind: output-range, point: [0, 0], epsilon: 1, output: [{index: 0, min: 5}]}\n"
    #expect(
      try Folder.message("version: 1\nproperties:\n" + property + property)
        == "r.yml:4:3: the name 'p' is used twice, first on line 3")
  }

  @Test("robustness needs two outputs")
  func singleOutput() throws {
    let text = "version: 1\nproperties:\n- {name: p, kind: linf-robustness, point: [0, 0], epsilon: 1, label: 0}"
    #expect(
      try Folder.message(text, outputCount: 1)
        == "r.yml:3:3: property 'p': linf-robustness needs a model with at least 2 outputs, this one has 1; use output-range"
    )
  }

  @Test("a label that the model cannot give is refused")
  func argmaxFails() throws {
    struct NoModel: Error, CustomStringConvertible { let description = "an output is not a number" }
    let text = "version: 1\nproperties:\n- {name: p, kind: linf-robustness, point: [0, 0], epsilon: 1, label: argmax}"
    let folder = try Folder(["r.yml": text])
    let failed = #expect(throws: RequirementsError.self) { try folder.load { _ in throw NoModel() } }
    #expect(
      failed?.description
        == "\(folder.path):3:70: property 'p': the model gives no label for the point: an output is not a number; write the label as a number"
    )
    let outside = #expect(throws: RequirementsError.self) { try folder.load { _ in 3 } }
    #expect(
      outside?.description
        == "\(folder.path):3:70: property 'p': the label of the point is 3, but the model has 3 outputs, counted from 0"
    )
  }

  @Test("any damage to a valid file is refused or read, and never traps")
  func mutations() throws {
    let text = Array(RequirementsFileTests.robustness.utf8)
    let folder = try Folder()
    var generator = SystemRandomNumberGenerator()
    for index in stride(from: 0, to: text.count, by: 2) {
      var mutated = text
      mutated[index] = [0x3A, 0x5B, 0x7D, 0x22, 0x0A, 0xFF, 0x26].randomElement(using: &generator) ?? 0
      try folder.write("r.yml", mutated)
      _ = try? folder.load()
    }
  }
}
