// SPDX-License-Identifier: Apache-2.0
import Foundation
import Store
import Testing

/// What the run needs is not there: status 69, and the store holds what it held before.
@Suite("Store and key faults", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct StoreFaultTests {
  let place: Workplace

  init() throws {
    place = try Workplace()
    try place.write("m.onnx", Samples.identity().onnx)
    try place.write("q.vnnlib", Samples.holds)
  }

  private func verify(_ arguments: String...) throws -> Tool.Result {
    try Tool.Running(.axcert, ["verify", "m.onnx", "--props", "q.vnnlib"] + arguments, in: place).finish()
  }

  private func expectUnavailable(_ result: Tool.Result, _ message: String) {
    #expect(result.status == 69)
    #expect(result.output.isEmpty)
    #expect(result.error == "axcert: error: " + message + "\n")
  }

  @Test("runs are recorded, listed, shown, exported and verified")
  func recorded() throws {
    for _ in 0..<2 { #expect(try verify().status == 0) }
    #expect(try Tool.axcert.run("store", "verify", in: place).output.hasPrefix("2 runs, "))
    #expect(try Tool.axcert.run("store", "list", in: place).output.split(separator: "\n").count == 3)
    let show = try Tool.axcert.run("store", "show", "1", in: place).output
    let words = show.split { " \n".contains($0) }
    let digest = try #require(words.firstIndex(of: "certificate").map { words[$0 + 1] })
    let exported = try Tool.axcert.run("store", "export", String(digest.prefix(12)), "--output", ".", in: place)
    #expect(exported.status == 0)
    let certificate = try #require(exported.output.split(separator: "\n").first)
    #expect(try Tool.axcheck.run(String(certificate), "--model", "m.onnx", in: place).status == 0)
    let missing = try Tool.axcert.run("store", "show", "3", in: place)
    expectUnavailable(missing, "The store has no run 3. List them with 'axcert store list'.")
  }

  @Test("another process holds the store", .enabled(if: SQLite.isInstalled, "needs the sqlite3 tool"))
  func locked() throws {
    #expect(try verify("--store", "s.sqlite").status == 0)
    let lock = try SQLite.Lock(place("s.sqlite"))
    let result = try verify("--store", "s.sqlite")
    lock.release()
    expectUnavailable(
      result,
      "Another process is writing to the store '\(place("s.sqlite"))', so nothing was recorded. Run again when it has finished."
    )
    let store = try CertificateStore(path: place("s.sqlite"), mode: .readOnly)
    #expect(try store.runs(limit: 9).count == 1)
    #expect(try store.verify().isIntact)
  }

  @Test("the path is a directory")
  func directory() throws {
    expectUnavailable(
      try verify("--store", place.path),
      "'\(place.path)' is not an axcert store and was left alone. Choose another path with '--store PATH'.")
  }

  @Test("the file is no database")
  func foreign() throws {
    try place.write("s.sqlite", "This is a letter, not a database.\n")
    expectUnavailable(
      try verify("--store", "s.sqlite"),
      "'\(place("s.sqlite"))' is not an axcert store and was left alone. Choose another path with '--store PATH'.")
    #expect(try place.read("s.sqlite") == Array("This is a letter, not a database.\n".utf8))
  }

  @Test("a newer version", .enabled(if: SQLite.isInstalled, "needs the sqlite3 tool"))
  func newer() throws {
    #expect(try verify("--store", "s.sqlite").status == 0)
    try SQLite.run("PRAGMA user_version = 9", place("s.sqlite"))
    let before = try place.read("s.sqlite")
    expectUnavailable(
      try verify("--store", "s.sqlite"),
      "The store '\(place("s.sqlite"))' has version 9; this axcert knows versions up to 1. Install a newer axcert.")
    #expect(try place.read("s.sqlite") == before)
  }

  @Test("a file that may not be written", .enabled(if: geteuid() != 0, "root may write every file"))
  func readOnly() throws {
    #expect(try verify("--store", "s.sqlite").status == 0)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: place("s.sqlite"))
    let before = try place.read("s.sqlite")
    expectUnavailable(
      try verify("--store", "s.sqlite"),
      "The store '\(place("s.sqlite"))' is read-only, so nothing was recorded. Make it writable, or choose another with '--store PATH'."
    )
    #expect(try place.read("s.sqlite") == before)
  }

  @Test("a folder that is not there")
  func noFolder() throws {
    expectUnavailable(
      try verify("--store", "no/s.sqlite"),
      "The directory '\(place("no"))' does not exist, so no store can be made there. Create it with 'mkdir -p \(place("no"))'."
    )
    expectUnavailable(
      try Tool.axcert.run("store", "list", "--store", "s.sqlite", in: place),
      "There is no store at '\(place("s.sqlite"))'. Check the path; the first recorded run creates the store.")
  }

  @Test("places for certificates that are not there cost no computing time", arguments: ["--certificate", "--vnncomp"])
  func noPlace(option: String) throws {
    let before = try place.snapshot()
    expectUnavailable(
      try verify(option, "no/p"),
      "'no/p' cannot be written: there is no directory 'no'. Create it with 'mkdir -p no'.")
    expectUnavailable(
      try verify(option, place.path),
      "'\(place.path)' cannot be written: it is a directory. Give the path of a file inside it.")
    #expect(try place.snapshot() == before)
  }

  @Test("keys that are unknown, misnamed, unreadable or open to others")
  func keys() throws {
    let folder = place("data/axcert/keys")
    expectUnavailable(
      try verify("--key", "release"),
      "There is no key 'release' in '\(folder)'. List the keys there with 'axcert keys list'.")
    let misnamed = try verify("--key", "../x")
    #expect(misnamed.status == 69)
    #expect(misnamed.error.hasPrefix("axcert: error: '../x' cannot name a key."))
    #expect(try Tool.axcert.run("keys", "generate", "release", in: place).status == 0)
    let before = try place.snapshot()
    let again = try Tool.axcert.run("keys", "generate", "release", in: place)
    expectUnavailable(
      again, "The key 'release' exists already ('\(folder)/release.key') and is never overwritten. Choose another name."
    )
    #expect(try place.snapshot() == before)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/release.key")
    let open = try verify("--key", "release")
    #expect(open.status == 69)
    #expect(
      open.error.hasPrefix("axcert: error: The private key '\(folder)/release.key' has mode 0644: others may read it."))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/release.key")
    #expect(try verify("--key", "release", "--no-store", "--certificate", "c.axc").status == 0)
    try place.write("data/axcert/keys/release.key", "no key")
    expectUnavailable(
      try verify("--key", "release"),
      "'\(folder)/release.key' holds no readable private key. Expected PKCS#8 PEM ('-----BEGIN PRIVATE KEY-----'), unencrypted."
    )
    #expect(try place.snapshot()["data/axcert/store.sqlite"] == nil)
  }

  @Test("no home means no place for keys and store")
  func noHome() throws {
    let result = try Tool.axcert.run(
      "verify", "m.onnx", "--props", "q.vnnlib", in: place, environment: ["XDG_DATA_HOME": "relative"])
    #expect(result.status == 69)
    #expect(result.error.hasPrefix("axcert: error: Neither XDG_DATA_HOME nor HOME holds an absolute path"))
  }
}

/// `sqlite3`, the tool that a curious user would take to the file.
enum SQLite {
  private static let path = "/usr/bin/sqlite3"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

  static func run(_ sql: String, _ store: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["-batch", store, sql]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
  }

  /// Holds an exclusive lock in another process until released.
  final class Lock {
    private let process = Process()
    private let input = Pipe()

    init(_ store: String) throws {
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = ["-batch", store]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      input.fileHandleForWriting.write(Data("BEGIN EXCLUSIVE; SELECT 'locked';\n".utf8))
      #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "locked\n")
    }

    func release() {
      input.fileHandleForWriting.closeFile()
      process.waitUntilExit()
    }
  }
}
