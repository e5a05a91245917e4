// SPDX-License-Identifier: Apache-2.0
import Exact

extension ONNXError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .container(let fault): fault.description
    case .wire(let fault, let message, let offset):
      "damaged protobuf at byte \(offset), in \(message): \(fault.detail). "
        + "The file is not an ONNX model or was cut short; export or download it again."
    case .model(let fault): fault.description
    case .structure(let fault): fault.description
    case .tensor(let name, let fault): "tensor \(quoted(name)) \(fault.detail)"
    case .externalData(let tensor, let fault):
      "tensor \(quoted(tensor)) keeps its data in another file: \(fault.detail)"
    case .node(let operatorName, let name, let fault):
      fault.description(at: "\(operatorName) node \(quoted(name))", operatorName, name)
    }
  }
}

/// A name from the file, in quotes, control characters escaped, at most 80 characters.
func quoted(_ name: String) -> String {
  var text = "'"
  for (position, scalar) in name.unicodeScalars.enumerated() {
    guard position < 80 else { return text + "…'" }
    let isPrintable = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
    text += isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
  }
  return text + "'"
}

func list(_ names: [String]) -> String {
  let shown = names.prefix(8).map(quoted).joined(separator: ", ")
  return names.count > 8 ? shown + ", …" : shown
}

extension ContainerFault {
  var description: String {
    switch self {
    case .empty: "the model is empty (0 bytes); export or download it again."
    case .gitLFSPointer:
      "this is a Git LFS pointer, not a model: the file was never downloaded. Run 'git lfs pull' in its repository."
    case .gzip(let fault): "damaged gzip file: \(fault.detail)"
    }
  }
}

extension GzipFault {
  var detail: String {
    switch self {
    case .truncated: "it ends too early. Download it again."
    case .header: "its header is not understood (RFC 1952). Download it again, or unpack it first."
    case .block(let what): "its compressed data is invalid (\(what)). Download it again."
    case .checksumDiffers: "the CRC-32 of its contents differs from the one stored. Download it again."
    case .lengthDiffers: "the length of its contents differs from the one stored. Download it again."
    case .tooLarge(let limit): "it unpacks to more than \(limit) bytes. Unpack it first if you trust it."
    }
  }
}

extension WireFault {
  var detail: String {
    switch self {
    case .endsInsideField: "the data ends inside a field"
    case .lengthBeyondEnd(let length): "a length of \(length) bytes goes beyond the end"
    case .varintTooLong: "a varint has more than 10 bytes or 64 bits"
    case .fieldNumberZero: "a field has a number outside 1…2²⁹−1"
    case .groupOrUnknownWireType(let type): "wire type \(type) does not occur in ONNX"
    case .wrongWireType(let field): "field \(field) has the wrong wire type"
    case .repeatedSingularField(let field): "field \(field) occurs twice"
    case .textNotUTF8(let field): "field \(field) is not UTF-8 text"
    case .valueOutOfRange(let field): "field \(field) has a value outside its range"
    }
  }
}

extension ModelFault {
  var description: String {
    switch self {
    case .noGraph: "the file has no graph: it is not an ONNX model, or was cut short. Export or download it again."
    case .irVersion(let version):
      "IR version \(version.map(String.init) ?? "(none)") is outside 3…\(ONNXReader.newestIRVersion). "
        + "Export the model again with a supported version."
    case .noOpset: "the model imports no operator set of the default domain. Export or download it again."
    case .opset(let version):
      "operator set \(version) is outside 7…26. Export the model again with 'opset_version' in this range."
    case .conflictingOpsets(let first, let second):
      "the default operator set is imported as version \(first) and as version \(second). Keep one of them."
    case .unsupportedFeature(let feature):
      "the model uses \(feature), which could change its meaning and is not supported. Export it without."
    case .inputCount(let names):
      names.isEmpty
        ? "the graph has no input. A model with exactly one input is needed."
        : "the graph has \(names.count) inputs (\(list(names))). Only models with exactly one input are supported."
    case .outputCount(let names):
      names.isEmpty
        ? "the graph has no output. A model with exactly one output is needed."
        : "the graph has \(names.count) outputs (\(list(names))). Only models with exactly one output are supported."
    case .elementType(let value, let code):
      "\(quoted(value)) has element type \(dataTypeName(code)). Input and output must both be float32 or both be float64."
    case .notATensor(let value): "\(quoted(value)) is not declared as a tensor. Only tensors are supported."
    case .noShape(let input): "input \(quoted(input)) declares no shape. Export the model with a static input shape."
    case .symbolicDimension(let input, let axis, let symbol):
      "dimension \(axis) of input \(quoted(input)) is symbolic (\(quoted(symbol))). "
        + "Only the first dimension may be; export the model with a static input shape."
    case .tooManyElements(let value, let shape):
      "\(quoted(value)) of shape \(shape) has too many elements (2³¹ or more)."
    case .outputDiffers(let output, let declared, let computed):
      "output \(quoted(output)) is declared as \(declared) but computed as \(computed). Export the model again."
    case .outputIsConstant(let output):
      "output \(quoted(output)) does not depend on the input: there is nothing to verify."
    }
  }
}

extension StructureFault {
  var description: String {
    switch self {
    case .notProduced(let tensor, let node):
      "\(quoted(tensor)) is read by node \(quoted(node)) but nothing produces it. The model is incomplete; export it again."
    case .outputNotProduced(let tensor):
      "output \(quoted(tensor)) is not produced by any node. The model is incomplete; export it again."
    case .cycle(let tensor, let node):
      "the graph has a cycle: node \(quoted(node)) reads \(quoted(tensor)), which depends on that node's own output."
    case .unsorted(let tensor, let node, let producer):
      "node \(quoted(node)) reads \(quoted(tensor)) before node \(quoted(producer)) produces it. "
        + "ONNX requires nodes in topological order; sort them."
    case .producedTwice(let tensor): "\(quoted(tensor)) is produced twice. Each tensor name must have one meaning."
    case .duplicateInitializer(let name):
      "initializer \(quoted(name)) occurs twice. Each tensor name must have one meaning."
    case .duplicateInput(let name): "graph input \(quoted(name)) occurs twice. Each tensor name must have one meaning."
    case .unnamedInitializer(let index): "initializer number \(index) has no name. Export the model again."
    }
  }
}

extension TensorFault {
  var detail: String {
    switch self {
    case .unsupportedType(let code):
      "has element type \(dataTypeName(code)). Supported are float32, float64, int32, int64 and bool."
    case .negativeDimension(let dimension): "has the negative dimension \(dimension)."
    case .rankTooLarge(let rank): "has \(rank) dimensions; at most \(rankLimit) are supported."
    case .tooManyElements: "has 2³¹ or more elements."
    case .noData(let count): "has no data for its \(count) elements."
    case .twoKindsOfData: "stores its data twice (raw and typed, or in two types)."
    case .wrongKindOfData: "stores its data in a field that does not belong to its element type."
    case .rawLength(let found, let expected): "has \(found) bytes of raw data; its shape and type need \(expected)."
    case .elementCount(let found, let expected): "has \(found) elements of data; its shape needs \(expected)."
    case .notFinite(let element, let value):
      "has the value \(value) at element \(element). Only finite weights are accepted; train or export the model again."
    case .valueOutOfRange(let element): "has a value outside its element type at element \(element)."
    case .segment: "is stored in segments, which is not supported."
    }
  }
}

extension ExternalDataFault {
  var detail: String {
    switch self {
    case .notAccepted: "only models in one file are accepted here. Save the model with the weights inside."
    case .noModelPath: "the model's own path is not known. Save the model with the weights inside."
    case .badEntry(let what): "\(what). Save the model with the weights inside."
    case .locationLeavesFolder(let location):
      "the location \(quoted(location)) leaves the model's folder. Refused; save the model with the weights inside."
    case .file(let error): error.description
    case .notPlainFile(let location):
      "the location \(quoted(location)) is a link or has several names. Refused; copy the file itself next to the model."
    case .outsideFile(let offset, let length, let fileSize):
      "bytes \(offset) … +\(length) lie outside the file of \(fileSize) bytes. Download both files again."
    }
  }
}

extension NodeFault {
  func description(at place: String, _ operatorName: String, _ name: String) -> String {
    switch self {
    case .unsupportedOperator: "unsupported operator \(quoted(operatorName)) at node \(quoted(name))"
    case .unsupported(let what): "unsupported: \(place) \(what)"
    case .inputCount(let found, let expected):
      "\(place) has \(found) inputs; \(expected) expected in this operator set."
    case .missingInput(let index): "\(place) lacks its input number \(index)."
    case .outputCount(let found): "\(place) has \(found) outputs; only the first may be used."
    case .attribute(let attribute, let detail): "\(place): attribute \(quoted(attribute)) \(detail)."
    case .shapes(let detail): "\(place): \(detail)."
    case .typesDiffer: "\(place) mixes element types. All its operands must have the model's element type."
    case .notAConstant(let input): "unsupported: \(place) needs a constant as input number \(input)."
    case .constantType(let input, let expected): "\(place) needs \(expected) as input number \(input)."
    case .divisionByZero(let element): "\(place) divides by zero at element \(element)."
    case .notExact:
      "unsupported: \(place) combines constants whose result has to be rounded. Fold the constants when exporting the model."
    case .overflow: "\(place) computes a number that is too large."
    case .tooManyElements: "\(place) makes a tensor of 2³¹ or more elements."
    case .tooMuchDerivedData(let limit):
      "\(place) needs too much memory: constants derived from the file are limited to \(limit) MiB."
    case .tooMuchFolding:
      "\(place) multiplies constant matrices that are too large. Fold the constants when exporting the model."
    }
  }
}

/// The ONNX name of a `TensorProto.DataType`, for messages.
func dataTypeName(_ code: Int64) -> String {
  let names = [
    "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
    "float64",
    "uint32", "uint64", "complex64", "complex128", "bfloat16",
  ]
  return names.indices.contains(Int(clamping: code)) ? names[Int(clamping: code)] : "number \(code)"
}
