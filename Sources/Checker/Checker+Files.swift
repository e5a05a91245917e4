// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
import Graph
import ONNX
package import Properties

/// A certificate that was accepted, with everything it was checked against.
package struct AcceptedCertificate: Sendable {
  package var report: CheckReport
  package var certificate: Certificate
  package var query: Query
}

extension Checker {
  /// The whole check: digests, decoding, reading of model and property, proof.
  ///
  /// - Parameters:
  ///   - model: the ONNX file as it lies on disk; models whose weights lie in other files are refused.
  ///   - property: the VNN-LIB text; nil to use the one in the certificate.
  package static func check(
    certificate: [UInt8], model: [UInt8], property: [UInt8]?, options: CheckOptions = .init()
  ) throws(Rejection) -> CheckReport {
    try checkFiles(certificate: certificate, model: model, property: property, options: options).report
  }

  /// As `check`, and returns the certificate and the query as well.
  package static func checkFiles(
    certificate bytes: [UInt8], model: [UInt8], property: [UInt8]?, options: CheckOptions = .init()
  ) throws(Rejection) -> AcceptedCertificate {
    let certificate = try decode(bytes)
    let modelDigest = Digest(of: model)
    guard modelDigest == certificate.modelDigest else {
      throw Rejection(.otherModel(certificate: certificate.modelDigest, given: modelDigest))
    }
    let text = try propertyText(of: certificate, given: property)
    let graph = try readModel(model)
    let query = try readProperty(text)
    let report = try check(certificate, graph: graph, query: query, options: options)
    return AcceptedCertificate(report: report, certificate: certificate, query: query)
  }

  private static func decode(_ bytes: [UInt8]) throws(Rejection) -> Certificate {
    do throws(CertificateError) { return try Certificate(decoding: bytes) } catch { throw Rejection(.format(error)) }
  }

  /// The property's text: every copy at hand must have the digest that the certificate names.
  private static func propertyText(of certificate: Certificate, given: [UInt8]?) throws(Rejection) -> [UInt8] {
    let embedded = certificate.property.isEmpty ? nil : certificate.property
    for text in [given, embedded] {
      guard let text else { continue }
      let digest = Digest(of: text)
      guard digest == certificate.propertyDigest else {
        throw Rejection(.otherProperty(certificate: certificate.propertyDigest, given: digest))
      }
    }
    guard let text = given ?? embedded else { throw Rejection(.propertyMissing) }
    return text
  }

  private static func readModel(_ bytes: [UInt8]) throws(Rejection) -> Graph {
    do throws(ONNXError) {
      return try ONNXReader.read(bytes, path: nil)
    } catch {
      throw Rejection(.unreadableModel(error.description))
    }
  }

  private static func readProperty(_ bytes: [UInt8]) throws(Rejection) -> Query {
    do throws(VNNLIBError) {
      return try VNNLIB.parse(bytes)
    } catch {
      throw Rejection(.unreadableProperty(error.description))
    }
  }
}
