// SPDX-License-Identifier: Apache-2.0

/// Which node makes which name, checked: one meaning per name, nothing missing, no cycle, nodes in order.
///
/// All nodes are checked, also those the output does not need; only needed ones are interpreted.
struct GraphStructure {
  /// Initializers that the file also lists as inputs are not inputs (IR 3 demands it, later versions allow it).
  let input: ValueInfoProto
  let output: ValueInfoProto
  /// Nodes the output depends on, as positions in `GraphProto.nodes`, in order.
  let neededNodes: [Int]
  /// Names read by needed nodes, and the output's own.
  let usedNames: Set<Identifier>

  init(_ graph: GraphProto) throws(ONNXError) {
    let constants = Set(graph.initializers.map { Identifier($0.name) })
    var inputNames: Set<Identifier> = []
    for input in graph.inputs where !inputNames.insert(Identifier(input.name)).inserted {
      throw .structure(.duplicateInput(input.name))
    }
    let inputs = graph.inputs.filter { !constants.contains(Identifier($0.name)) }
    guard let input = inputs.first, inputs.count == 1 else { throw .model(.inputCount(inputs.map(\.name))) }
    guard let output = graph.outputs.first, graph.outputs.count == 1 else {
      throw .model(.outputCount(graph.outputs.map(\.name)))
    }

    let producers = try Self.producers(graph, given: constants.union(inputNames))
    let known = constants.union(inputNames)
    try Self.checkOrder(graph, producers: producers, given: known)
    let outputName = Identifier(output.name)
    guard producers[outputName] != nil || known.contains(outputName) else {
      throw .structure(.outputNotProduced(tensor: output.name))
    }
    self.input = input
    self.output = output

    var used: Set<Identifier> = [outputName]
    var needed: [Int] = []
    for index in graph.nodes.indices.reversed() where graph.nodes[index].outputs.contains(where: used.contains) {
      needed.append(index)
      used.formUnion(graph.nodes[index].inputs.filter { !$0.text.isEmpty })
    }
    neededNodes = needed.reversed()
    usedNames = used
  }

  private static func producers(_ graph: GraphProto, given: Set<Identifier>) throws(ONNXError) -> [Identifier: Int] {
    var producers: [Identifier: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.text.isEmpty {
        guard !given.contains(output), producers.updateValue(index, forKey: output) == nil else {
          throw .structure(.producedTwice(tensor: output.text))
        }
      }
    }
    return producers
  }

  private static func checkOrder(
    _ graph: GraphProto, producers: [Identifier: Int], given: Set<Identifier>
  ) throws(ONNXError) {
    for (index, node) in graph.nodes.enumerated() {
      for name in node.inputs where !name.text.isEmpty && !given.contains(name) {
        guard let producer = producers[name] else {
          throw .structure(.notProduced(tensor: name.text, node: node.name))
        }
        guard producer >= index else { continue }
        if depends(producer, on: index, graph, producers) {
          throw .structure(.cycle(tensor: name.text, node: node.name))
        }
        throw .structure(.unsorted(tensor: name.text, node: node.name, producer: graph.nodes[producer].name))
      }
    }
  }

  /// Whether node `start` is node `goal` or reads from it, directly or through others.
  private static func depends(_ start: Int, on goal: Int, _ graph: GraphProto, _ producers: [Identifier: Int]) -> Bool {
    var seen: Set<Int> = []
    var open = [start]
    while let node = open.popLast() {
      if node == goal { return true }
      guard seen.insert(node).inserted else { continue }
      open += graph.nodes[node].inputs.compactMap { producers[$0] }
    }
    return false
  }
}
