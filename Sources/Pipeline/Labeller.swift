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
    var best = 0
    for index in output.indices where output[index] > output[best] { best = index }
    return best
  }
}

/// The model's output at a point, computed in the model's own element type.
func evaluate(_ model: LoadedModel, _ point: [Double]) -> [Double] {
  let engine = InferenceEngine(model.program)
  switch model.graph.elementType {
  case .float32: return engine.forward(point.map { Float($0) }).map { Double($0) }
  case .float64: return engine.forward(point)
  }
}
