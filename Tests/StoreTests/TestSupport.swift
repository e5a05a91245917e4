// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Store

/// A directory of its own, removed with the value.
final class TemporaryDirectory {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("axcert-\(UUID().uuidString)").path
  var store: String { path + "/store.sqlite" }

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A tmpfs of its own, which only root can have; read-only and full disks are real there.
final class TemporaryMount {
  let directory: TemporaryDirectory
  var path: String { directory.path }

  init(byteCount: Int) throws {
    directory = try TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(byteCount)") == 0 else { throw POSIXError(.EPERM) }
  }

  deinit { umount2(directory.path, Int32(MNT_DETACH)) }

  func makeReadOnly() -> Bool { mount(nil, path, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 }

  static let isPossible = (try? TemporaryMount(byteCount: 1 << 20)) != nil
}

/// `sqlite3`, the tool that a curious user would take to the file.
enum SQLiteTool {
  static let path = ["/usr/bin/sqlite3", "/usr/local/bin/sqlite3"].first(where: FileManager.default.isExecutableFile)

  /// Runs statements and returns what was printed, errors included.
  @discardableResult
  static func run(_ sql: String, on store: String) throws -> String {
    let (process, output) = try start(sql, on: store)
    let text = String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  static func start(_ sql: String, on store: String, input: Pipe? = nil) throws -> (Process, FileHandle) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path ?? "")
    process.arguments = ["-batch", store] + (input == nil ? [sql] : [])
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    return (process, pipe.fileHandleForReading)
  }
}

/// The error that `body` throws, as its type says it.
func failure<E: Error, T>(_ body: () throws(E) -> T) -> E? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

func sampleRun(_ number: Int = 1, evidence: Int = 300) -> RunRecord {
  let certificate = (0..<evidence).map { UInt8(truncatingIfNeeded: $0 &+ number &* 7) }
  return RunRecord(
    startedAt: "2026-01-31T12:00:0\(number % 10)Z", toolVersion: "0.1.0",
    model: .init(sha256: SHA256Digest(of: Array("model".utf8)), name: "model.onnx", byteCount: 5),
    property: .init(sha256: SHA256Digest(of: Array("property".utf8)), name: "robustness.yml", byteCount: 8),
    propertyKind: "robustness", options: "{\"timeout\":60}", seconds: 0.1 + Double(number),
    results: [
      .init(
        property: "a", verdict: .holds, semantics: "real", margin: "1*2^-7", leaves: 3, certificate: certificate,
        envelope: Array("envelope \(number)".utf8)),
      .init(property: "b", verdict: .unknown, reason: "time limit of 60 s"),
    ])
}

/// Files that a failure must leave as they were, by name and digest.
func fingerprint(of directory: String) throws -> [String: SHA256Digest] {
  let names = try FileManager.default.contentsOfDirectory(atPath: directory)
  return try Dictionary(
    uniqueKeysWithValues: names.map { ($0, try SHA256Digest.ofFile(at: directory + "/" + $0).digest) })
}
