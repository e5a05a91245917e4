// SPDX-License-Identifier: Apache-2.0
import Graph
import Inference

/// The label a model gives to a point: the index of its largest output in the model's own arithmetic.
struct Labeller: Sendable {
  private let model: LoadedModel

  init(_ model: LoadedModel) {
    self.model = model
  }

  func label(_ point: [Double]) throws -> Int {
    let output = evaluate(model, point)
    return output.indices.max { output[$0] < output[$1] || (output[$0] == output[$1] && $0 > $1) } ?? 0
  }
}
