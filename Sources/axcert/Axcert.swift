// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

/// The command line. Each subcommand has a file of its own and holds no logic beyond reading options and printing results.
@main
struct Axcert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "axcert",
    abstract: "Proves properties of neural networks and leaves a certificate that anyone can check.",
    discussion: """
      EXAMPLES
        axcert verify model.onnx --props robustness.yml    verify all properties
        axcert check proof.axc --model model.onnx          check a certificate
        axcert store list                                  list what was proved

      EXIT STATUS
        0   every property holds, or the certificate was accepted
        1   a property is violated, or a check rejected
        2   some property is unknown
        64  wrong usage
        65  an input file is missing or wrong
        69  something the run needs is unavailable: store, disk, key
        70  internal error
      """,
    version: Version.number,
    subcommands: [
      VerifyCommand.self, CheckCommand.self, InfoCommand.self, KeysCommand.self, StoreCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as UserError {
      Terminal.standard.error("axcert: error: \(error)")
      end(with: error.status)
    } catch let code as ExitStatusError {
      end(with: code.status)
    } catch {
      exitLikeArgumentParser(error)
    }
  }
}

/// Ends the process with a status that the command has already explained.
struct ExitStatusError: Error {
  var status: ExitStatus
}
