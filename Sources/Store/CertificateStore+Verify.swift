// SPDX-License-Identifier: Apache-2.0
import Attestation
import FoundationEssentials
import GRDB

extension CertificateStore {
  /// Checks pages, references, triggers, the digest of every blob and every link of the log, in one snapshot.
  ///
  /// Reads the whole file. Damage is reported, not thrown.
  ///
  /// - Throws: only where the store cannot be read at all (`.locked`, `.inputOutput`).
  package func verify() throws(StoreError) -> IntegrityReport {
    var report = IntegrityReport()
    let checks = [Self.checkPages, Self.checkReferences, Self.checkTriggers, Self.checkBlobs, Self.checkLog]
    try read { db in
      for check in checks {
        do {
          try check(db, &report)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
          throw error
        } catch let error as DatabaseError {
          report.problems.append(.database(error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"))
        } catch {
          report.problems.append(.database("\(error)"))
        }
      }
    }
    return report
  }

  private static func checkPages(_ db: Database, _ report: inout IntegrityReport) throws {
    let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
    report.problems += lines.filter { $0 != "ok" }.map { .database($0) }
  }

  private static func checkReferences(_ db: Database, _ report: inout IntegrityReport) throws {
    for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
      report.problems.append(.foreignKey(table: try row.value("table")))
    }
  }

  private static func checkTriggers(_ db: Database, _ report: inout IntegrityReport) throws {
    for trigger in Schema.triggers {
      let sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
      let found = try String.fetchOne(db, sql: sql, arguments: [trigger.name])
      if found != trigger.sql { report.problems.append(.trigger(trigger.name)) }
    }
  }

  private static func checkBlobs(_ db: Database, _ report: inout IntegrityReport) throws {
    let rows = try Row.fetchCursor(db, sql: "SELECT sha256, bytes FROM blobs ORDER BY sha256")
    while let row = try rows.next() {
      report.blobCount += 1
      let digest = try row.digest("sha256")
      let bytes: Data = try row.value("bytes")
      if SHA256Digest(of: Array(bytes)) != digest { report.problems.append(.blob(digest)) }
    }
  }

  private static func checkLog(_ db: Database, _ report: inout IntegrityReport) throws {
    let rows = try Row.fetchCursor(
      db, sql: "SELECT sequence, run, previous_hash, entry_hash, entry FROM log ORDER BY sequence")
    var expectedSequence: Int64 = 1
    while let row = try rows.next() {
      let sequence: Int64 = try row.value("sequence")
      if let fault = try entryFault(row, expectedSequence, after: report.head, db) {
        report.problems.append(.entry(sequence, fault))
      }
      report.head = try? row.digest("entry_hash")
      expectedSequence = sequence + 1
    }
    report.runCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM runs") ?? 0
    let orphans = try Int64.fetchAll(db, sql: "SELECT id FROM runs WHERE id NOT IN (SELECT run FROM log) ORDER BY id")
    report.problems += orphans.map { .runWithoutEntry($0) }
  }

  /// What is wrong with one link, judged by what the entry before it says of itself.
  private static func entryFault(
    _ row: Row, _ expectedSequence: Int64, after head: SHA256Digest?, _ db: Database
  ) throws -> IntegrityReport.EntryFault? {
    guard try row.value("sequence") == expectedSequence else { return .outOfSequence }
    let previous = head?.bytes ?? LogEntry.genesis
    guard (try? row.digest("previous_hash"))?.bytes == previous else { return .brokenChain }
    let text: String = try row.value("entry")
    let bytes = Array(text.utf8)
    guard LogEntry.hash(previous: previous, canonicalBytes: bytes) == (try? row.digest("entry_hash")) else {
      return .wrongHash
    }
    let recorded = try? logEntry(of: row.value("run"), db)
    return recorded?.canonicalBytes == bytes ? nil : .differsFromTables
  }
}
