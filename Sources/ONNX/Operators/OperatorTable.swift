// SPDX-License-Identifier: Apache-2.0

extension GraphBuilder {
  /// What a node's first output stands for. The table of all supported operators.
  mutating func interpret(_ node: NodeContext) throws(ONNXError) -> Operand {
    guard node.proto.domain.isEmpty || node.proto.domain == "ai.onnx" else {
      throw node.fault(.unsupported("belongs to the operator domain \(quoted(node.proto.domain))"))
    }
    return switch node.proto.operatorName {
    case "Add": try addition(node, sign: 1)
    case "AveragePool": try averagePool(node)
    case "BatchNormalization": try batchNormalization(node)
    case "Cast": try cast(node)
    case "Concat": try concat(node)
    case "Constant": try constant(node)
    case "ConstantOfShape": try constantOfShape(node)
    case "Conv": try conv(node)
    case "Div": try division(node)
    case "Dropout": try dropout(node)
    case "Flatten": try flatten(node)
    case "Gather": try gather(node)
    case "Gemm": try gemm(node)
    case "Identity": try identity(node)
    case "MatMul": try matMul(node)
    case "Mul": try multiplication(node)
    case "Neg": try negation(node)
    case "Pad": try pad(node)
    case "Relu": try relu(node)
    case "Reshape": try reshape(node)
    case "Shape": try shapeOf(node)
    case "Slice": try slice(node)
    case "Squeeze": try squeeze(node)
    case "Sub": try addition(node, sign: -1)
    case "Transpose": try transpose(node)
    case "Unsqueeze": try unsqueeze(node)
    default: throw node.fault(.unsupportedOperator)
    }
  }
}
