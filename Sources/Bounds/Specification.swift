// SPDX-License-Identifier: Apache-2.0

/// One linear function of outputs and inputs, c·y + a·x + d, that search tries to show positive on a box.
package struct SpecificationRow: Sendable {
  package struct Term: Sendable {
    package var variable: Int
    package var coefficient: Float

    package init(variable: Int, coefficient: Float) {
      self.variable = variable
      self.coefficient = coefficient
    }
  }

  package var outputTerms: [Term]
  package var inputTerms: [Term]
  package var constant: Float

  package init(outputTerms: [Term], inputTerms: [Term], constant: Float) {
    self.outputTerms = outputTerms
    self.inputTerms = inputTerms
    self.constant = constant
  }
}

/// A neuron split on the path to a subproblem: z ≤ 0 or z ≥ 0 for one element of one ReLU's input.
package struct NeuronSplit: Sendable, Hashable {
  /// Which ReLU, counted in graph order, as certificates count them.
  package var relu: Int32
  package var element: Int32
  package var isActive: Bool

  package init(relu: Int, element: Int, isActive: Bool) {
    self.relu = Int32(relu)
    self.element = Int32(element)
    self.isActive = isActive
  }
}
