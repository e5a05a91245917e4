// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Properties
import Testing

@testable import Checker

/// Certificates against the bytes of models and properties.
@Suite struct FilesTests {
  private static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.dropLast().joined(separator: "/") + "/shared/benchmarks/acasxu/"
  }()
  private static let modelPath = folder + "onnx/ACASXU_run2a_1_3_batch_2000.onnx"
  static let isModelHere = (try? readFile(at: modelPath)) != nil

  private let property = Array("property".utf8)

  private func certificate(model: [UInt8], property: [UInt8], embedded: Bool, _ body: Certificate.Body) -> [UInt8] {
    Certificate(
      semantics: .real, modelDigest: Digest(of: model), propertyDigest: Digest(of: property),
      property: embedded ? property : [], producer: "test", backendAsked: "cpu", backendExecuted: "cpu", body: body
    ).encoded()
  }

  private func message(_ certificate: [UInt8], model: [UInt8], property: [UInt8]?) -> String {
    do {
      _ = try Checker.check(certificate: certificate, model: model, property: property)
      return "accepted"
    } catch { return error.description }
  }

  @Test("a certificate is for one model and one property, byte for byte")
  func digests() {
    let model: [UInt8] = [1, 2, 3]
    let bytes = certificate(model: model, property: property, embedded: false, .holds(margin: 1, regions: []))
    let (other, digest) = (Digest(of: [1, 2, 2]), Digest(of: model))
    #expect(
      message(bytes, model: [1, 2, 2], property: property)
        == "the certificate is for another model: it names SHA-256 \(digest), the given file has \(other).")
    let text = Array("other".utf8)
    #expect(
      message(bytes, model: model, property: text)
        == "the certificate is for another property: it names SHA-256 \(Digest(of: property)), the given text has \(Digest(of: text)).")
    #expect(
      message(bytes, model: model, property: nil) == "the certificate does not embed the property. Give the VNN-LIB file with '--props'.")
    #expect(message(bytes, model: model, property: property).hasPrefix("the model cannot be read: "))
  }

  @Test("an embedded property must have the digest as well")
  func embedded() {
    var forged = Certificate(
      semantics: .real, modelDigest: Digest(of: [1]), propertyDigest: Digest(of: property), property: Array("easier".utf8),
      producer: "", backendAsked: "", backendExecuted: "", body: .holds(margin: 1, regions: []))
    #expect(message(forged.encoded(), model: [1], property: property).hasPrefix("the certificate is for another property"))
    forged.property = property
    #expect(message(forged.encoded(), model: [1], property: nil).hasPrefix("the model cannot be read: "))
  }

  @Test("damage is found before anything else")
  func damage() {
    var bytes = certificate(model: [1], property: property, embedded: true, .holds(margin: 1, regions: []))
    bytes[40] ^= 4
    #expect(message(bytes, model: [1], property: nil).hasPrefix("the certificate is damaged: "))
    #expect(
      message(Array(bytes.prefix(50)), model: [1], property: nil)
        == "the certificate ends inside 'property digest', which begins at offset 41. The file is cut short: copy it again.")
    #expect(message(Array("hello".utf8), model: [1], property: nil).hasPrefix("not an axcert certificate"))
  }

  /// X in a small box, "Y_0 ≤ bound".
  private func acasProperty(_ bound: String) -> [UInt8] {
    var text = ""
    for i in 0..<5 { text += "(declare-const X_\(i) Real)\n" }
    for i in 0..<5 { text += "(declare-const Y_\(i) Real)\n" }
    for i in 0..<5 { text += "(assert (>= X_\(i) 0.1))\n(assert (<= X_\(i) 0.11))\n" }
    return Array((text + "(assert (<= Y_0 \(bound)))\n").utf8)
  }

  @Test("a model of the benchmark: a true claim is accepted, a changed weight or claim is not", .enabled(if: isModelHere))
  func wholeChain() throws {
    var model = try readFile(at: Self.modelPath)
    let proof = Proof(disjuncts: [0], mode: .recompute, alpha: [.empty], tree: Tree.leaf(rows: [0]).bytes(rowCounts: [1]))
    func sealed(_ model: [UInt8], _ property: [UInt8]) -> [UInt8] {
      certificate(model: model, property: property, embedded: true, .holds(margin: 0.01, regions: [[proof]]))
    }
    let (easy, hard) = (acasProperty("-10.0"), acasProperty("10.0"))
    let report = try Checker.check(certificate: sealed(model, easy), model: model, property: easy)
    #expect(report.leaves == 1 && report.margin > 0.01 && report.verdict == .holds)
    #expect(message(sealed(model, hard), model: model, property: nil).hasPrefix("region 0, proof 0, leaf 0, disjunct 0: the bound is -"))
    let honest = sealed(model, easy)
    model[model.count / 2] ^= 1
    #expect(message(honest, model: model, property: nil).hasPrefix("the certificate is for another model"))
  }
}
