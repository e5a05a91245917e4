// SPDX-License-Identifier: Apache-2.0
import Exact
import Properties
import Testing

@Suite("VNN-LIB writer")
struct VNNLIBWriterTests {
  @Test("the text is what it is, byte for byte")
  func golden() throws {
    let writer = VNNLIBWriter(
      comments: ["first\nsecond"], lower: [try Decimal(parsing: "-0.10")], upper: [try Decimal(parsing: "1e-1")],
      outputCount: 2,
      cases: [
        [.less(output: 0, Decimal(-1))],
        [.greater(output: 1, try Decimal(parsing: "2.50")), .atLeast(output: 0, other: 1)],
      ])
    #expect(
      String(decoding: writer.bytes(), as: UTF8.self) == """
        ; first second
        (declare-const X_0 Real)
        (declare-const Y_0 Real)
        (declare-const Y_1 Real)
        (assert (>= X_0 -0.1))
        (assert (<= X_0 0.1))
        (assert (or
          (and (< Y_0 -1))
          (and (> Y_1 2.5) (>= Y_0 Y_1))
        ))

        """)
  }

  @Test("the reader gives back the box and the constraints")
  func roundTrip() throws {
    var generator = SplitMix(seed: 31)
    for _ in 0..<100 {
      let count = Int.random(in: 1...4, using: &generator)
      var (lower, upper): ([Decimal], [Decimal]) = ([], [])
      for _ in 0..<count {
        let center = Decimal(exactly: Double(Int.random(in: -999...999, using: &generator)) / 7)
        let radius = try Decimal(parsing: "\(Int.random(in: 0...999, using: &generator))e-4")
        lower.append(try center - radius)
        upper.append(try center + radius)
      }
      let threshold = try Decimal(parsing: "\(Int.random(in: -99...99, using: &generator))e-2")
      let writer = VNNLIBWriter(
        comments: [], lower: lower, upper: upper, outputCount: 3,
        cases: [[.atLeast(output: 2, other: 0), .less(output: 1, threshold)], [.greater(output: 1, threshold)]])
      let query = try VNNLIB.parse(writer.bytes())
      try query.check(against: count, outputCount: 3)
      #expect(query.regions.count == 1)
      #expect(try query.regions[0].lower == lower.map { try $0.enclosure() })
      #expect(try query.regions[0].upper == upper.map { try $0.enclosure() })
      let rows = query.regions[0].disjuncts.map(\.rows)
      #expect(rows.map { $0.map(\.isStrict) } == [[false, true], [true]])
      #expect(rows[0][0].outputTerms.map(\.variable) == [0, 2])
      #expect(try rows[0][1].constant == (-threshold).enclosure())
      #expect(try rows[1][0].constant == threshold.enclosure())
    }
  }
}
