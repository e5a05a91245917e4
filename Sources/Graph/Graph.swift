// SPDX-License-Identifier: Apache-2.0
import Exact

/// The element type a model computes in. Raw values are ONNX's `TensorProto.DataType`.
package enum ElementType: UInt8, Sendable {
  case float32 = 1
  case float64 = 11

  package var byteCount: Int { self == .float32 ? 4 : 8 }
  package var name: String { self == .float32 ? "float32" : "float64" }
}

/// The place of a tensor in `Graph.tensors`.
package typealias TensorIndex = Int

/// Name and static shape of a tensor that depends on the model's input; symbolic batch dimensions are already 1.
package struct TensorInfo: Hashable, Sendable {
  package var name: String
  package var shape: [Int]

  package init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  /// Product of the dimensions; the reader has checked that it does not overflow.
  package var elementCount: Int { shape.reduce(1, *) }
}

/// A neural network as the reader understood it: the meaning that prover and checker share.
///
/// Comes in: the bytes of an ONNX file (target `ONNX`). Goes out: nodes in topological order, every shape known, everything that
/// does not depend on the input folded into exact constants. All constants are doubles: float32 weights convert without
/// rounding, and a number that is not a double (a reciprocal, a BatchNormalization factor) is an `Enclosure`.
///
///     input x ──node──▶ tensor ──node──▶ … ──▶ output y      (all tensors row-major, flattened)
package struct Graph: Sendable {
  package var elementType: ElementType
  package var tensors: [TensorInfo]
  package var input: TensorIndex
  package var output: TensorIndex
  /// In topological order; each tensor except the input is the output of exactly one node.
  package var nodes: [Node]

  package init(
    elementType: ElementType, tensors: [TensorInfo], input: TensorIndex, output: TensorIndex, nodes: [Node]
  ) {
    self.elementType = elementType
    self.tensors = tensors
    self.input = input
    self.output = output
    self.nodes = nodes
  }

  package var inputCount: Int { tensors[input].elementCount }
  package var outputCount: Int { tensors[output].elementCount }
}

/// One operation. An ONNX node becomes one node, or a short chain with the same name (Gemm with alpha ≠ 1, a broadcast).
package struct Node: Sendable {
  /// The ONNX node's name; `OpType_index` where the file gives none.
  package var name: String
  /// The ONNX operator it came from, such as `Gemm`.
  package var operatorName: String
  package var inputs: [TensorIndex]
  package var output: TensorIndex
  package var operation: Operation

  package init(
    name: String, operatorName: String, inputs: [TensorIndex], output: TensorIndex, operation: Operation
  ) {
    self.name = name
    self.operatorName = operatorName
    self.inputs = inputs
    self.output = output
    self.operation = operation
  }
}

/// What a node computes over the reals. Everything but `relu` is affine.
package enum Operation: Sendable {
  /// MatMul with a constant, Gemm.
  case dense(Dense)
  /// Conv in one or two dimensions.
  case convolution(Convolution)
  /// AveragePool in one or two dimensions.
  case averagePool(AveragePool)
  /// y = s∘x + t elementwise: Add, Sub, Mul, Div with constants, BatchNormalization, Neg.
  case scale(ElementwiseAffine)
  /// y = ±a ± b of two or more tensors of one shape; one sign (+1 or −1) per input.
  case sum(signs: [Int8])
  /// y = max(0, x).
  case relu
  /// Same elements in the same order under another shape: Reshape, Flatten, Squeeze, Unsqueeze, Identity, Dropout.
  case view
  /// y[i] = x[indices[i]]: Transpose, broadcasting. Indices may repeat.
  case gather(indices: [Int32])
  /// y[i] is an element of one of the inputs or a constant: Concat.
  case concatenation([ConcatenationSource])
}
