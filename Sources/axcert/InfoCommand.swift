// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show what a model file contains: shapes, operators, parameters, digest.")

  @Argument(help: ArgumentHelp("The ONNX model.", valueName: "model"), completion: .file())
  var model: String

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    let info = ModelInfo(try LoadedModel(path: model))
    Terminal.standard.print(json ? info.json : info.text)
  }
}
