// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Decide properties of a model and certify the answers.",
    discussion: """
      Each property gets one of three verdicts: `holds` with a certificate that the checker accepted, `violated` with an input that \
      was replayed exactly, or `unknown` with the reason. The run and its signed certificates go to the store.

      EXAMPLES
        axcert verify model.onnx --props robustness.yml
        axcert verify model.onnx --props query.vnnlib --timeout 60s --certificate proof.axc
        axcert verify model.onnx --props query.vnnlib --semantics float32 --json
      """)

  enum Switch: String, ExpressibleByArgument, CaseIterable { case on, off }

  @Argument(help: ArgumentHelp("The ONNX model.", valueName: "model"), completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("What to verify: a VNN-LIB 1.0 query or a robustness.yml.", valueName: "file"),
    completion: .file(extensions: ["vnnlib", "yml", "yaml"]))
  var props: String

  @Option(help: ArgumentHelp("Time for each property: 500ms, 60s, 5m.", valueName: "time"))
  var timeout = TimeSpan(seconds: 300)

  @Option(
    help: "real: real arithmetic, and float32 where the margin allows. float32: every binary32 execution, or unknown.")
  var semantics: SemanticsDemand = .real

  @Option(help: "Threads to use; 0 means all cores. The answer does not depend on it.")
  var threads: Int = 0

  @Option(help: "Seed of the attack's random starts.")
  var seed: UInt64 = 0

  @Option(help: "Search for counterexamples first (on), or only prove (off).")
  var attack: Switch = .on

  @OptionGroup var storeOptions: StoreOptions

  @Flag(help: "Keep no store: nothing is recorded.")
  var noStore = false

  @Option(help: ArgumentHelp("The key that signs; see `axcert keys`.", valueName: "name"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "Write the certificate here too, its signed statement beside it; several properties: the name is put in.",
      valueName: "file"),
    completion: .file())
  var certificate: String?

  @Flag(help: "Print one JSON object instead of the table.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "Write the verdict of a single query in the form of VNN-COMP (sat, unsat, unknown, timeout). Keeps no store unless --store is given.",
      valueName: "file"),
    completion: .file())
  var vnncomp: String?

  func validate() throws {
    if threads < 0 { throw ValidationError("--threads must not be negative") }
    if noStore && storeOptions.store != nil { throw ValidationError("--no-store and --store exclude each other") }
  }

  func run() throws {
    let session = VerifySession(command: self)
    let report = try session.run()
    if json || vnncomp == nil { Terminal.standard.print(json ? report.json : report.text) }
    throw ExitStatusError(status: report.status)
  }
}
