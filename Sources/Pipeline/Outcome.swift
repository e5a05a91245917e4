// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
package import Search

/// The answer to one property.
package enum Verdict: String, Sendable, Codable {
  case holds, violated, unknown
}

/// An input that violates a property, replayed exactly.
package struct Counterexample: Sendable {
  package var input: [Double]
  package var output: [Double]
}

/// Why a property got no answer.
package enum UnknownReason: Sendable, CustomStringConvertible {
  case search(StopReason)
  /// The proof was found, but the checker's rounded bounds are not positive everywhere.
  case margin(String)
  case semantics(String)
  case checkTime

  package var description: String {
    switch self {
    case .search(.timeLimit): "the time limit was reached; --timeout gives more"
    case .search(.cancelled): "interrupted"
    case .search(.nothingLeftToSplit): "every neuron on some branch is decided and the bound is still not positive"
    case .search(.notFinite): "bounds left the range of binary32; is the input box too wide?"
    case .margin(let text): "the search's bounds are positive, the checker's are not: \(text)"
    case .semantics(let text): text
    case .checkTime: "a proof was found, but the time limit left no time to check it; --timeout gives more"
    }
  }
}

/// What a run found out about one property.
package struct PropertyOutcome: Sendable {
  package var name: String
  package var kind: String
  package var verdict: Verdict
  package var reason: UnknownReason?
  /// The meaning that was proved; nil for `unknown`.
  package var semantics: Semantics?
  package var margin: Double?
  package var leaves: Int
  package var subproblems: Int
  package var searchSeconds: Double
  package var checkSeconds: Double
  package var certificate: [UInt8]?
  /// Bytes of the proof alone, without the embedded property.
  package var proofByteCount: Int
  /// Whether the certificate embeds the property's text.
  package var carriesProperty = true
  package var counterexample: Counterexample?
  package var propertyDigest: Digest

  /// The verdict line: `holds (float32, any order)`, `violated`, `unknown`.
  package var headline: String {
    switch (verdict, semantics) {
    case (.holds, .float32AnyOrder): "holds (float32, any order)"
    case (.holds, _): "holds (real arithmetic)"
    case (.violated, .float32AnyOrder): "violated (float32, any order)"
    case (.violated, _): "violated (real arithmetic)"
    case (.unknown, _): "unknown"
    }
  }
}
