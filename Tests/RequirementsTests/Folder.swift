// SPDX-License-Identifier: Apache-2.0
import Foundation
import Requirements

/// A temporary folder of files that vanishes with its owner.
final class Folder {
  let url: URL

  init(_ files: [String: String] = [:]) throws {
    url = FileManager.default.temporaryDirectory.appending(path: "axcert-requirements-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, Array(text.utf8)) }
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: url.appending(path: name))
  }

  var path: String { url.path + "/r.yml" }

  /// Reads `r.yml` for a model of two inputs and three outputs.
  func load(
    inputCount: Int = 2, outputCount: Int = 3, argmax: ([Double]) throws -> Int = { _ in 0 }
  ) throws(RequirementsError) -> [Requirement] {
    try RequirementsFile.load(path: path, inputCount: inputCount, outputCount: outputCount, argmax: argmax)
  }

  /// The message of the error that loading `text` gives, with the folder's path removed.
  static func message(_ text: String, inputCount: Int = 2, outputCount: Int = 3) throws -> String {
    let folder = try Folder(["r.yml": text])
    do {
      _ = try folder.load(inputCount: inputCount, outputCount: outputCount)
      return "accepted"
    } catch {
      return error.description.replacingOccurrences(of: folder.url.path + "/", with: "")
    }
  }
}
