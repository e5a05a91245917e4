// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
import Checker
import Exact
import Graph
package import Properties
package import Requirements
import Search

/// Answers requirements about one model: search, certificate, check. Says `holds` and `violated` only after the checker accepted.
package struct Verifier: Sendable {
  package let model: LoadedModel
  package let options: VerificationOptions

  package init(_ model: LoadedModel, options: VerificationOptions) {
    self.model = model
    self.options = options
  }

  package func verify(_ requirement: Requirement, startedAt start: ContinuousClock.Instant = .now) throws(UserError)
    -> PropertyOutcome
  {
    let query: Query
    do {
      query = try VNNLIB.parse(requirement.vnnlib)
      try query.check(against: model.graph.inputCount, outputCount: model.graph.outputCount)
    } catch {
      throw UserError(.badInput, "\(requirement.source): \(error)")
    }
    var run = VerificationRun(model: model, requirement: requirement, query: query, options: options, start: start)
    return try run.execute()
  }
}

/// One requirement on its way from search to checked certificate.
struct VerificationRun {
  let model: LoadedModel
  let requirement: Requirement
  let query: Query
  let options: VerificationOptions
  let start: ContinuousClock.Instant
  let propertyDigest: Digest
  private var checkTime: Duration = .zero
  private var subproblems = 0

  /// Up to this size the property's text travels inside the certificate.
  private static let embeddingLimit = 1 << 20

  init(
    model: LoadedModel, requirement: Requirement, query: Query, options: VerificationOptions,
    start: ContinuousClock.Instant
  ) {
    self.model = model
    self.requirement = requirement
    self.query = query
    self.options = options
    self.start = start
    propertyDigest = Digest(of: requirement.vnnlib)
  }

  private var deadline: ContinuousClock.Instant { start + options.timeLimit }
  /// Checking takes about as long as searching; a proof that cannot be checked in time is worth nothing.
  private var searchDeadline: ContinuousClock.Instant { start + options.timeLimit * 0.7 }

  mutating func execute() throws(UserError) -> PropertyOutcome {
    if options.semantics == .float32, model.graph.elementType != .float32 {
      return unknown(.semantics("the model computes in \(model.graph.elementType.name), so float32 cannot be claimed"))
    }
    let prover = makeProver()
    var outcome = prover.run()
    while true {
      subproblems = prover.visited
      switch outcome {
      case .unknown(let reason): return unknown(.search(reason))
      case .counterexample(let candidate): return try violated(candidate)
      case .proofs(let proofs):
        switch try check(proofs) {
        case .accepted(let result): return result
        case .rejected(let failures):
          guard deadline > .now, searchDeadline > .now else { return unknown(.checkTime) }
          outcome = prover.repair(failures)
        case .outOfTime: return unknown(.checkTime)
        }
      }
    }
  }

  private func makeProver() -> Prover {
    let report = options.progress
    let searchOptions = ProverOptions(
      deadline: searchDeadline, threads: options.threads, seed: options.seed, attack: options.attack,
      isCancelled: options.isCancelled, progress: report.map { report in { report(.searching($0)) } })
    let graph = model.graph, query = query
    return Prover(
      model.program, query, falsifier: Falsifier(model.program, elementType: graph.elementType), options: searchOptions
    ) { candidate in
      Checker.replay(
        point: candidate.point, graph: graph, region: query.regions[candidate.region], disjunct: candidate.disjunct,
        semantics: .real)
    }
  }

  private func unknown(_ reason: UnknownReason) -> PropertyOutcome {
    outcome(.unknown, reason: reason)
  }

  private func outcome(_ verdict: Verdict, reason: UnknownReason? = nil) -> PropertyOutcome {
    let total = (ContinuousClock.now - start).seconds
    return PropertyOutcome(
      name: requirement.name, kind: requirement.kind.rawValue, verdict: verdict, reason: reason, semantics: nil,
      margin: nil, leaves: 0, subproblems: subproblems, searchSeconds: total - checkTime.seconds,
      checkSeconds: checkTime.seconds, certificate: nil, proofByteCount: 0, counterexample: nil,
      propertyDigest: propertyDigest)
  }

  // MARK: Certificates

  private func certificate(_ semantics: Semantics, _ body: Certificate.Body) -> Certificate {
    Certificate(
      semantics: semantics, modelDigest: model.digest, propertyDigest: propertyDigest,
      property: requirement.vnnlib.count <= Self.embeddingLimit ? requirement.vnnlib : [], producer: Version.producer,
      backendAsked: "cpu", backendExecuted: "cpu \(Backend.instructionSet)", body: body)
  }

  private mutating func accept(_ certificate: Certificate, _ report: CheckReport) -> PropertyOutcome {
    let bytes = certificate.encoded()
    var result = outcome(report.isHolds ? .holds : .violated)
    result.semantics = certificate.semantics
    result.margin = report.margin
    result.leaves = report.leaves
    result.certificate = bytes
    result.proofByteCount = bytes.count - certificate.property.count
    return result
  }

  private enum CheckOutcome {
    case accepted(PropertyOutcome)
    case rejected([Int: [Int: Set<Int>]])
    case outOfTime
  }

  /// Claims the strongest meaning first; where only `real` was asked for, falls back to it.
  private mutating func check(_ proofs: [[Proof]]) throws(UserError) -> CheckOutcome {
    let began = ContinuousClock.now
    defer { checkTime += ContinuousClock.now - began }
    var claims: [Semantics] = model.graph.elementType == .float32 ? [.float32AnyOrder] : []
    if options.semantics == .real { claims.append(.real) }
    var failures: [LeafFailure] = []
    for claim in claims {
      let candidate = certificate(claim, .holds(margin: Double.leastNonzeroMagnitude, regions: proofs))
      failures = try failingLeaves(candidate)
      if deadline < .now { return .outOfTime }
      if failures.isEmpty { return .accepted(try seal(candidate)) }
    }
    var ordinals: [Int: [Int: Set<Int>]] = [:]
    for failure in failures { ordinals[failure.region, default: [:]][failure.proof, default: []].insert(failure.leafOrdinal) }
    return .rejected(ordinals)
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
