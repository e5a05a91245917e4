// SPDX-License-Identifier: Apache-2.0

/// Where a leaf's bounds of the Relu inputs come from (specification, section 4.3).
package enum BoundsMode: UInt8, Sendable {
  /// The leaf's own analysis of its box and splits.
  case recompute = 0
  /// The root bounds, clipped by the neuron splits on the path.
  case inherit = 1
}

/// The refutation of some disjuncts of one region by a tree of pieces of its box.
package struct Proof: Hashable, Sendable {
  /// Indices into the region's disjuncts, strictly increasing, at least one.
  package var disjuncts: [Int]
  package var mode: BoundsMode
  /// One table per disjunct of this proof.
  package var alpha: [AlphaTable]
  /// What `TreeWriter` wrote.
  package var tree: [UInt8]

  package init(disjuncts: [Int], mode: BoundsMode, alpha: [AlphaTable], tree: [UInt8]) {
    self.disjuncts = disjuncts
    self.mode = mode
    self.alpha = alpha
    self.tree = tree
  }
}

/// Tuned lower slopes of unstable Relu elements: α·255 per marked element.
///
/// `nodes` is empty, or has one entry per Relu node of the graph in file order.
package struct AlphaTable: Hashable, Sendable {
  /// The marked elements of one Relu node.
  package struct Node: Hashable, Sendable {
    /// ⌈n/8⌉ bytes; bit j of byte i is element 8i + j. Empty where nothing is marked.
    package var bitmap: [UInt8]
    /// One byte per marked element, in order.
    package var values: [UInt8]

    package static let empty = Node(bitmap: [], values: [])

    private init(bitmap: [UInt8], values: [UInt8]) {
      self.bitmap = bitmap
      self.values = values
    }

    /// - Parameters:
    ///   - count: number of elements of the Relu node.
    ///   - marked: elements in strictly increasing order with their α·255.
    package init(count: Int, marked: [(element: Int, alpha: UInt8)]) {
      guard !marked.isEmpty else {
        self = .empty
        return
      }
      var bitmap = [UInt8](repeating: 0, count: (count + 7) / 8)
      var previous = -1
      for (element, _) in marked {
        precondition(element > previous && element < count, "elements must increase and lie in 0..<\(count)")
        bitmap[element >> 3] |= 1 << UInt8(element & 7)
        previous = element
      }
      self.init(bitmap: bitmap, values: marked.map(\.alpha))
    }

    /// Checks that the bitmap marks as many elements as there are values.
    init?(bitmap: [UInt8], values: [UInt8], canonical: Void) {
      guard bitmap.reduce(0, { $0 + $1.nonzeroBitCount }) == values.count else { return nil }
      self.init(bitmap: bitmap, values: values)
    }

    /// The marked elements with their α·255, in increasing order.
    package var marked: [(element: Int, alpha: UInt8)] {
      var result: [(element: Int, alpha: UInt8)] = []
      result.reserveCapacity(values.count)
      for (i, byte) in bitmap.enumerated() where byte != 0 {
        for j in 0..<8 where byte >> UInt8(j) & 1 == 1 { result.append((8 * i + j, values[result.count])) }
      }
      return result
    }
  }

  package var nodes: [Node]

  package static let empty = AlphaTable(nodes: [])

  /// A table in which nothing is marked becomes the empty table, so that each table has one encoding.
  package init(nodes: [Node]) {
    self.nodes = nodes.allSatisfy { $0.values.isEmpty } ? [] : nodes
  }
}

/// Multipliers that a leaf brings along.
package struct LeafMultipliers: Hashable, Sendable {
  /// One table per disjunct of the proof; nil: the proof's tables.
  package var alpha: [AlphaTable]?
  /// Per disjunct of the proof the multiplier of each neuron split on the path, root first; nil: all 0.
  package var beta: [[Float]]?

  package init(alpha: [AlphaTable]?, beta: [[Float]]?) {
    self.alpha = alpha
    self.beta = beta
  }
}
