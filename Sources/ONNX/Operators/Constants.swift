// SPDX-License-Identifier: Apache-2.0
import Graph

/// Constant, ConstantOfShape, Shape, Cast: constants and the arithmetic of shapes.
extension GraphBuilder {
  mutating func constant(_ node: NodeContext) throws(ONNXError) -> Operand {
    let newForms = ["value_float", "value_floats", "value_int", "value_ints"]
    let unreadable = ["value_string", "value_strings", "sparse_value"]
    try node.expect(inputs: 0...0, attributes: ["value"] + (opset >= 12 ? newForms + unreadable : ["sparse_value"]))
    guard node.proto.attributes.count == 1, let attribute = node.proto.attributes.first else {
      throw node.fault(.unsupported("needs exactly one value"))
    }
    switch (attribute.name, attribute.value) {
    case ("value", .tensor(var tensor)):
      if tensor.name.isEmpty { tensor.name = node.proto.outputs[0].text }
      guard !tensor.isExternal, tensor.externalData.isEmpty else {
        throw .externalData(tensor: tensor.name, .badEntry("a Constant node must hold its value"))
      }
      return .constant(try ConstantTensor(tensor))
    case ("value_float", .float(let value)): return .constant(try floats([value], shape: [], node))
    case ("value_floats", .floats(let values)): return .constant(try floats(values, shape: [values.count], node))
    case ("value_int", .integer(let value)):
      return .constant(ConstantTensor(shape: [], elements: .integers([value], .int64)))
    case ("value_ints", .integers(let values)):
      return .constant(ConstantTensor(shape: [values.count], elements: .integers(values, .int64)))
    default: throw node.fault(.attribute(attribute.name, "is not a numeric constant"))
    }
  }

  private func floats(_ values: [Float], shape: [Int], _ node: NodeContext) throws(ONNXError) -> ConstantTensor {
    if let element = values.firstIndex(where: { !$0.isFinite }) {
      throw .tensor(name: node.proto.outputs[0].text, .notFinite(element: element, value: "\(values[element])"))
    }
    return ConstantTensor(shape: shape, elements: .reals(values.map(Double.init), .float32))
  }

  mutating func constantOfShape(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1, attributes: ["value"])
    var fill = ConstantTensor(shape: [1], elements: .reals([0], .float32))
    switch node.value("value") {
    case nil: break
    case .tensor(var tensor):
      if tensor.name.isEmpty { tensor.name = "value" }
      guard !tensor.isExternal else { throw node.fault(.attribute("value", "lies outside the model file")) }
      fill = try ConstantTensor(tensor)
    default: throw node.fault(.attribute("value", "has the wrong type"))
    }
    guard fill.count == 1 else { throw node.fault(.attribute("value", "needs exactly one element")) }
    let sizes = try node.integers(0)
    guard sizes.count <= rankLimit, sizes.allSatisfy({ (0..<1 << 31).contains($0) }) else {
      throw node.fault(.shapes("\(sizes) is not a shape"))
    }
    let shape = sizes.map { Int($0) }
    let count = try reserve(shape, for: node)
    let indices = [Int32](repeating: 0, count: count)
    return .constant(fill.gathered(indices, shape: shape))
  }

  /// The static shape of any tensor; `start` and `end` (operator set 15) clamp as Python slices do.
  mutating func shapeOf(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1, attributes: opset >= 15 ? ["start", "end"] : [])
    let shape = shape(try node.operand(0))
    let rank = Int64(shape.count)
    func clamped(_ position: Int64) -> Int { Int(max(0, min(rank, position < 0 ? position + rank : position))) }
    let start = clamped(try node.integer("start") ?? 0)
    let end = clamped(try node.integer("end") ?? rank)
    let part = shape[start..<max(start, end)].map { Int64($0) }
    return .constant(ConstantTensor(shape: [part.count], elements: .integers(part, .int64)))
  }

  /// Between constants, and of a tensor to its own type. The number itself must not change, except that reals lose their fraction.
  mutating func cast(_ node: NodeContext) throws(ONNXError) -> Operand {
    let attributes = ["to"] + (opset >= 19 ? ["saturate"] : []) + (opset >= 24 ? ["round_mode"] : [])
    try node.expect(inputs: 1...1, attributes: attributes)
    guard let code = try node.integer("to") else { throw node.fault(.attribute("to", "is missing")) }
    let real = ElementType(rawValue: UInt8(clamping: code))
    let integer = ConstantTensor.IntegerType(rawValue: code)
    guard real != nil || integer != nil else {
      throw node.fault(.unsupported("casts to element type \(dataTypeName(code))"))
    }
    switch try node.operand(0) {
    case .tensor(let x):
      guard real == elementType else {
        throw node.fault(.unsupported("changes the element type of the model's values"))
      }
      return try emit(.view, [x], shape: tensors[x].shape, for: node)
    case .constant(let constant):
      try reserve(constant.shape, for: node)
      if let real { return .constant(try castToReals(constant, real, node)) }
      return .constant(try castToIntegers(constant, integer ?? .int64, node))
    }
  }

  private func castToReals(
    _ constant: ConstantTensor, _ type: ElementType, _ node: NodeContext
  ) throws(ONNXError) -> ConstantTensor {
    let values: [Double]
    switch constant.elements {
    case .reals(let reals, _): values = reals
    case .integers(let integers, _):
      guard integers.allSatisfy({ Double(exactly: $0) != nil }) else { throw node.fault(.notExact) }
      values = integers.map { Double($0) }
    }
    guard values.allSatisfy(type.contains) else { throw node.fault(.notExact) }
    return ConstantTensor(shape: constant.shape, elements: .reals(values, type))
  }

  private func castToIntegers(
    _ constant: ConstantTensor, _ type: ConstantTensor.IntegerType, _ node: NodeContext
  ) throws(ONNXError) -> ConstantTensor {
    var values: [Int64] = []
    switch constant.elements {
    case .integers(let integers, _): values = type == .bool ? integers.map { $0 == 0 ? 0 : 1 } : integers
    case .reals(let reals, _):
      for real in reals {
        guard type != .bool else {
          values.append(real == 0 ? 0 : 1)
          continue
        }
        guard let value = Int64(exactly: real.rounded(.towardZero)) else { throw node.fault(.overflow) }
        values.append(value)
      }
    }
    guard values.allSatisfy(type.range.contains) else { throw node.fault(.overflow) }
    return ConstantTensor(shape: constant.shape, elements: .integers(values, type))
  }
}
