// SPDX-License-Identifier: Apache-2.0

/// In which meaning an answer was proved (specification, section 5).
package enum Semantics: UInt8, Sendable, CaseIterable {
  case real = 0
  case float32AnyOrder = 1

  /// The name in documents and on the command line.
  package var name: String { self == .real ? "real" : "float32-any-order" }
}

/// An answer to one query about one model, with its proof.
///
/// Comes in: what the prover found. Goes out: the bytes that `docs/formats/certificate.md` specifies, and back.
///
///     let bytes = certificate.encoded()
///     let again = try Certificate(decoding: bytes)      // equal, and encodes to the same bytes
package struct Certificate: Hashable, Sendable {
  package static let magic: [UInt8] = Array("AXC1".utf8)
  package static let version: UInt16 = 1
  /// The only arithmetic of version 1.
  package static let arithmeticName = "rigorous-f64"
  /// The margin of a certificate none of whose leaves needs a bound.
  package static let noMargin = Double.greatestFiniteMagnitude

  package var semantics: Semantics
  package var modelDigest: Digest
  package var propertyDigest: Digest
  /// The VNN-LIB text, or empty where the checker is to be given the file.
  package var property: [UInt8]
  package var producer: String
  package var backendAsked: String
  package var backendExecuted: String
  package var body: Body

  package enum Body: Hashable, Sendable {
    /// - `margin`: claimed lower bound of every leaf's bound, > 0, finite.
    /// - `regions`: per region of the query its proofs, which partition the region's disjuncts.
    case holds(margin: Double, regions: [[Proof]])
    case violated(Witness)
  }

  package init(
    semantics: Semantics, modelDigest: Digest, propertyDigest: Digest, property: [UInt8], producer: String,
    backendAsked: String, backendExecuted: String, body: Body
  ) {
    self.semantics = semantics
    self.modelDigest = modelDigest
    self.propertyDigest = propertyDigest
    self.property = property
    self.producer = producer
    self.backendAsked = backendAsked
    self.backendExecuted = backendExecuted
    self.body = body
  }
}

/// A point that satisfies one disjunct of one region.
package struct Witness: Hashable, Sendable {
  package var region: Int
  package var disjunct: Int
  /// ONNX `TensorProto.DataType` of the model's input: 1 float32, 11 float64.
  package var elementType: UInt8
  /// The point, raw little-endian elements.
  package var input: [UInt8]

  package init(region: Int, disjunct: Int, elementType: UInt8, input: [UInt8]) {
    self.region = region
    self.disjunct = disjunct
    self.elementType = elementType
    self.input = input
  }
}
