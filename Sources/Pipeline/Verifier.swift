// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
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

  /// - Parameter query: what `requirement.vnnlib` says, with the model's counts of inputs and outputs (`PropertyFile.queries`).
  package func verify(
    _ requirement: Requirement, _ query: Query, startedAt start: ContinuousClock.Instant = .now
  ) throws(UserError) -> PropertyOutcome {
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
  private var float32Failures = 0

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
  private var searchDeadline: ContinuousClock.Instant { start + options.timeLimit * 0.75 }

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
        switch try check(proofs, claims: claims(for: prover)) {
        case .accepted(let result): return result
        case .rejected(let claim, let ordinals):
          guard searchDeadline > .now else { return unknown(.checkTime) }
          outcome = prover.repair(ordinals, forReal: claim == .real)
        case .unusable(let reason): return unknown(reason)
        }
      }
    }
  }

  private func makeProver() -> Prover {
    var searchOptions = ProverOptions(
      deadline: searchDeadline, threads: options.threads, seed: options.seed, attack: options.attack,
      isCancelled: options.isCancelled)
    if let report = options.progress { searchOptions.progress = { report(.searching($0)) } }
    let graph = model.graph
    let query = query
    return Prover(
      model.program, query, falsifier: Falsifier(model.program), options: searchOptions
    ) { candidate in
      let region = query.regions[candidate.region]
      let replay: Void? = try? Checker.replay(
        point: candidate.point, graph: graph, region: region, disjunct: region.disjuncts[candidate.disjunct],
        semantics: .real)
      return replay != nil
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

  /// The meanings to claim, strongest first.
  private var claims: [Semantics] {
    guard model.graph.elementType == .float32 else { return [.real] }
    return options.semantics == .float32 ? [.float32AnyOrder] : [.float32AnyOrder, .real]
  }

  /// The same for a proof: a meaning that failed before, or that the search gave up on, is not tried again.
  private func claims(for prover: Prover) -> [Semantics] {
    let isHopeless = float32Failures > 1 || prover.needsRealArithmetic
    return options.semantics == .real && isHopeless ? [.real] : claims
  }

  private enum CheckOutcome {
    case accepted(PropertyOutcome)
    case rejected(claim: Semantics, ordinals: [Int: [Int: Set<Int>]])
    case unusable(UnknownReason)
  }

  /// Up to this size a proof that fails only for float32 is worth one repair before the weaker meaning is claimed.
  private static let repairableLeafCount = 10_000

  private mutating func check(_ proofs: [[Proof]], claims: [Semantics]) throws(UserError) -> CheckOutcome {
    var last = CheckOutcome.unusable(.margin("no meaning could be claimed"))
    for claim in claims {
      let began = ContinuousClock.now
      let result = attempt(claim, proofs)
      checkTime += ContinuousClock.now - began
      switch result {
      case .accepted(let report):
        return .accepted(try seal(certificate(claim, .holds(margin: report.margin, regions: proofs)), report))
      case .rejected(let leaves, let leafCount):
        last = .rejected(claim: claim, ordinals: leaves)
        guard claim == .float32AnyOrder else { continue }
        float32Failures += 1
        if float32Failures == 1 && leafCount <= Self.repairableLeafCount { return last }
      case .failed(let rejection) where rejection.isTimeLimit: return .unusable(.checkTime)
      case .failed(let rejection): last = .unusable(.margin("\(rejection)"))
      }
    }
    return last
  }

  private enum Attempt {
    case accepted(CheckReport)
    case rejected([Int: [Int: Set<Int>]], leafCount: Int)
    case failed(Rejection)
  }

  private func attempt(_ claim: Semantics, _ proofs: [[Proof]]) -> Attempt {
    do throws(Rejection) {
      let session = try CheckSession(graph: model.graph, query: query, semantics: claim, options: checkOptions)
      let (report, failures) = try session.survey(regions: proofs)
      guard !failures.isEmpty else { return .accepted(report) }
      var ordinals: [Int: [Int: Set<Int>]] = [:]
      for (proof, failure) in failures { ordinals[failure.region, default: [:]][proof, default: []].insert(failure.leaf) }
      return .rejected(ordinals, leafCount: report.leaves)
    } catch {
      return .failed(error)
    }
  }

  private var checkOptions: CheckOptions {
    var result = CheckOptions(threads: options.threads, deadline: deadline)
    if let report = options.progress { result.progress = { report(.checking(leaves: $0)) } }
    return result
  }

  /// Encodes an accepted certificate with the margin that the checker found, and reads it back: what is kept is what was checked.
  private func seal(_ certificate: Certificate, _ report: CheckReport) throws(UserError) -> PropertyOutcome {
    let bytes = certificate.encoded()
    guard let again = try? Certificate(decoding: bytes), again == certificate else {
      throw UserError(.internalError, "the certificate does not read back as it was written; please report this")
    }
    var result = outcome(report.verdict == .holds ? .holds : .violated)
    result.semantics = certificate.semantics
    result.margin = report.margin
    result.leaves = report.leaves
    result.certificate = bytes
    result.proofByteCount = bytes.count - certificate.property.count
    result.carriesProperty = !certificate.property.isEmpty
    return result
  }

  /// A candidate that replayed: its certificate claims the strongest meaning that the checker accepts.
  private mutating func violated(_ candidate: Candidate) throws(UserError) -> PropertyOutcome {
    let witness = Witness(
      region: candidate.region, disjunct: candidate.disjunct, elementType: model.graph.elementType.rawValue,
      input: rawBytes(candidate.point, model.graph.elementType))
    for claim in claims {
      let certificate = certificate(claim, .violated(witness))
      guard let report = try? Checker.check(certificate, graph: model.graph, query: query) else { continue }
      var result = try seal(certificate, report)
      result.counterexample = Counterexample(input: candidate.point, output: evaluate(model, candidate.point))
      return result
    }
    return unknown(.semantics("a point violates the property in real arithmetic, but not in every float32 execution"))
  }
}

extension Rejection {
  fileprivate var isTimeLimit: Bool {
    if case .timeLimit = reason { true } else { false }
  }
}

/// The elements of a point as the certificate stores them: little-endian, in the model's input type.
private func rawBytes(_ point: [Double], _ type: ElementType) -> [UInt8] {
  point.flatMap { value -> [UInt8] in
    let pattern = type == .float32 ? UInt64(Float(value).bitPattern) : value.bitPattern
    return (0..<type.byteCount).map { UInt8(truncatingIfNeeded: pattern >> UInt64(8 * $0)) }
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
