// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Exact
import Properties

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// axcheck: the stand-alone checker.
@main struct Main {
  static let version = "axcheck 1.0.0 (certificate format 1)"

  static func main() {
    switch Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
    case .help: print(Arguments.help)
    case .version: print(version)
    case .usageError(let text):
      printError("axcheck: \(text). See 'axcheck --help'.")
      exit(64)
    case .check(let arguments):
      let status = run(arguments)
      fflush(nil)
      exit(status)
    }
  }

  /// Checks and reports; the exit status.
  private static func run(_ arguments: Arguments) -> Int32 {
    let certificate: [UInt8]
    let model: [UInt8]
    var property: [UInt8]?
    do throws(FileError) {
      certificate = try readFile(at: arguments.certificate)
      model = try readFile(at: arguments.model)
      if let path = arguments.property { property = try readFile(at: path) }
    } catch {
      printError("axcheck: \(error)")
      return 65
    }
    do throws(Rejection) {
      let accepted = try Checker.checkFiles(
        certificate: certificate, model: model, property: property, options: CheckOptions(threads: arguments.threads))
      let report = Report(accepted)
      if arguments.isJSON { print(report.json) } else if !arguments.isQuiet { print(report.text) }
      return 0
    } catch {
      if arguments.isJSON { print(Report.json(of: error)) } else { printError("rejected: \(error)") }
      switch error.reason {
      case .unreadableModel, .unreadableProperty: return 65
      default: return 1
      }
    }
  }

  private static func printError(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = unsafe line.withUnsafeBytes { bytes in unsafe write(2, bytes.baseAddress, bytes.count) }
  }
}
