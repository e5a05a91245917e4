// SPDX-License-Identifier: Apache-2.0

extension Certificate {
  /// Reads a certificate, accepting only its canonical bytes. Trees stay encoded: `TreeReader` reads them.
  ///
  /// - Throws: `CertificateError`. A file that ends early is `truncated`; any other change of a valid certificate is `damaged`.
  package init(decoding bytes: [UInt8]) throws(CertificateError) {
    var reader = ByteReader(bytes)
    guard bytes.prefix(4).elementsEqual(Certificate.magic.prefix(bytes.count)), !bytes.isEmpty else { throw .wrongMagic }
    _ = try reader.raw(4, "magic")
    let version = try reader.u16("version")
    guard version == Certificate.version else { throw .unknownVersion(version) }

    let split = max(0, bytes.count - Digest.byteCount)
    let stored = bytes.count >= Digest.byteCount ? Digest(bytes: Array(bytes[split...])) : nil
    let computed = Digest(of: bytes[..<split])
    do throws(CertificateError) {
      self = try Certificate(fields: &reader)
    } catch {
      if case .truncated = error { throw error }
      if let stored, stored != computed { throw .damaged(stored: stored, computed: computed) }
      throw error
    }
    guard let stored, stored == computed else { throw .damaged(stored: stored ?? computed, computed: computed) }
  }

  /// The fields after the version, and the digest's place.
  private init(fields reader: inout ByteReader) throws(CertificateError) {
    let verdict = try reader.byte("verdict")
    guard verdict <= 1 else {
      throw .invalid(field: "verdict", offset: reader.offset - 1, reason: "\(verdict) is neither 0 (holds) nor 1 (violated)")
    }
    let semanticsCode = try reader.byte("semantics")
    guard let semantics = Semantics(rawValue: semanticsCode) else {
      throw .invalid(field: "semantics", offset: reader.offset - 1, reason: "\(semanticsCode) is not a meaning of version 1")
    }
    let arithmetic = try reader.byte("arithmetic")
    guard arithmetic == 1 else {
      throw .invalid(field: "arithmetic", offset: reader.offset - 1, reason: "\(arithmetic) is not an arithmetic of version 1")
    }
    let modelDigest = Digest(bytes: Array(try reader.raw(Digest.byteCount, "model digest")))
    let propertyDigest = Digest(bytes: Array(try reader.raw(Digest.byteCount, "property digest")))
    let property = try reader.lengthPrefixed("property")
    let producer = try reader.text("producer")
    let backendAsked = try reader.text("backend asked")
    let backendExecuted = try reader.text("backend executed")
    let body = try Body(isViolated: verdict == 1, &reader)
    _ = try reader.raw(Digest.byteCount, "digest")
    guard reader.isAtEnd else {
      throw .unreadBytes(field: "certificate", offset: reader.offset, count: reader.remaining)
    }
    self.init(
      semantics: semantics, modelDigest: modelDigest, propertyDigest: propertyDigest, property: property,
      producer: producer, backendAsked: backendAsked, backendExecuted: backendExecuted, body: body)
  }
}

extension Certificate.Body {
  fileprivate init(isViolated: Bool, _ reader: inout ByteReader) throws(CertificateError) {
    if isViolated {
      let region = try reader.varint("witness region")
      let disjunct = try reader.varint("witness disjunct")
      let elementType = try reader.byte("witness element type")
      guard elementType == 1 || elementType == 11 else {
        throw .invalid(
          field: "witness element type", offset: reader.offset - 1, reason: "\(elementType) is neither 1 nor 11")
      }
      let input = try reader.lengthPrefixed("witness input")
      self = .violated(Witness(region: region, disjunct: disjunct, elementType: elementType, input: input))
      return
    }
    let marginOffset = reader.offset
    let margin = try reader.f64("margin")
    guard margin > 0, margin.isFinite else {
      throw .invalid(field: "margin", offset: marginOffset, reason: "\(margin) is not a positive finite number")
    }
    var regions: [[Proof]] = []
    for _ in 0..<(try reader.varint("region count")) {
      let countOffset = reader.offset
      let count = try reader.varint("proof count")
      guard count >= 1 else {
        throw .invalid(field: "proof count", offset: countOffset, reason: "a region needs at least one proof")
      }
      var proofs: [Proof] = []
      for _ in 0..<count { proofs.append(try Proof(&reader)) }
      regions.append(proofs)
    }
    self = .holds(margin: margin, regions: regions)
  }
}

extension Proof {
  fileprivate init(_ reader: inout ByteReader) throws(CertificateError) {
    let countOffset = reader.offset
    let count = try reader.varint("disjunct count")
    guard count >= 1 else {
      throw .invalid(field: "disjunct count", offset: countOffset, reason: "a proof needs at least one disjunct")
    }
    var disjuncts: [Int] = []
    for _ in 0..<count {
      let offset = reader.offset
      let disjunct = try reader.varint("disjunct")
      if let last = disjuncts.last, last >= disjunct {
        throw .invalid(field: "disjunct", offset: offset, reason: "disjuncts must increase, \(disjunct) follows \(last)")
      }
      disjuncts.append(disjunct)
    }
    let modeCode = try reader.byte("mode")
    guard let mode = BoundsMode(rawValue: modeCode) else {
      throw .invalid(field: "mode", offset: reader.offset - 1, reason: "\(modeCode) is neither 0 nor 1")
    }
    var alpha: [AlphaTable] = []
    for _ in 0..<count { alpha.append(try AlphaTable(&reader)) }
    self.init(disjuncts: disjuncts, mode: mode, alpha: alpha, tree: try reader.lengthPrefixed("tree"))
  }
}

extension AlphaTable {
  init(_ reader: inout ByteReader) throws(CertificateError) {
    let tableOffset = reader.offset
    let nodeCount = try reader.varint("alpha table")
    var nodes: [Node] = []
    for _ in 0..<nodeCount {
      let count = try reader.varint("alpha count")
      guard count > 0 else {
        nodes.append(.empty)
        continue
      }
      let bitmapOffset = reader.offset
      let bitmap = try reader.lengthPrefixed("alpha bitmap")
      let values = try reader.raw(count, "alpha values")
      guard let node = Node(bitmap: bitmap, values: Array(values), canonical: ()) else {
        throw .invalid(field: "alpha bitmap", offset: bitmapOffset, reason: "it does not mark \(count) elements")
      }
      nodes.append(node)
    }
    self.init(nodes: nodes)
    guard self.nodes.count == nodeCount else {
      throw .invalid(field: "alpha table", offset: tableOffset, reason: "a table without marked elements is written as 0")
    }
  }
}
