// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Attestation
import Pipeline

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Make, list and export the keys that sign certificates.",
    discussion:
      "Keys lie in axcert/keys under $XDG_DATA_HOME (default ~/.local/share), private ones readable by you alone.",
    subcommands: [Generate.self, List.self, Export.self])

  struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a new signing key.")

    @Argument(help: "A name: lower-case letters, digits, '.', '_' and '-'.")
    var name: String = "default"

    @Option(help: "ecdsa-p256 (what model-signing tools accept) or ed25519.")
    var algorithm: SignatureAlgorithm = .ecdsaP256

    func run() throws {
      let keys = try Keys.directory()
      let key = try Keys.rethrowing { () throws(KeyError) in try keys.generate(name: name, algorithm: algorithm) }
      Terminal.standard.print("\(name)  \(key.algorithm.rawValue)  \(key.publicKey.id)")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys with their identifiers.")

    func run() throws {
      let keys = try Keys.directory()
      for entry in try Keys.rethrowing({ () throws(KeyError) in try keys.list() }) {
        let kind = entry.hasPrivateKey ? "signs" : "verifies"
        Terminal.standard.print("\(entry.name)  \(entry.publicKey.algorithm.rawValue)  \(kind)  \(entry.publicKey.id)")
      }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a public key as PEM.")

    @Argument(help: "The key's name.")
    var name: String = "default"

    func run() throws {
      let keys = try Keys.directory()
      let key = try Keys.rethrowing { () throws(KeyError) in try keys.publicKey(name) }
      print(String(decoding: key.pem, as: UTF8.self), terminator: "")
    }
  }
}

extension SignatureAlgorithm: ExpressibleByArgument {}
