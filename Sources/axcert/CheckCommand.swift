// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a certificate, with the same checker as the stand-alone axcheck.",
    discussion: """
      Prints the statement that was proved and exits 0, or prints the reason for the rejection and exits 1.
      """)

  @Argument(help: ArgumentHelp("The certificate.", valueName: "certificate"), completion: .file())
  var certificate: String

  @Option(help: ArgumentHelp("The model that the certificate is about.", valueName: "file"), completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp(
      "The VNN-LIB property; needed where the certificate does not carry its text.", valueName: "file"),
    completion: .file())
  var props: String?

  @Option(help: "Threads to use; 0 means all cores.")
  var threads: Int = 0

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    if threads < 0 { throw ValidationError("--threads must not be negative") }
  }

  func run() throws {
    let result = try CertificateCheck.run(certificate: certificate, model: model, property: props, threads: threads)
    Terminal.standard.print(json ? result.json : result.text)
    if !result.isAccepted { throw ExitStatusError(status: .violated) }
  }
}
