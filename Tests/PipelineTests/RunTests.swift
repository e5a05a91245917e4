// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Whole runs of the binaries.
@Suite("Runs", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct RunTests {
  let place: Workplace

  init() throws { place = try Workplace() }

  private func verify(_ arguments: [String]) throws -> Tool.Result {
    try Tool.Running(.axcert, ["verify", Checkout.digits, "--props", Checkout.robustness] + arguments, in: place)
      .finish()
  }

  @Test("the bundled example: status 1, two certificates that axcheck accepts, one recorded run")
  func example() throws {
    let result = try verify(["--certificate", "d.axc", "--json"])
    #expect(result.status == 1)
    #expect(result.error.isEmpty)
    let value = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(value["status"] as? String == "violated")
    #expect(value["run"] as? Int == 1)
    let schema = try JSONSerialization.jsonObject(
      with: Data(try bytes(of: Checkout.root + "/schemas/verify-output.schema.json")))
    #expect(SchemaCheck(root: try #require(schema as? [String: Any])).faults(in: value).isEmpty)
    for (name, verdict) in [("seven-stays-seven", "holds"), ("three-under-strong-noise", "violated")] {
      let check = try Tool.axcheck.run("d-\(name).axc", "--model", Checkout.digits, in: place)
      #expect(check.status == 0)
      #expect(check.output.hasPrefix("accepted: \(verdict) (every float32 execution, sums in any order)\n"))
      #expect(FileManager.default.fileExists(atPath: place("d-\(name).axc.dsse.json")))
    }
  }

  @Test("the same run twice writes the same certificates, with any number of threads")
  func sameBytes() throws {
    for (name, threads) in [("a", "1"), ("b", "2"), ("c", "1")] {
      #expect(try verify(["--no-store", "--certificate", "\(name).axc", "--threads", threads]).status == 1)
    }
    for property in ["seven-stays-seven", "three-under-strong-noise"] {
      let first = try place.read("a-\(property).axc")
      #expect(try place.read("b-\(property).axc") == first)
      #expect(try place.read("c-\(property).axc") == first)
    }
  }

  @Test(
    "the competition's mode writes its file, prints nothing and keeps no store",
    arguments: [
      (Samples.holds, 0, "unsat\n"), (Samples.violated, 1, "sat\n((X_0 "),
    ] as [(String, Int32, String)])
  func competition(query: String, status: Int32, text: String) throws {
    try place.write("m.onnx", Samples.identity().onnx)
    try place.write("q.vnnlib", query)
    let result = try Tool.axcert.run("verify", "m.onnx", "--props", "q.vnnlib", "--vnncomp", "out.txt", in: place)
    #expect(result.status == status)
    #expect(result.output.isEmpty && result.error.isEmpty)
    #expect(String(decoding: try place.read("out.txt"), as: UTF8.self).hasPrefix(text))
    #expect(try place.snapshot().keys.sorted() == ["m.onnx", "out.txt", "q.vnnlib"])
  }

  @Test("a property that is out of reach in the time given is unknown: status 2")
  func timeLimit() throws {
    let result = try verify(["--attack", "off", "--timeout", "300ms"])
    #expect(result.status == 2)
    #expect(
      result.output.contains("three-under-strong-noise: unknown: the time limit was reached; --timeout gives more\n"))
    #expect(try Tool.axcert.run("store", "show", "1", in: place).output.contains("three-under-strong-noise: unknown\n"))
  }

  @Test("Ctrl-C ends a long run with what is known: status 2, recorded", .timeLimit(.minutes(1)))
  func interrupt() throws {
    let running = try Tool.Running(
      .axcert, ["verify", Checkout.digits, "--props", Checkout.robustness, "--attack", "off", "--timeout", "40s"],
      in: place)
    // The store exists once the search is about to begin.
    while running.process.isRunning, !FileManager.default.fileExists(atPath: place("data/axcert/store.sqlite")) {
      usleep(10_000)
    }
    usleep(400_000)
    running.process.interrupt()
    let result = try running.finish()
    #expect(result.status == 2)
    #expect(result.output.contains("seven-stays-seven        holds (float32, any order)"))
    #expect(result.output.contains("three-under-strong-noise: unknown: interrupted\n"))
    #expect(try Tool.axcert.run("store", "verify", in: place).output.hasPrefix("1 run, "))
  }
}

/// The certificates in this checkout, which ci/make-certificates.sh made.
@Suite("Bundled certificates")
struct BundledCertificateTests {
  private static let folder = Checkout.root + "/certificates"
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
    $0.hasSuffix(".axc")
  }.sorted()

  @Test("both verdicts are there, each with its signed statement")
  func complete() throws {
    #expect(Self.names == ["digits-seven-stays-seven.axc", "digits-three-under-strong-noise.axc"])
    for name in Self.names { #expect(FileManager.default.fileExists(atPath: "\(Self.folder)/\(name).dsse.json")) }
    #expect(FileManager.default.fileExists(atPath: Self.folder + "/example.pub"))
  }

  @Test("axcheck accepts them", .enabled(if: Tool.areBuilt, "needs the built binaries"), arguments: names)
  func accepted(name: String) throws {
    let result = try Tool.axcheck.run("\(Self.folder)/\(name)", "--model", Checkout.digits, in: try Workplace())
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("accepted: \(name.contains("three") ? "violated" : "holds")"))
  }
}
