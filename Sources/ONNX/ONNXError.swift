// SPDX-License-Identifier: Apache-2.0
package import Exact

/// Why a model was not read: which layer of the file, where, and what to do next.
package enum ONNXError: Error, Hashable, Sendable {
  /// The file is not an ONNX model at all, or its gzip wrapping is damaged.
  case container(ContainerFault)
  /// The protobuf encoding is damaged in `message`, at `offset` bytes into the (unpacked) model.
  case wire(WireFault, message: String, offset: Int)
  /// Something about the model as a whole: versions, inputs, outputs.
  case model(ModelFault)
  /// The names of tensors do not form an acyclic graph.
  case structure(StructureFault)
  /// An initializer or a constant inside a node.
  case tensor(name: String, TensorFault)
  case externalData(tensor: String, ExternalDataFault)
  /// One node of the graph; `name` as in `Node.name`.
  case node(operatorName: String, name: String, NodeFault)
}

package enum ContainerFault: Hashable, Sendable {
  case empty
  case gitLFSPointer
  case gzip(GzipFault)
}

package enum WireFault: Hashable, Sendable {
  case endsInsideField
  case lengthBeyondEnd(length: UInt64)
  case varintTooLong
  case fieldNumberZero
  case groupOrUnknownWireType(UInt8)
  case wrongWireType(field: Int)
  case repeatedSingularField(field: Int)
  case textNotUTF8(field: Int)
  case valueOutOfRange(field: Int)
}

package enum ModelFault: Hashable, Sendable {
  case noGraph
  case irVersion(Int64?)
  case noOpset
  case opset(Int64)
  case conflictingOpsets(Int64, Int64)
  /// A part of the format that could change the meaning and is not understood, such as "functions".
  case unsupportedFeature(String)
  case inputCount([String])
  case outputCount([String])
  case elementType(value: String, code: Int64)
  case notATensor(value: String)
  case noShape(input: String)
  case symbolicDimension(input: String, axis: Int, symbol: String)
  case tooManyElements(value: String, shape: [Int64])
  case outputDiffers(output: String, declared: String, computed: String)
  case outputIsConstant(output: String)
}

package enum StructureFault: Hashable, Sendable {
  case notProduced(tensor: String, node: String)
  case outputNotProduced(tensor: String)
  case cycle(tensor: String, node: String)
  case unsorted(tensor: String, node: String, producer: String)
  case producedTwice(tensor: String)
  case duplicateInitializer(String)
  case duplicateInput(String)
  case unnamedInitializer(index: Int)
}

package enum TensorFault: Hashable, Sendable {
  case unsupportedType(code: Int64)
  case negativeDimension(Int64)
  case rankTooLarge(Int)
  case tooManyElements
  case noData(expectedCount: Int)
  case twoKindsOfData
  case wrongKindOfData
  case rawLength(found: Int, expected: Int)
  case elementCount(found: Int, expected: Int)
  case notFinite(element: Int, value: String)
  case valueOutOfRange(element: Int)
  case segment
}

package enum ExternalDataFault: Error, Hashable, Sendable {
  /// The caller asked for a model in one file.
  case notAccepted
  case noModelPath
  case badEntry(String)
  case locationLeavesFolder(String)
  case file(FileError)
  case notPlainFile(String)
  case outsideFile(offset: Int, length: Int, fileSize: Int)
}

package enum NodeFault: Hashable, Sendable {
  case unsupportedOperator
  /// A supported operator in a form that is not, such as "of two tensors that depend on the input".
  case unsupported(String)
  case inputCount(found: Int, expected: String)
  case missingInput(Int)
  case outputCount(found: Int)
  case attribute(String, String)
  case shapes(String)
  case typesDiffer
  case notAConstant(input: Int)
  case constantType(input: Int, expected: String)
  case divisionByZero(element: Int)
  case notExact
  case overflow
  case tooManyElements
  case tooMuchDerivedData(limitMiB: Int)
  case tooMuchFolding
}
