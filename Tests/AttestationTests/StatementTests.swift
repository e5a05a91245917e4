// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

@Suite struct StatementTests {
  /// Equal to Python's `json.dumps(…, sort_keys=True, separators=(",", ":"))` of the same values.
  @Test("the bytes of a statement are fixed")
  func golden() {
    let expected = """
      {"_type":"https://in-toto.io/Statement/v1","predicate":{"certificate":{"mediaType":\
      "application/vnd.axcert.certificate.v1","sha256":\
      "03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72","size":11},"checker":{"arithmetic":\
      "dyadic-exact","name":"axcheck","version":"0.1.0"},"createdAt":"2026-01-31T12:00:00Z","leaves":17,"minMargin":\
      "3*2^-9","property":"prop_1","prover":{"backend":{"asked":"auto","executed":"cpu-avx2"},"name":"axcert",\
      "untrusted":true,"version":"0.1.0"},"semantics":{"excluded":["tf32","winograd"],"id":"float32-any-order",\
      "unitRoundoff":"2^-24"},"verdict":"holds"},"predicateType":"https://axcert.dev/certificate/v1","subject":[\
      {"digest":{"sha256":"9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"},"name":"model.onnx"},\
      {"digest":{"sha256":"fc9184134ae5672878413fff088dd0a1db30d18dc2a855da6345c7ab592ac46f"},"name":"prop_1.vnnlib"},\
      {"digest":{"sha256":"03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72"},"name":"prop_1.axc"}]}
      """
    #expect(String(decoding: sampleStatement().encoded(), as: UTF8.self) == expected)
  }

  @Test("a statement reads back as itself", arguments: ["prop_1", "", "quote \" slash / é \u{1F600} \n"])
  func roundTrip(property: String) throws {
    let statement = sampleStatement(property: property)
    #expect(try Statement(decoding: statement.encoded()) == statement)
    #expect(statement.names(SHA256Digest(of: Array("model".utf8))))
    #expect(!statement.names(SHA256Digest(of: [])))
  }

  @Test("unknown fields and further digests are ignored, as in-toto asks")
  func unknownFields() throws {
    let statement = sampleStatement()
    let text = String(decoding: statement.encoded(), as: UTF8.self)
      .replacingOccurrences(of: "\"leaves\":17", with: "\"leaves\":17,\"later\":{\"x\":1.5}")
      .replacingOccurrences(of: "{\"digest\":{", with: "{\"uri\":\"x\",\"digest\":{\"sha512\":\"00\",")
    #expect(try Statement(decoding: Array(text.utf8)) == statement)
  }

  @Test("every field is required, except the unit roundoff of real arithmetic")
  func requiredFields() throws {
    let whole = try #require(
      JSONSerialization.jsonObject(with: Data(sampleStatement().encoded())) as? [String: Any])
    let predicate = try #require(whole["predicate"] as? [String: Any])
    func error(_ object: [String: Any]) throws -> StatementError? {
      let bytes = Array(try JSONSerialization.data(withJSONObject: object))
      return failure { () throws(StatementError) in try Statement(decoding: bytes) }
    }
    for key in whole.keys {
      var damaged = whole
      damaged[key] = nil
      #expect(try error(damaged) == .malformed(.missingField(key)))
    }
    for key in predicate.keys {
      var damaged = predicate
      damaged[key] = nil
      #expect(try error(whole.merging(["predicate": damaged]) { $1 }) == .malformed(.missingField("predicate.\(key)")))
      damaged[key] = [1.5]
      #expect(try error(whole.merging(["predicate": damaged]) { $1 }) == .malformed(.wrongType("predicate.\(key)")))
    }
  }

  @Test(
    "forbidden values are named",
    arguments: [
      ("\"untrusted\":true", "\"untrusted\":false", "predicate.prover.untrusted"),
      ("certificate.v1\",\"sha256\"", "certificate.v2\",\"sha256\"", "predicate.certificate.mediaType"),
      ("\"size\":11", "\"size\":-1", "predicate.certificate.size"),
      ("\"leaves\":17", "\"leaves\":-17", "predicate.leaves"),
      ("2026-01-31T", "31.1.2026 ", "predicate.createdAt"),
      ("\"verdict\":\"holds\"", "\"verdict\":\"unknown\"", "predicate.verdict"),
      ("float32-any-order", "float16", "predicate.semantics.id"),
      ("\"sha256\":\"9372", "\"sha256\":\"z372", "subject[0].digest.sha256"),
    ])
  func forbiddenValues(from: String, to: String, place: String) {
    let text = String(decoding: sampleStatement().encoded(), as: UTF8.self).replacingOccurrences(of: from, with: to)
    let error = failure { () throws(StatementError) in try Statement(decoding: Array(text.utf8)) }
    #expect(
      error?.description == """
        The signed statement cannot be read: the field '\(place)' has a value that is not allowed there. \
        Ask its signer for one made by axcert.
        """)
  }

  @Test func foreignStatements() {
    func message(_ text: String) -> String? {
      failure { () throws(StatementError) in try Statement(decoding: Array(text.utf8)) }?.description
    }
    #expect(
      message("{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"x\"}") == """
        The signed payload is a 'https://in-toto.io/Statement/v0.1', not an in-toto statement \
        ('https://in-toto.io/Statement/v1'). Check that this is the right envelope.
        """)
    #expect(
      message("{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://slsa.dev/provenance/v1\"}")
        == """
        The statement says 'https://slsa.dev/provenance/v1', not 'https://axcert.dev/certificate/v1'. \
        Check that this is the envelope of a certificate.
        """)
    #expect(
      message("[]")
        == "The signed statement cannot be read: it is not a JSON object. Ask its signer for one made by axcert.")
  }

  @Test("a predicate about a certificate that is no subject is refused")
  func certificateNotASubject() {
    var predicate = sampleStatement().predicate
    predicate.certificate.sha256 = SHA256Digest(of: [])
    let subjects = sampleStatement().subjects
    let statement = Statement(model: subjects[0], property: subjects[1], certificate: subjects[2], predicate: predicate)
    let error = failure { () throws(StatementError) in try Statement(decoding: statement.encoded()) }
    #expect(
      error?.description == """
        The statement describes certificate e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 \
        but does not list it as a subject. Do not rely on it.
        """)
  }
}
