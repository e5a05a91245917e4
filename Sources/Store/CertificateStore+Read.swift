// SPDX-License-Identifier: Apache-2.0
package import Attestation
import FoundationEssentials
import GRDB

extension CertificateStore {
  /// The latest runs, newest first.
  package func runs(limit: Int) throws(StoreError) -> [StoredRun] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: Self.selectRuns + " ORDER BY runs.id DESC LIMIT ?", arguments: [max(0, limit)])
      return try rows.map(Self.run)
    }
  }

  package func run(_ id: Int64) throws(StoreError) -> StoredRun {
    try read { try Self.run(id, $0) }
  }

  /// The results of a run, in the order in which they were recorded.
  ///
  /// - Throws: `.noSuchRun`.
  package func results(of run: Int64) throws(StoreError) -> [StoredResult] {
    try read { db in
      _ = try Self.run(run, db)
      return try Self.results(of: run, db)
    }
  }

  /// A certificate by its SHA-256 or by the first 4 or more digits of it.
  ///
  /// - Returns: bytes compared with their digest just now.
  /// - Throws: `.noSuchCertificate`, `.ambiguousPrefix`, `.invalidPrefix`; `.corrupt` if the bytes were altered.
  package func certificate(_ prefix: String) throws(StoreError) -> StoredCertificate {
    try read { db in
      let digest = try Self.resolve(prefix, db)
      return StoredCertificate(sha256: digest, bytes: try self.blob(digest, db))
    }
  }

  /// The envelope recorded last for a certificate; nil if it was never signed.
  package func envelope(for certificate: SHA256Digest) throws(StoreError) -> [UInt8]? {
    try read { db in
      let sql = """
        SELECT envelope FROM results WHERE certificate = ? AND envelope IS NOT NULL ORDER BY run DESC, position DESC
        LIMIT 1
        """
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [certificate.hex]) else { return nil }
      return try self.blob(row.digest("envelope"), db)
    }
  }

  /// Results that refer to a certificate, newest first.
  package func results(for certificate: SHA256Digest) throws(StoreError) -> [StoredResult] {
    try read { db in
      let sql = Self.selectResults + " WHERE certificate = ? ORDER BY run DESC, position DESC"
      return try Row.fetchAll(db, sql: sql, arguments: [certificate.hex]).map(Self.result)
    }
  }

  func read<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do { return try queue.read(body) } catch { throw StoreError(error, path: path) }
  }

  private func blob(_ digest: SHA256Digest, _ db: Database) throws -> [UInt8] {
    let data = try Data.fetchOne(db, sql: "SELECT bytes FROM blobs WHERE sha256 = ?", arguments: [digest.hex])
    let bytes = data.map(Array.init) ?? []
    guard SHA256Digest(of: bytes) == digest else {
      throw StoreError.corrupt(path: path, detail: "the bytes of \(digest) do not match their digest")
    }
    return bytes
  }

  private static func resolve(_ prefix: String, _ db: Database) throws -> SHA256Digest {
    let digits = prefix.lowercased()
    guard (4...64).contains(digits.utf8.count), digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
      throw StoreError.invalidPrefix(prefix)
    }
    // 'g' follows every hexadecimal digit, so this is the range of the prefix, read from the index.
    let sql = "SELECT DISTINCT certificate FROM results WHERE certificate >= ? AND certificate < ? LIMIT 10"
    let matches = try Row.fetchAll(db, sql: sql, arguments: [digits, digits + "g"]).map { try $0.digest("certificate") }
    guard let match = matches.first else { throw StoreError.noSuchCertificate(prefix) }
    guard matches.count == 1 else { throw StoreError.ambiguousPrefix(prefix, matches: matches.map(\.hex)) }
    return match
  }
}

// MARK: - Rows

extension CertificateStore {
  private static let selectRuns = """
    SELECT runs.id, started_at, tool_version, model, model_name, models.byte_count AS model_bytes, property,
      property_name, property_kind, properties.byte_count AS property_bytes, options, verdict, seconds
    FROM runs JOIN models ON models.sha256 = model JOIN properties ON properties.sha256 = property
    """

  private static let selectResults = """
    SELECT run, position, property, verdict, semantics, margin, leaves, certificate, envelope, reason FROM results
    """

  static func logEntry(of run: Int64, _ db: Database) throws -> LogEntry {
    LogEntry(try Self.run(run, db), try results(of: run, db))
  }

  private static func run(_ id: Int64, _ db: Database) throws -> StoredRun {
    guard let row = try Row.fetchOne(db, sql: selectRuns + " WHERE runs.id = ?", arguments: [id]) else {
      throw StoreError.noSuchRun(id)
    }
    return try run(row)
  }

  private static func results(of run: Int64, _ db: Database) throws -> [StoredResult] {
    try Row.fetchAll(db, sql: selectResults + " WHERE run = ? ORDER BY position", arguments: [run]).map(result)
  }

  private static func run(_ row: Row) throws -> StoredRun {
    StoredRun(
      id: try row.value("id"), startedAt: try row.value("started_at"), toolVersion: try row.value("tool_version"),
      model: .init(
        sha256: try row.digest("model"), name: try row.value("model_name"), byteCount: try row.value("model_bytes")),
      property: .init(
        sha256: try row.digest("property"), name: try row.value("property_name"),
        byteCount: try row.value("property_bytes")),
      propertyKind: try row.value("property_kind"), options: try row.value("options"), verdict: try row.verdict(),
      seconds: try row.value("seconds"))
  }

  private static func result(_ row: Row) throws -> StoredResult {
    StoredResult(
      run: try row.value("run"), property: try row.value("property"), verdict: try row.verdict(),
      semantics: try row.optional("semantics"), margin: try row.optional("margin"), leaves: try row.optional("leaves"),
      certificate: try row.optionalDigest("certificate"), envelope: try row.optionalDigest("envelope"),
      reason: try row.optional("reason"))
  }
}

/// A column holds what its table cannot hold: the file was altered from outside.
struct UnexpectedValue: Error, CustomStringConvertible {
  let column: String
  var description: String { "the column '\(column)' holds an unexpected value" }
}

extension Row {
  /// GRDB's own subscripts stop the process on a wrong type; a damaged file must not.
  func optional<T: DatabaseValueConvertible>(_ column: String) throws -> T? {
    let stored: DatabaseValue = self[column]
    if stored.isNull { return nil }
    guard let value = T.fromDatabaseValue(stored) else { throw UnexpectedValue(column: column) }
    return value
  }

  func value<T: DatabaseValueConvertible>(_ column: String) throws -> T {
    guard let value: T = try optional(column) else { throw UnexpectedValue(column: column) }
    return value
  }

  func optionalDigest(_ column: String) throws -> SHA256Digest? {
    guard let hex: String = try optional(column) else { return nil }
    guard let digest = SHA256Digest(hex: hex) else { throw UnexpectedValue(column: column) }
    return digest
  }

  func digest(_ column: String) throws -> SHA256Digest {
    guard let digest = try optionalDigest(column) else { throw UnexpectedValue(column: column) }
    return digest
  }

  func verdict() throws -> RecordedVerdict {
    guard let verdict = RecordedVerdict(rawValue: try value("verdict")) else {
      throw UnexpectedValue(column: "verdict")
    }
    return verdict
  }
}
