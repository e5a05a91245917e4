// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// axcheck and `axcert check` reject with status 1 and the reason whatever is not exactly the certificate that was written.
@Suite("Certificate faults", .enabled(if: Tool.areBuilt, "needs the built binaries"))
struct CertificateFaultTests {
  let place: Workplace

  init() throws {
    place = try Workplace()
    try place.write("m.onnx", Samples.identity().onnx)
    try place.write("q.vnnlib", Samples.holds)
    let result = try Tool.axcert.run(
      "verify", "m.onnx", "--props", "q.vnnlib", "--no-store", "--certificate", "c.axc", in: place)
    try #require(result.status == 0, "\(result.error)")
  }

  private func expectRejection(
    _ reason: String, certificate: String = "c.axc", model: String = "m.onnx", property: String? = nil
  ) throws {
    let before = try place.snapshot()
    let arguments = [certificate, "--model", model] + (property.map { ["--props", $0] } ?? [])
    let axcheck = try Tool.Running(.axcheck, arguments, in: place).finish()
    #expect(axcheck.status == 1)
    #expect(axcheck.output.isEmpty)
    #expect(axcheck.error.hasPrefix("rejected: " + reason), "\(axcheck.error)")
    let json = try Tool.Running(.axcheck, arguments + ["--json"], in: place).finish()
    #expect(json.status == 1)
    let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(value?["accepted"] as? Bool == false)
    #expect(("rejected: \(value?["reason"] as? String ?? "")\n") == axcheck.error)
    let axcert = try Tool.Running(.axcert, ["check"] + arguments, in: place).finish()
    #expect(axcert.status == 1)
    #expect(axcert.output.hasPrefix("rejected: \(certificate)\n" + reason), "\(axcert.output)")
    #expect(try place.snapshot() == before)
  }

  @Test("the certificate as written is accepted")
  func accepted() throws {
    for property in [[], ["--props", "q.vnnlib"]] {
      for (tool, first) in [(Tool.axcheck, [String]()), (.axcert, ["check"])] {
        let result = try Tool.Running(tool, first + ["c.axc", "--model", "m.onnx"] + property, in: place).finish()
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("accepted: "))
      }
    }
    let quiet = try Tool.axcheck.run("c.axc", "--model", "m.onnx", "--quiet", in: place)
    #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.error.isEmpty)
  }

  @Test("another model")
  func otherModel() throws {
    try place.write("other.onnx", Samples.identity(.float64).onnx)
    try expectRejection("the certificate is for another model: it names SHA-256 ", model: "other.onnx")
  }

  @Test("another property")
  func otherProperty() throws {
    try place.write("other.vnnlib", Samples.holds + "\n")
    try expectRejection("the certificate is for another property: it names SHA-256 ", property: "other.vnnlib")
  }

  @Test("a truncated certificate", arguments: [1, 5, 40, 200])
  func truncated(missing: Int) throws {
    try place.write("t.axc", Array(try place.read("c.axc").dropLast(missing)))
    try expectRejection("the certificate ends inside '", certificate: "t.axc")
  }

  @Test("one bit flipped")
  func flipped() throws {
    var bytes = try place.read("c.axc")
    bytes[bytes.count - 40] ^= 4
    try place.write("f.axc", bytes)
    try expectRejection("the certificate is damaged: it says SHA-256 ", certificate: "f.axc")
  }

  @Test("a future version")
  func future() throws {
    var bytes = try place.read("c.axc")
    (bytes[4], bytes[5]) = (2, 0)
    try place.write("v2.axc", bytes)
    try expectRejection(
      "certificate format version 2; this checker reads version 1. Use a newer axcheck.", certificate: "v2.axc")
  }

  @Test("something else")
  func foreign() throws {
    try expectRejection(
      "not an axcert certificate: the file does not begin with 'AXC1'. Pass the file that 'axcert verify' wrote.",
      certificate: "m.onnx")
  }

  @Test("bytes behind the end")
  func extended() throws {
    try place.write("e.axc", try place.read("c.axc") + [0])
    try expectRejection("the certificate is damaged: it says SHA-256 ", certificate: "e.axc")
  }
}
