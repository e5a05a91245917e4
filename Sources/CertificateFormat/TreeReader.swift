// SPDX-License-Identifier: Apache-2.0

/// One node of a proof tree as read.
package enum TreeNode: Hashable, Sendable {
  case leaf(rows: [Int], multipliers: LeafMultipliers?)
  /// `threshold` nil: the midpoint.
  case inputSplit(dimension: Int, threshold: Double?)
  case neuronSplit(relu: Int, element: Int)
  case clip(rows: [Int])

  var childCount: Int {
    switch self {
    case .leaf: 0
    case .clip: 1
    case .inputSplit, .neuronSplit: 2
    }
  }
}

/// A node with its place: `depth` ancestors, and which child of its parent it is (0 or 1; 0 for the root).
package struct TreeStep: Hashable, Sendable {
  package var node: TreeNode
  package var depth: Int
  package var child: Int
}

/// Reads a proof tree in preorder, one node at a time, in memory proportional to its depth.
package struct TreeReader: Sendable {
  /// Deeper trees are refused, so that a crafted tree cannot exhaust memory.
  package static let depthLimit = 10_000

  private struct Frame {
    var children: Int
    var visited: Int
    var isNeuronSplit: Bool
  }

  private var reader: ByteReader
  private let rowCounts: [Int]
  private var path: [Frame] = []
  private var neuronSplits = 0
  private var isStarted = false

  /// - Parameter rowCounts: number of rows of each disjunct of the proof.
  package init(tree: [UInt8], rowCounts: [Int]) {
    self.reader = ByteReader(tree)
    self.rowCounts = rowCounts
  }

  /// The next node in preorder, or nil after the last one.
  package mutating func next() throws(CertificateError) -> TreeStep? {
    var child = 0
    if isStarted {
      while let top = path.last, top.visited == top.children {
        neuronSplits -= top.isNeuronSplit ? 1 : 0
        path.removeLast()
      }
      guard let top = path.last else {
        guard reader.isAtEnd else {
          throw .unreadBytes(field: "tree", offset: reader.offset, count: reader.remaining)
        }
        return nil
      }
      child = top.visited
      path[path.count - 1].visited += 1
    }
    isStarted = true
    let offset = reader.offset
    let node = try readNode()
    let step = TreeStep(node: node, depth: path.count, child: child)
    if node.childCount > 0 {
      guard path.count < Self.depthLimit else {
        throw .invalid(field: "tree", offset: offset, reason: "it is deeper than \(Self.depthLimit) nodes")
      }
      var isNeuronSplit = false
      if case .neuronSplit = node { isNeuronSplit = true }
      neuronSplits += isNeuronSplit ? 1 : 0
      path.append(Frame(children: node.childCount, visited: 0, isNeuronSplit: isNeuronSplit))
    }
    return step
  }

  private mutating func readNode() throws(CertificateError) -> TreeNode {
    let offset = reader.offset
    let code = try reader.byte("tree node")
    guard let tag = TreeTag(rawValue: code) else {
      throw .invalid(field: "tree node", offset: offset, reason: "\(code) is not a tag of version 1")
    }
    switch tag {
    case .leaf:
      return .leaf(rows: try readRows(), multipliers: nil)
    case .leafWithMultipliers:
      let rows = try readRows()
      return .leaf(rows: rows, multipliers: try readMultipliers())
    case .splitMidpoint:
      return .inputSplit(dimension: try reader.varint("split dimension"), threshold: nil)
    case .split:
      let dimension = try reader.varint("split dimension")
      return .inputSplit(dimension: dimension, threshold: try reader.f64("split threshold"))
    case .splitNeuron:
      let relu = try reader.varint("split Relu")
      return .neuronSplit(relu: relu, element: try reader.varint("split element"))
    case .clip:
      return .clip(rows: try readRows())
    }
  }

  private mutating func readRows() throws(CertificateError) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(rowCounts.count)
    for count in rowCounts {
      guard count > 1 else {
        rows.append(0)
        continue
      }
      let offset = reader.offset
      let row = try reader.varint("row")
      guard row < count else {
        throw .invalid(field: "row", offset: offset, reason: "row \(row) of a disjunct that has \(count) rows")
      }
      rows.append(row)
    }
    return rows
  }

  private mutating func readMultipliers() throws(CertificateError) -> LeafMultipliers {
    let offset = reader.offset
    let flags = try reader.byte("leaf flags")
    guard flags >= 1, flags <= 3 else {
      throw .invalid(field: "leaf flags", offset: offset, reason: "\(flags) is not 1, 2 or 3")
    }
    var multipliers = LeafMultipliers(alpha: nil, beta: nil)
    if flags & 1 != 0 {
      var tables: [AlphaTable] = []
      for _ in rowCounts { tables.append(try AlphaTable(&reader)) }
      multipliers.alpha = tables
    }
    if flags & 2 != 0 {
      var lists: [[Float]] = []
      for _ in rowCounts {
        var list: [Float] = []
        for _ in 0..<neuronSplits { list.append(try readBeta()) }
        lists.append(list)
      }
      multipliers.beta = lists
    }
    return multipliers
  }

  private mutating func readBeta() throws(CertificateError) -> Float {
    let offset = reader.offset
    let pattern = try reader.u16("beta")
    let value = Float(bitPattern: UInt32(pattern) << 16)
    guard value.isFinite, value.sign == .plus else {
      throw .invalid(field: "beta", offset: offset, reason: "it must be finite and not negative")
    }
    return value
  }
}
