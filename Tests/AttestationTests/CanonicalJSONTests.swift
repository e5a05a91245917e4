// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

@Suite struct CanonicalJSONTests {
  private struct Nested: Codable, Equatable {
    var b: [String: Int]
    var a: [String]
    var none: String?
  }

  @Test("keys are sorted, absent fields left out, and it reads back")
  func encoding() throws {
    let value = Nested(b: ["z": 1, "y": -2], a: ["/", "\"\u{1}é"], none: nil)
    let bytes = CanonicalJSON.encode(value)
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":["/","\"\u0001é"],"b":{"y":-2,"z":1}}"#)
    #expect(try CanonicalJSON.decode(Nested.self, from: bytes) == value)
  }

  @Test(
    "faults are named",
    arguments: [
      ("", JSONFault.notJSON), ("{\"a\":[],\"b\":{}", .notJSON), ("{\"a\":[],\"b\":{}} x", .notJSON),
      ("[]", .wrongType("")), ("{\"a\":[1],\"b\":{}}", .wrongType("a[0]")), ("{\"a\":[]}", .missingField("b")),
      ("{\"a\":[],\"b\":{\"x\":1.5}}", .numberOutOfRange),
      ("{\"a\":[],\"b\":{},\"a\":[\"x\"]}", .repeatedField("a")),
      ("{\"a\":[],\"b\":{\"x\" : 1, \"\\u0078\" :2}}", .repeatedField("x")),
      ("{\"a\":[],\"b\":{},\"u\":[{\"k\":1},{\"k\":{\"k\":[\"k\",\"k\"],\"l\":0,\"k\":1}}]}", .repeatedField("k")),
    ])
  func faults(text: String, fault: JSONFault) {
    let error = failure { () throws(JSONFault) in try CanonicalJSON.decode(Nested.self, from: Array(text.utf8)) }
    #expect(error == fault)
  }

  @Test func messages() {
    #expect(JSONFault.repeatedField("a").description == "an object has the field 'a' twice")
    #expect(JSONFault.numberOutOfRange.description == "a number that must be whole is not, or is too large")
  }

  @Test("equal names in different objects, and equal strings, are no repetition")
  func noRepetition() throws {
    let text = "{\"a\":[\"a\",\"a\",\"{\\\"a\"],\"b\":{\"a\":1,\"b\":2},\"c\":[{\"a\":0},{\"a\":0}],\"d\":[[],\"a\"]}"
    #expect(try CanonicalJSON.decode(Nested.self, from: Array(text.utf8)).b == ["a": 1, "b": 2])
  }

  @Test func otherEncodings() throws {
    let text = try #require("{\"a\":[],\"b\":{}}".data(using: .utf16))
    #expect(failure { () throws(JSONFault) in try CanonicalJSON.decode(Nested.self, from: Array(text)) } == .notJSON)
  }
}
