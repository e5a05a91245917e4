// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A system call on a file failed.
package struct FileError: Error, Hashable, CustomStringConvertible {
  /// "read", "create", "replace": completes "cannot … 'path'".
  package let operation: String
  package let path: String
  /// `errno`.
  package let code: Int32

  package init(_ operation: String, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  package var description: String {
    "cannot \(operation) '\(path)': \(String(cString: strerror(code))). \(nextStep)"
  }

  private var nextStep: String {
    switch code {
    case ENOENT: "Check the path."
    case EACCES, EPERM: "Check its owner and mode with 'ls -ld'."
    case ENOSPC, EDQUOT: "Free some space and run again."
    case EROFS: "Choose a path on a writable file system."
    case EEXIST: "Choose another name or remove the existing file."
    case EISDIR: "Give a file, not a directory."
    case EFBIG: "Check that this is the file you mean."
    default: "Check the path and the disk it is on."
    }
  }
}

/// The few file operations that signing and storing need, with nothing left half done.
package enum FileAccess {
  /// Calls `body` with successive pieces of at most 1 MiB of a regular file (or pipe).
  package static func forEachChunk(
    of path: String, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path, code: errno) }
      if count == 0 { return }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The whole file and its permission bits, taken from the same open file.
  ///
  /// - Throws: `FileError`, with `EFBIG` if the file is larger than `limit` bytes and `EISDIR` for a directory.
  package static func contents(
    of path: String, limit: Int
  ) throws(FileError) -> (bytes: [UInt8], permissions: UInt32) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("read", path, code: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError("read", path, code: EISDIR) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path, code: errno) }
      if count == 0 { break }
      bytes += piece[..<count]
      guard bytes.count <= limit else { throw FileError("read", path, code: EFBIG) }
    }
    return (bytes, UInt32(status.st_mode) & 0o7777)
  }

  /// Creates a file that must not exist yet; afterwards it is there whole, or not at all.
  ///
  /// - Throws: `FileError`, with `EEXIST` if the name is taken (a dangling link counts).
  package static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(FileError) {
    let temporary = try writeTemporary(beside: path, bytes, mode: mode)
    defer { unlink(temporary) }
    guard link(temporary, path) == 0 else { throw FileError("create", path, code: errno) }
  }

  /// Writes a file whole, over an older one if there is one: readers see the old bytes or the new ones.
  package static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(FileError) {
    let temporary = try writeTemporary(beside: path, bytes, mode: mode)
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw FileError("replace", path, code: code)
    }
  }

  /// Creates the directory and its missing parents, each with mode 0700; existing ones stay as they are.
  package static func makeDirectory(_ path: String) throws(FileError) {
    if mkdir(path, 0o700) == 0 { return }
    var code = errno
    if code == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeDirectory(String(path[..<slash]))
      if mkdir(path, 0o700) == 0 { return }
      code = errno
    }
    guard code == EEXIST, isDirectory(path) else { throw FileError("create directory", path, code: code) }
  }

  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Writes and syncs a new file next to `path`; removes it again if that fails.
  private static func writeTemporary(
    beside path: String, _ bytes: [UInt8], mode: UInt32
  ) throws(FileError) -> String {
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw FileError("create", path, code: errno) }
    let failure = writeAll(bytes, to: descriptor)
    guard close(descriptor) == 0, failure == 0 else {
      let code = failure == 0 ? errno : failure
      unlink(temporary)
      throw FileError("write", path, code: code)
    }
    return temporary
  }

  /// Writes and syncs; returns 0 or `errno`.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return errno }
        rest = rest.dropFirst(count)
      }
      return fsync(descriptor) == 0 ? 0 : errno
    }
  }
}
