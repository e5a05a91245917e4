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
    for (i, value) in point.enumerated() {
      guard value.isFinite else { throw Rejection(.witnessNotFinite(input: i)) }
      // The literal lies between the ends of its enclosure.
      guard value >= region.lower[i].upper, value <= region.upper[i].lower else {
        throw Rejection(
          .witnessOutsideBox(input: i, value: value, lower: region.lower[i].upper, upper: region.upper[i].lower))
      }
    }
    let network = try Network(graph, semantics: semantics)
    let analysis = try Analysis(of: [Piece(point: point)], network: network, root: nil, refining: false)
    try analysis.checkMagnitudes()
    let output = try analysis.bounds(of: graph.output)
    for (r, row) in disjunct.rows.enumerated() {
      var upper = row.constant.upper
      for term in row.inputTerms { upper = Directed.addUp(upper, maximum(term.coefficient, point[term.variable], point[term.variable])) }
      for term in row.outputTerms {
        let (low, high) = (output.lower[0, term.variable], -output.negUpper[0, term.variable])
        upper = Directed.addUp(upper, maximum(term.coefficient, low, high))
      }
      guard row.isStrict ? upper < 0 : upper <= 0 else {
        throw Rejection(.witnessRow(row: r, upperEnd: upper, isStrict: row.isStrict))
      }
    }
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
