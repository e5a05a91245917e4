// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
package import Graph
package import Properties

/// A graph and a query made ready for checking proofs; computes the root bounds of a region once.
///
/// A class, because a prover that repairs its proofs asks several times. Used by one thread at a time.
package final class CheckSession {
  private let network: Network
  private let query: Query
  private let options: CheckOptions
  private var roots: [Int: Analysis] = [:]

  package init(
    graph: Graph, query: Query, semantics: Semantics, options: CheckOptions = .init()
  ) throws(Rejection) {
    try Checker.checkSizes(graph, query)
    network = try Network(graph, semantics: semantics)
    self.query = query
    self.options = options
  }

  /// Checks a whole `holds` body.
  ///
  /// - Parameter claimedMargin: every leaf's bound must reach it. A producer that wants to know the margin claims the
  ///   least positive number and takes the report's.
  package func check(regions: [[Proof]], claimedMargin: Double) throws(Rejection) -> CheckReport {
    guard regions.count == query.regions.count else {
      throw Rejection(.regionCount(certificate: regions.count, query: query.regions.count))
    }
    for (region, proofs) in regions.enumerated() { try checkCover(proofs, region: region) }
    var report = CheckReport(
      verdict: .holds, semantics: network.semantics, margin: Certificate.noMargin, regions: regions.count, leaves: 0,
      closedByInfeasibility: 0)
    for (region, proofs) in regions.enumerated() {
      for (index, proof) in proofs.enumerated() {
        let place = Rejection.Place(region: region, proof: index)
        try locating(place) { () throws(Rejection) in
          try check(proof, at: place, claimedMargin: claimedMargin, &report)
        }
      }
    }
    return report
  }

  /// All leaves of one proof whose bound is not positive, at most `limit`, by the same code that accepts or rejects.
  package func failingLeaves(of proof: Proof, region: Int, limit: Int = .max) throws(Rejection) -> [LeafFailure] {
    var failures: [LeafFailure] = []
    try locating(Rejection.Place(region: region)) { () throws(Rejection) in
      try checkIndices([proof], region: region)
      try run(proof, region: region).forEachWave { outcomes in
        for outcome in outcomes {
          guard let bounds = outcome.bounds else { continue }
          guard let worst = bounds.indices.first(where: { !isPositive(bounds[$0]) }) else { continue }
          let least = bounds.indices.filter { !isPositive(bounds[$0]) }.min { bounds[$0] < bounds[$1] } ?? worst
          failures.append(
            LeafFailure(region: region, leaf: outcome.ordinal, disjunct: proof.disjuncts[least], bound: bounds[least]))
        }
        return failures.count < limit
      }
    }
    return Array(failures.prefix(limit))
  }

  private func check(
    _ proof: Proof, at place: Rejection.Place, claimedMargin: Double, _ report: inout CheckReport
  ) throws(Rejection) {
    var done = 0
    try run(proof, region: place.region).forEachWave { (outcomes) throws(Rejection) in
      for outcome in outcomes {
        report.leaves += 1
        guard let bounds = outcome.bounds else {
          report.closedByInfeasibility += 1
          continue
        }
        for (d, bound) in bounds.enumerated() {
          var place = place
          place.leaf = outcome.ordinal
          place.disjunct = proof.disjuncts[d]
          guard isPositive(bound) else { throw Rejection(.boundNotPositive(bound), at: place) }
          guard bound >= claimedMargin else {
            throw Rejection(.marginTooLarge(claimed: claimedMargin, bound: bound), at: place)
          }
          report.margin = min(report.margin, bound)
        }
      }
      done += outcomes.count
      options.progress?(done)
      return true
    }
  }

  private func run(_ proof: Proof, region: Int) throws(Rejection) -> ProofRun {
    try ProofRun(proof, region: query.regions[region], root: try root(of: region), options: options)
  }

  private func root(of region: Int) throws(Rejection) -> Analysis {
    if let root = roots[region] { return root }
    let root = try Analysis(
      of: [Piece(query.regions[region])], network: network, root: nil, threads: options.threads)
    try root.checkMagnitudes()
    roots[region] = root
    return root
  }

  /// The proofs' disjunct lists partition the region's disjuncts.
  private func checkCover(_ proofs: [Proof], region: Int) throws(Rejection) {
    try checkIndices(proofs, region: region)
    var isCovered = [Bool](repeating: false, count: query.regions[region].disjuncts.count)
    for (index, proof) in proofs.enumerated() {
      for disjunct in proof.disjuncts {
        guard !isCovered[disjunct] else {
          throw Rejection(.disjunctCoveredTwice(disjunct), at: .init(region: region, proof: index))
        }
        isCovered[disjunct] = true
      }
    }
    if let missing = isCovered.firstIndex(of: false) {
      throw Rejection(.disjunctNotCovered(missing), at: .init(region: region))
    }
  }

  private func checkIndices(_ proofs: [Proof], region: Int) throws(Rejection) {
    guard region >= 0, region < query.regions.count else {
      throw Rejection(.regionCount(certificate: region + 1, query: query.regions.count))
    }
    let count = query.regions[region].disjuncts.count
    for (index, proof) in proofs.enumerated() {
      for disjunct in proof.disjuncts where disjunct < 0 || disjunct >= count {
        throw Rejection(.disjunctUnknown(disjunct, count: count), at: .init(region: region, proof: index))
      }
    }
  }
}

/// NaN and infinity are not positive bounds.
private func isPositive(_ bound: Double) -> Bool { bound > 0 && bound.isFinite }

/// Adds a place to rejections that do not name one.
private func locating(_ place: Rejection.Place, _ body: () throws(Rejection) -> Void) throws(Rejection) {
  do throws(Rejection) {
    try body()
  } catch {
    throw Rejection(error.reason, at: error.place ?? place)
  }
}
