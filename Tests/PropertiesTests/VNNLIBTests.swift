// SPDX-License-Identifier: Apache-2.0
import Exact
import Properties
import Testing

@Suite("VNN-LIB reader")
struct VNNLIBTests {
  /// Two inputs in [0, 1], two outputs.
  static let head = VNNLIBErrorTests.head + VNNLIBErrorTests.box

  private func parse(_ text: String) throws -> Query {
    try VNNLIB.parse(Array((Self.head + text).utf8))
  }

  private func exact(_ value: Double) -> Enclosure { Enclosure(exactly: value) }

  private func row(_ x: [(Int, Double)] = [], _ y: [(Int, Double)] = [], _ constant: Double, strict: Bool = false)
    -> LinearConstraint
  {
    LinearConstraint(
      inputTerms: x.map { LinearTerm(variable: $0.0, coefficient: exact($0.1)) },
      outputTerms: y.map { LinearTerm(variable: $0.0, coefficient: exact($0.1)) }, constant: exact(constant),
      isStrict: strict)
  }

  private func onlyRows(_ text: String) throws -> [LinearConstraint] {
    let query = try parse("(assert \(text))")
    try #require(query.regions.count == 1 && query.regions[0].disjuncts.count == 1)
    return query.regions[0].disjuncts[0].rows
  }

  @Test("comparisons become rows ≤ 0, terms collected and sorted")
  func rows() throws {
    #expect(try onlyRows("(<= Y_1 Y_0)") == [row([], [(0, -1), (1, 1)], 0)])
    #expect(try onlyRows("(>= Y_1 Y_0)") == [row([], [(0, 1), (1, -1)], 0)])
    #expect(try onlyRows("(< Y_0 2.5)") == [row([], [(0, 1)], -2.5, strict: true)])
    #expect(try onlyRows("(> Y_0 2.5)") == [row([], [(0, -1)], 2.5, strict: true)])
    #expect(try onlyRows("(= Y_0 2)") == [row([], [(0, 1)], -2), row([], [(0, -1)], 2)])
    #expect(try onlyRows("(== 2 Y_0)") == [row([], [(0, -1)], 2), row([], [(0, 1)], -2)])
    #expect(
      try onlyRows("(<= (+ X_1 (* 2 Y_0) (- X_0) 1) (- Y_0 3 Y_1))") == [row([(0, -1), (1, 1)], [(0, 1), (1, 1)], 4)])
    #expect(try onlyRows("(<= (* 2 (+ Y_0 0.25) -3) (* 0 Y_1))") == [row([], [(0, -6)], -1.5)])
    #expect(try onlyRows("(<= (- Y_0 Y_0 Y_1) 0)") == [row([], [(1, -1)], 0)])
  }

  @Test("coefficients are computed exactly before they are enclosed")
  func exactCoefficients() throws {
    let rows = try onlyRows("(<= (* 0.1 Y_0) (- (+ 0.1 0.2) 0.3))")
    #expect(rows[0].constant == exact(0))
    #expect(rows[0].outputTerms[0].coefficient == Enclosure(lower: 0.1.nextDown, upper: 0.1))
    #expect(try onlyRows("(<= (* 10 0.1 Y_0) (* 1e200 1e-200))") == [row([], [(0, 1)], -1)])
  }

  @Test("bounds on one input tighten the box, in any form; the tighter one stays")
  func bounds() throws {
    for text in ["(<= X_0 0.5)", "(>= 0.5 X_0)", "(<= (* 2 X_0) 1)", "(<= 0 (- 1 (+ X_0 X_0)))", "(>= (* -4 X_0) -2)"] {
      let region = try parse("(assert \(text))(assert (<= X_0 0.75))").regions[0]
      #expect(region.upper[0] == exact(0.5), "\(text)")
      #expect(region.lower[0] == exact(0) && region.upper[1] == exact(1), "\(text)")
      #expect(region.disjuncts == [Conjunction(rows: [])], "\(text)")
    }
    #expect(try parse("(assert (= X_1 0.1))").regions[0].lower[1] == (try Enclosure(decimal: "0.1")))
    #expect(try parse("(assert (= X_1 0.1))").regions[0].upper[1] == (try Enclosure(decimal: "0.1")))
  }

  @Test("a bound behind a factor is the tightest enclosure of the quotient")
  func quotientBound() throws {
    let upper = try parse("(assert (<= (* 3 X_0) 1))").regions[0].upper[0]
    #expect(upper == Enclosure(lower: 1.0 / 3, upper: (1.0 / 3).nextUp))
  }

  @Test("of two literals between the same doubles either may stay, and the order decides elsewhere")
  func boundsWithinOneUlp() throws {
    let region = try parse("(assert (<= X_0 0.1))(assert (<= X_0 0.10000000000000000001))(assert (<= X_0 0.2))")
      .regions[0]
    #expect(region.upper[0] == (try Enclosure(decimal: "0.1")))
    // An empty box that only digits beyond the double tell apart stays, as its superset.
    let thin = try parse("(assert (<= X_0 0.1))(assert (>= X_0 0.10000000000000000001))").regions[0]
    #expect(thin.lower[0] == thin.upper[0])
  }

  @Test("a strict bound closes the box and stays as a strict row")
  func strictBound() throws {
    let region = try parse("(assert (< X_0 0.5))(assert (<= Y_0 1))").regions[0]
    #expect(region.upper[0] == exact(0.5))
    #expect(region.disjuncts[0].rows == [row([(0, 1)], [], -0.5, strict: true), row([], [(0, 1)], -1)])
  }

  @Test("a constraint on several inputs is a row")
  func inputRow() throws {
    #expect(try onlyRows("(<= X_0 X_1)") == [row([(0, 1), (1, -1)], [], 0)])
  }

  @Test("a conjunct after an or applies to every case, in file order")
  func conjunctAfterOr() throws {
    let query = try parse("(assert (or (<= Y_0 0) (>= Y_0 1)))(assert (<= Y_1 2))(assert (<= X_0 0.5))")
    let last = row([], [(1, 1)], -2)
    #expect(query.regions.count == 1)
    #expect(query.regions[0].upper[0] == exact(0.5))
    #expect(query.regions[0].disjuncts.map(\.rows) == [[row([], [(0, 1)], 0), last], [row([], [(0, -1)], 1), last]])
  }

  @Test("the first or varies slowest, and nested ones multiply")
  func productOrder() throws {
    let query = try parse(
      "(assert (or (<= Y_0 1) (<= Y_0 2)))(assert (or (<= Y_1 3) (and (<= Y_1 4) (or (<= Y_1 5) (<= Y_1 6)))))")
    let constants = query.regions[0].disjuncts.map { $0.rows.map { -$0.constant.lower } }
    #expect(constants == [[1, 3], [1, 4, 5], [1, 4, 6], [2, 3], [2, 4, 5], [2, 4, 6]])
  }

  @Test("cases with equal boxes share a region, in order of first appearance; empty ones are dropped")
  func grouping() throws {
    let query = try parse(
      """
      (assert (or
        (and (<= X_0 0.5) (<= Y_0 1))
        (and (>= X_0 0.5) (<= Y_0 2))
        (and (>= X_0 2) (<= Y_0 3))
        (and (<= X_0 0.75) (<= X_0 0.5) (<= X_1 7) (<= Y_0 4))
        (<= Y_0 5)))
      """)
    #expect(query.regions.map { $0.disjuncts.map { -$0.rows[0].constant.lower } } == [[1, 4], [2], [5]])
    #expect(query.regions.map { $0.upper[0].lower } == [0.5, 1, 1])
    #expect(query.regions.map { $0.lower[0].lower } == [0, 0.5, 0])
  }

  @Test("constant comparisons are decided: true ones vanish, false cases are dropped")
  func constants() throws {
    #expect(try onlyRows("(or (<= 1 0) (and (<= 0 0) (<= Y_0 1)))") == [row([], [(0, 1)], -1)])
    #expect(try onlyRows("(<= 0 1)") == [])
    #expect(try parse("(assert (or (<= 0 1) (<= Y_0 1)))").regions[0].disjuncts.map(\.rows.count) == [0, 1])
  }

  @Test("a file without output constraints asks about the whole box")
  func noOutputConstraint() throws {
    #expect(try parse("").regions[0].disjuncts == [Conjunction(rows: [])])
  }

  @Test("assertions may stand between declarations; blanks and comments are free")
  func layout() throws {
    let text =
      "(declare-const\tX_0 Real);c (\r\n(assert(>= X_0 0))(assert(<= X_0 1);)\n)(declare-const Y_0 Real)(assert(<= Y_0 X_0)) ; end"
    let query = try VNNLIB.parse(Array(text.utf8))
    #expect(query.inputCount == 1 && query.outputCount == 1)
    #expect(query.regions[0].disjuncts[0].rows == [row([(0, -1)], [(0, 1)], 0)])
  }

  @Test("a sum of thousands of terms is read in one go")
  func longSum() throws {
    let terms = (0..<5000).map { "(* \($0) Y_\($0 % 2))" }.joined(separator: " ")
    #expect(try onlyRows("(<= (+ \(terms)) 0)") == [row([], [(0, 6_247_500), (1, 6_250_000)], 0)])
  }
}
