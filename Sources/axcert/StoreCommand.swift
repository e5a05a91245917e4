// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline
import Store

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Look at what was proved: runs, certificates, signatures.",
    subcommands: [List.self, Show.self, Export.self, Verify.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the latest runs, newest first.")
    @OptionGroup var options: StoreOptions
    @Option(help: "How many runs.") var limit: Int = 20
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() throws {
      let report = StoreReport(try StoreAccess.open(options.store, mode: .readOnly))
      Terminal.standard.print(try report.list(limit: limit, json: json))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one run with its properties and certificates.")
    @Argument(help: ArgumentHelp("The run's number, as `store list` shows it.", valueName: "run")) var number: Int64
    @OptionGroup var options: StoreOptions
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() throws {
      let report = StoreReport(try StoreAccess.open(options.store, mode: .readOnly))
      Terminal.standard.print(try report.show(number, json: json))
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a certificate and its signed statement to a folder.")
    @Argument(help: "The certificate's SHA-256, or the beginning of it.") var certificate: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "folder"), completion: .directory)
    var output: String = "."
    @OptionGroup var options: StoreOptions

    func run() throws {
      let report = StoreReport(try StoreAccess.open(options.store, mode: .readOnly))
      Terminal.standard.print(try report.export(certificate, to: output))
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the store: database, blobs, hash chain, signatures.")
    @OptionGroup var options: StoreOptions

    func run() throws {
      let report = StoreReport(try StoreAccess.open(options.store, mode: .readOnly))
      let (text, isIntact) = try report.verify()
      Terminal.standard.print(text)
      if !isIntact { throw ExitStatusError(status: .violated) }
    }
  }
}
