// SPDX-License-Identifier: Apache-2.0
package import Exact

/// The question a property file asks: is there an assignment of inputs and outputs that satisfies it?
///
/// A union of regions. The property *holds* when no region contains an assignment, and is *violated* by any one assignment.
package struct Query: Sendable, Hashable {
  package var inputCount: Int
  package var outputCount: Int
  package var regions: [Region]

  package init(inputCount: Int, outputCount: Int, regions: [Region]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.regions = regions
  }
}

/// An input box and the ways in which an assignment over it can satisfy the query. Disjuncts with the same box share a region.
package struct Region: Sendable, Hashable {
  /// Lower and upper end of every input, enclosing the file's decimal literals; `lower[i].lower ≤ upper[i].upper`.
  package var lower: [Enclosure]
  package var upper: [Enclosure]
  /// At least one. An assignment satisfies the region when it lies in the box and satisfies one disjunct.
  package var disjuncts: [Conjunction]

  package init(lower: [Enclosure], upper: [Enclosure], disjuncts: [Conjunction]) {
    self.lower = lower
    self.upper = upper
    self.disjuncts = disjuncts
  }
}

/// Constraints that must hold together. Empty: every point of the box satisfies it.
package struct Conjunction: Sendable, Hashable {
  package var rows: [LinearConstraint]

  package init(rows: [LinearConstraint]) {
    self.rows = rows
  }
}

/// Σ a_i·X_i + Σ c_j·Y_j + constant ≤ 0, or < 0 where `isStrict`.
///
/// To refute a conjunction it is enough to show that the left side of one row is > 0 everywhere.
package struct LinearConstraint: Sendable, Hashable {
  /// Sorted by variable, each variable at most once, no zero coefficient.
  package var inputTerms: [LinearTerm]
  package var outputTerms: [LinearTerm]
  package var constant: Enclosure
  package var isStrict: Bool

  package init(inputTerms: [LinearTerm], outputTerms: [LinearTerm], constant: Enclosure, isStrict: Bool) {
    self.inputTerms = inputTerms
    self.outputTerms = outputTerms
    self.constant = constant
    self.isStrict = isStrict
  }
}

/// coefficient · variable, with the variable's index in X or Y.
package struct LinearTerm: Sendable, Hashable {
  package var variable: Int
  package var coefficient: Enclosure

  package init(variable: Int, coefficient: Enclosure) {
    self.variable = variable
    self.coefficient = coefficient
  }
}
