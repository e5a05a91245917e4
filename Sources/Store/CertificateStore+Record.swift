// SPDX-License-Identifier: Apache-2.0
import Attestation
import FoundationEssentials
import GRDB

extension CertificateStore {
  /// Adds a run, its results, their certificates and envelopes, and a log entry: all of them, or nothing.
  ///
  /// When it returns, SQLite has synced the write-ahead log, so the run survives a loss of power.
  ///
  /// - Returns: the number of the run.
  /// - Throws: `.locked`, `.diskFull`, `.readOnly`, `.invalidRecord`, …; the store is then as it was.
  @discardableResult
  package func record(_ run: RunRecord) throws(StoreError) -> Int64 {
    try run.checkInvariants()
    // Hashing needs no lock, so it comes before the transaction.
    let evidence = run.results.map { (certificate: Blob($0.certificate), envelope: Blob($0.envelope)) }
    do {
      return try queue.writeWithoutTransaction { db in
        var id: Int64 = 0
        try db.inTransaction(.immediate) {
          try insertFile(run.model, into: "models", db)
          try insertFile(run.property, into: "properties", db)
          for blob in evidence.flatMap({ [$0.certificate, $0.envelope] }) { try insertBlob(blob, db) }
          id = try insertRun(run, db)
          for (position, result) in run.results.enumerated() {
            try insertResult(
              result, at: position, of: id, evidence[position].certificate, evidence[position].envelope, db)
          }
          try appendLogEntry(of: id, db)
          return .commit
        }
        return id
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  private func insertFile(_ file: RunRecord.File, into table: String, _ db: Database) throws {
    let known = try Int.fetchOne(
      db, sql: "SELECT byte_count FROM \(table) WHERE sha256 = ?", arguments: [file.sha256.hex])
    guard let known else {
      return try db.execute(
        sql: "INSERT INTO \(table) (sha256, byte_count) VALUES (?, ?)", arguments: [file.sha256.hex, file.byteCount])
    }
    guard known == file.byteCount else {
      throw StoreError.invalidRecord("'\(file.name)' has \(file.byteCount) bytes, but its digest belongs to \(known)")
    }
  }

  private func insertBlob(_ blob: Blob?, _ db: Database) throws {
    guard let blob else { return }
    let sql = "SELECT 1 FROM blobs WHERE sha256 = ?"
    guard try Int.fetchOne(db, sql: sql, arguments: [blob.digest.hex]) == nil else { return }
    try db.execute(sql: "INSERT INTO blobs (sha256, bytes) VALUES (?, ?)", arguments: [blob.digest.hex, blob.bytes])
  }

  private func insertRun(_ run: RunRecord, _ db: Database) throws -> Int64 {
    try db.execute(
      sql: """
        INSERT INTO runs (started_at, tool_version, model, model_name, property, property_name, property_kind, options,
          verdict, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        run.startedAt, run.toolVersion, run.model.sha256.hex, run.model.name, run.property.sha256.hex,
        run.property.name, run.propertyKind, run.options, run.verdict.rawValue, run.seconds,
      ])
    return db.lastInsertedRowID
  }

  private func insertResult(
    _ result: RunRecord.Result, at position: Int, of run: Int64, _ certificate: Blob?, _ envelope: Blob?, _ db: Database
  ) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO results (run, position, property, verdict, semantics, margin, leaves, certificate, envelope, reason)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      run, position, result.property, result.verdict.rawValue, result.semantics, result.margin, result.leaves,
      certificate?.digest.hex, envelope?.digest.hex, result.reason,
    ])
  }

  /// Hashes what the tables now say rather than what was asked for, so that `verify()` compares like with like.
  private func appendLogEntry(of run: Int64, _ db: Database) throws {
    let last = try Row.fetchOne(db, sql: "SELECT sequence, entry_hash FROM log ORDER BY sequence DESC LIMIT 1")
    let sequence: Int64 = try last.map { try $0.value("sequence") } ?? 0
    let previous = try last.map { try $0.digest("entry_hash").bytes } ?? LogEntry.genesis
    let bytes = try Self.logEntry(of: run, db).canonicalBytes
    try db.execute(
      sql: "INSERT INTO log (sequence, run, previous_hash, entry_hash, entry) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        sequence + 1, run, SHA256Digest(bytes: previous)?.hex,
        LogEntry.hash(previous: previous, canonicalBytes: bytes).hex, String(decoding: bytes, as: UTF8.self),
      ])
  }
}

/// Bytes on their way into the store, under their digest.
private struct Blob {
  let digest: SHA256Digest
  let bytes: Data

  init?(_ bytes: [UInt8]?) {
    guard let bytes else { return nil }
    digest = SHA256Digest(of: bytes)
    self.bytes = Data(bytes)
  }
}
