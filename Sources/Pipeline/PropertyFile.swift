// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph
package import Requirements

/// The file given as `--props`: a VNN-LIB query or a list of requirements in YAML.
package struct PropertyFile: Sendable {
  package let path: String
  package let bytes: [UInt8]
  /// `vnnlib` or `robustness`.
  package let kind: String
  package let requirements: [Requirement]

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
  }
}
