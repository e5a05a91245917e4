// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Graph
import Program
import Properties
import Testing

@testable import Search

@Suite("search, with the checker as judge")
struct ProverTests {
  static let networks: [[Int]] = [[2, 12, 12, 1], [3, 10, 10, 10, 1], [12, 24, 24, 1], [30, 16, 1]]

  private func prove(
    _ graph: Graph, _ query: Query, threads: Int = 1, seconds: Double = 20, attack: Bool = false
  ) throws -> ProverOutcome {
    let program = try Program(graph)
    let options = ProverOptions(deadline: .now + .seconds(seconds), threads: threads, attack: attack)
    return Prover(program, query, falsifier: Falsifier(program), options: options) { candidate in
      let region = query.regions[candidate.region]
      let replayed: Void? = try? Checker.replay(
        point: candidate.point, graph: graph, region: region, disjunct: region.disjuncts[candidate.disjunct],
        semantics: .real)
      return replayed != nil
    }.run()
  }

  private func certificate(_ proofs: [[Proof]]) -> Certificate {
    Certificate(
      semantics: .real, modelDigest: Digest(of: []), propertyDigest: Digest(of: []), property: [], producer: "test",
      backendAsked: "cpu", backendExecuted: "cpu", body: .holds(margin: .leastNonzeroMagnitude, regions: proofs))
  }

  @Test("what holds with room to spare is proved, and the checker accepts", arguments: 0..<4)
  func provesWhatHolds(index: Int) throws {
    let graph = perceptron(Self.networks[index], seed: UInt64(index) + 20)
    let range = sampledRange(graph, radius: 0.4)
    let room = 0.35 * (range.upperBound - range.lowerBound)
    let question = query(graph, radius: 0.4, atMost: range.lowerBound - room, orAtLeast: range.upperBound + room)
    guard case .proofs(let proofs) = try prove(graph, question) else {
      Issue.record("no proof was found")
      return
    }
    let report = try Checker.check(certificate(proofs), graph: graph, query: question)
    #expect(report.margin > 0)
    #expect(report.leaves >= 1)
  }

  @Test("any number of threads grows the same tree", arguments: 0..<4)
  func threadsDoNotMatter(index: Int) throws {
    let graph = perceptron(Self.networks[index], seed: UInt64(index) + 40)
    let range = sampledRange(graph, radius: 0.4)
    let room = 0.4 * (range.upperBound - range.lowerBound)
    let question = query(graph, radius: 0.4, atMost: range.lowerBound - room)
    guard case .proofs(let one) = try prove(graph, question, threads: 1),
      case .proofs(let three) = try prove(graph, question, threads: 3)
    else {
      Issue.record("no proof was found")
      return
    }
    let isSame = one == three
    #expect(isSame)
  }

  @Test("without the attack, what is violated is never proved", arguments: 0..<4)
  func neverProvesWhatIsViolated(index: Int) throws {
    let graph = perceptron(Self.networks[index], seed: UInt64(index) + 60)
    let range = sampledRange(graph, radius: 0.3)
    let question = query(graph, radius: 0.3, atMost: range.lowerBound + 1e-6)
    if case .proofs = try prove(graph, question, seconds: 0.5) {
      Issue.record("a proof of something false")
    }
  }

  @Test("the attack finds a violation that many points show", arguments: 0..<4)
  func findsViolations(index: Int) throws {
    let graph = perceptron(Self.networks[index], seed: UInt64(index) + 80)
    let range = sampledRange(graph, radius: 0.3)
    let question = query(graph, radius: 0.3, atMost: range.lowerBound + 0.2 * (range.upperBound - range.lowerBound))
    guard case .counterexample(let candidate) = try prove(graph, question, attack: true) else {
      Issue.record("no counterexample was found")
      return
    }
    #expect(candidate.disjunct == 0)
  }

  @Test("an expired deadline ends in unknown")
  func deadline() throws {
    let graph = perceptron(Self.networks[1], seed: 3)
    let range = sampledRange(graph, radius: 1)
    let outcome = try prove(graph, query(graph, radius: 1, atMost: range.lowerBound - 1e-3), seconds: 0)
    guard case .unknown(.timeLimit) = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test("leaves that are opened again are split, and the checker accepts the new proof")
  func repair() throws {
    let graph = perceptron(Self.networks[1], seed: 21)
    let range = sampledRange(graph, radius: 0.4)
    let question = query(graph, radius: 0.4, atMost: range.lowerBound - 0.2 * (range.upperBound - range.lowerBound))
    let program = try Program(graph)
    let prover = Prover(
      program, question, falsifier: Falsifier(program),
      options: ProverOptions(deadline: .now + .seconds(20), attack: false), accept: { _ in false })
    guard case .proofs(let first) = prover.run(), case .proofs(let second) = prover.repair([0: [0: [0]]], forReal: true) else {
      Issue.record("no proof was found")
      return
    }
    #expect(second[0][0].tree.count > first[0][0].tree.count)
    _ = try Checker.check(certificate(second), graph: graph, query: question)
  }
}
