// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
package import Properties
package import Requirements

/// The file given as `--props`: a VNN-LIB query or a list of requirements in YAML.
package struct PropertyFile: Sendable {
  package let path: String
  package let bytes: [UInt8]
  /// `vnnlib` or `robustness`.
  package let kind: String
  package let requirements: [Requirement]
  /// What each requirement asks; all are read before the first search begins, so that a wrong file costs no computing time.
  package let queries: [Query]

  package init(path: String, model: LoadedModel) throws(UserError) {
    self.path = path
    do {
      bytes = try readFile(at: path)
      if RequirementsFile.isYAML(path) {
        kind = "robustness"
        let labeller = Labeller(model)
        requirements = try RequirementsFile.load(
          path: path, inputCount: model.graph.inputCount, outputCount: model.graph.outputCount,
          argmax: { try labeller.label($0) })
      } else {
        kind = "vnnlib"
        requirements = [Requirement(vnnlibFile: path, bytes: bytes)]
      }
    } catch {
      throw .badInput(error)
    }
    var queries: [Query] = []
    for requirement in requirements { queries.append(try Self.query(of: requirement, for: model)) }
    self.queries = queries
  }

  private static func query(of requirement: Requirement, for model: LoadedModel) throws(UserError) -> Query {
    do {
      let query = try VNNLIB.parse(requirement.vnnlib)
      try query.check(against: model.graph.inputCount, outputCount: model.graph.outputCount)
      return query
    } catch {
      throw UserError(.badInput, "\(requirement.source): \(error)")
    }
  }
}
