// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Pipeline
import Properties
import Requirements
import Testing

/// Verdicts about networks so small that a dense grid knows nearly everything about them.
@Suite("Differential")
struct DifferentialTests {
  /// One network with one question whose answer the grid knows or nearly knows.
  struct Instance {
    var network: Perceptron
    /// The unsafe outputs: any row c·y + d ≤ 0 (rows of different disjuncts).
    var rows: [(coefficients: [Double], constant: Double)]
    /// Whether the threshold lies exactly at the grid's extreme value: nobody promises an answer there.
    var isTie: Bool

    /// Whether no point of the grid is unsafe, or only one that lies exactly on the threshold.
    var isSafeOnGrid: Bool

    /// The grid that is sampled: dyadic points, so that doubles evaluate the network without rounding.
    static let grid: [[Double]] = (-16...16).flatMap { i in (-16...16).map { [Double(i) / 16, Double($0) / 16] } }

    init(number: Int) {
      var random = SplitMix64(state: UInt64(number) &+ 1)
      let hidden = (0..<Int.random(in: 1...2, using: &random)).map { _ in Int.random(in: 3...4, using: &random) }
      network = Perceptron.random([2] + hidden + [2], number % 3 == 2 ? .float64 : .float32, &random)
      let outputs = Self.grid.map(network.evaluate)
      isTie = number % 15 == 14
      let distance = isTie ? 0 : [0.5, 0.25, 0.125, -0.125, -0.25, -0.5][number % 6]
      isSafeOnGrid = distance >= 0
      let directions = number % 2 == 0 ? [[-1.0, 0]] : [[-1.0, 1], [0, 1]]
      rows = []
      for direction in directions {
        // The least value of the row on the grid becomes `distance`: > 0 is safe on the grid, < 0 unsafe somewhere.
        let least = outputs.map { $0[0] * direction[0] + $0[1] * direction[1] }.min() ?? 0
        rows.append((direction, distance - least))
      }
    }

    func isUnsafe(_ output: [Double], slack: Double = 0) -> Bool {
      rows.contains { row in zip(row.coefficients, output).reduce(row.constant) { $0 + $1.0 * $1.1 } <= slack }
    }

    var query: String {
      let formulas = rows.map { row in
        "(<= (+ (* \(row.coefficients[0]) Y_0) (* \(row.coefficients[1]) Y_1) \(row.constant)) 0)"
      }
      let disjuncts = formulas.map { "(and \($0))" }.joined(separator: " ")
      return Samples.query(-1, 1, formulas.count == 1 ? formulas[0] : "(or \(disjuncts))")
    }
  }

  @Test("150 random networks: holds is never contradicted by the grid, violated replays, unknown is rare")
  func agreesWithGrid() throws {
    let place = try Workplace()
    var counts: [Verdict: Int] = [:]
    var surprises: [Int] = []
    for number in 0..<150 {
      let instance = Instance(number: number)
      let outcome = try verify(instance, place)
      counts[outcome.verdict, default: 0] += 1
      if outcome.verdict == .unknown, !instance.isTie { surprises.append(number) }
      try checkVerdict(outcome, instance, number, place)
    }
    #expect(surprises.isEmpty, "no answer for \(surprises)")
    #expect(counts[.holds, default: 0] >= 40, "\(counts)")
    #expect(counts[.violated, default: 0] >= 60, "\(counts)")
    #expect(counts[.unknown, default: 0] <= 10, "\(counts)")
  }

  private func verify(_ instance: Instance, _ place: Workplace) throws -> PropertyOutcome {
    let model = try LoadedModel(path: try place.write("m.onnx", instance.network.onnx))
    let properties = try PropertyFile(path: try place.write("q.vnnlib", instance.query), model: model)
    var options = VerificationOptions()
    if instance.isSafeOnGrid {
      // First the proof alone, so that no lucky attack hides a wrong one.
      options.attack = false
      options.timeLimit = .milliseconds(100)
      let alone = try Verifier(model, options: options).verify(properties.requirements[0], properties.queries[0])
      guard alone.verdict == .unknown, !instance.isTie else { return alone }
    }
    options.attack = true
    options.timeLimit = .seconds(20)
    return try Verifier(model, options: options).verify(properties.requirements[0], properties.queries[0])
  }

  private func checkVerdict(_ outcome: PropertyOutcome, _ instance: Instance, _ number: Int, _ place: Workplace) throws {
    switch outcome.verdict {
    case .holds:
      let contradiction = Instance.grid.first { instance.isUnsafe(instance.network.evaluate($0)) }
      #expect(contradiction == nil, "network \(number) is said to hold")
    case .violated:
      let witness = try #require(outcome.counterexample)
      #expect(witness.input.allSatisfy { (-1...1).contains($0) })
      // Off the grid doubles may round; the exact replay is the checker's.
      #expect(instance.isUnsafe(instance.network.evaluate(witness.input), slack: 1e-12), "network \(number)")
    case .unknown:
      #expect(outcome.certificate == nil)
      return
    }
    let report = try Checker.check(
      certificate: try #require(outcome.certificate), model: try place.read("m.onnx"),
      property: try place.read("q.vnnlib"))
    #expect(report.verdict.rawValue == outcome.verdict.rawValue)
  }

  @Test("the grid is evaluated without rounding")
  func gridIsExact() {
    for number in 0..<20 {
      let instance = Instance(number: number)
      for point in Instance.grid {
        for output in instance.network.evaluate(point) { #expect(output * 4096 == (output * 4096).rounded()) }
      }
    }
  }
}
