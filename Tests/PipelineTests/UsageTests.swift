// SPDX-License-Identifier: Apache-2.0
import Testing

/// Wrong usage ends with 64, says why, and does nothing.
@Suite("Usage", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct UsageTests {
  @Test(
    "axcert",
    arguments: [
      (["frobnicate"], "Error: Unexpected argument 'frobnicate'"),
      (["verify", "m.onnx"], "Error: Missing expected argument '--props <file>'"),
      (
        ["verify", "m.onnx", "--props", "q.vnnlib", "--timeout", "soon"],
        "Error: The value 'soon' is invalid for '--timeout <time>'"
      ),
      (
        ["verify", "m.onnx", "--props", "q.vnnlib", "--timeout", "0s"],
        "Error: The value '0s' is invalid for '--timeout <time>'"
      ),
      (["verify", "m.onnx", "--props", "q.vnnlib", "--threads=-1"], "Error: --threads must not be negative"),
      (
        ["verify", "m.onnx", "--props", "q.vnnlib", "--seed", "x"],
        "Error: The value 'x' is invalid for '--seed <seed>'"
      ),
      (
        ["verify", "m.onnx", "--props", "q.vnnlib", "--attack", "maybe"],
        "Error: The value 'maybe' is invalid for '--attack <attack>'"
      ),
      (["verify", "m.onnx", "--props", "q.vnnlib", "--semantics", "float16"], "Error: The value 'float16' is invalid"),
      (
        ["verify", "m.onnx", "--props", "q.vnnlib", "--no-store", "--store", "s"],
        "Error: --no-store and --store exclude each other"
      ),
      (
        ["verify", "m.onnx", "--props", "r.yml", "--vnncomp", "o.txt"],
        "axcert: error: --vnncomp takes a .vnnlib query, and 'r.yml' is not one"
      ),
      (["check", "m.onnx"], "Error: Missing expected argument '--model <file>'"),
      (["check", "m.onnx", "--model", "m.onnx", "--threads=-1"], "Error: --threads must not be negative"),
      (["keys", "generate", "--algorithm", "rsa"], "Error: The value 'rsa' is invalid for '--algorithm <algorithm>'"),
      (["store", "show", "first"], "Error: The value 'first' is invalid for '<run>'"),
    ])
  func axcert(arguments: [String], message: String) throws {
    let place = try Workplace()
    try place.write("m.onnx", TestModel.valid.bytes)
    try place.write("q.vnnlib", Samples.holds)
    try place.write(
      "r.yml", "version: 1\nproperties:\n  - {name: a, kind: linf-robustness, point: [0, 0], epsilon: 0.1, label: 1}\n")
    let before = try place.snapshot()
    let result = try Tool.Running(.axcert, arguments, in: place).finish()
    #expect(result.status == 64)
    #expect(result.error.hasPrefix(message), "\(result.error)")
    #expect(try place.snapshot() == before)
  }

  @Test(
    "axcheck",
    arguments: [
      ([], "axcheck: no certificate is given. See 'axcheck --help'.\n"),
      (["c.axc"], "axcheck: no model is given ('--model FILE'). See 'axcheck --help'.\n"),
      (["c.axc", "--model"], "axcheck: '--model' needs a value. See 'axcheck --help'.\n"),
      (["c.axc", "--model", "m", "--fast"], "axcheck: there is no option '--fast'. See 'axcheck --help'.\n"),
      (
        ["c.axc", "--model", "m", "--threads", "0"],
        "axcheck: '--threads' needs a number from 1 to 256, got '0'. See 'axcheck --help'.\n"
      ),
      (
        ["c.axc", "d.axc", "--model", "m"],
        "axcheck: there is more than one certificate: 'c.axc' and 'd.axc'. See 'axcheck --help'.\n"
      ),
    ] as [([String], String)])
  func axcheck(arguments: [String], message: String) throws {
    let result = try Tool.Running(.axcheck, arguments, in: try Workplace()).finish()
    #expect(result.status == 64)
    #expect(result.error == message)
  }

  @Test("help and version are no failures", arguments: [Tool.axcert, .axcheck])
  func help(tool: Tool) throws {
    let place = try Workplace()
    let help = try tool.run("--help", in: place)
    let version = try tool.run("--version", in: place)
    #expect(help.status == 0 && help.error.isEmpty && help.output.lowercased().contains("exit status"))
    #expect(version.status == 0 && version.error.isEmpty)
    #expect(!help.output.contains("property of\na file"), "examples are not broken over lines")
    #expect(try place.snapshot().isEmpty)
  }
}
