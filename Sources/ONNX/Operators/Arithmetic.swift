// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// Add, Sub, Mul, Div, Neg, Relu: elementwise, with numpy broadcasting.
extension GraphBuilder {
  private func broadcastShape(of node: NodeContext) throws(ONNXError) -> [Int] {
    let left = shape(try node.operand(0))
    let right = shape(try node.operand(1))
    guard let result = ONNX.broadcastShape(left, right) else {
      throw node.fault(.shapes("shapes \(left) and \(right) cannot be broadcast"))
    }
    return result
  }

  /// left + sign · right.
  mutating func addition(_ node: NodeContext, sign: Int8) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2)
    let shape = try broadcastShape(of: node)
    switch (try node.operand(0), try node.operand(1)) {
    case (.constant(let left), .constant(let right)):
      return .constant(try fold(sign > 0 ? .add : .subtract, left, right, shape: shape, node))
    case (.tensor(let left), .tensor(let right)):
      let inputs = [try broadcast(left, to: shape, for: node), try broadcast(right, to: shape, for: node)]
      return try emit(.sum(signs: [1, sign]), inputs, shape: shape, for: node)
    case (.tensor(let x), .constant(let constant)):
      let values = try reals(constant, broadcastTo: shape, for: node)
      return try affine(x, scale: 1, offset: values.map { Enclosure(exactly: sign > 0 ? $0 : -$0) }, shape, node)
    case (.constant(let constant), .tensor(let x)):
      let values = try reals(constant, broadcastTo: shape, for: node)
      return try affine(x, scale: Double(sign), offset: values.map { Enclosure(exactly: $0) }, shape, node)
    }
  }

  mutating func multiplication(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2)
    let shape = try broadcastShape(of: node)
    switch (try node.operand(0), try node.operand(1)) {
    case (.constant(let left), .constant(let right)):
      return .constant(try fold(.multiply, left, right, shape: shape, node))
    case (.tensor, .tensor): throw node.fault(.unsupported("multiplies two tensors that depend on the input"))
    case (.tensor(let x), .constant(let constant)), (.constant(let constant), .tensor(let x)):
      let factors = try reals(constant, broadcastTo: shape, for: node).map { Enclosure(exactly: $0) }
      return try scale(x, by: factors, shape, node)
    }
  }

  /// Only by constants: x / c is x · (1/c) over the reals, with 1/c enclosed.
  mutating func division(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2)
    let shape = try broadcastShape(of: node)
    switch (try node.operand(0), try node.operand(1)) {
    case (.constant(let left), .constant(let right)):
      return .constant(try fold(.divide, left, right, shape: shape, node))
    case (_, .tensor): throw node.fault(.unsupported("divides by a tensor that depends on the input"))
    case (.tensor(let x), .constant(let constant)):
      var factors: [Enclosure] = []
      for (element, divisor) in try reals(constant, broadcastTo: shape, for: node).enumerated() {
        guard divisor != 0 else { throw node.fault(.divisionByZero(element: element)) }
        guard let factor = Enclosure(exactly: 1).divided(by: Enclosure(exactly: divisor)) else {
          throw node.fault(.overflow)
        }
        factors.append(factor)
      }
      return try scale(x, by: factors, shape, node)
    }
  }

  mutating func negation(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1)
    switch try node.operand(0) {
    case .constant(let constant):
      try reserve(constant.shape, for: node)
      let zero = constant.zeros
      return .constant(try fold(.subtract, zero, constant, shape: constant.shape, node))
    case .tensor(let x):
      let shape = tensors[x].shape
      try reserve(shape, bytesPerElement: 32, for: node)
      let zeros = [Enclosure](repeating: Enclosure(exactly: 0), count: tensors[x].elementCount)
      return try affine(x, scale: -1, offset: zeros, shape, node)
    }
  }

  mutating func relu(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1)
    switch try node.operand(0) {
    case .tensor(let x): return try emit(.relu, [x], shape: tensors[x].shape, for: node)
    case .constant(let constant):
      try reserve(constant.shape, for: node)
      let values = try reals(constant, for: node)
      return .constant(ConstantTensor(shape: constant.shape, elements: .reals(values.map { max(0, $0) }, elementType)))
    }
  }

  private mutating func affine(
    _ x: TensorIndex, scale: Double, offset: [Enclosure], _ shape: [Int], _ node: NodeContext
  ) throws(ONNXError) -> Operand {
    let scales = [Enclosure](repeating: Enclosure(exactly: scale), count: offset.count)
    let input = try broadcast(x, to: shape, for: node)
    return try emit(.scale(ElementwiseAffine(scale: scales, offset: offset)), [input], shape: shape, for: node)
  }

  private mutating func scale(
    _ x: TensorIndex, by factors: [Enclosure], _ shape: [Int], _ node: NodeContext
  ) throws(ONNXError) -> Operand {
    let zeros = [Enclosure](repeating: Enclosure(exactly: 0), count: factors.count)
    let input = try broadcast(x, to: shape, for: node)
    return try emit(.scale(ElementwiseAffine(scale: factors, offset: zeros)), [input], shape: shape, for: node)
  }
}
