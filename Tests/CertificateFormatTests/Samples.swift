// SPDX-License-Identifier: Apache-2.0
import CertificateFormat

/// A `holds` certificate that uses every construct of the format.
func holdsSample() -> Certificate {
  var tree = TreeWriter(rowCounts: [1, 3])
  tree.splitMidpoint(dimension: 0)
  tree.clip(rows: [0, 2])
  tree.split(dimension: 200, threshold: -0.25)
  tree.leaf(rows: [0, 1])
  tree.leaf(rows: [0, 0], alpha: [.empty, sampleTable()], beta: nil)
  tree.splitNeuron(relu: 1, element: 300)
  tree.leaf(rows: [0, 2], alpha: nil, beta: [[0.5], [2]])
  tree.leaf(rows: [0, 2], alpha: [sampleTable(), .empty], beta: [[0], [1e-3]])
  let first = Proof(disjuncts: [0, 2], mode: .recompute, alpha: [sampleTable(), .empty], tree: tree.bytes)
  var single = TreeWriter(rowCounts: [1])
  single.leaf(rows: [0])
  let second = Proof(disjuncts: [1], mode: .inherit, alpha: [.empty], tree: single.bytes)
  return certificate(.holds(margin: 0.125, regions: [[first, second], [second]]))
}

func violatedSample() -> Certificate {
  certificate(.violated(Witness(region: 3, disjunct: 130, elementType: 1, input: [0, 0, 128, 63])), semantics: .float32AnyOrder)
}

func sampleTable() -> AlphaTable {
  AlphaTable(nodes: [.empty, .init(count: 20, marked: [(0, 255), (7, 1), (8, 0), (19, 128)])])
}

func certificate(_ body: Certificate.Body, semantics: Semantics = .real) -> Certificate {
  Certificate(
    semantics: semantics, modelDigest: Digest(of: [1]), propertyDigest: Digest(of: [2]), property: Array("(assert)".utf8),
    producer: "axcert 1.0 µ", backendAsked: "cpu", backendExecuted: "cpu avx512", body: body)
}

/// The bytes with a new digest at the end, as a forger would write them.
func sealed(_ bytes: [UInt8]) -> [UInt8] {
  let content = Array(bytes.dropLast(32))
  return content + Digest(of: content).bytes
}
