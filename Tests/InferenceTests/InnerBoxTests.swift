// SPDX-License-Identifier: Apache-2.0
import Exact
import Inference
import Testing

@Suite("Inner boxes")
struct InnerBoxTests {
  private func enclosure(_ value: Double) -> Enclosure { Enclosure(exactly: value) }

  @Test("ends round inwards to the nearest float32 and stay where they are representable")
  func roundsInwards() throws {
    let box = try #require(
      InnerBox.make(
        lower: [enclosure(0.1), enclosure(0.5)], upper: [enclosure(0.3), enclosure(0.75)], of: Float.self))
    #expect(box.lower == [Float(0.1), 0.5])
    #expect(box.upper == [Float(0.3).nextDown, 0.75])
    #expect(Double(box.lower[0]) >= 0.1 && Double(box.lower[0].nextDown) < 0.1)
    #expect(Double(box.upper[0]) <= 0.3 && Double(box.upper[0].nextUp) > 0.3)
  }

  @Test("an enclosure counts with its inner end")
  func usesInnerEnds() throws {
    let half = 0.5
    let one = 1.0
    let lower = Enclosure(lower: half, upper: half.nextUp)
    let upper = Enclosure(lower: one.nextDown, upper: one)
    let single = try #require(InnerBox.make(lower: [lower], upper: [upper], of: Float.self))
    #expect(single.lower == [Float(0.5).nextUp] && single.upper == [Float(1).nextDown])
    let double = try #require(InnerBox.make(lower: [lower], upper: [upper], of: Double.self))
    #expect(double.lower == [half.nextUp] && double.upper == [one.nextDown])
  }

  @Test("a dimension without a representable value has no inner box, only a nearest one")
  func emptyDimension() {
    let lower = [enclosure(0), enclosure(0.1)]
    let upper = [enclosure(1), enclosure(0.1)]
    #expect(InnerBox.make(lower: lower, upper: upper, of: Float.self) == nil)
    let nearest = InnerBox.makeNearest(lower: lower, upper: upper, of: Float.self)
    #expect(nearest.lower == [0, Float(0.1)] && nearest.upper == [1, Float(0.1)] && nearest.rounded == [1])
    #expect(InnerBox.makeNearest(lower: lower, upper: upper, of: Double.self).rounded.isEmpty)
  }
}
