// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The folders of this checkout.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  static let digits = root + "/examples/digits/digits.onnx"
  static let robustness = root + "/examples/digits/robustness.yml"
}

/// A folder of its own for files and user data, removed with the value.
final class Workplace: Sendable {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("axcert-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  func read(_ name: String) throws -> [UInt8] { try bytes(of: self(name)) }

  /// Every file below the folder with its bytes.
  func snapshot() throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: self(name), isDirectory: &isDirectory), !isDirectory.boolValue {
        result[name] = try read(name)
      }
    }
    return result
  }
}

func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
