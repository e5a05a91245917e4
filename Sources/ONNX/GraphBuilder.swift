// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// Turns the nodes the output needs into a `Graph`, one after the other. Each operator is a method in `Operators/`.
struct GraphBuilder {
  let opset: Int
  let elementType: ElementType
  private let proto: GraphProto
  private let structure: GraphStructure
  private(set) var tensors: [TensorInfo] = []
  private var nodes: [Node] = []
  private var values: [Identifier: Operand]
  private var takenNames: Set<Identifier>
  /// What derived arrays (folded constants, index lists, per-element scales) may still take up.
  private var bytesLeft: Int
  private let byteLimit: Int

  init(
    _ proto: GraphProto, structure: GraphStructure, opset: Int, constants: [Identifier: ConstantTensor],
    fileSize: Int
  ) throws(ONNXError) {
    self.proto = proto
    self.structure = structure
    self.opset = opset
    // Generous for real models, and small files cannot make us work for long.
    byteLimit = min(1 << 31, 1 << 29 + 64 * min(fileSize, 1 << 31))
    bytesLeft = byteLimit
    let input = structure.input
    guard input.isTensor else { throw .model(.notATensor(value: input.name)) }
    guard let type = ElementType(rawValue: UInt8(clamping: input.elementType)) else {
      throw .model(.elementType(value: input.name, code: input.elementType))
    }
    elementType = type
    values = constants.mapValues { .constant($0) }
    takenNames = structure.usedNames.union([Identifier(input.name)])
    for node in proto.nodes { takenNames.formUnion(node.outputs) }
    tensors = [TensorInfo(name: input.name, shape: try Self.inputShape(input))]
    values[Identifier(input.name)] = .tensor(0)
  }

  /// The static shape of the input: a first dimension that is symbolic, 0 or −1 means any batch size and becomes 1.
  private static func inputShape(_ input: ValueInfoProto) throws(ONNXError) -> [Int] {
    guard let declared = input.shape else { throw .model(.noShape(input: input.name)) }
    guard declared.count <= rankLimit else { throw .tensor(name: input.name, .rankTooLarge(declared.count)) }
    var shape: [Int64] = []
    for (axis, dimension) in declared.enumerated() {
      switch dimension {
      case .size(let size) where size > 0: shape.append(size)
      case .size(let size):
        guard axis == 0 else {
          throw .model(.symbolicDimension(input: input.name, axis: axis, symbol: "\(size)"))
        }
        shape.append(1)
      case .symbol(let symbol):
        guard axis == 0 else { throw .model(.symbolicDimension(input: input.name, axis: axis, symbol: symbol)) }
        shape.append(1)
      }
    }
    guard elementCount(shape.map { Int($0) }) != nil else {
      throw .model(.tooManyElements(value: input.name, shape: shape))
    }
    return shape.map { Int($0) }
  }

  mutating func build() throws(ONNXError) -> Graph {
    for index in structure.neededNodes {
      let node = proto.nodes[index]
      let furtherOutputs = node.outputs.dropFirst().filter { !$0.text.isEmpty }
      let context = try NodeContext(
        node, opset: opset, operands: node.inputs.map { $0.text.isEmpty ? nil : values[$0] },
        usesFurtherOutputs: furtherOutputs.contains(where: structure.usedNames.contains))
      guard let output = node.outputs.first, !output.text.isEmpty else {
        throw context.fault(.unsupported("leaves out its first output"))
      }
      values[output] = try interpret(context)
    }
    let output = structure.output
    guard case .tensor(let index) = values[Identifier(output.name)] else {
      throw .model(.outputIsConstant(output: output.name))
    }
    try checkDeclared(output, computed: tensors[index].shape)
    return pruned(Graph(elementType: elementType, tensors: tensors, input: 0, output: index, nodes: nodes))
  }

  /// The file's own statement about the output must agree with what was computed, apart from symbolic dimensions.
  private func checkDeclared(_ output: ValueInfoProto, computed: [Int]) throws(ONNXError) {
    guard output.isTensor else { throw .model(.notATensor(value: output.name)) }
    guard output.elementType == Int64(elementType.rawValue) else {
      throw .model(.elementType(value: output.name, code: output.elementType))
    }
    guard let declared = output.shape else { return }
    let agrees =
      declared.count == computed.count
      && zip(declared, computed).allSatisfy { declared, computed in
        guard case .size(let size) = declared, size > 0 else { return true }
        return size == Int64(computed)
      }
    guard agrees else {
      let text = declared.map { dimension in
        switch dimension {
        case .size(let size): "\(size)"
        case .symbol(let symbol): symbol.isEmpty ? "?" : symbol
        }
      }
      throw .model(
        .outputDiffers(output: output.name, declared: "[\(text.joined(separator: ", "))]", computed: "\(computed)"))
    }
  }

  /// Without the nodes that only shape arithmetic looked at.
  private func pruned(_ graph: Graph) -> Graph {
    var isNeeded = [Bool](repeating: false, count: graph.tensors.count)
    isNeeded[graph.input] = true
    isNeeded[graph.output] = true
    for node in graph.nodes.reversed() where isNeeded[node.output] {
      for input in node.inputs { isNeeded[input] = true }
    }
    var newIndex = [Int](repeating: 0, count: graph.tensors.count)
    var result = Graph(elementType: graph.elementType, tensors: [], input: 0, output: 0, nodes: [])
    for index in graph.tensors.indices where isNeeded[index] {
      newIndex[index] = result.tensors.count
      result.tensors.append(graph.tensors[index])
    }
    result.input = newIndex[graph.input]
    result.output = newIndex[graph.output]
    for var node in graph.nodes where isNeeded[node.output] {
      node.inputs = node.inputs.map { newIndex[$0] }
      node.output = newIndex[node.output]
      result.nodes.append(node)
    }
    return result
  }

  // MARK: For the operators

  func shape(_ operand: Operand) -> [Int] {
    switch operand {
    case .tensor(let index): tensors[index].shape
    case .constant(let constant): constant.shape
    }
  }

  /// Adds the last (or only) node for `context`; its output carries the file's name.
  mutating func emit(
    _ operation: Operation, _ inputs: [TensorIndex], shape: [Int], for context: NodeContext
  ) throws(ONNXError) -> Operand {
    .tensor(try append(operation, inputs, shape: shape, name: context.proto.outputs[0].text, for: context))
  }

  /// Adds a node in front of the last one; its output gets a name that the file does not use.
  mutating func emitPart(
    _ operation: Operation, _ inputs: [TensorIndex], shape: [Int], for context: NodeContext
  ) throws(ONNXError) -> TensorIndex {
    var number = 1
    var name = ""
    repeat {
      name = "\(context.proto.outputs[0].text)#\(number)"
      number += 1
    } while !takenNames.insert(Identifier(name)).inserted
    return try append(operation, inputs, shape: shape, name: name, for: context)
  }

  private mutating func append(
    _ operation: Operation, _ inputs: [TensorIndex], shape: [Int], name: String, for context: NodeContext
  ) throws(ONNXError) -> TensorIndex {
    guard let count = elementCount(shape) else { throw context.fault(.tooManyElements) }
    guard count > 0 else { throw context.fault(.shapes("the result has no elements (shape \(shape))")) }
    tensors.append(TensorInfo(name: name, shape: shape))
    nodes.append(
      Node(
        name: context.proto.name, operatorName: context.proto.operatorName, inputs: inputs, output: tensors.count - 1,
        operation: operation))
    return tensors.count - 1
  }

  /// Checks that an array of the shape's size may be made, before it is made.
  ///
  /// - Returns: the number of elements.
  @discardableResult
  mutating func reserve(
    _ shape: [Int], bytesPerElement: Int = 8, for context: NodeContext
  ) throws(ONNXError) -> Int {
    guard let count = elementCount(shape) else { throw context.fault(.tooManyElements) }
    guard count * bytesPerElement <= bytesLeft else {
      throw context.fault(.tooMuchDerivedData(limitMiB: byteLimit >> 20))
    }
    bytesLeft -= count * bytesPerElement
    return count
  }

  /// Reads `operand` through a strided map: folded for a constant, `gather` (or `view` where nothing moves) for a tensor.
  mutating func rearrange(
    _ operand: Operand, by map: StridedMap, for context: NodeContext
  ) throws(ONNXError) -> Operand {
    try reserve(map.shape, for: context)
    let indices = map.indices()
    switch operand {
    case .constant(let constant): return .constant(constant.gathered(indices, shape: map.shape))
    case .tensor(let index):
      return try emit(rearrangement(indices, of: index), [index], shape: map.shape, for: context)
    }
  }

  func rearrangement(_ indices: [Int32], of index: TensorIndex) -> Operation {
    let isIdentity =
      indices.count == tensors[index].elementCount && indices.enumerated().allSatisfy { $0.offset == Int($0.element) }
    return isIdentity ? .view : .gather(indices: indices)
  }

  /// The tensor broadcast to a shape of its own or a higher element count.
  mutating func broadcast(
    _ index: TensorIndex, to shape: [Int], for context: NodeContext
  ) throws(ONNXError) -> TensorIndex {
    let own = tensors[index].shape
    guard own != shape else { return index }
    if tensors[index].elementCount == elementCount(shape) {  // only leading dimensions of 1 are new
      return try emitPart(.view, [index], shape: shape, for: context)
    }
    try reserve(shape, bytesPerElement: 4, for: context)
    let indices = StridedMap.broadcasting(own, to: shape).indices()
    return try emitPart(.gather(indices: indices), [index], shape: shape, for: context)
  }

  /// The constant's reals, broadcast to a shape, with the element type checked. Room for a scale and an offset is reserved too.
  mutating func reals(
    _ constant: ConstantTensor, broadcastTo shape: [Int], for context: NodeContext
  ) throws(ONNXError) -> [Double] {
    let values = try reals(constant, for: context)
    let count = try reserve(shape, bytesPerElement: 40, for: context)
    guard constant.shape != shape else { return values }
    if values.count == count { return values }
    if values.count == 1 { return [Double](repeating: values[0], count: count) }
    return StridedMap.broadcasting(constant.shape, to: shape).indices().map { values[Int($0)] }
  }

  func reals(_ constant: ConstantTensor, for context: NodeContext) throws(ONNXError) -> [Double] {
    guard case .reals(let values, let type) = constant.elements, type == elementType else {
      throw context.fault(.typesDiffer)
    }
    return values
  }
}
