// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a file's bytes could not be had. Models, properties and certificates share these messages.
package enum FileError: Error, Hashable, Sendable, CustomStringConvertible {
  case missing(path: String)
  case isDirectory(path: String)
  case notRegular(path: String)
  case isEmpty(path: String)
  case tooLarge(path: String, limit: Int)
  case changedWhileReading(path: String)
  /// The system's own reason, such as "Permission denied".
  case unreadable(path: String, reason: String)

  package var description: String {
    switch self {
    case .missing(let path):
      "There is no file '\(path)'. Check the path; it is taken relative to the working directory."
    case .isDirectory(let path):
      "'\(path)' is a directory. Give the path of a file inside it."
    case .notRegular(let path):
      "'\(path)' is not a regular file (a pipe, socket or device). Save its contents to a file first."
    case .isEmpty(let path):
      "'\(path)' is empty (0 bytes). Write or download it again."
    case .tooLarge(let path, let limit):
      "'\(path)' is larger than \(limit) bytes, the most that is read from one file."
    case .changedWhileReading(let path):
      "'\(path)' changed while it was read. Wait until it is written completely, then try again."
    case .unreadable(let path, let reason):
      "'\(path)' cannot be read: \(reason). Check its permissions."
    }
  }
}

/// The bytes of a regular, non-empty file, exactly as on disk.
///
/// - Throws: `FileError`; a missing file, a directory, a pipe, an empty file and an unreadable file are told apart.
package func readFile(at path: String) throws(FileError) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw .missing(path: path) }
  // O_NONBLOCK: opening a pipe must not wait for a writer; it changes nothing for regular files.
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw .fromSystem(path: path) }
  defer { close(descriptor) }
  return try readRegularFile(descriptor, path: path)
}

extension FileError {
  /// The error that `errno` stands for, read directly after the failing call.
  package static func fromSystem(path: String) -> FileError {
    let code = errno
    switch code {
    case ENOENT, ENOTDIR, ENAMETOOLONG: return .missing(path: path)
    case EISDIR: return .isDirectory(path: path)
    case ENXIO: return .notRegular(path: path)
    default: return .unreadable(path: path, reason: unsafe String(cString: strerror(code)))
    }
  }
}

/// The most that is read from one file: 16 GiB, far above what the formats can hold.
private let fileSizeLimit = 1 << 34

/// All bytes of an open regular file. The descriptor is checked, not the path, so the file cannot be exchanged in between.
package func readRegularFile(_ descriptor: Int32, path: String) throws(FileError) -> [UInt8] {
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0 else { throw .fromSystem(path: path) }
  let kind = status.st_mode & S_IFMT
  guard kind != S_IFDIR else { throw .isDirectory(path: path) }
  guard kind == S_IFREG else { throw .notRegular(path: path) }
  let size = Int(status.st_size)
  guard size > 0 else { throw .isEmpty(path: path) }
  guard size <= fileSizeLimit else { throw .tooLarge(path: path, limit: fileSizeLimit) }

  var failure: FileError?
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let received = unsafe read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
      if received < 0 {
        if errno == EINTR { continue }
        failure = .fromSystem(path: path)
        return
      }
      if received == 0 { return }
      count += received
    }
  }
  if let failure { throw failure }
  var oneMore: UInt8 = 0
  guard bytes.count == size, unsafe read(descriptor, &oneMore, 1) == 0 else { throw .changedWhileReading(path: path) }
  return bytes
}
