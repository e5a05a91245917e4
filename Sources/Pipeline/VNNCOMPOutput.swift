// SPDX-License-Identifier: Apache-2.0
import Attestation
package import Graph
import Search

/// The competition's result file: the one place where our verdicts get its names.
package enum VNNCOMPOutput {
  package static func text(_ outcome: PropertyOutcome, elementType: ElementType) -> String {
    switch outcome.verdict {
    case .holds: return "unsat\n"
    case .violated:
      guard let witness = outcome.counterexample else { return "unknown\n" }
      let inputs = witness.input.enumerated().map { "(X_\($0.offset) \(number($0.element, elementType)))" }
      let outputs = witness.output.enumerated().map { "(Y_\($0.offset) \(number($0.element, elementType)))" }
      return "sat\n(" + (inputs + outputs).joined(separator: "\n ") + ")\n"
    case .unknown:
      if case .search(.timeLimit) = outcome.reason { return "timeout\n" }
      if case .checkTime = outcome.reason { return "timeout\n" }
      return "unknown\n"
    }
  }

  /// The shortest text that reads back as the same number of the model's type.
  private static func number(_ value: Double, _ type: ElementType) -> String {
    type == .float32 ? "\(Float(value))" : "\(value)"
  }

  package static func write(_ outcome: PropertyOutcome, model: LoadedModel, to path: String) throws(UserError) {
    let text = text(outcome, elementType: model.graph.elementType)
    do { try FileAccess.replace(path, Array(text.utf8)) } catch { throw UserError(.unavailable, "\(error)") }
  }
}
