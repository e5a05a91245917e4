// SPDX-License-Identifier: Apache-2.0

/// The command line of axcheck. Parsed by hand: the trusted base has no third-party package.
struct Arguments {
  var certificate = ""
  var model = ""
  var property: String?
  var threads = 1
  var isJSON = false
  var isQuiet = false

  enum Parsed {
    case check(Arguments)
    case help
    case version
    case usageError(String)
  }

  static let help = """
    Checks a certificate: is what it says about a model proved?

    usage: axcheck CERTIFICATE --model FILE [--props FILE] [--threads N] [--json] [--quiet]

      CERTIFICATE     the file that 'axcert verify' wrote
      --model FILE    the ONNX model
      --props FILE    the VNN-LIB property; not needed where the certificate contains it
      --threads N     threads to use, 1 to 256 (default 1); the answer does not depend on it
      --json          print one JSON object
      --quiet         print nothing but a rejection
      --help          print this text
      --version       print the version

    exit status: 0 accepted, 1 rejected, 64 wrong usage, 65 a file that cannot be read
    """

  static func parse(_ arguments: [String]) -> Parsed {
    var result = Arguments()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--json": result.isJSON = true
      case "--quiet", "-q": result.isQuiet = true
      case "--model", "--props", "--threads":
        guard let value = rest.popFirst() else { return .usageError("'\(argument)' needs a value") }
        guard result.set(argument, value) else { return .usageError("'--threads' needs a number from 1 to 256, got '\(value)'") }
      case _ where argument.hasPrefix("-"): return .usageError("there is no option '\(argument)'")
      case _ where result.certificate.isEmpty: result.certificate = argument
      default: return .usageError("there is more than one certificate: '\(result.certificate)' and '\(argument)'")
      }
    }
    guard !result.certificate.isEmpty else { return .usageError("no certificate is given") }
    guard !result.model.isEmpty else { return .usageError("no model is given ('--model FILE')") }
    return .check(result)
  }

  private mutating func set(_ option: String, _ value: String) -> Bool {
    switch option {
    case "--model": model = value
    case "--props": property = value
    default:
      guard let count = Int(value), (1...256).contains(count) else { return false }
      threads = count
    }
    return true
  }
}
