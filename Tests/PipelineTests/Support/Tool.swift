// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The binaries that this build made, run as a user runs them.
enum Tool: String, Sendable {
  case axcert, axcheck

  struct Result: Sendable {
    var status: Int32
    var output: String
    var error: String
  }

  /// Beside the test bundle, or in the checkout's debug folder.
  private static let folder: String? = {
    let executables = [
      CommandLine.arguments.first, try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
    ]
    var candidates: [String] = []
    for path in executables.compactMap({ $0 }) {
      var url = URL(fileURLWithPath: path).deletingLastPathComponent()
      for _ in 0..<4 {
        candidates.append(url.path)
        url = url.deletingLastPathComponent()
      }
    }
    candidates.append(Checkout.root + "/.build/debug")
    return candidates.first { folder in
      ["axcert", "axcheck"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
    }
  }()

  static var areBuilt: Bool { folder != nil }

  /// A started process; its output goes to files, so that no pipe can fill up or be inherited.
  final class Running {
    let process = Process()
    private let folder: Workplace

    init(_ tool: Tool, _ arguments: [String], in place: Workplace, environment: [String: String] = [:]) throws {
      folder = try Workplace()
      process.executableURL = URL(fileURLWithPath: "\(Tool.folder ?? "")/\(tool.rawValue)")
      process.arguments = arguments
      process.currentDirectoryURL = URL(fileURLWithPath: place.path)
      process.environment = ["XDG_DATA_HOME": place("data"), "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: try folder.write("out", ""))
      process.standardError = FileHandle(forWritingAtPath: try folder.write("err", ""))
      try process.run()
    }

    func finish() throws -> Result {
      process.waitUntilExit()
      let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
      return Result(
        status: status, output: String(decoding: try folder.read("out"), as: UTF8.self),
        error: String(decoding: try folder.read("err"), as: UTF8.self))
    }
  }

  func run(_ arguments: String..., in place: Workplace, environment: [String: String] = [:]) throws -> Result {
    try Running(self, arguments, in: place, environment: environment).finish()
  }
}
