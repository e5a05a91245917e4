// SPDX-License-Identifier: Apache-2.0
import Graph

/// Flatten, Reshape, Squeeze, Unsqueeze, Identity, Dropout: the same elements in the same order.
extension GraphBuilder {
  private mutating func view(_ node: NodeContext, shape: [Int]) throws(ONNXError) -> Operand {
    switch try node.operand(0) {
    case .tensor(let x): return try emit(.view, [x], shape: shape, for: node)
    case .constant(var constant):
      constant.shape = shape
      return .constant(constant)
    }
  }

  mutating func identity(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1)
    return try view(node, shape: shape(try node.operand(0)))
  }

  /// At inference it changes nothing, whatever its ratio. Training mode and the mask output are refused.
  mutating func dropout(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...(opset >= 12 ? 3 : 1), attributes: opset >= 12 ? ["seed"] : ["ratio"])
    if let mode = try node.optionalConstant(2) {
      guard case .integers(let values, .bool) = mode.elements, values == [0] else {
        throw node.fault(.unsupported("is in training mode"))
      }
    }
    return try view(node, shape: shape(try node.operand(0)))
  }

  /// To two dimensions: those before `axis`, and the rest. Negative axes came with operator set 11.
  mutating func flatten(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1, attributes: ["axis"])
    let shape = shape(try node.operand(0))
    let axis = try node.integer("axis") ?? 1
    let lowest = opset >= 11 ? -Int64(shape.count) : 0
    guard (lowest...Int64(shape.count)).contains(axis) else {
      throw node.fault(.shapes("axis \(axis) does not exist in a tensor of \(shape.count) dimensions"))
    }
    let position = Int(axis < 0 ? axis + Int64(shape.count) : axis)
    return try view(node, shape: [shape[..<position].reduce(1, *), shape[position...].reduce(1, *)])
  }

  /// 0 keeps a dimension (unless `allowzero`), −1 takes what is left.
  mutating func reshape(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2, attributes: opset >= 14 ? ["allowzero"] : [])
    let own = shape(try node.operand(0))
    let allowZero = try node.flag("allowzero")
    let target = try node.integers(1)
    let mismatch = node.fault(.shapes("shape \(own) cannot be reshaped to \(target)"))
    guard target.count <= rankLimit, target.allSatisfy({ (-1..<1 << 31).contains($0) }) else { throw mismatch }
    guard !(allowZero && target.contains(0) && target.contains(-1)) else { throw mismatch }
    var result: [Int] = []
    for (axis, size) in target.enumerated() {
      if size == 0 && !allowZero {
        guard axis < own.count else { throw mismatch }
        result.append(own[axis])
      } else {
        result.append(Int(size))
      }
    }
    guard let count = elementCount(own) else { throw node.fault(.tooManyElements) }
    let open = result.indices.filter { result[$0] == -1 }
    if let axis = open.first {
      result[axis] = 1
      guard open.count == 1, let rest = elementCount(result), rest > 0, count.isMultiple(of: rest) else {
        throw mismatch
      }
      result[axis] = count / rest
    }
    guard elementCount(result) == count else { throw mismatch }
    return try view(node, shape: result)
  }

  /// Axes are an attribute before operator set 13, an input from then on. Nil where neither is given.
  private func axes(_ node: NodeContext) throws(ONNXError) -> [Int64]? {
    if opset >= 13 {
      try node.expect(inputs: 1...2)
      return try node.optionalIntegers(1)
    }
    try node.expect(inputs: 1...1, attributes: ["axes"])
    return try node.integers(named: "axes")
  }

  private func normalized(_ axes: [Int64], rank: Int, _ node: NodeContext) throws(ONNXError) -> Set<Int> {
    var result: Set<Int> = []
    for axis in axes where !result.insert(try node.axis(axis, rank: rank)).inserted {
      throw node.fault(.shapes("axis \(axis) is named twice"))
    }
    return result
  }

  /// Without axes, all dimensions of size 1 go.
  mutating func squeeze(_ node: NodeContext) throws(ONNXError) -> Operand {
    let axes = try axes(node)
    let own = shape(try node.operand(0))
    guard let axes else { return try view(node, shape: own.filter { $0 != 1 }) }
    let removed = try normalized(axes, rank: own.count, node)
    if let axis = removed.sorted().first(where: { own[$0] != 1 }) {
      throw node.fault(.shapes("axis \(axis) of shape \(own) is not 1 and cannot be squeezed"))
    }
    return try view(node, shape: own.indices.filter { !removed.contains($0) }.map { own[$0] })
  }

  /// Axes count in the result.
  mutating func unsqueeze(_ node: NodeContext) throws(ONNXError) -> Operand {
    guard let axes = try axes(node) else { throw node.fault(.shapes("the axes to insert are missing")) }
    let own = shape(try node.operand(0))
    guard own.count + axes.count <= rankLimit else { throw node.fault(.shapes("more than \(rankLimit) dimensions")) }
    let inserted = try normalized(axes, rank: own.count + axes.count, node)
    var rest = own[...]
    let shape = (0..<own.count + axes.count).map { inserted.contains($0) ? 1 : rest.removeFirst() }
    return try view(node, shape: shape)
  }
}
