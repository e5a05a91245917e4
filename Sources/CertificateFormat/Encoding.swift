// SPDX-License-Identifier: Apache-2.0

extension Certificate {
  /// The canonical bytes: the same value always gives the same bytes.
  package func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.raw(Certificate.magic)
    writer.u16(Certificate.version)
    switch body {
    case .holds: writer.byte(0)
    case .violated: writer.byte(1)
    }
    writer.byte(semantics.rawValue)
    writer.byte(1)
    writer.raw(modelDigest.bytes)
    writer.raw(propertyDigest.bytes)
    writer.lengthPrefixed(property)
    writer.text(producer)
    writer.text(backendAsked)
    writer.text(backendExecuted)
    body.write(to: &writer)
    writer.raw(Digest(of: writer.bytes).bytes)
    return writer.bytes
  }
}

extension Certificate.Body {
  fileprivate func write(to writer: inout ByteWriter) {
    switch self {
    case .holds(let margin, let regions):
      writer.f64(margin)
      writer.varint(regions.count)
      for proofs in regions {
        writer.varint(proofs.count)
        for proof in proofs { proof.write(to: &writer) }
      }
    case .violated(let witness):
      writer.varint(witness.region)
      writer.varint(witness.disjunct)
      writer.byte(witness.elementType)
      writer.lengthPrefixed(witness.input)
    }
  }
}

extension Proof {
  fileprivate func write(to writer: inout ByteWriter) {
    precondition(alpha.count == disjuncts.count, "one alpha table per disjunct")
    writer.varint(disjuncts.count)
    for disjunct in disjuncts { writer.varint(disjunct) }
    writer.byte(mode.rawValue)
    for table in alpha { table.write(to: &writer) }
    writer.lengthPrefixed(tree)
  }
}

extension AlphaTable {
  func write(to writer: inout ByteWriter) {
    writer.varint(nodes.count)
    for node in nodes {
      writer.varint(node.values.count)
      guard !node.values.isEmpty else { continue }
      writer.lengthPrefixed(node.bitmap)
      writer.raw(node.values)
    }
  }
}
