// SPDX-License-Identifier: Apache-2.0
import Attestation

/// Writes certificates and their envelopes as files, each one whole or not at all.
package enum CertificateFiles {
  /// Says before the search begins that a file could not be written after it.
  package static func checkFolder(of path: String?) throws(UserError) {
    guard let path else { return }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard FileAccess.isDirectory(folder) else {
      throw UserError(
        .unavailable,
        "'\(path)' cannot be written: there is no directory '\(folder)'. Create it with 'mkdir -p \(folder)'.")
    }
    guard !FileAccess.isDirectory(path) else {
      throw UserError(
        .unavailable, "'\(path)' cannot be written: it is a directory. Give the path of a file inside it.")
    }
  }

  /// - Parameter path: where the certificate goes; with several certificates the property's name is put before the extension.
  /// - Returns: the paths by property name.
  package static func write(
    _ outcomes: [PropertyOutcome], _ envelopes: [[UInt8]?], to path: String?
  ) throws(UserError) -> [String: String] {
    guard let path else { return [:] }
    var written: [String: String] = [:]
    for (outcome, envelope) in zip(outcomes, envelopes) {
      guard let certificate = outcome.certificate else { continue }
      let target = outcomes.count == 1 ? path : insert(outcome.name, into: path)
      do {
        try FileAccess.replace(target, certificate)
        if let envelope { try FileAccess.replace(target + ".dsse.json", envelope) }
      } catch {
        throw UserError(.unavailable, "\(error)")
      }
      written[outcome.name] = target
    }
    return written
  }

  private static func insert(_ name: String, into path: String) -> String {
    let file = fileName(path)
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return "\(path)-\(name)" }
    return "\(path.dropLast(file.count))\(file[..<dot])-\(name)\(file[dot...])"
  }
}
