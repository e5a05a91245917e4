// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Testing

@Suite("frames of clips")
struct ClipFrameTests {
  @Test("the first and last 256th reach the ends exactly")
  func wholeInterval() {
    let ends = ClipFrame(dimension: 0, first: 0, last: 255).ends(lower: 0.1, upper: 0.7)
    #expect(ends.lower == 0.1 && ends.upper == 0.7)
  }

  @Test("frames lie inside the interval, whatever the rounding", arguments: [(-1.0, 1.0), (0.1, 0.1), (1e-300, 1.5e-300), (-3e7, 3e-9)])
  func inside(lower: Double, upper: Double) {
    for first in stride(from: 0, through: 255, by: 5) {
      for last in stride(from: first, through: 255, by: 5) {
        let ends = ClipFrame(dimension: 0, first: UInt8(first), last: UInt8(last)).ends(lower: lower, upper: upper)
        #expect(lower <= ends.lower && ends.lower <= ends.upper && ends.upper <= upper)
      }
    }
  }
}
