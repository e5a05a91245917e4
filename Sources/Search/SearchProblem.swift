// SPDX-License-Identifier: Apache-2.0
package import Bounds
import Exact
package import Properties

/// One region of the query in the form the search works on: a box of doubles that contains the region's, and binary32 rows.
package struct SearchProblem: Sendable {
  package var regionIndex: Int
  package var lower: [Double]
  package var upper: [Double]
  /// Rows of every disjunct, in the query's order.
  package var disjuncts: [[SpecificationRow]]

  package init(_ region: Region, index: Int) {
    regionIndex = index
    lower = region.lower.map(\.lower)
    upper = region.upper.map(\.upper)
    disjuncts = region.disjuncts.map { $0.rows.map(SpecificationRow.init) }
  }

  /// Inputs whose interval has a width.
  package var varyingDimensions: [Int] { lower.indices.filter { lower[$0] < upper[$0] } }

  package var floatLower: [Float] { lower.map { Float($0) } }
  package var floatUpper: [Float] { upper.map { Float($0) } }
}

extension SpecificationRow {
  init(_ constraint: LinearConstraint) {
    self.init(
      outputTerms: constraint.outputTerms.map(Term.init), inputTerms: constraint.inputTerms.map(Term.init),
      constant: Float(constraint.constant.lower))
  }
}

extension SpecificationRow.Term {
  init(_ term: LinearTerm) {
    self.init(variable: term.variable, coefficient: Float(term.coefficient.lower))
  }
}
