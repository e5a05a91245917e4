// SPDX-License-Identifier: Apache-2.0
import CBounds
import Compute
import Program

/// How far a binary32 execution can be from the real value of each linear step, per box and element.
///
/// Estimates γ_m·(|W|·H + |b|) of docs/formats/certificate.md section 5, so that the search leaves the room that the checker will ask for.
package final class RoundingErrors {
  let errors: [Buffer<Float>]
  /// One box for all rows, whatever the rows say.
  let isShared: Bool
  private let factors: [Float]
  private static let tiny: Float = 1e-37

  init(_ program: Program, isShared: Bool) {
    self.isShared = isShared
    errors = program.tensorCounts.map { _ in Buffer() }
    var factors = [Float](repeating: 0, count: program.tensorCounts.count)
    for step in program.steps {
      guard case .linear(let terms, _) = step.kind else { continue }
      let terms32 = terms.reduce(0) { $0 + Self.fanIn($1.map) }
      // The bias, the chain's other operators and the folded factors that the checker counts.
      // Twice, because it charges each operator of a merged chain by itself.
      factors[step.output] = Float(2 * terms32 + 16) * 0x1p-24
    }
    self.factors = factors
  }

  /// Products summed for one output, from three sample rows.
  private static func fanIn(_ map: LinearMap) -> Int {
    let row = Buffer<Float>(capacity: map.inputCount)
    return [0, map.outputCount / 2, map.outputCount - 1].map { index in
      map.row(index, into: row.pointer)
      return (0..<map.inputCount).count { row.pointer[$0] != 0 }
    }.max() ?? 1
  }

  /// Stores the error of a step's output and widens its intervals by it; `image` is |W|·H.
  func widen(
    tensor: Int, width: Int, boxes: Int, image: UnsafeMutablePointer<Float>, bias: [Float],
    lower: UnsafeMutablePointer<Float>, upper: UnsafeMutablePointer<Float>
  ) {
    errors[tensor].reserve(boxes * width)
    axb_widen(boxes, width, factors[tensor], Self.tiny, image, bias, errors[tensor].pointer, lower, upper)
  }

  /// The errors of one box, for rows that all belong to it.
  func snapshot(_ program: Program, box: Int) -> RoundingErrors {
    let copy = RoundingErrors(sharing: factors, program)
    for tensor in errors.indices where factors[tensor] > 0 {
      let width = program.tensorCounts[tensor]
      copy.errors[tensor].reserve(width)
      copy.errors[tensor].pointer.update(from: errors[tensor].pointer + box * width, count: width)
    }
    return copy
  }

  private init(sharing factors: [Float], _ program: Program) {
    isShared = true
    self.factors = factors
    errors = program.tensorCounts.map { _ in Buffer() }
  }
}
