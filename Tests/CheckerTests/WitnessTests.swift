// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Properties
import Testing

@testable import Checker

@Suite struct WitnessTests {
  /// y = relu(x_0 − x_1)/2 on [−1, 1]².
  private func graph(_ type: ElementType = .float32) -> Graph {
    var builder = GraphBuilder(inputShape: [1, 2], elementType: type)
    builder.add(.dense(Dense(inputWidth: 2, outputWidth: 1, weights: [1, -1], bias: [0])), "Gemm", shape: [1, 1])
    builder.relu()
    builder.add(.scale(ElementwiseAffine(scale: repeated(1, 0.5), offset: repeated(1, 0))), "Mul", shape: [1, 1])
    return builder.graph
  }

  private func query(_ disjuncts: [Conjunction]) -> Query {
    Query(inputCount: 2, outputCount: 1, regions: [region([-1, -1], [1, 1], disjuncts)])
  }

  private func check(
    _ point: [Float], _ query: Query, semantics: Semantics = .real, region: Int = 0, disjunct: Int = 0, type: UInt8 = 1
  ) -> String? {
    let bytes = point.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) } }
    let witness = Witness(region: region, disjunct: disjunct, elementType: type, input: bytes)
    do {
      let report = try Checker.check(sampleCertificate(.violated(witness), semantics: semantics), graph: graph(), query: query)
      return report.verdict == .violated ? nil : "not violated"
    } catch { return error.description }
  }

  @Test("a point that satisfies a disjunct is accepted, on the border too")
  func accepts() {
    let q = query([Conjunction(rows: [row([-1], 1)]), Conjunction(rows: [row([1], -0.25), row([-1], 0.125)])])
    #expect(check([1, -1], q) == nil)
    #expect(check([0.25, 0], q, disjunct: 1) == nil)
    #expect(check([0.5, 0], q, disjunct: 1) == nil)
    #expect(check([0.375, 0], q, semantics: .float32AnyOrder, disjunct: 1) == nil)
  }

  @Test("what is wrong with a witness is said")
  func rejects() {
    let q = query([Conjunction(rows: [row([1], -1), row([-1], 0.5)])])
    #expect(check([0.5, 0], q) == "the witness does not satisfy row 1: its left side can be 0.25, and must be ≤ 0.")
    #expect(check([1.5, 0], q) == "the witness lies outside the box: input 0 is 1.5, not in [-1.0, 1.0].")
    #expect(check([0, -.infinity], q) == "input 1 of the witness is not finite.")
    #expect(check([.nan, 0], q) == "input 0 of the witness is not finite.")
    #expect(check([1], q) == "the witness has 4 bytes, the model's input 8.")
    #expect(check([1, -1], q, region: 1) == "the witness is for region 1, but the property has 1.")
    #expect(check([1, -1], q, disjunct: 1) == "the witness is for disjunct 1, but the region has 1.")
    #expect(check([1, -1], q, type: 11) == "the witness has element type 11, the model's input has 1.")
    let strict = query([Conjunction(rows: [row([-1], 1, isStrict: true)])])
    #expect(check([1, -1], strict) == "the witness does not satisfy row 0: its left side can be 0.0, and must be < 0.")
  }

  @Test("on the border, float32 executions need not violate: rejected under that meaning alone")
  func float32() {
    let q = query([Conjunction(rows: [row([-1], 0.25)])])
    #expect(check([0.5, 0], q) == nil)
    #expect(check([0.5, 0], q, semantics: .float32AnyOrder)?.hasPrefix("the witness does not satisfy row 0") == true)
    #expect(check([0.50001, 0], q, semantics: .float32AnyOrder) == nil)
  }

  @Test("literals that are not doubles: the point must lie inside the decimal number itself")
  func literals() {
    var q = query([Conjunction(rows: [row([1], -1)])])
    q.regions[0].upper[0] = Enclosure(lower: 0.5.nextDown, upper: 0.5)
    #expect(check([0.5, 0], q)?.hasPrefix("the witness lies outside the box: input 0") == true)
    #expect(check([0.25, 0], q) == nil)
  }

  @Test("an empty conjunction is satisfied by any point of the box; input terms count")
  func emptyAndInputTerms() {
    #expect(check([0, 0], query([Conjunction(rows: [])])) == nil)
    let q = query([Conjunction(rows: [row([1], 0, inputs: [0, 1])])])
    #expect(check([0, -1], q) == nil)
    #expect(check([0, 0.5], q) == "the witness does not satisfy row 0: its left side can be 0.5, and must be ≤ 0.")
  }

  @Test("float64 points are read as such")
  func float64() throws {
    let point = [0.1, -0.1]
    let bytes = point.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) } }
    let witness = Witness(region: 0, disjunct: 0, elementType: 11, input: bytes)
    #expect(witness.point == point)
    let q = query([Conjunction(rows: [row([1], -0.2)])])
    _ = try Checker.check(sampleCertificate(.violated(witness)), graph: graph(.float64), query: q)
  }
}
