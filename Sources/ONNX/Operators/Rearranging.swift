// SPDX-License-Identifier: Apache-2.0
import Graph

/// Transpose, Slice, Gather, Concat: elements move but do not change.
extension GraphBuilder {
  /// Without `perm`, the dimensions are reversed.
  mutating func transpose(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...1, attributes: ["perm"])
    let own = shape(try node.operand(0))
    let permutation = try node.integers(named: "perm") ?? own.indices.reversed().map { Int64($0) }
    guard permutation.sorted() == own.indices.map({ Int64($0) }) else {
      throw node.fault(.attribute("perm", "is \(permutation), not a permutation of \(own.count) axes"))
    }
    let map = StridedMap.transposing(own, permutation: permutation.map { Int($0) })
    return try rearrange(try node.operand(0), by: map, for: node)
  }

  /// Starts, ends, axes and steps: attributes before operator set 10, inputs from then on. Ends clamp as in numpy.
  mutating func slice(_ node: NodeContext) throws(ONNXError) -> Operand {
    let starts: [Int64]?
    let ends: [Int64]?
    let axes: [Int64]?
    let steps: [Int64]?
    if opset >= 10 {
      try node.expect(inputs: 3...5)
      (starts, ends) = (try node.integers(1), try node.integers(2))
      (axes, steps) = (try node.optionalIntegers(3), try node.optionalIntegers(4))
    } else {
      try node.expect(inputs: 1...1, attributes: ["starts", "ends", "axes"])
      (starts, ends) = (try node.integers(named: "starts"), try node.integers(named: "ends"))
      (axes, steps) = (try node.integers(named: "axes"), nil)
    }
    let own = shape(try node.operand(0))
    guard let starts, let ends, starts.count == ends.count, starts.count == axes?.count ?? starts.count,
      starts.count == steps?.count ?? starts.count, axes != nil || starts.count <= own.count
    else { throw node.fault(.shapes("starts, ends, axes and steps differ in length or are missing")) }

    var map = StridedMap(shape: own, strides: StridedMap.strides(of: own))
    var seen: Set<Int> = []
    for index in starts.indices {
      let axis = try node.axis(axes?[index] ?? Int64(index), rank: own.count)
      guard seen.insert(axis).inserted else { throw node.fault(.shapes("axis \(axis) is named twice")) }
      let step = steps?[index] ?? 1
      guard step != 0, step.magnitude <= UInt64(Int32.max) else { throw node.fault(.shapes("step \(step)")) }
      let range = Self.sliceRange(starts[index], ends[index], Int(step), size: own[axis])
      map.offset += range.start * map.strides[axis]
      map.shape[axis] = range.count
      map.strides[axis] *= Int(step)
    }
    return try rearrange(try node.operand(0), by: map, for: node)
  }

  /// First index and number of elements of `start:end:step`, as numpy clamps them.
  private static func sliceRange(
    _ start: Int64, _ end: Int64, _ step: Int, size: Int
  ) -> (start: Int, count: Int) {
    func clamped(_ position: Int64, _ lowest: Int, _ highest: Int) -> Int {
      let (shifted, overflow) = position.addingReportingOverflow(position < 0 ? Int64(size) : 0)
      return overflow ? lowest : Int(max(Int64(lowest), min(Int64(highest), shifted)))
    }
    if step > 0 {
      let first = clamped(start, 0, size)
      let count = max(0, (clamped(end, 0, size) - first + step - 1) / step)
      return (count == 0 ? 0 : first, count)
    }
    // With a negative step the specification clamps starts to 0 … size − 1, ends to −1 … size − 1.
    let first = clamped(start, min(0, size - 1), size - 1)
    let count = max(0, (first - clamped(end, -1, size - 1) - step - 1) / -step)
    return (count == 0 ? 0 : first, count)
  }

  /// Whole slices along one axis; indices may repeat, and be negative from operator set 11.
  mutating func gather(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2, attributes: ["axis"])
    let data = try node.operand(0)
    let own = shape(data)
    let axis = try node.axis(try node.integer("axis") ?? 0, rank: own.count)
    let list = try node.constant(1)
    guard case .integers(let positions, let type) = list.elements, type != .bool else {
      throw node.fault(.constantType(input: 1, expected: "integers"))
    }
    let lowest = opset >= 11 ? -Int64(own[axis]) : 0
    guard positions.allSatisfy({ (lowest..<Int64(own[axis])).contains($0) }) else {
      throw node.fault(.shapes("an index lies outside axis \(axis) of shape \(own)"))
    }
    let shape = Array(own[..<axis]) + list.shape + Array(own[(axis + 1)...])
    guard shape.count <= rankLimit else { throw node.fault(.shapes("more than \(rankLimit) dimensions")) }
    try reserve(shape, for: node)

    let inner = own[(axis + 1)...].reduce(1, *)
    var indices: [Int32] = []
    for outer in 0..<own[..<axis].reduce(1, *) {
      for position in positions {
        let row = outer * own[axis] + Int(position < 0 ? position + Int64(own[axis]) : position)
        indices.append(contentsOf: Int32(row * inner)..<Int32((row + 1) * inner))
      }
    }
    switch data {
    case .constant(let constant): return .constant(constant.gathered(indices, shape: shape))
    case .tensor(let x): return try emit(rearrangement(indices, of: x), [x], shape: shape, for: node)
    }
  }

  mutating func concat(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 1...Int.max, attributes: ["axis"])
    var parts: [Operand] = []
    for index in node.operands.indices { parts.append(try node.operand(index)) }
    guard let wanted = try node.integer("axis") else { throw node.fault(.attribute("axis", "is missing")) }
    let shapes = parts.map { self.shape($0) }
    let first = shapes[0]
    let axis = try node.axis(wanted, rank: first.count)
    guard opset >= 11 || wanted >= 0 else { throw node.fault(.attribute("axis", "is negative")) }
    for other in shapes {
      guard other.count == first.count, first.indices.allSatisfy({ $0 == axis || other[$0] == first[$0] }) else {
        throw node.fault(.shapes("shapes \(first) and \(other) cannot be concatenated along axis \(axis)"))
      }
    }
    var shape = first
    shape[axis] = shapes.reduce(0) { $0 + $1[axis] }
    try reserve(shape, bytesPerElement: 40, for: node)
    let rows = shape[..<axis].reduce(1, *)
    let widths = shapes.map { $0[axis...].reduce(1, *) }
    return try join(parts, rows: rows, widths: widths, shape: shape, node)
  }

  /// Row by row, `widths[k]` elements of part k.
  private mutating func join(
    _ parts: [Operand], rows: Int, widths: [Int], shape: [Int], _ node: NodeContext
  ) throws(ONNXError) -> Operand {
    var inputs: [TensorIndex] = []
    var constants: [ConstantTensor] = []
    for part in parts {
      switch part {
      case .tensor(let x): inputs.append(x)
      case .constant(let constant): constants.append(constant)
      }
    }
    guard !inputs.isEmpty else { return .constant(try joined(constants, rows, widths, shape, node)) }

    var sources: [ConcatenationSource] = []
    var reals: [[Double]] = []
    for constant in constants { reals.append(try self.reals(constant, for: node)) }
    for row in 0..<rows {
      var input = 0
      var constant = 0
      for (part, width) in zip(parts, widths) {
        let range = row * width..<(row + 1) * width
        switch part {
        case .tensor:
          sources += range.map { .element(input: input, index: $0) }
          input += 1
        case .constant:
          sources += reals[constant][range].map { .constant($0) }
          constant += 1
        }
      }
    }
    return try emit(.concatenation(sources), inputs, shape: shape, for: node)
  }

  private func joined(
    _ parts: [ConstantTensor], _ rows: Int, _ widths: [Int], _ shape: [Int], _ node: NodeContext
  ) throws(ONNXError) -> ConstantTensor {
    var reals: [Double] = []
    var integers: [Int64] = []
    for row in 0..<rows {
      for (part, width) in zip(parts, widths) {
        switch (part.elements, parts[0].elements) {
        case (.reals(let values, let type), .reals(_, let firstType)) where type == firstType:
          reals += values[row * width..<(row + 1) * width]
        case (.integers(let values, let type), .integers(_, let firstType)) where type == firstType:
          integers += values[row * width..<(row + 1) * width]
        default: throw node.fault(.typesDiffer)
        }
      }
    }
    switch parts[0].elements {
    case .reals(_, let type): return ConstantTensor(shape: shape, elements: .reals(reals, type))
    case .integers(_, let type): return ConstantTensor(shape: shape, elements: .integers(integers, type))
    }
  }
}
