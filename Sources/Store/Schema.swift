// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Tables, triggers and the marks that tell our files from others.
enum Schema {
  /// "AXCT" in ASCII, in the header of every store.
  static let applicationID: Int32 = 0x4158_4354
  /// Grows with every migration; kept as `user_version`.
  static let version: Int32 = 1

  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("v1") { db in
      try db.execute(sql: tables)
      for trigger in triggers { try db.execute(sql: trigger.sql) }
      try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = 1")
    }
    return migrator
  }()

  /// Rows are never changed or removed. `unique` lists every unique key, so that REPLACE cannot remove a row either.
  private static let appendOnly: [(table: String, unique: [String])] = [
    ("models", ["sha256 = NEW.sha256"]),
    ("properties", ["sha256 = NEW.sha256"]),
    ("blobs", ["sha256 = NEW.sha256"]),
    ("runs", ["id = NEW.id"]),
    ("results", ["(run = NEW.run AND position = NEW.position)"]),
    ("log", ["sequence = NEW.sequence", "run = NEW.run", "entry_hash = NEW.entry_hash"]),
  ]

  static let appendOnlyMessage = "the store is append-only"

  static let triggers: [(name: String, sql: String)] = appendOnly.flatMap { table, unique in
    let refuse = "BEGIN SELECT RAISE(ABORT, '\(appendOnlyMessage)'); END"
    let taken = "WHEN EXISTS (SELECT 1 FROM \(table) WHERE \(unique.joined(separator: " OR ")))"
    return [
      ("\(table)_no_update", "CREATE TRIGGER \(table)_no_update BEFORE UPDATE ON \(table) \(refuse)"),
      ("\(table)_no_delete", "CREATE TRIGGER \(table)_no_delete BEFORE DELETE ON \(table) \(refuse)"),
      ("\(table)_no_replace", "CREATE TRIGGER \(table)_no_replace BEFORE INSERT ON \(table) \(taken) \(refuse)"),
    ]
  }

  private static let tables = """
    CREATE TABLE models (
      sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
      byte_count INTEGER NOT NULL CHECK (byte_count >= 0)
    ) STRICT;
    CREATE TABLE properties (
      sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
      byte_count INTEGER NOT NULL CHECK (byte_count >= 0)
    ) STRICT;
    CREATE TABLE blobs (
      sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY,
      started_at TEXT NOT NULL,
      tool_version TEXT NOT NULL,
      model TEXT NOT NULL REFERENCES models (sha256),
      model_name TEXT NOT NULL,
      property TEXT NOT NULL REFERENCES properties (sha256),
      property_name TEXT NOT NULL,
      property_kind TEXT NOT NULL,
      options TEXT NOT NULL,
      verdict TEXT NOT NULL CHECK (verdict IN ('holds', 'violated', 'unknown')),
      seconds REAL NOT NULL CHECK (seconds >= 0)
    ) STRICT;
    CREATE TABLE results (
      run INTEGER NOT NULL REFERENCES runs (id),
      position INTEGER NOT NULL,
      property TEXT NOT NULL,
      verdict TEXT NOT NULL CHECK (verdict IN ('holds', 'violated', 'unknown')),
      semantics TEXT,
      margin TEXT,
      leaves INTEGER,
      certificate TEXT REFERENCES blobs (sha256),
      envelope TEXT REFERENCES blobs (sha256),
      reason TEXT,
      PRIMARY KEY (run, position),
      CHECK (verdict = 'unknown' OR certificate IS NOT NULL),
      CHECK (envelope IS NULL OR certificate IS NOT NULL)
    ) STRICT;
    CREATE INDEX results_by_certificate ON results (certificate);
    CREATE TABLE log (
      sequence INTEGER PRIMARY KEY,
      run INTEGER NOT NULL UNIQUE REFERENCES runs (id),
      previous_hash TEXT NOT NULL,
      entry_hash TEXT NOT NULL UNIQUE,
      entry TEXT NOT NULL
    ) STRICT;
    """
}

/// What the header of a database file says about it.
enum DatabaseIdentity: Equatable {
  /// A store of this schema version.
  case store(version: Int32)
  /// No tables yet: a new file, or one whose creation was interrupted.
  case empty
  case foreign

  static func read(_ db: Database) throws -> DatabaseIdentity {
    let applicationID = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    if applicationID == Schema.applicationID { return .store(version: version) }
    let sql = "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'"
    let isEmpty = try Int.fetchOne(db, sql: sql) == 0
    return applicationID == 0 && version == 0 && isEmpty ? .empty : .foreign
  }
}
