// SPDX-License-Identifier: Apache-2.0
import Attestation
import CertificateFormat
import Checker
import Exact
import Properties

/// One check of a certificate from files, for `axcert check`: the same checker as axcheck, the same words.
package struct CertificateCheck: Sendable {
  package let isAccepted: Bool
  package let text: String
  package let json: String

  package static func run(
    certificate: String, model: String, property: String?, threads: Int
  ) throws(UserError) -> CertificateCheck {
    let certificateBytes: [UInt8]
    let modelBytes: [UInt8]
    let propertyBytes: [UInt8]?
    do {
      certificateBytes = try readFile(at: certificate)
      modelBytes = try readFile(at: model)
      if let property { propertyBytes = try readFile(at: property) } else { propertyBytes = nil }
    } catch {
      throw .badInput(error)
    }
    do throws(Rejection) {
      let report = try Checker.check(
        certificate: certificateBytes, model: modelBytes, property: propertyBytes,
        options: CheckOptions(threads: threads == 0 ? Environment.coreCount : threads))
      return accepted(report, path: certificate)
    } catch {
      switch error.reason {
      case .unreadableModel, .unreadableProperty: throw UserError(.badInput, "\(error)")
      default: break
      }
      return rejected("\(error)", path: certificate)
    }
  }

  private static func accepted(_ report: CheckReport, path: String) -> CertificateCheck {
    CertificateCheck(
      isAccepted: true,
      text: """
        accepted: \(path)
        verdict   \(report.verdict.rawValue) (\(report.semantics.name))
        leaves    \(report.leaves)
        margin    \(report.margin == Certificate.noMargin ? "-" : shortNumber(report.margin))
        """,
      json: encode(
        JSONCheck(
          accepted: true, verdict: report.verdict.rawValue, semantics: report.semantics.name, leaves: report.leaves,
          margin: report.margin == Certificate.noMargin ? nil : report.margin)))
  }

  private static func rejected(_ reason: String, path: String) -> CertificateCheck {
    CertificateCheck(
      isAccepted: false, text: "rejected: \(path)\n\(reason)", json: encode(JSONCheck(accepted: false, reason: reason)))
  }

  private static func encode(_ value: JSONCheck) -> String {
    String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
  }
}

private struct JSONCheck: Encodable {
  var accepted: Bool
  var verdict: String?
  var semantics: String?
  var leaves: Int?
  var margin: Double?
  var reason: String?
}
