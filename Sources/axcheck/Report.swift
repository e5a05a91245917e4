// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Checker
import Properties

/// What an accepted certificate says, for people and for programs.
struct Report {
  private let accepted: AcceptedCertificate

  init(_ accepted: AcceptedCertificate) { self.accepted = accepted }

  private var holds: Bool { accepted.report.verdict == .holds }

  private var meaning: String {
    switch accepted.report.semantics {
    case .real: "real arithmetic"
    case .float32AnyOrder: "every float32 execution, sums in any order"
    }
  }

  var text: String {
    var lines = ["accepted: \(accepted.report.verdict.rawValue) (\(meaning))", ""]
    lines.append(holds ? "It is proved that," : "A counterexample is proved to refute that,")
    lines.append(accepted.query.statement())
    lines.append("")
    if holds {
      let margin = accepted.report.margin == Certificate.noMargin ? "no leaf needs one" : "\(accepted.report.margin)"
      lines.append("margin    \(margin)")
      lines.append("leaves    \(accepted.report.leaves), \(accepted.report.closedByInfeasibility) of them closed by contradiction")
    }
    lines.append("model     sha256:\(accepted.certificate.modelDigest)")
    lines.append("property  sha256:\(accepted.certificate.propertyDigest)")
    let producer = accepted.certificate.producer.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) }
    lines.append("producer  \(String(producer)) (not checked)")
    return lines.joined(separator: "\n")
  }

  var json: String {
    var fields: [(String, String)] = [
      ("accepted", "true"), ("verdict", quoted(accepted.report.verdict.rawValue)),
      ("semantics", quoted(accepted.report.semantics.name)), ("arithmetic", quoted(Certificate.arithmeticName)),
      ("statement", quoted(accepted.query.statement())),
    ]
    if holds {
      fields.append(("margin", accepted.report.margin == Certificate.noMargin ? "null" : "\(accepted.report.margin)"))
      fields.append(("regions", "\(accepted.report.regions)"))
      fields.append(("leaves", "\(accepted.report.leaves)"))
      fields.append(("closed_by_infeasibility", "\(accepted.report.closedByInfeasibility)"))
    }
    fields.append(("model_sha256", quoted(accepted.certificate.modelDigest.hex)))
    fields.append(("property_sha256", quoted(accepted.certificate.propertyDigest.hex)))
    fields.append(("producer", quoted(accepted.certificate.producer)))
    return object(fields)
  }

  static func json(of rejection: Rejection) -> String {
    object([("accepted", "false"), ("reason", quoted(rejection.description))])
  }
}

private func object(_ fields: [(String, String)]) -> String {
  "{" + fields.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
}

/// A JSON string (RFC 8259, section 7).
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
