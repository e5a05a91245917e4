// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
package import Graph
package import Properties

/// How to check, not what: nothing here changes an answer.
package struct CheckOptions: Sendable {
  package var threads: Int
  /// Called after each wave with the number of leaves of the current proof that are done.
  package var progress: (@Sendable (_ leavesDone: Int) -> Void)?
  /// The check is broken off with `.timeLimit` after this instant.
  package var deadline: ContinuousClock.Instant?

  package init(
    threads: Int = 1, progress: (@Sendable (_ leavesDone: Int) -> Void)? = nil, deadline: ContinuousClock.Instant? = nil
  ) {
    self.threads = threads
    self.progress = progress
    self.deadline = deadline
  }
}

/// What an accepted certificate establishes.
package struct CheckReport: Hashable, Sendable {
  package enum Verdict: String, Sendable {
    case holds, violated
  }

  package var verdict: Verdict
  package var semantics: Semantics
  /// Lower bound of every leaf's bound, at least the claimed one; `Certificate.noMargin` where no leaf has one.
  package var margin: Double
  package var regions: Int
  package var leaves: Int
  /// Leaves that no execution reaches.
  package var closedByInfeasibility: Int
}

/// A leaf whose bound is not positive.
package struct LeafFailure: Hashable, Sendable {
  package var region: Int
  /// In preorder, from 0.
  package var leaf: Int
  /// The disjunct (of the region) with the least bound, and the bound: ≤ 0, or not finite.
  package var disjunct: Int
  package var bound: Double
}

/// The judge of certificates.
///
/// Comes in: the bytes of a certificate, of a model and of a property, none of them trusted. Goes out: a report of what was
/// proved, or a `Rejection`.
///
///     let report = try Checker.check(certificate: bytes, model: onnx, property: vnnlib, options: .init(threads: 2))
public enum Checker {
  /// Checks a proof or witness for a graph and a query; digests are not looked at.
  package static func check(
    _ certificate: Certificate, graph: Graph, query: Query, options: CheckOptions = .init()
  ) throws(Rejection) -> CheckReport {
    switch certificate.body {
    case .violated(let witness):
      try checkSizes(graph, query)
      try checkWitness(witness, graph: graph, query: query, semantics: certificate.semantics)
      return CheckReport(
        verdict: .violated, semantics: certificate.semantics, margin: Certificate.noMargin, regions: query.regions.count,
        leaves: 0, closedByInfeasibility: 0)
    case .holds(let margin, let regions):
      let session = try CheckSession(graph: graph, query: query, semantics: certificate.semantics, options: options)
      return try session.check(regions: regions, claimedMargin: margin)
    }
  }

  static func checkSizes(_ graph: Graph, _ query: Query) throws(Rejection) {
    guard query.inputCount == graph.inputCount else {
      throw Rejection(.sizesDiffer(what: "inputs", query: query.inputCount, model: graph.inputCount))
    }
    guard query.outputCount == graph.outputCount else {
      throw Rejection(.sizesDiffer(what: "outputs", query: query.outputCount, model: graph.outputCount))
    }
  }
}
