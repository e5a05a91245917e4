// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Graph

/// A neuron split on the path to a leaf: z ≥ 0 where `isActive`, else z ≤ 0.
struct NeuronSplit: Hashable, Sendable {
  var relu: Int
  var element: Int
  var isActive: Bool
}

/// Valid bounds of every tensor on each piece of a batch (specification, section 4.3).
///
/// A class, because the walk backwards reads it while it grows: bounds of a Relu's input come from bounds of earlier tensors.
final class Analysis {
  let network: Network
  /// Number of pieces.
  let count: Int
  /// Per tensor, one row per piece, or one shared row.
  private(set) var bounds: [Bounds?]
  /// Per node: −E in both ends, the reach of the rounding errors; nil for exact nodes.
  private(set) var errors: [Bounds?]
  /// Minus the sum of the magnitudes of all terms since the last Relu or the input, per linear operator's output; empty under `real`.
  private var chainSums: [TensorIndex: Matrix] = [:]
  /// Per tensor: no piece has a negative lower end.
  private(set) var isNonnegative: [Bool]
  /// Per Relu: the slopes of the table in section 4.1, per piece or shared.
  private(set) var slopes: [Slopes?]
  /// Per piece: no execution reaches it.
  private(set) var isClosed: [Bool]

  private init(_ network: Network, count: Int) {
    self.network = network
    self.count = count
    bounds = Array(repeating: nil, count: network.graph.tensors.count)
    errors = Array(repeating: nil, count: network.graph.nodes.count)
    isNonnegative = Array(repeating: false, count: network.graph.tensors.count)
    slopes = Array(repeating: nil, count: network.reluNodes.count)
    isClosed = Array(repeating: false, count: count)
  }

  /// The analysis of boxes with splits.
  ///
  /// - Parameters:
  ///   - root: the analysis of the whole region, whose bounds are intersected with; nil for the region itself.
  ///   - refining: false leaves out the bounds by 4.1 (a forward pass of a point needs none).
  /// - Throws: `.notFinite` with the node where a bound is infinite or NaN.
  convenience init(
    of pieces: [Piece], network: Network, root: Analysis?, refining: Bool = true, threads: Int = 1
  ) throws(Rejection) {
    self.init(network, count: pieces.count)
    let input = Bounds(rows: count, columns: network.graph.inputCount)
    for (leaf, piece) in pieces.enumerated() {
      input.lower.update(row: leaf) { row in for j in row.indices { row[j] = piece.lower[j] } }
      input.negUpper.update(row: leaf) { row in for j in row.indices { row[j] = piece.negUpper[j] } }
      for j in 0..<piece.lower.count where piece.lower[j] > -piece.negUpper[j] { isClosed[leaf] = true }
    }
    set(input, for: network.graph.input)
    for (index, node) in network.graph.nodes.enumerated() {
      switch network.rules[index] {
      case .affine(let rule): try propagate(index, rule)
      case .relu(let relu):
        try tighten(relu, pieces: pieces, root: root, refining: refining && network.isRefined[relu], threads: threads)
        set(reluImage(of: try bounds(of: node.inputs[0])), for: node.output)
      }
    }
  }

  /// The root bounds, clipped by each piece's splits: mode `inherit`.
  convenience init(inheriting root: Analysis, pieces: [Piece]) throws(Rejection) {
    self.init(root.network, count: pieces.count)
    bounds = root.bounds
    errors = root.errors
    isNonnegative = root.isNonnegative
    slopes = root.slopes
    isClosed = Array(repeating: root.isClosed[0], count: count)
    for relu in network.reluNodes.indices where pieces.contains(where: { $0.splits.contains { $0.relu == relu } }) {
      let tensor = network.reluInput(relu)
      let shared = try root.bounds(of: tensor)
      let own = Bounds(rows: count, columns: network.width(tensor))
      for leaf in 0..<count {
        own.lower.copyRow(leaf, from: shared.lower, row: 0)
        own.negUpper.copyRow(leaf, from: shared.negUpper, row: 0)
      }
      clip(own, relu: relu, pieces: pieces)
      bounds[tensor] = own
      slopes[relu] = defaultSlopes(own)
    }
  }

  /// The bounds of a tensor that has been reached.
  func bounds(of tensor: TensorIndex) throws(Rejection) -> Bounds {
    guard let bounds = bounds[tensor] else { throw Rejection(.notFinite(node: network.graph.tensors[tensor].name)) }
    return bounds
  }

  private func set(_ value: Bounds, for tensor: TensorIndex) {
    bounds[tensor] = value
    isNonnegative[tensor] = (0..<value.lower.rows).allSatisfy { leaf in
      value.lower.read(row: leaf) { row in
        for j in row.indices where !(row[j] >= 0) { return false }
        return true
      }
    }
  }

  // MARK: Affine nodes

  private func propagate(_ index: Int, _ rule: any AffineRule) throws(Rejection) {
    let node = network.graph.nodes[index]
    let image = Bounds(rows: count, columns: network.width(node.output))
    var inputs: [Bounds] = []
    for input in node.inputs { inputs.append(try bounds(of: input)) }
    if let bias = rule.bias {
      for leaf in 0..<count {
        image.lower.copyRow(leaf, from: bias.lower, row: 0)
        image.negUpper.copyRow(leaf, from: bias.negUpper, row: 0)
      }
    }
    rule.addImage(of: inputs, rows: count, to: image, network.kernels)
    if network.semantics == .float32AnyOrder, let error = roundingError(index, rule, inputs, columns: image.lower.columns) {
      network.kernels.add(Block(error), to: Block(image.lower))
      network.kernels.add(Block(error), to: Block(image.negUpper))
      errors[index] = Bounds(lower: error, negUpper: error)
    }
    guard image.lower.isFinite(rows: count), image.negUpper.isFinite(rows: count) else {
      throw Rejection(.notFinite(node: node.name))
    }
    set(image, for: node.output)
  }

  /// −E = γ·(−|W|·G − |b|) − m·2⁻¹⁴⁹, rounded down (specification, section 5), with G the sum of the magnitudes of all terms of the chain
  /// so far: H behind a Relu or the input, |W|·G + |b| after each linear operator. Each output of a chain has an error of its own, so
  /// cancellation between the terms must not make E smaller.
  ///
  /// Nil where the operator only moves numbers.
  private func roundingError(_ index: Int, _ rule: any AffineRule, _ inputs: [Bounds], columns: Int) -> Matrix? {
    let node = network.graph.nodes[index]
    let sum = Matrix(rows: count, columns: columns)
    if let bias = rule.bias { for leaf in 0..<count { bias.copyNegativeMagnitude(row: 0, to: sum, row: leaf) } }
    let heights = zip(node.inputs, inputs).map { tensor, input in
      if let sum = chainSums[tensor] { return sum }
      let height = Matrix(rows: count, columns: input.lower.columns)
      for leaf in 0..<count { input.copyNegativeMagnitude(row: input.row(of: leaf), to: height, row: leaf) }
      return height
    }
    rule.addMagnitude(of: heights, rows: count, to: sum, network.kernels)
    chainSums[node.output] = sum
    guard let term = network.roundingTerms[index] else { return nil }
    let error = sum.copy()
    network.kernels.multiplyAdd(Block(error), factor: term.gamma, addend: -term.underflow)
    network.kernels.multiplyAdd(Block(sum), factor: term.onePlusGamma, addend: -term.underflow)
    return error
  }

  // MARK: Relu nodes

  private func reluImage(of input: Bounds) -> Bounds {
    let image = Bounds(rows: count, columns: input.lower.columns)
    for leaf in 0..<count {
      input.lower.read(row: leaf) { l in image.lower.update(row: leaf) { y in for j in y.indices { y[j] = max(0, l[j]) } } }
      input.negUpper.read(row: leaf) { u in
        image.negUpper.update(row: leaf) { y in for j in y.indices { y[j] = min(0, u[j]) } }
      }
    }
    return image
  }

  private func tighten(
    _ relu: Int, pieces: [Piece], root: Analysis?, refining: Bool, threads: Int
  ) throws(Rejection) {
    let z = try bounds(of: network.reluInput(relu))
    if let root {
      let outer = try root.bounds(of: network.reluInput(relu))
      for leaf in 0..<count {
        raise(z.lower, row: leaf, to: outer.lower)
        raise(z.negUpper, row: leaf, to: outer.negUpper)
      }
    }
    clip(z, relu: relu, pieces: pieces)
    if refining {
      try refine(relu, z, threads: threads)
      for leaf in 0..<count { closeIfEmpty(z, leaf) }
    }
    slopes[relu] = defaultSlopes(z)
  }

  private func raise(_ matrix: Matrix, row: Int, to other: Matrix) {
    other.read(row: 0) { least in
      matrix.update(row: row) { values in for j in values.indices where least[j] > values[j] { values[j] = least[j] } }
    }
  }

  private func clip(_ z: Bounds, relu: Int, pieces: [Piece]) {
    for (leaf, piece) in pieces.enumerated() {
      for split in piece.splits where split.relu == relu {
        let matrix = split.isActive ? z.lower : z.negUpper
        matrix[leaf, split.element] = max(0, matrix[leaf, split.element])
      }
      closeIfEmpty(z, leaf)
    }
  }

  private func closeIfEmpty(_ z: Bounds, _ leaf: Int) {
    let isEmpty = z.lower.read(row: leaf) { l in
      z.negUpper.read(row: leaf) { u in
        for j in l.indices where l[j] > -u[j] { return true }
        return false
      }
    }
    if isEmpty { isClosed[leaf] = true }
  }

  /// Intersects unstable elements with the bounds of the rows z_j and −z_j.
  private func refine(_ relu: Int, _ z: Bounds, threads: Int) throws(Rejection) {
    let tensor = network.reluInput(relu)
    var leaves: [UInt32] = []
    var units: [Coefficients.Unit] = []
    for leaf in 0..<count where !isClosed[leaf] {
      z.lower.read(row: leaf) { l in
        z.negUpper.read(row: leaf) { u in
          for j in l.indices where l[j] < 0 && u[j] < 0 {
            leaves.append(contentsOf: [UInt32(leaf), UInt32(leaf)])
            units.append(.init(element: j, sign: 1))
            units.append(.init(element: j, sign: -1))
          }
        }
      }
    }
    let chunk = network.chunkRows
    let chunkCount = (units.count + chunk - 1) / chunk
    let results = try parallelMap(count: chunkCount, threads: threads) { (i) throws(Rejection) -> [Double] in
      let range = i * chunk..<min(units.count, (i + 1) * chunk)
      var walk = Walk(self, leaves: Array(leaves[range]))
      walk.start(.units(Array(units[range])), at: tensor)
      return try walk.finish()
    }
    for (row, bound) in results.joined().enumerated() where bound.isFinite {
      let matrix = units[row].sign > 0 ? z.lower : z.negUpper
      let leaf = Int(leaves[row])
      if bound > matrix[leaf, units[row].element] { matrix[leaf, units[row].element] = bound }
    }
  }
}

extension Bounds {
  /// target = −max(|lower|, |upper|): the least of lower, −upper and 0.
  func copyNegativeMagnitude(row: Int, to target: Matrix, row targetRow: Int) {
    lower.read(row: row) { l in
      negUpper.read(row: row) { u in
        target.update(row: targetRow) { y in for j in y.indices { y[j] = min(l[j], u[j], 0) } }
      }
    }
  }
}

/// λ/Λ per element, for Λ ≥ 0 and Λ < 0 (specification, section 4.1). The quotient may be rounded in any way.
func defaultSlopes(_ z: Bounds) -> Slopes {
  let slopes = Slopes(
    positive: Matrix(rows: z.lower.rows, columns: z.lower.columns),
    negative: Matrix(rows: z.lower.rows, columns: z.lower.columns), offset: nil)
  for leaf in 0..<z.lower.rows {
    z.lower.read(row: leaf) { l in
      z.negUpper.read(row: leaf) { negU in
        slopes.positive.update(row: leaf) { positive in
          for j in positive.indices { positive[j] = l[j] >= 0 ? 1 : negU[j] >= 0 ? 0 : -negU[j] > -l[j] ? 1 : 0 }
        }
        slopes.negative.update(row: leaf) { negative in
          for j in negative.indices { negative[j] = l[j] >= 0 ? 1 : negU[j] >= 0 ? 0 : negU[j] / (negU[j] + l[j]) }
        }
      }
    }
  }
  return slopes
}
