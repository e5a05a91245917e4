// SPDX-License-Identifier: Apache-2.0
import Exact
import Foundation
import Testing

@Suite("Reading files")
struct FileBytesTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test("the bytes are those on disk") func reads() throws {
    try withFolder { folder in
      let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/data"))
      #expect(try readFile(at: folder + "/data") == bytes)
    }
  }

  @Test("a missing file, a directory, an empty file and a pipe are told apart") func refuses() throws {
    try withFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
      try Data([1]).write(to: URL(fileURLWithPath: folder + "/data"))
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      let cases: [(String, FileError)] = [
        (folder + "/none", .missing(path: folder + "/none")),
        (folder + "/data/inner", .missing(path: folder + "/data/inner")),
        (folder + "/da\0ta", .missing(path: folder + "/da\0ta")),
        (folder, .isDirectory(path: folder)),
        (folder + "/empty", .isEmpty(path: folder + "/empty")),
        (folder + "/pipe", .notRegular(path: folder + "/pipe")),
      ]
      for (path, error) in cases { #expect(throws: error) { try readFile(at: path) } }
    }
  }

  @Test("messages say what to do next") func describes() {
    let texts: [(FileError, String)] = [
      (.missing(path: "a"), "There is no file 'a'. Check the path; it is taken relative to the working directory."),
      (.isDirectory(path: "a"), "'a' is a directory. Give the path of a file inside it."),
      (
        .notRegular(path: "a"),
        "'a' is not a regular file (a pipe, socket or device). Save its contents to a file first."
      ),
      (.isEmpty(path: "a"), "'a' is empty (0 bytes). Write or download it again."),
      (.tooLarge(path: "a", limit: 9), "'a' is larger than 9 bytes, the most that is read from one file."),
      (
        .changedWhileReading(path: "a"),
        "'a' changed while it was read. Wait until it is written completely, then try again."
      ),
      (
        .unreadable(path: "a", reason: "Permission denied"),
        "'a' cannot be read: Permission denied. Check its permissions."
      ),
    ]
    for (error, text) in texts { #expect(error.description == text) }
  }
}
