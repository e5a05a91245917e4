// SPDX-License-Identifier: Apache-2.0
import Pipeline
import Requirements
import Testing

/// The bundled example, in process.
struct Digits {
  let model: LoadedModel
  let properties: PropertyFile

  init() throws {
    model = try LoadedModel(path: Checkout.digits)
    properties = try PropertyFile(path: Checkout.robustness, model: model)
  }

  /// The outcome of the property at `index`: 0 holds, 1 is violated.
  func outcome(_ index: Int, _ change: (inout VerificationOptions) -> Void = { _ in }) throws -> PropertyOutcome {
    var options = VerificationOptions()
    options.timeLimit = .seconds(30)
    change(&options)
    return try Verifier(model, options: options).verify(properties.requirements[index], properties.queries[index])
  }
}
