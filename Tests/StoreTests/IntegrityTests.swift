// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Store
import Testing

/// The store's promises, tried from outside with the sqlite3 tool.
@Suite(.enabled(if: SQLiteTool.path != nil, "needs the sqlite3 tool"))
struct IntegrityTests {
  let directory: TemporaryDirectory
  var path: String { directory.store }

  init() throws {
    directory = try TemporaryDirectory()
    let store = try CertificateStore(path: directory.store, mode: .readWrite)
    for number in 1...4 { try store.record(sampleRun(number)) }
    try store.close()
  }

  @Test(
    "no statement changes or removes a row", arguments: ["models", "properties", "blobs", "runs", "results", "log"])
  func appendOnly(table: String) throws {
    let before = try SQLiteTool.run("SELECT * FROM \(table)", on: path)
    let column = ["runs": "id", "results": "position", "log": "sequence"][table] ?? "sha256"
    for statement in [
      "UPDATE \(table) SET \(column) = \(column)", "DELETE FROM \(table)",
      "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)",
    ] {
      #expect(try SQLiteTool.run(statement, on: path).contains("the store is append-only"), "\(statement)")
    }
    #expect(try SQLiteTool.run("SELECT * FROM \(table)", on: path) == before)
  }

  @Test("a second entry for a run cannot push out the first")
  func replaceByOtherKey() throws {
    let sql = "INSERT OR REPLACE INTO log SELECT 99, run, previous_hash, 'x', entry FROM log WHERE sequence = 1"
    #expect(try SQLiteTool.run(sql, on: path).contains("the store is append-only"))
  }

  @Test("the file says what it is")
  func header() throws {
    #expect(
      try SQLiteTool.run("PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode", on: path)
        == "1096303444\n1\nwal\n")
    let magic = try Data(contentsOf: URL(fileURLWithPath: path))[68..<72]
    #expect(String(decoding: magic, as: UTF8.self) == "AXCT")
  }

  @Test("the chain can be recomputed by hand")
  func chain() throws {
    let rows = try SQLiteTool.run(
      "SELECT previous_hash || ' ' || entry_hash || ' ' || entry FROM log ORDER BY sequence", on: path)
    var previous = [UInt8](repeating: 0, count: 32)
    for row in rows.split(separator: "\n") {
      let parts = row.split(separator: " ", maxSplits: 2)
      let digest = SHA256Digest(of: previous + Array(parts[2].utf8))
      #expect(SHA256Digest(hex: String(parts[0]))?.bytes == previous)
      #expect(String(parts[1]) == digest.hex)
      previous = digest.bytes
    }
    let report = try CertificateStore(path: path, mode: .readOnly).verify()
    #expect(report.isIntact && report.firstBadEntry == nil)
    #expect(report.head?.bytes == previous)
  }

  @Test("the entry of a run is fixed text")
  func goldenEntry() throws {
    let run = sampleRun(1)
    let certificate = SHA256Digest(of: run.results[0].certificate ?? [])
    let envelope = SHA256Digest(of: run.results[0].envelope ?? [])
    #expect(
      try SQLiteTool.run("SELECT entry FROM log WHERE sequence = 1", on: path) == """
        {"format":"axcert-log/v1","model":{"byteCount":5,"name":"model.onnx","sha256":"\(run.model.sha256)"},\
        "options":"{\\"timeout\\":60}","property":{"byteCount":8,"name":"robustness.yml","sha256":\
        "\(run.property.sha256)"},"propertyKind":"robustness","results":[{"certificate":"\(certificate)","envelope":\
        "\(envelope)","leaves":3,"margin":"1*2^-7","property":"a","semantics":"real","verdict":"holds"},\
        {"property":"b","reason":"time limit of 60 s","verdict":"unknown"}],"run":1,"seconds":"1.1","startedAt":\
        "2026-01-31T12:00:01Z","toolVersion":"0.1.0","verdict":"unknown"}

        """)
  }

  @Test(
    "whoever drops the triggers and alters a row is found out, at the right entry",
    arguments: [
      (
        "UPDATE results SET verdict = 'holds', certificate = (SELECT min(certificate) FROM results) WHERE run = 2 AND position = 1",
        2, "log entry 2: its run or results were altered"
      ),
      (
        "UPDATE results SET reason = 'another' WHERE run = 3 AND position = 1", 3,
        "log entry 3: its run or results were altered"
      ),
      ("UPDATE runs SET seconds = 0 WHERE id = 4", 4, "log entry 4: its run or results were altered"),
      ("UPDATE models SET byte_count = 6", 1, "log entry 1: its run or results were altered"),
      (
        "UPDATE log SET entry = replace(entry, '60 s', '61 s') WHERE sequence = 2", 2,
        "log entry 2: its text was altered"
      ),
      ("UPDATE log SET entry_hash = 'x' WHERE sequence = 2", 2, "log entry 2: its text was altered"),
      (
        "UPDATE log SET previous_hash = entry_hash WHERE sequence = 3", 3,
        "log entry 3: it does not continue the entry before it"
      ),
      ("DELETE FROM log WHERE sequence = 2", 3, "log entry 3: an entry before it is missing"),
      ("DELETE FROM results WHERE run = 1 AND position = 1", 1, "log entry 1: its run or results were altered"),
      ("DELETE FROM log WHERE sequence = 4", nil, "run 4 has no log entry"),
      (
        "UPDATE blobs SET bytes = x'00' WHERE sha256 = (SELECT certificate FROM results WHERE run = 1 AND position = 0)",
        nil, "do not match their digest"
      ),
      ("DELETE FROM blobs", nil, "table 'results' refers to a missing row"),
    ] as [(String, Int64?, String)])
  func tampering(statement: String, entry: Int64?, problem: String) throws {
    let triggers = try SQLiteTool.run("SELECT name FROM sqlite_master WHERE type = 'trigger'", on: path)
    let schema = try SQLiteTool.run("SELECT sql || ';' FROM sqlite_master WHERE type = 'trigger'", on: path)
    let drops = triggers.split(separator: "\n").map { "DROP TRIGGER \($0);" }.joined()
    #expect(try SQLiteTool.run(drops + statement + ";" + schema, on: path) == "")
    let report = try CertificateStore(path: path, mode: .readOnly).verify()
    #expect(!report.isIntact)
    #expect(report.firstBadEntry == entry)
    #expect(report.problems.contains { $0.description.hasSuffix(problem) }, "\(report.problems)")
    #expect(!report.problems.contains { if case .trigger = $0 { true } else { false } })
  }

  @Test("a missing or weakened trigger is reported")
  func triggers() throws {
    try SQLiteTool.run("DROP TRIGGER runs_no_update", on: path)
    try SQLiteTool.run(
      "DROP TRIGGER log_no_delete; CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT 1; END", on: path)
    let report = try CertificateStore(path: path, mode: .readOnly).verify()
    #expect(
      report.problems.map(\.description) == [
        "trigger 'runs_no_update' is missing or altered", "trigger 'log_no_delete' is missing or altered",
      ])
  }

  @Test("altered bytes are never handed out")
  func alteredBlob() throws {
    let digest = SHA256Digest(of: sampleRun(1).results[0].certificate ?? [])
    try SQLiteTool.run(
      "DROP TRIGGER blobs_no_update; UPDATE blobs SET bytes = x'00' WHERE sha256 = '\(digest)'", on: path)
    let store = try CertificateStore(path: path, mode: .readOnly)
    let error = failure { () throws(StoreError) in try store.certificate(digest.hex) }
    #expect(
      error?.description == """
        The store '\(path)' is damaged (the bytes of \(digest) do not match their digest). \
        Run 'axcert store verify' for details and restore a backup.
        """)
  }
}
