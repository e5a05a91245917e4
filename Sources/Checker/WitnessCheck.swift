// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
import Exact
package import Graph
package import Properties

extension Checker {
  /// Checks the body of a `violated` certificate (specification, section 3).
  static func checkWitness(
    _ witness: Witness, graph: Graph, query: Query, semantics: Semantics
  ) throws(Rejection) {
    guard witness.region < query.regions.count else {
      throw Rejection(.witnessRegion(witness.region, count: query.regions.count))
    }
    let region = query.regions[witness.region]
    guard witness.disjunct < region.disjuncts.count else {
      throw Rejection(.witnessDisjunct(witness.disjunct, count: region.disjuncts.count))
    }
    guard witness.elementType == graph.elementType.rawValue else {
      throw Rejection(.witnessType(certificate: witness.elementType, model: graph.elementType.rawValue))
    }
    let expected = graph.inputCount * graph.elementType.byteCount
    guard witness.input.count == expected else {
      throw Rejection(.witnessByteCount(witness.input.count, expected: expected))
    }
    try replay(
      point: witness.point, graph: graph, region: region, disjunct: region.disjuncts[witness.disjunct], semantics: semantics)
  }

  /// Checks that a point of the region satisfies a disjunct, in every execution that the meaning allows.
  ///
  /// - Parameter point: numbers of the model's input type.
  /// - Throws: a rejection that names the input or the row at fault.
  package static func replay(
    point: [Double], graph: Graph, region: Region, disjunct: Conjunction, semantics: Semantics
  ) throws(Rejection) {
    guard point.count == region.lower.count, point.count == graph.inputCount else {
      throw Rejection(.sizesDiffer(what: "inputs", query: point.count, model: graph.inputCount))
    }
    let piece = try piece(at: point, region: region, type: graph.elementType, semantics: semantics)
    let network = try Network(graph, semantics: semantics)
    let analysis = try Analysis(of: [piece], network: network, root: nil, refining: false)
    try analysis.checkMagnitudes()
    let output = try analysis.bounds(of: graph.output)
    for (r, row) in disjunct.rows.enumerated() {
      var upper = row.constant.upper
      for term in row.inputTerms {
        upper = Directed.addUp(upper, maximum(term.coefficient, piece.lower[term.variable], -piece.negUpper[term.variable]))
      }
      for term in row.outputTerms {
        let (low, high) = (output.lower[0, term.variable], -output.negUpper[0, term.variable])
        upper = Directed.addUp(upper, maximum(term.coefficient, low, high))
      }
      guard row.isStrict ? upper < 0 : upper <= 0 else {
        throw Rejection(.witnessRow(row: r, upperEnd: upper, isStrict: row.isStrict))
      }
    }
  }

  /// The point as a box: its components, or the enclosure of the literal that a component stands for.
  private static func piece(
    at point: [Double], region: Region, type: ElementType, semantics: Semantics
  ) throws(Rejection) -> Piece {
    var piece = Piece(point: point)
    for (i, value) in point.enumerated() {
      guard value.isFinite else { throw Rejection(.witnessNotFinite(input: i)) }
      // The literal lies between the ends of its enclosure.
      let (least, greatest) = (region.lower[i].upper, region.upper[i].lower)
      if value >= least, value <= greatest { continue }
      let above = smallest(of: type, notBelow: least), below = largest(of: type, notAbove: greatest)
      guard semantics == .real, below < least, above > greatest, value == above || value == below else {
        throw Rejection(.witnessOutsideBox(input: i, value: value, lower: least, upper: greatest))
      }
      piece.lower[i] = region.lower[i].lower
      piece.negUpper[i] = -region.lower[i].upper
    }
    return piece
  }

  /// The smallest number of the type that is not below `value`.
  private static func smallest(of type: ElementType, notBelow value: Double) -> Double {
    guard type == .float32 else { return value }
    let nearest = Float(value)
    return Double(Double(nearest) < value ? nearest.nextUp : nearest)
  }

  /// The largest number of the type that is not above `value`.
  private static func largest(of type: ElementType, notAbove value: Double) -> Double {
    -smallest(of: type, notBelow: -value)
  }

  /// The greatest c·x, rounded up.
  private static func maximum(_ c: Enclosure, _ low: Double, _ high: Double) -> Double {
    var greatest = -Double.infinity
    for factor in [c.lower, c.upper] {
      for x in [low, high] { greatest = max(greatest, Directed.multiplyUp(factor, x)) }
    }
    return greatest
  }
}

extension Witness {
  /// The point as doubles; `input` holds whole elements.
  package var point: [Double] {
    let size = elementType == ElementType.float32.rawValue ? 4 : 8
    return stride(from: 0, to: input.count - size + 1, by: size).map { start in
      var pattern: UInt64 = 0
      for i in 0..<size { pattern |= UInt64(input[start + i]) << UInt64(8 * i) }
      return size == 4
        ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern))) : Double(bitPattern: pattern)
    }
  }
}
