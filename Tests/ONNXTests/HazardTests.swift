// SPDX-License-Identifier: Apache-2.0
import Graph
import ONNX
import Testing

/// A broken model and the message it must get.
struct Hazard: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]
  var message: String

  init(_ name: String, _ model: TestModel, _ message: String) { self.init(name, bytes: model.bytes, message) }
  init(_ name: String, bytes: [UInt8], _ message: String) {
    (testDescription, self.bytes, self.message) = (name, bytes, message)
  }
}

@Suite("Hazards")
struct HazardTests {
  @Test("a broken model gets its own message", arguments: Hazard.all)
  func refuses(_ hazard: Hazard) {
    #expect(message(hazard.bytes) == hazard.message)
  }

  @Test("the model that the hazards start from is read") func acceptsValid() throws {
    let graph = try ONNXReader.read(TestModel.valid.bytes, path: nil)
    try graph.checkInvariants()
    #expect(evaluate(graph, [10, 20]) == [11, 22])
  }

  @Test("every proper prefix of a model is refused")
  func refusesPrefixes() throws {
    let bytes = try Fixtures.bytes("mlp.onnx")
    for length in bytes.indices {
      #expect(throws: ONNXError.self) { try ONNXReader.read(Array(bytes[..<length]), path: nil) }
    }
  }

  @Test(
    "a model with any one bit flipped is refused or read as a sound graph",
    arguments: ["mlp", "conv_pads", "shape_chain"])
  func survivesBitFlips(_ name: String) throws {
    var bytes = try Fixtures.bytes("\(name).onnx")
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << bit
        if let graph = try? ONNXReader.read(bytes, path: nil) { try graph.checkInvariants() }
        bytes[position] ^= 1 << bit
      }
    }
  }

  @Test("random bytes are refused")
  func refusesNoise() {
    var random = SplitMix64(state: 7)
    for length in 0..<2000 {
      let bytes = (0..<length % 97).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(throws: ONNXError.self) { try ONNXReader.read(bytes, path: nil) }
    }
  }

  @Test("every message describes itself in words") func describes() {
    for hazard in Hazard.all { #expect(hazard.message.count > 20) }
  }
}

/// The error's text, or "read" when there is none.
func message(_ bytes: [UInt8]) -> String {
  do throws(ONNXError) {
    _ = try ONNXReader.read(bytes, path: nil)
    return "read"
  } catch { return error.description }
}

/// Vigna's generator: small, fast, the same on every machine.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
