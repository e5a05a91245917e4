// SPDX-License-Identifier: Apache-2.0
import Exact

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads the files beside a model that hold weights, each at most once.
///
/// A location is a relative path without `.` or `..`; no part of it may be a link, and the file must be a regular one with a
/// single name. Each step is opened from the descriptor of the previous one, so nothing can be exchanged in between.
///
/// Source: the attacks of CVE-2022-25882, CVE-2024-27318, CVE-2026-27489, CVE-2026-34446.
struct ExternalFolder {
  private let folder: String
  private(set) var files: [Identifier: [UInt8]] = [:]

  init(ofModelAt path: String) {
    folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  }

  /// The tensor with its elements pointing into the external file's bytes.
  mutating func resolve(_ proto: TensorProto) throws(ONNXError) -> TensorProto {
    do throws(ExternalDataFault) {
      guard proto.pieces.isEmpty else { throw .badEntry("it stores data in the model as well") }
      let place = try Place(proto.externalData)
      let bytes = try contents(of: place.location)
      let length = place.length ?? max(0, bytes.count - place.offset)
      guard place.offset <= bytes.count, length <= bytes.count - place.offset else {
        throw .outsideFile(offset: place.offset, length: length, fileSize: bytes.count)
      }
      return TensorProto(proto, rawBytes: bytes, range: place.offset..<place.offset + length)
    } catch { throw .externalData(tensor: proto.name, error) }
  }

  private mutating func contents(of location: String) throws(ExternalDataFault) -> [UInt8] {
    if let known = files[Identifier(location)] { return known }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isInside = parts.allSatisfy { !["", ".", ".."].contains($0) }
    guard isInside, !location.utf8.contains(0), !location.utf8.contains(UInt8(ascii: "\\")) else {
      throw .locationLeavesFolder(location)
    }
    let bytes = try open(parts, location: location)
    files[Identifier(location)] = bytes
    return bytes
  }

  private func open(_ parts: [String], location: String) throws(ExternalDataFault) -> [UInt8] {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    var descriptor = Self.openFile(AT_FDCWD, folder, flags | O_DIRECTORY)
    guard descriptor >= 0 else { throw .file(.fromSystem(path: folder)) }
    defer { close(descriptor) }
    for (index, part) in parts.enumerated() {
      let isFolder = index < parts.count - 1
      let next = Self.openFile(descriptor, part, flags | O_NOFOLLOW | (isFolder ? O_DIRECTORY : 0))
      guard next >= 0 else {
        // A link is refused as ELOOP, or as ENOTDIR where a folder is wanted.
        throw errno == ELOOP || errno == ENOTDIR ? .notPlainFile(location) : .file(.fromSystem(path: location))
      }
      close(descriptor)
      descriptor = next
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file(.fromSystem(path: location)) }
    guard status.st_mode & S_IFMT != S_IFREG || status.st_nlink == 1 else { throw .notPlainFile(location) }
    do { return try readRegularFile(descriptor, path: location) } catch { throw .file(error) }
  }

  private static func openFile(_ folder: Int32, _ name: String, _ flags: Int32) -> Int32 {
    unsafe openat(folder, name, flags)
  }
}

/// The entries `location`, `offset`, `length` of one tensor; `checksum` is not used, other keys are refused.
private struct Place {
  var location: String
  var offset: Int
  /// nil: up to the end of the file.
  var length: Int?

  init(_ entries: [(key: String, value: String)]) throws(ExternalDataFault) {
    var values: [String: String] = [:]
    for (key, value) in entries {
      guard ["location", "offset", "length", "checksum"].contains(key) else {
        throw .badEntry("the entry \(quoted(key)) is not understood")
      }
      guard values.updateValue(value, forKey: key) == nil else {
        throw .badEntry("the entry \(quoted(key)) occurs twice")
      }
    }
    guard let location = values["location"] else { throw .badEntry("the entry 'location' is missing") }
    self.location = location
    offset = try Self.number(values["offset"], key: "offset") ?? 0
    length = try Self.number(values["length"], key: "length")
  }

  private static func number(_ text: String?, key: String) throws(ExternalDataFault) -> Int? {
    guard let text else { return nil }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
      throw .badEntry("the entry \(quoted(key)) is not a number")
    }
    return value
  }
}
