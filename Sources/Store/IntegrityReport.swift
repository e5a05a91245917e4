// SPDX-License-Identifier: Apache-2.0
package import Attestation

/// What `CertificateStore.verify()` found.
package struct IntegrityReport: Sendable, Hashable {
  package enum Problem: Sendable, Hashable, CustomStringConvertible {
    /// SQLite's own `integrity_check` or a reading error.
    case database(String)
    /// A row refers to one that is not there.
    case foreignKey(table: String)
    /// A trigger that keeps rows from being changed was removed or altered.
    case trigger(String)
    case blob(SHA256Digest)
    /// The log's entry with this sequence number.
    case entry(Int64, EntryFault)
    case runWithoutEntry(Int64)

    package var description: String {
      switch self {
      case .database(let detail): "database: \(detail)"
      case .foreignKey(let table): "table '\(table)' refers to a missing row"
      case .trigger(let name): "trigger '\(name)' is missing or altered"
      case .blob(let digest): "the bytes of \(digest) do not match their digest"
      case .entry(let sequence, let fault): "log entry \(sequence): \(fault.rawValue)"
      case .runWithoutEntry(let run): "run \(run) has no log entry"
      }
    }
  }

  package enum EntryFault: String, Sendable {
    case outOfSequence = "an entry before it is missing"
    case brokenChain = "it does not continue the entry before it"
    case wrongHash = "its text was altered"
    case differsFromTables = "its run or results were altered"
  }

  /// In the order of the checks; empty for an intact store.
  package internal(set) var problems: [Problem] = []
  package internal(set) var runCount = 0
  package internal(set) var blobCount = 0
  /// Hash of the last log entry; nil for an empty log. Whoever keeps it elsewhere can tell later whether the end of the
  /// log was cut off, which the chain alone cannot show.
  package internal(set) var head: SHA256Digest?

  package var isIntact: Bool { problems.isEmpty }

  /// The sequence number of the first log entry that is not as it was written.
  package var firstBadEntry: Int64? {
    problems.lazy.compactMap { if case .entry(let sequence, _) = $0 { sequence } else { nil } }.min()
  }
}
