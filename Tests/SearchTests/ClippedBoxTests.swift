// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Testing

@testable import Search

@Suite("clipping of boxes")
struct ClippedBoxTests {
  @Test("no point that can still be a counterexample is cut off")
  func keepsEveryCandidate() {
    var random = TestRandom(5)
    for _ in 0..<200 {
      let box = OpenBox(node: 0, depth: 0, lower: [-1, 0, 2], upper: [1, 0.5, 2.25])
      var slopes = (0..<3).map { _ in Float(random.signed() * 4) }
      let constant = Float(random.signed() * 4)
      let bound = (0..<3).reduce(constant) { $0 + min(slopes[$1] * Float(box.lower[$1]), slopes[$1] * Float(box.upper[$1])) }
      var clipped = ClippedBox(box, rows: [0])
      clipped.clip(by: &slopes, bound: bound - 1e-5, from: box, [0, 1, 2])
      clipped.frame(within: box, [0, 1, 2])
      for _ in 0..<200 {
        let point = (0..<3).map { (box.lower[$0] + box.upper[$0]) / 2 + random.signed() * (box.upper[$0] - box.lower[$0]) / 2 }
        let value = (0..<3).reduce(Double(constant)) { $0 + Double(slopes[$1]) * point[$1] }
        guard value <= 0 else { continue }
        #expect(!clipped.isEmpty)
        #expect((0..<3).allSatisfy { clipped.lower[$0] <= point[$0] && point[$0] <= clipped.upper[$0] })
      }
    }
  }

  @Test("frames give the same box to whoever applies them")
  func framesAreShared() {
    let frame = ClipFrame(dimension: 1, first: 3, last: 200)
    var box = OpenBox(node: 0, depth: 0, lower: [0, 0.1], upper: [1, 0.7])
    box.apply(frame)
    let ends = frame.ends(lower: 0.1, upper: 0.7)
    #expect(box.lower[1] == ends.lower && box.upper[1] == ends.upper)
    #expect(0.1 < ends.lower && ends.upper < 0.7)
    let whole = ClipFrame(dimension: 0, first: 0, last: 255).ends(lower: 0.1, upper: 0.7)
    #expect(whole.lower == 0.1 && whole.upper == 0.7)
  }
}
