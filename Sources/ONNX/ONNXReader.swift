// SPDX-License-Identifier: Apache-2.0
package import Exact
package import Graph

/// The bytes of a model file as on disk: what a certificate's digest is taken over.
package struct ModelFile: Sendable {
  package let path: String
  package let bytes: [UInt8]

  package init(path: String) throws(FileError) {
    self.path = path
    bytes = try readFile(at: path)
  }

  /// The meaning of a model in one file.
  package func graph() throws(ONNXError) -> Graph { try ONNXReader.read(bytes, path: path) }
}

/// A file beside the model that holds some of its weights. A certificate has to name these bytes as well.
package struct ExternalFile: Hashable, Sendable {
  /// As written in the model: relative to the model's folder.
  package let location: String
  package let bytes: [UInt8]
}

/// A model and every byte it was made from besides the model file itself.
package struct LoadedModel: Sendable {
  package let graph: Graph
  /// Sorted by location; empty for a model in one file.
  package let externalFiles: [ExternalFile]
}

/// Bytes of an ONNX file → `Graph`.
///
/// What is read, what is refused and what each operator means is written down in docs/formats/onnx.md. Nothing is guessed: a
/// part that is not understood and could change the meaning is an error.
///
///     let file = try ModelFile(path: "acasxu.onnx")
///     let graph = try ONNXReader.read(file.bytes, path: file.path)
package enum ONNXReader {
  package static let newestIRVersion: Int64 = 13
  package static let opsets: ClosedRange<Int64> = 7...26

  /// Reads a model that is complete in one file; external data is refused. `path` is only used in messages about such data.
  ///
  /// - Throws: `ONNXError`, in time and memory bounded by the file's size and fixed limits.
  package static func read(_ fileBytes: [UInt8], path: String?) throws(ONNXError) -> Graph {
    var folder: ExternalFolder?
    return try graph(fileBytes, externalFolder: &folder)
  }

  /// Reads a model together with its external data, which is looked for in the folder of `path`.
  ///
  /// Who certifies such a model has to pin `externalFiles` too: the model file does not determine the weights.
  package static func load(_ fileBytes: [UInt8], path: String) throws(ONNXError) -> LoadedModel {
    var folder: ExternalFolder? = ExternalFolder(ofModelAt: path)
    let graph = try graph(fileBytes, externalFolder: &folder)
    let files = (folder?.files ?? [:]).map { ExternalFile(location: $0.key.text, bytes: $0.value) }
    return LoadedModel(graph: graph, externalFiles: files.sorted { $0.location < $1.location })
  }

  private static func graph(_ fileBytes: [UInt8], externalFolder: inout ExternalFolder?) throws(ONNXError) -> Graph {
    let bytes = try unpack(fileBytes)
    let model = try ModelProto(bytes)
    let opset = try checkVersions(model)
    var constants: [Identifier: ConstantTensor] = [:]
    for (index, proto) in model.graph.initializers.enumerated() {
      guard !proto.name.isEmpty else { throw .structure(.unnamedInitializer(index: index)) }
      let constant = try constant(proto, externalFolder: &externalFolder)
      guard constants.updateValue(constant, forKey: Identifier(proto.name)) == nil else {
        throw .structure(.duplicateInitializer(proto.name))
      }
    }
    let structure = try GraphStructure(model.graph)
    var builder = try GraphBuilder(
      model.graph, structure: structure, opset: opset, constants: constants, fileSize: bytes.count)
    return try builder.build()
  }

  private static func constant(
    _ proto: TensorProto, externalFolder: inout ExternalFolder?
  ) throws(ONNXError) -> ConstantTensor {
    guard proto.isExternal || !proto.externalData.isEmpty else { return try ConstantTensor(proto) }
    guard externalFolder != nil else { throw .externalData(tensor: proto.name, .notAccepted) }
    return try ConstantTensor(externalFolder?.resolve(proto) ?? proto)
  }

  /// Gunzips where the magic number says so, and tells apart what is no model at all.
  private static func unpack(_ fileBytes: [UInt8]) throws(ONNXError) -> [UInt8] {
    var bytes = fileBytes
    if Gzip.isGzip(fileBytes) {
      do { bytes = try Gzip.expand(fileBytes) } catch { throw .container(.gzip(error)) }
    }
    guard !bytes.isEmpty else { throw .container(.empty) }
    guard !bytes.starts(with: "version https://git-lfs".utf8) else { throw .container(.gitLFSPointer) }
    return bytes
  }

  /// The version of the default operator set. Other domains may be imported; their nodes are refused where they occur.
  private static func checkVersions(_ model: ModelProto) throws(ONNXError) -> Int {
    guard let irVersion = model.irVersion, (3...newestIRVersion).contains(irVersion) else {
      throw .model(.irVersion(model.irVersion))
    }
    let versions = model.opsets.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map(\.version)
    guard let version = versions.first else { throw .model(.noOpset) }
    if let other = versions.first(where: { $0 != version }) { throw .model(.conflictingOpsets(version, other)) }
    guard opsets.contains(version) else { throw .model(.opset(version)) }
    return Int(version)
  }
}
