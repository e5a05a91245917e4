// SPDX-License-Identifier: Apache-2.0
import Graph

extension GraphBuilder {
  /// Constant elements around a tensor; nothing is cut off (negative pads are refused), other modes are refused.
  ///
  /// Pads and value are attributes before operator set 11, inputs from then on; a list of axes came with 18.
  mutating func pad(_ node: NodeContext) throws(ONNXError) -> Operand {
    let pads: [Int64]
    var value = 0.0
    if opset >= 11 {
      try node.expect(inputs: 2...(opset >= 18 ? 4 : 3), attributes: ["mode"])
      pads = try node.integers(1)
      if let constant = try node.optionalConstant(2) {
        let values = try reals(constant, for: node)
        guard values.count == 1 else { throw node.fault(.shapes("the padding value needs exactly one element")) }
        value = values[0]
      }
    } else {
      try node.expect(inputs: 1...1, attributes: ["mode", "pads", "value"])
      pads = try node.integers(named: "pads") ?? []
      value = try node.float("value", default: 0)
    }
    guard try node.text("mode", default: "constant") == "constant" else {
      throw node.fault(.unsupported("does not pad with a constant"))
    }
    guard case .tensor(let x) = try node.operand(0) else { throw node.fault(.unsupported("has a constant input")) }
    let own = tensors[x].shape
    let axes = try padAxes(rank: own.count, node)
    guard pads.count == 2 * axes.count, pads.allSatisfy({ $0 < 1 << 31 }) else {
      throw node.fault(.shapes("pads \(pads) do not fit a tensor of shape \(own)"))
    }
    guard pads.allSatisfy({ $0 >= 0 }) else { throw node.fault(.unsupported("cuts elements off (pads \(pads))")) }

    var shape = own
    var begins = [Int](repeating: 0, count: own.count)
    for (position, axis) in axes.enumerated() {
      begins[axis] = Int(pads[position])
      shape[axis] += Int(pads[position]) + Int(pads[position + axes.count])
    }
    if shape == own { return try emit(.view, [x], shape: shape, for: node) }
    let count = try reserve(shape, bytesPerElement: 40, for: node)
    var sources = [ConcatenationSource](repeating: .constant(value), count: count)
    let strides = StridedMap.strides(of: shape)
    let start = zip(begins, strides).reduce(0) { $0 + $1.0 * $1.1 }
    for (index, target) in StridedMap(shape: own, offset: start, strides: strides).indices().enumerated() {
      sources[Int(target)] = .element(input: 0, index: index)
    }
    return try emit(.concatenation(sources), [x], shape: shape, for: node)
  }

  /// The axes that the pads are given for: all, unless the fourth input names some.
  private func padAxes(rank: Int, _ node: NodeContext) throws(ONNXError) -> [Int] {
    guard let named = try node.optionalIntegers(3) else { return Array(0..<rank) }
    var axes: [Int] = []
    for axis in named { axes.append(try node.axis(axis, rank: rank)) }
    guard Set(axes).count == axes.count else { throw node.fault(.shapes("axes \(named) repeat")) }
    return axes
  }
}
