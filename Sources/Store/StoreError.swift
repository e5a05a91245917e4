// SPDX-License-Identifier: Apache-2.0
package import Attestation
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why the store could not be opened, read or written. After any of them it holds what it held before.
package enum StoreError: Error, Hashable, CustomStringConvertible {
  case notFound(path: String)
  case noDataDirectory
  case directoryMissing(String)
  case directoryNotWritable(String)
  case notReadable(path: String)
  case readOnly(path: String)
  case locked(path: String)
  case diskFull(path: String)
  case notAStore(path: String)
  case notInitialised(path: String)
  case newerVersion(path: String, found: Int32, supported: Int32)
  case corrupt(path: String, detail: String)
  case writeAheadLogNotReadable(path: String)
  case appendOnly(path: String)
  case inputOutput(path: String, detail: String)
  case invalidRecord(String)
  case noSuchRun(Int64)
  case invalidPrefix(String)
  case noSuchCertificate(String)
  case ambiguousPrefix(String, matches: [String])
  case file(FileError)

  package var description: String {
    switch self {
    case .notFound(let path):
      "There is no store at '\(path)'. Check the path; the first recorded run creates the store."
    case .noDataDirectory:
      "Neither XDG_DATA_HOME nor HOME holds an absolute path, so there is no default store. Set HOME, or give '--store PATH'."
    case .directoryMissing(let directory):
      "The directory '\(directory)' does not exist, so no store can be made there. Create it with 'mkdir -p \(directory)'."
    case .directoryNotWritable(let directory):
      """
      The directory '\(directory)' is not writable, and the store keeps its write-ahead log there. \
      Make it writable, or choose another place with '--store PATH'.
      """
    case .notReadable(let path):
      "The store '\(path)' is not readable for this user. Check its owner and mode with 'ls -l \(path)'."
    case .readOnly(let path):
      "The store '\(path)' is read-only, so nothing was recorded. Make it writable, or choose another with '--store PATH'."
    case .locked(let path):
      "Another process is writing to the store '\(path)', so nothing was recorded. Run again when it has finished."
    case .diskFull(let path):
      "There is no space left for the store '\(path)', so nothing was recorded. Free some space and run again."
    case .notAStore(let path):
      "'\(path)' is not an axcert store and was left alone. Choose another path with '--store PATH'."
    case .notInitialised(let path):
      "The store '\(path)' is empty: its creation did not finish. Record a run to complete it, or remove the file."
    case .newerVersion(let path, let found, let supported):
      "The store '\(path)' has version \(found); this axcert knows versions up to \(supported). Install a newer axcert."
    case .corrupt(let path, let detail):
      "The store '\(path)' is damaged (\(detail)). Run 'axcert store verify' for details and restore a backup."
    case .writeAheadLogNotReadable(let path):
      """
      The latest runs are in '\(path)-wal', which cannot be used from a read-only place. \
      Copy '\(path)' and '\(path)-wal' to a writable directory and open the copy.
      """
    case .appendOnly(let path):
      "The store '\(path)' is append-only and refused a change. Record a new run instead."
    case .inputOutput(let path, let detail):
      "The store '\(path)' could not be read or written (\(detail)). Check the disk and its free space, then run again."
    case .invalidRecord(let detail):
      "The run was not recorded: \(detail). This is a bug in axcert; please report it."
    case .noSuchRun(let id):
      "The store has no run \(id). List them with 'axcert store list'."
    case .invalidPrefix(let prefix):
      "'\(prefix)' is no digest. Give 4 to 64 hexadecimal digits of the certificate's SHA-256."
    case .noSuchCertificate(let prefix):
      "The store has no certificate '\(prefix)'. List them with 'axcert store list'."
    case .ambiguousPrefix(let prefix, let matches):
      "'\(prefix)' begins \(matches.count) certificates: \(matches.joined(separator: ", ")). Give more digits."
    case .file(let error):
      error.description
    }
  }

  /// Translates what GRDB throws; our own errors pass through its closures unchanged.
  init(_ error: any Error, path: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .corrupt(path: path, detail: "\(error)")
      return
    }
    let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    self =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path)
      case .SQLITE_READONLY: .readOnly(path: path)
      case .SQLITE_FULL: .diskFull(path: path)
      case .SQLITE_NOTADB: .notAStore(path: path)
      case .SQLITE_CONSTRAINT where detail == Schema.appendOnlyMessage: .appendOnly(path: path)
      case .SQLITE_IOERR, .SQLITE_CANTOPEN:
        isFull(path) ? .diskFull(path: path) : .inputOutput(path: path, detail: detail)
      case .SQLITE_CORRUPT: .corrupt(path: path, detail: detail)
      default: .corrupt(path: path, detail: "\(detail), SQLite code \(error.extendedResultCode.rawValue)")
      }
  }
}

/// SQLite reports a full disk as a plain input/output error where it grows the shared memory file.
private func isFull(_ path: String) -> Bool {
  var status = statvfs()
  return statvfs(parentDirectory(of: path), &status) == 0 && status.f_bavail == 0
}

/// Of an absolute path.
func parentDirectory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
  return String(path[..<slash])
}
