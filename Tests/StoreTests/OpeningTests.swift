// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Store
import Testing

/// Every way in which a store can be out of reach, made real.
@Suite struct OpeningTests {
  let directory: TemporaryDirectory
  var path: String { directory.store }

  init() throws { directory = try TemporaryDirectory() }

  private func openFailure(_ mode: CertificateStore.Mode, _ path: String? = nil) -> StoreError? {
    failure { () throws(StoreError) in
      try CertificateStore(path: path ?? self.path, mode: mode, busyTimeout: .milliseconds(50))
    }
  }

  private func fill(_ path: String, runs: Int = 1) throws {
    let store = try CertificateStore(path: path, mode: .readWrite)
    for number in 0..<runs { try store.record(sampleRun(number)) }
    try store.close()
  }

  @Test("reading creates nothing")
  func notFound() throws {
    #expect(
      openFailure(.readOnly)?.description
        == "There is no store at '\(path)'. Check the path; the first recorded run creates the store.")
    #expect(try fingerprint(of: directory.path).isEmpty)
  }

  @Test func directoryMissing() {
    let error = openFailure(.readWrite, directory.path + "/no/store.sqlite")
    #expect(
      error?.description == """
        The directory '\(directory.path)/no' does not exist, so no store can be made there. \
        Create it with 'mkdir -p \(directory.path)/no'.
        """)
  }

  @Test("other files are left alone", arguments: [CertificateStore.Mode.readWrite, .readOnly])
  func notAStore(mode: CertificateStore.Mode) throws {
    try Data("This is a letter, not a database, and it is longer than a header.\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    let before = try fingerprint(of: directory.path)
    #expect(
      openFailure(mode)?.description
        == "'\(path)' is not an axcert store and was left alone. Choose another path with '--store PATH'.")
    #expect(openFailure(mode, directory.path) == .notAStore(path: directory.path))
    #expect(try fingerprint(of: directory.path) == before)
  }

  @Test("other databases are left alone", .enabled(if: SQLiteTool.path != nil, "needs the sqlite3 tool"))
  func foreignDatabase() throws {
    try SQLiteTool.run("CREATE TABLE t (x); INSERT INTO t VALUES (1)", on: path)
    let before = try fingerprint(of: directory.path)
    #expect(openFailure(.readWrite) == .notAStore(path: path))
    #expect(openFailure(.readOnly) == .notAStore(path: path))
    #expect(try fingerprint(of: directory.path) == before)
  }

  @Test("an empty file becomes a store only when written to")
  func emptyFile() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(
      openFailure(.readOnly)?.description == """
        The store '\(path)' is empty: its creation did not finish. \
        Record a run to complete it, or remove the file.
        """)
    try fill(path)
    #expect(try CertificateStore(path: path, mode: .readOnly).verify().isIntact)
  }

  @Test("a newer version is left alone", .enabled(if: SQLiteTool.path != nil, "needs the sqlite3 tool"))
  func newerVersion() throws {
    try fill(path)
    try SQLiteTool.run("PRAGMA user_version = 9", on: path)
    let before = try fingerprint(of: directory.path)
    for mode in [CertificateStore.Mode.readWrite, .readOnly] {
      #expect(
        openFailure(mode)?.description
          == "The store '\(path)' has version 9; this axcert knows versions up to 1. Install a newer axcert.")
    }
    #expect(try fingerprint(of: directory.path)["store.sqlite"] == before["store.sqlite"])
  }

  @Test(
    "a writer in another process is waited for, then reported",
    .enabled(if: SQLiteTool.path != nil, "needs the sqlite3 tool"))
  func locked() throws {
    let store = try CertificateStore(path: path, mode: .readWrite, busyTimeout: .milliseconds(50))
    _ = try store.record(sampleRun(1))
    let input = Pipe()
    let (process, output) = try SQLiteTool.start("", on: path, input: input)
    input.fileHandleForWriting.write(Data("BEGIN EXCLUSIVE; SELECT 'locked';\n".utf8))
    #expect(String(decoding: output.availableData, as: UTF8.self) == "locked\n")
    let error = failure { () throws(StoreError) in try store.record(sampleRun(2)) }
    #expect(
      error?.description == """
        Another process is writing to the store '\(path)', so nothing was recorded. \
        Run again when it has finished.
        """)
    #expect(try CertificateStore(path: path, mode: .readOnly).runs(limit: 9).count == 1)
    input.fileHandleForWriting.closeFile()
    process.waitUntilExit()
    #expect(try store.record(sampleRun(2)) == 2)
    #expect(try store.verify().isIntact)
  }

  @Test(
    "a store on a read-only file system can be read, not written",
    .enabled(if: TemporaryMount.isPossible, "needs root for mount"))
  func readOnlyFileSystem() throws {
    let mount = try TemporaryMount(byteCount: 1 << 22)
    let path = mount.path + "/my store?#%.sqlite"
    try fill(path, runs: 2)
    #expect(mount.makeReadOnly())
    #expect(
      openFailure(.readWrite, path)?.description == """
        The store '\(path)' is read-only, so nothing was recorded. \
        Make it writable, or choose another with '--store PATH'.
        """)
    #expect(
      openFailure(.readWrite, mount.path + "/new.sqlite")?.description == """
        The directory '\(mount.path)' is not writable, and the store keeps its write-ahead log there. \
        Make it writable, or choose another place with '--store PATH'.
        """)
    let store = try CertificateStore(path: path, mode: .readOnly)
    #expect(try store.runs(limit: 9).count == 2)
    #expect(try store.verify().isIntact)
    #expect(failure { () throws(StoreError) in try store.record(sampleRun(3)) } == .readOnly(path: path))
  }

  @Test(
    "runs left in a log that cannot be read are not passed over",
    .enabled(if: TemporaryMount.isPossible, "needs root for mount"))
  func unreadableLog() throws {
    let writer = try CertificateStore(path: path, mode: .readWrite)
    _ = try writer.record(sampleRun(1))
    let mount = try TemporaryMount(byteCount: 1 << 22)
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: mount.path + "/s" + suffix)
    }
    #expect(mount.makeReadOnly())
    let error = openFailure(.readOnly, mount.path + "/s")
    #expect(
      error?.description == """
        The latest runs are in '\(mount.path)/s-wal', which cannot be used from a read-only place. \
        Copy '\(mount.path)/s' and '\(mount.path)/s-wal' to a writable directory and open the copy.
        """)
  }

  @Test(
    "a full disk is reported and costs nothing that was there",
    .enabled(if: TemporaryMount.isPossible, "needs root for mount"))
  func diskFull() throws {
    let mount = try TemporaryMount(byteCount: 1 << 20)
    let path = mount.path + "/s"
    let store = try CertificateStore(path: path, mode: .readWrite)
    _ = try store.record(sampleRun(1))
    let error = failure { () throws(StoreError) in try store.record(sampleRun(2, evidence: 2 << 20)) }
    #expect(
      error?.description
        == "There is no space left for the store '\(path)', so nothing was recorded. Free some space and run again.")
    #expect(try store.verify().runCount == 1)
    #expect(try store.verify().isIntact)
    #expect(try store.record(sampleRun(2)) == 2)
    let full = try TemporaryMount(byteCount: 1 << 14)
    let creation = failure { () throws(StoreError) in try CertificateStore(path: full.path + "/s", mode: .readWrite) }
    #expect(creation == .diskFull(path: full.path + "/s"))
  }

  @Test("a file the user may not touch is reported", .enabled(if: geteuid() != 0, "root may touch every file"))
  func permissions() throws {
    try fill(path)
    let folder = directory.path
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder) }
    #expect(openFailure(.readWrite) == .directoryNotWritable(folder))
    #expect(try CertificateStore(path: path, mode: .readOnly).runs(limit: 9).count == 1)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect(openFailure(.readWrite) == .readOnly(path: path))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(
      openFailure(.readOnly)?.description
        == "The store '\(path)' is not readable for this user. Check its owner and mode with 'ls -l \(path)'.")
  }

  @Test("a damaged page is reported, not believed")
  func corrupt() throws {
    try fill(path, runs: 8)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for page in 1..<(whole.count / 4096) {
      var damaged = whole
      damaged.replaceSubrange(page * 4096..<page * 4096 + 1024, with: Data(repeating: 0xA5, count: 1024))
      try damaged.write(to: URL(fileURLWithPath: path))
      let outcome = Result { () throws(StoreError) in try CertificateStore(path: path, mode: .readOnly).verify() }
      switch outcome {
      case .success(let report): #expect(!report.isIntact, "page \(page)")
      case .failure(.corrupt): break
      case .failure(let error): Issue.record("page \(page): \(error)")
      }
    }
  }

  @Test func relativePathsAreNeverURIs() throws {
    let name = "file:axcert-\(UUID().uuidString)?mode=memory"
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: name + suffix) } }
    let store = try CertificateStore(path: name, mode: .readWrite)
    #expect(store.path == FileManager.default.currentDirectoryPath + "/" + name)
    #expect(FileManager.default.fileExists(atPath: store.path))
  }
}
