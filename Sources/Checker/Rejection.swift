// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat

/// Why a certificate is not accepted: where, and what is wrong.
public struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
  package var place: Place?
  package var reason: Reason

  package init(_ reason: Reason, at place: Place? = nil) {
    self.reason = reason
    self.place = place
  }

  /// A part of a `holds` body. Leaves count from 0 in preorder within their proof.
  package struct Place: Hashable, Sendable {
    package var region: Int
    package var proof: Int?
    package var leaf: Int?
    package var disjunct: Int?
    package var row: Int?

    package init(region: Int, proof: Int? = nil, leaf: Int? = nil, disjunct: Int? = nil, row: Int? = nil) {
      self.region = region
      self.proof = proof
      self.leaf = leaf
      self.disjunct = disjunct
      self.row = row
    }
  }

  package enum Reason: Hashable, Sendable {
    case format(CertificateError)
    case unreadableModel(String)
    case unreadableProperty(String)
    case otherModel(certificate: Digest, given: Digest)
    case otherProperty(certificate: Digest, given: Digest)
    case propertyMissing
    case sizesDiffer(what: String, query: Int, model: Int)
    case meaningNeedsFloat32(elementType: String)
    case tooManyRoundings(node: String, count: Int)
    case regionCount(certificate: Int, query: Int)
    case disjunctUnknown(Int, count: Int)
    case disjunctNotCovered(Int)
    case disjunctCoveredTwice(Int)
    case alphaTable(String)
    case unknownDimension(Int, count: Int)
    case thresholdOutsideBox(dimension: Int, threshold: Double, lower: Double, upper: Double)
    case unknownNeuron(relu: Int, element: Int)
    case neuronSplitTwice(relu: Int, element: Int)
    case notInInheritMode(String)
    case boundNotPositive(Double)
    case marginTooLarge(claimed: Double, bound: Double)
    case notFinite(node: String)
    case magnitude(node: String, value: Double)
    case timeLimit
    case witnessRegion(Int, count: Int)
    case witnessDisjunct(Int, count: Int)
    case witnessType(certificate: UInt8, model: UInt8)
    case witnessByteCount(Int, expected: Int)
    case witnessOutsideBox(input: Int, value: Double, lower: Double, upper: Double)
    case witnessNotFinite(input: Int)
    case witnessRow(row: Int, upperEnd: Double, isStrict: Bool)
  }

  public var description: String {
    guard let place else { return reason.description }
    return "\(place): \(reason)"
  }
}

extension Rejection.Place: CustomStringConvertible {
  package var description: String {
    var parts = ["region \(region)"]
    if let proof { parts.append("proof \(proof)") }
    if let leaf { parts.append("leaf \(leaf)") }
    if let disjunct { parts.append("disjunct \(disjunct)") }
    if let row { parts.append("row \(row)") }
    return parts.joined(separator: ", ")
  }
}

extension Rejection.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .format(let error): error.description
    case .unreadableModel(let text): "the model cannot be read: \(text)"
    case .unreadableProperty(let text): "the property cannot be read: \(text)"
    case .otherModel(let certificate, let given):
      "the certificate is for another model: it names SHA-256 \(certificate), the given file has \(given)."
    case .otherProperty(let certificate, let given):
      "the certificate is for another property: it names SHA-256 \(certificate), the given text has \(given)."
    case .propertyMissing: "the certificate does not embed the property. Give the VNN-LIB file with '--props'."
    case .sizesDiffer(let what, let query, let model):
      "the property declares \(query) \(what), the model has \(model). Check that they belong together."
    case .meaningNeedsFloat32(let type):
      "the model computes in \(type); the meaning 'float32-any-order' is defined for float32 models. Prove it under 'real'."
    case .tooManyRoundings(let node, let count):
      "node '\(node)' lies on a chain of \(count) roundings; 'float32-any-order' allows 4194304. Prove it under 'real'."
    case .regionCount(let certificate, let query):
      "the certificate proves \(certificate) regions, the property has \(query)."
    case .disjunctUnknown(let disjunct, let count):
      "disjunct \(disjunct) is proved, but the region has \(count)."
    case .disjunctNotCovered(let disjunct): "disjunct \(disjunct) is not covered by any proof."
    case .disjunctCoveredTwice(let disjunct): "disjunct \(disjunct) is covered by two proofs."
    case .alphaTable(let text): "an alpha table does not fit the model: \(text)."
    case .unknownDimension(let dimension, let count): "input \(dimension) is split, but the model has \(count) inputs."
    case .thresholdOutsideBox(let dimension, let threshold, let lower, let upper):
      "input \(dimension) is split at \(threshold), outside the region's box [\(lower), \(upper)]."
    case .unknownNeuron(let relu, let element): "element \(element) of Relu \(relu) is split, but the model has none such."
    case .neuronSplitTwice(let relu, let element): "element \(element) of Relu \(relu) is split twice on one path."
    case .notInInheritMode(let node): "a proof in mode 'inherit' contains \(node)."
    case .boundNotPositive(let bound): "the bound is \(bound), not positive."
    case .marginTooLarge(let claimed, let bound): "the certificate claims a margin of \(claimed), but the bound is \(bound)."
    case .notFinite(let node): "the bounds of node '\(node)' are not finite."
    case .magnitude(let node, let value):
      "values in node '\(node)' can reach \(value); 'float32-any-order' needs them below 2^127."
    case .timeLimit: "the check did not finish in time. Nothing is established; check again with more time."
    case .witnessRegion(let region, let count): "the witness is for region \(region), but the property has \(count)."
    case .witnessDisjunct(let disjunct, let count): "the witness is for disjunct \(disjunct), but the region has \(count)."
    case .witnessType(let certificate, let model):
      "the witness has element type \(certificate), the model's input has \(model)."
    case .witnessByteCount(let count, let expected): "the witness has \(count) bytes, the model's input \(expected)."
    case .witnessOutsideBox(let input, let value, let lower, let upper):
      "the witness lies outside the box: input \(input) is \(value), not in [\(lower), \(upper)]."
    case .witnessNotFinite(let input): "input \(input) of the witness is not finite."
    case .witnessRow(let row, let upperEnd, let isStrict):
      "the witness does not satisfy row \(row): its left side can be \(upperEnd), and must be \(isStrict ? "< 0" : "≤ 0")."
    }
  }
}
