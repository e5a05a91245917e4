// SPDX-License-Identifier: Apache-2.0
/// The tree that the search grows; written to a certificate once every leaf is closed.
///
/// Nodes are numbered in the order of their creation; the children of a node are neighbours.
package struct ProofTree {
  package enum Node {
    case open
    /// Closed with these rows, one entry per disjunct of the proof.
    case leaf(rows: [Int], multipliers: Int?)
    case inputSplit(dimension: Int, child: Int)
    case neuronSplit(relu: Int, element: Int, child: Int)
    case clip(rows: [Int], child: Int)
  }

  /// Multipliers of a neuron-split leaf: β per split on its path, and its own α where the proof's table does not do.
  package struct Multipliers {
    package var alpha: [UInt8]?
    package var beta: [Float]
  }

  package private(set) var nodes: [Node] = [.open]
  package private(set) var multipliers: [Multipliers] = []

  package init() {}

  package mutating func close(_ node: Int, rows: [Int]) {
    nodes[node] = .leaf(rows: rows, multipliers: nil)
  }

  package mutating func close(_ node: Int, rows: [Int], _ values: Multipliers) {
    multipliers.append(values)
    nodes[node] = .leaf(rows: rows, multipliers: multipliers.count - 1)
  }

  package mutating func splitInput(_ node: Int, dimension: Int) -> Int {
    nodes[node] = .inputSplit(dimension: dimension, child: nodes.count)
    nodes.append(.open)
    nodes.append(.open)
    return nodes.count - 2
  }

  package mutating func splitNeuron(_ node: Int, relu: Int, element: Int) -> Int {
    nodes[node] = .neuronSplit(relu: relu, element: element, child: nodes.count)
    nodes.append(.open)
    nodes.append(.open)
    return nodes.count - 2
  }

  package mutating func clip(_ node: Int, rows: [Int]) -> Int {
    nodes[node] = .clip(rows: rows, child: nodes.count)
    nodes.append(.open)
    return nodes.count - 1
  }

  package mutating func reopen(_ node: Int) {
    nodes[node] = .open
  }

  package var leafCount: Int {
    nodes.count { if case .leaf = $0 { true } else { false } }
  }

  /// Visits nodes in preorder, first child first.
  package func visit(_ body: (_ node: Int, _ content: Node) -> Void) {
    var stack = [0]
    while let node = stack.popLast() {
      body(node, nodes[node])
      switch nodes[node] {
      case .open, .leaf: break
      case .clip(_, let child): stack.append(child)
      case .inputSplit(_, let child), .neuronSplit(_, _, let child):
        stack.append(child + 1)
        stack.append(child)
      }
    }
  }

  /// Nodes of the leaves with the given preorder ordinals.
  package func leafNodes(ordinals: Set<Int>) -> [Int] {
    var result: [Int] = [], ordinal = 0
    visit { node, content in
      guard case .leaf = content else { return }
      if ordinals.contains(ordinal) { result.append(node) }
      ordinal += 1
    }
    return result
  }
}
