// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graph
import ONNX
import Testing

@Suite("External data")
struct ExternalDataTests {
  /// A folder with model path, `weights.bin` (the floats 1, 2, 3), links and a subfolder; removed after `body`.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let inner = folder.appendingPathComponent("model")
    try files.createDirectory(at: inner.appendingPathComponent("sub"), withIntermediateDirectories: true)
    defer { try? files.removeItem(at: folder) }
    let weights = Data(Wire.floats([1, 2, 3]))
    for name in ["weights.bin", "sub/weights.bin", "twin.bin", "../outside.bin"] {
      try weights.write(to: inner.appendingPathComponent(name))
    }
    try files.createSymbolicLink(
      at: inner.appendingPathComponent("link.bin"), withDestinationURL: folder.appendingPathComponent("outside.bin"))
    try files.createSymbolicLink(at: inner.appendingPathComponent("up"), withDestinationURL: folder)
    try files.linkItem(at: inner.appendingPathComponent("twin.bin"), to: inner.appendingPathComponent("hard.bin"))
    try body(inner)
  }

  private func load(_ entries: [(String, String)], in folder: URL) throws -> LoadedModel {
    let model = TestModel.adding(TestModel.external("c", entries))
    return try ONNXReader.load(model.bytes, path: folder.appendingPathComponent("model.onnx").path)
  }

  private func message(_ entries: [(String, String)], in folder: URL) -> String {
    do { _ = try load(entries, in: folder) } catch { return "\(error)" }
    return "read"
  }

  @Test("weights beside the model are read, and reported for pinning") func reads() throws {
    try withFolder { folder in
      let entries = [("location", "sub/weights.bin"), ("offset", "4"), ("length", "8")]
      let model = try load(entries, in: folder)
      #expect(evaluate(model.graph, [10, 20]) == [12, 23])
      #expect(model.externalFiles.map(\.location) == ["sub/weights.bin"])
      #expect(model.externalFiles.map(\.bytes) == [Wire.floats([1, 2, 3])])
      let rest = try load([("location", "weights.bin"), ("offset", "4")], in: folder)
      #expect(evaluate(rest.graph, [10, 20]) == [12, 23])
    }
  }

  @Test("a model in one file has nothing to pin") func readsOneFile() throws {
    #expect(try ONNXReader.load(TestModel.valid.bytes, path: "model.onnx").externalFiles.isEmpty)
  }

  @Test(
    "a location outside the model's folder is refused",
    arguments: [
      "../outside.bin", "sub/../../outside.bin", "/etc/passwd", "", ".", "sub//weights.bin", "a\0b", "..\\outside.bin",
    ])
  func refusesLeaving(_ location: String) throws {
    try withFolder { folder in
      let shown = location.replacingOccurrences(of: "\0", with: "\\u{0}")
      #expect(
        message([("location", location)], in: folder)
          == "tensor 'c' keeps its data in another file: the location '\(shown)' leaves the model's folder. "
          + "Refused; save the model with the weights inside.")
    }
  }

  @Test("links are refused", arguments: ["link.bin", "up/outside.bin", "hard.bin"])
  func refusesLinks(_ location: String) throws {
    try withFolder { folder in
      #expect(
        message([("location", location)], in: folder)
          == "tensor 'c' keeps its data in another file: the location '\(location)' is a link or has several names. "
          + "Refused; copy the file itself next to the model.")
    }
  }

  @Test("missing files, folders and bad numbers have their own messages") func refusesOthers() throws {
    try withFolder { folder in
      let prefix = "tensor 'c' keeps its data in another file: "
      let weights = ("location", "weights.bin")
      let expected: [([(String, String)], String)] = [
        (
          [("location", "no.bin")],
          "There is no file 'no.bin'. Check the path; it is taken relative to the working directory."
        ),
        ([("location", "sub")], "'sub' is a directory. Give the path of a file inside it."),
        ([], "the entry 'location' is missing. Save the model with the weights inside."),
        ([weights, ("offset", "-1")], "the entry 'offset' is not a number. Save the model with the weights inside."),
        (
          [weights, ("offset", "9223372036854775807"), ("length", "9223372036854775807")],
          "bytes 9223372036854775807 … +9223372036854775807 lie outside the file of 12 bytes. Download both files again."
        ),
        ([weights, ("length", "13")], "bytes 0 … +13 lie outside the file of 12 bytes. Download both files again."),
        ([weights, ("mode", "w")], "the entry 'mode' is not understood. Save the model with the weights inside."),
        ([weights, weights], "the entry 'location' occurs twice. Save the model with the weights inside."),
      ]
      for (entries, text) in expected { #expect(message(entries, in: folder) == prefix + text) }
      #expect(message([weights], in: folder) == "tensor 'c' has 12 bytes of raw data; its shape and type need 8.")
    }
  }
}
