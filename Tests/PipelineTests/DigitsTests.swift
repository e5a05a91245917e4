// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Pipeline
import Properties
import Requirements
import Testing

/// The bundled example through search, certificate and check.
@Suite("Digits")
struct DigitsTests {
  let digits: Digits

  init() throws { digits = try Digits() }

  @Test("one property holds, one is violated, and the checker accepts both certificates")
  func verdicts() throws {
    let outcomes = [try digits.outcome(0), try digits.outcome(1)]
    #expect(outcomes.map(\.verdict) == [.holds, .violated])
    #expect(outcomes.map(\.name) == ["seven-stays-seven", "three-under-strong-noise"])
    for (outcome, requirement) in zip(outcomes, digits.properties.requirements) {
      let bytes = try #require(outcome.certificate)
      let certificate = try Certificate(decoding: bytes)
      #expect(certificate.property == requirement.vnnlib)
      #expect(certificate.modelDigest == Digest(of: digits.model.bytes))
      for property in [nil, requirement.vnnlib] {
        let report = try Checker.check(certificate: bytes, model: digits.model.bytes, property: property)
        #expect(report.verdict.rawValue == outcome.verdict.rawValue)
        #expect(report.semantics == outcome.semantics)
        #expect(report.leaves == outcome.leaves)
      }
    }
    let witness = try #require(outcomes[1].counterexample)
    #expect(witness.input.allSatisfy { (0...1).contains($0) })
    #expect(witness.output.indices.max { witness.output[$0] < witness.output[$1] } != 3)
  }

  @Test("a certificate with any one bit flipped is rejected", arguments: [0, 1])
  func flippedBits(index: Int) throws {
    var bytes = try #require(try digits.outcome(index).certificate)
    for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 97)) {
      let bit: UInt8 = 1 << UInt8(position % 8)
      bytes[position] ^= bit
      #expect(throws: Rejection.self, "byte \(position)") {
        try Checker.check(certificate: bytes, model: digits.model.bytes, property: nil)
      }
      bytes[position] ^= bit
    }
  }

  @Test("neither threads nor repetition change a byte", arguments: [0, 1])
  func reproducible(index: Int) throws {
    let first = try #require(try digits.outcome(index) { $0.threads = 1 }.certificate)
    #expect(try digits.outcome(index) { $0.threads = 1 }.certificate == first)
    #expect(try digits.outcome(index) { $0.threads = 2 }.certificate == first)
  }

  @Test("a seed changes no verdict", arguments: [1, 7] as [UInt64])
  func seeds(seed: UInt64) throws {
    #expect(try digits.outcome(0) { $0.seed = seed }.verdict == .holds)
    #expect(try digits.outcome(1) { $0.seed = seed }.verdict == .violated)
  }

  @Test("without the attack a violated property stays open")
  func attackOff() throws {
    let outcome = try digits.outcome(1) {
      $0.attack = false
      $0.timeLimit = .milliseconds(500)
    }
    #expect(outcome.verdict == .unknown)
    #expect(outcome.certificate == nil)
    #expect(try digits.outcome(0) { $0.attack = false }.verdict == .holds)
  }

  @Test("no time means no answer", arguments: [0, 1])
  func noTime(index: Int) throws {
    let outcome = try digits.outcome(index) { $0.timeLimit = .zero }
    #expect(outcome.verdict == .unknown)
    #expect(outcome.certificate == nil)
    #expect(outcome.semantics == nil)
    #expect(try #require(outcome.reason).description.hasSuffix("--timeout gives more"))
  }

  @Test("any time limit gives the right answer or none", arguments: [1, 5, 20, 60, 200, 500])
  func shortTime(milliseconds: Int) throws {
    for (index, verdict) in [Verdict.holds, .violated].enumerated() {
      let outcome = try digits.outcome(index) { $0.timeLimit = .milliseconds(milliseconds) }
      #expect([verdict, .unknown].contains(outcome.verdict))
      #expect((outcome.certificate == nil) == (outcome.verdict == .unknown))
    }
  }

  @Test("an interrupt ends a search that would go on")
  func cancelled() throws {
    let outcome = try digits.outcome(1) {
      $0.attack = false
      $0.isCancelled = { true }
    }
    #expect(outcome.verdict == .unknown)
    #expect(outcome.reason.map { "\($0)" } == "interrupted")
  }

  @Test("the sealed margin is the checker's, and real arithmetic leaves at least as much")
  func margin() throws {
    let outcome = try digits.outcome(0)
    let certificate = try Certificate(decoding: try #require(outcome.certificate))
    guard case .holds(let sealed, let regions) = certificate.body else {
      Issue.record("not a holds certificate")
      return
    }
    #expect(sealed == outcome.margin)
    #expect(sealed > 0)
    #expect(certificate.semantics == .float32AnyOrder)
    for (semantics, isLarger) in [(Semantics.float32AnyOrder, false), (.real, true)] {
      let session = try CheckSession(
        graph: digits.model.graph, query: digits.properties.queries[0], semantics: semantics)
      let margin = try session.check(regions: regions, claimedMargin: sealed).margin
      #expect(isLarger ? margin > sealed : margin == sealed)
      #expect(throws: Rejection.self) { try session.check(regions: regions, claimedMargin: margin.nextUp) }
    }
  }

  @Test("float32 on a float64 model is refused with the reason")
  func float32OnFloat64() throws {
    let place = try Workplace()
    let model = try LoadedModel(path: try place.write("double.onnx", Samples.identity(.float64).onnx))
    let properties = try PropertyFile(path: try place.write("q.vnnlib", Samples.holds), model: model)
    var options = VerificationOptions()
    for demand in SemanticsDemand.allCases {
      options.semantics = demand
      let outcome = try Verifier(model, options: options).verify(properties.requirements[0], properties.queries[0])
      #expect(outcome.verdict == (demand == .real ? .holds : .unknown))
      #expect(outcome.semantics == (demand == .real ? .real : nil))
      #expect(
        outcome.reason.map { "\($0)" }
          == (demand == .real ? nil : "the model computes in float64, so float32 cannot be claimed"))
    }
  }
}

/// Models and queries whose answers are plain.
enum Samples {
  /// y = relu(x), two elements.
  static func identity(_ element: TestModel.Element = .float32) -> Perceptron {
    let unit = Perceptron.Layer(weights: [[1, 0], [0, 1]], bias: [0, 0])
    return Perceptron(layers: [unit, unit], element: element)
  }

  /// A query over two inputs in [lower, upper] and two outputs.
  static func query(_ lower: Double, _ upper: Double, _ assertion: String) -> String {
    let declarations = ["X_0", "X_1", "Y_0", "Y_1"].map { "(declare-const \($0) Real)\n" }.joined()
    let box = ["X_0", "X_1"].map { "(assert (>= \($0) \(lower)))\n(assert (<= \($0) \(upper)))\n" }.joined()
    return declarations + box + "(assert \(assertion))\n"
  }

  static let holds = query(-1, 1, "(<= Y_0 -0.5)")
  static let violated = query(-1, 1, "(>= Y_0 0.5)")
}
