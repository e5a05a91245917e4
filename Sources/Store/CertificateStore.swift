// SPDX-License-Identifier: Apache-2.0
//
// Store: evidence at rest.
//
// In: finished runs with their certificates and signed envelopes. Out: the same, byte for byte, for as long as the
// file lives, and proof that nothing in between was changed. Layout and guarantees: docs/formats/store.md.
//
//     let store = try CertificateStore(path: "store.sqlite", mode: .readWrite)
//     let run = try store.record(record)
//     let certificate = try store.certificate("3fa9")
import Attestation
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An append-only SQLite file of runs, results, certificates and envelopes, with a hash-chained log.
///
/// A class because it owns one database connection, whose queue serialises use from several threads.
package final class CertificateStore: Sendable {
  package enum Mode: Sendable {
    /// Creates the file if it is missing.
    case readWrite
    /// Creates and changes nothing; works on read-only file systems.
    case readOnly
  }

  /// Absolute.
  package let path: String
  let queue: DatabaseQueue

  /// Opens a store. Integrity is checked by `verify()`, never here.
  ///
  /// - Parameter busyTimeout: how long to wait for another writer.
  package init(path: String, mode: Mode, busyTimeout: Duration = .seconds(2)) throws(StoreError) {
    let path = absolute(path)
    self.path = path
    do {
      switch mode {
      case .readWrite:
        try Self.checkWritable(path)
        queue = try DatabaseQueue(path: path, configuration: Self.configuration(.readWrite, busyTimeout))
        try Self.prepare(queue, path: path)
      case .readOnly:
        try Self.checkReadable(path)
        queue = try Self.openReadOnly(path, Self.configuration(.readOnly, busyTimeout))
        try Self.checkVersion(queue, path: path)
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// `$XDG_DATA_HOME/axcert/store.sqlite`, or `~/.local/share/axcert/store.sqlite`; nil if there is no home.
  package static func standardPath(environment: [String: String]) -> String? {
    DataDirectory.path(environment: environment).map { $0 + "/store.sqlite" }
  }

  /// Opens the store at its standard place, whose directory is created (mode 0700) before the first write.
  package static func standard(mode: Mode, environment: [String: String]) throws(StoreError) -> CertificateStore {
    guard let path = standardPath(environment: environment) else { throw .noDataDirectory }
    if mode == .readWrite {
      do { try FileAccess.makeDirectory(parentDirectory(of: path)) } catch { throw .file(error) }
    }
    return try CertificateStore(path: path, mode: mode)
  }

  /// Closes the connection and folds the write-ahead log into the file. Deinitialisation does the same, silently.
  package func close() throws(StoreError) {
    do { try queue.close() } catch { throw StoreError(error, path: path) }
  }

  private static func configuration(_ mode: Mode, _ busyTimeout: Duration) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = mode == .readOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(busyTimeout / .seconds(1))
    return configuration
  }
}

// MARK: - Opening

extension CertificateStore {
  /// SQLite would open an unwritable file for reading and fail much later; say it now.
  private static func checkWritable(_ path: String) throws(StoreError) {
    let directory = parentDirectory(of: path)
    guard FileAccess.isDirectory(directory) else { throw .directoryMissing(directory) }
    if FileAccess.exists(path) {
      guard !FileAccess.isDirectory(path) else { throw .notAStore(path: path) }
      guard access(path, R_OK) == 0 else { throw .notReadable(path: path) }
      guard access(path, W_OK) == 0 else { throw .readOnly(path: path) }
    }
    guard access(directory, W_OK | X_OK) == 0 else { throw .directoryNotWritable(directory) }
  }

  private static func checkReadable(_ path: String) throws(StoreError) {
    guard FileAccess.exists(path) else { throw .notFound(path: path) }
    guard !FileAccess.isDirectory(path) else { throw .notAStore(path: path) }
    guard access(path, R_OK) == 0 else { throw .notReadable(path: path) }
  }

  /// A WAL database can be read only where its `-shm` file can be made. Where it cannot, nobody writes through this
  /// place, so `immutable=1` (no locks, no log) is tried, unless a log holds runs that it would silently leave out.
  private static func openReadOnly(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
      guard byteCount(of: path + "-wal") == 0 else { throw StoreError.writeAheadLogNotReadable(path: path) }
      return try DatabaseQueue(path: "file://\(percentEncoded(path))?immutable=1", configuration: configuration)
    }
  }

  private static func checkVersion(_ queue: DatabaseQueue, path: String) throws {
    switch try queue.unsafeRead(DatabaseIdentity.read) {
    case .store(Schema.version): return
    case .store(let version) where version > Schema.version:
      throw StoreError.newerVersion(path: path, found: version, supported: Schema.version)
    case .store, .empty: throw StoreError.notInitialised(path: path)
    case .foreign: throw StoreError.notAStore(path: path)
    }
  }

  /// Brings a new or older file to the present version; does not write to any other.
  private static func prepare(_ queue: DatabaseQueue, path: String) throws {
    do {
      try checkVersion(queue, path: path)
    } catch StoreError.notInitialised {
      do {
        _ = try queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        try Schema.migrator.migrate(queue)
      } catch {
        // Another process may have made the same file at the same moment; then all is well.
        guard (try? checkVersion(queue, path: path)) != nil else { throw error }
      }
    }
  }

  private static func byteCount(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// For the path of a `file:` URI.
  private static func percentEncoded(_ path: String) -> String {
    path.utf8.reduce(into: "") { text, byte in
      let isPlain = byte < 128 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
      if isPlain || "/-._~".utf8.contains(byte) {
        text.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}

/// Absolute, so that SQLite cannot take a name for a URI or for `:memory:`.
private func absolute(_ path: String) -> String {
  guard !path.hasPrefix("/") else { return path }
  guard let directory = getcwd(nil, 0) else { return "/" + path }
  defer { free(directory) }
  return String(cString: directory) + "/" + path
}
