// SPDX-License-Identifier: Apache-2.0
package import Graph

/// A model in the prover's own form: linear steps and ReLUs over flat tensors.
///
/// Comes in: a `Graph`. Goes out: steps in topological order. Between two ReLUs a chain of linear nodes is one linear map with
/// one bias where that costs no more than the chain; maps are merged in double precision and then rounded once to float32.
/// The real-valued function is the graph's up to that rounding; nothing here is trusted.
///
///     input ──linear──▶ t ──relu──▶ t ──linear──▶ … ──▶ output
package final class Program: Sendable {
  package let elementType: ElementType
  /// Elements of every program tensor.
  package let tensorCounts: [Int]
  package let input: Int
  package let output: Int
  /// In topological order; each tensor except the input is the output of exactly one step.
  package let steps: [Step]
  /// Places of the ReLU steps in `steps`, in the order of the graph's Relu nodes: the ordinals that certificates use.
  package let reluSteps: [Int]

  package var inputCount: Int { tensorCounts[input] }
  package var outputCount: Int { tensorCounts[output] }

  /// - Throws: `ProgramError` naming the node that the graph describes inconsistently or whose weights overflow float32.
  package init(_ graph: Graph) throws(ProgramError) {
    var builder = ProgramBuilder(graph)
    output = try builder.build()
    elementType = graph.elementType
    input = 0
    tensorCounts = builder.tensorCounts
    steps = builder.steps
    reluSteps = builder.reluSteps
  }
}

/// One step of a program.
package struct Step: Sendable {
  package enum Kind: Sendable {
    /// output = Σ_k terms[k].map(inputs[k]) + bias.
    case linear([Term], bias: [Float])
    /// output = max(0, input).
    case relu
  }

  package var kind: Kind
  /// Program tensors: one per term of a linear step, one for a ReLU. A tensor may occur twice.
  package var inputs: [Int]
  package var output: Int
  /// The bias of a linear step before rounding to float32; empty for a ReLU.
  package var preciseBias: [Double]
}

/// One summand of a linear step.
package struct Term: Sendable {
  package let map: LinearMap
}

/// Why a graph has no program.
package enum ProgramError: Error, Equatable, CustomStringConvertible {
  case inconsistentShape(node: String, detail: String)
  case overflow(node: String)

  package var description: String {
    switch self {
    case .inconsistentShape(let node, let detail):
      "Node '\(node)' does not fit its tensors: \(detail). The model was read wrongly; please report it with the file."
    case .overflow(let node):
      """
      A weight of the linear step ending at node '\(node)' is larger than float32 can hold, so the prover cannot work with \
      this model. Rescale its weights.
      """
    }
  }
}
