// SPDX-License-Identifier: Apache-2.0
import Graph

/// The walk backwards of section 4.1 for a batch of rows, each in the piece of its leaf.
///
/// Keeps for every row the inequality: row's left side ≥ κ + Σ over tensors t of Λ_t·t, on every execution in the row's piece.
/// Each step moves Λ from a tensor to the inputs of its node without breaking it; at the end only the input's Λ is left.
struct Walk {
  private let analysis: Analysis
  private let network: Network
  private let leaves: [UInt32]
  private let sharedLeaf: [UInt32]
  private var kappa: [Double]
  private var pending: [Contribution?]
  /// Per Relu: slopes instead of the analysis' own, one row per row of the walk.
  private var ownSlopes: [Slopes?] = []
  private let rowIndex: [UInt32]

  /// - Parameter leaves: per row the piece of the analysis.
  init(_ analysis: Analysis, leaves: [UInt32]) {
    self.analysis = analysis
    self.network = analysis.network
    self.leaves = leaves
    sharedLeaf = [UInt32](repeating: 0, count: leaves.count)
    rowIndex = leaves.indices.map { UInt32($0) }
    kappa = [Double](repeating: 0, count: leaves.count)
    pending = Array(repeating: nil, count: network.graph.tensors.count)
  }

  /// Adds coefficients to a tensor. `negHigh` as in `Contribution`.
  mutating func start(_ low: Coefficients, negHigh: Matrix? = nil, at tensor: TensorIndex) {
    add(Contribution(low: low, negHigh: negHigh), to: tensor)
  }

  /// κ of every row at the start.
  mutating func start(constants: [Double]) {
    precondition(constants.count == leaves.count, "one constant per row")
    kappa = constants
  }

  mutating func use(slopes: [Slopes?]) { ownSlopes = slopes }

  /// κ including the input's term.
  mutating func finish() throws(Rejection) -> [Double] {
    let input = try reachInput()
    network.kernels.concretize(
      Block(input), over: try analysis.bounds(of: network.graph.input), leaves: leaves, into: &kappa)
    return kappa
  }

  /// κ without the input's term, and Λ of the input.
  mutating func finishAtInput() throws(Rejection) -> (kappa: [Double], coefficients: Matrix) {
    let input = try reachInput()
    return (kappa, input)
  }

  private mutating func reachInput() throws(Rejection) -> Matrix {
    for index in network.graph.nodes.indices.reversed() {
      let node = network.graph.nodes[index]
      guard let contribution = pending[node.output] else { continue }
      pending[node.output] = nil
      let coefficients = try settle(contribution, at: node.output)
      switch network.rules[index] {
      case .affine(let rule): stepThrough(index, rule, coefficients)
      case .relu(let relu): try stepThroughRelu(relu, coefficients)
      }
    }
    let tensor = network.graph.input
    guard let contribution = pending[tensor] else { return Matrix(rows: leaves.count, columns: network.width(tensor)) }
    return try settle(contribution, at: tensor).dense(columns: network.width(tensor))
  }

  /// Keeps the lower end as the coefficient and pays for the rest (specification, section 4.2).
  private mutating func settle(_ contribution: Contribution, at tensor: TensorIndex) throws(Rejection) -> Coefficients {
    guard let negHigh = contribution.negHigh, !analysis.isNonnegative[tensor] else { return contribution.low }
    let low = contribution.low.dense(columns: network.width(tensor))
    network.kernels.charge(
      low: Block(low), negHigh: Block(negHigh), lower: try analysis.bounds(of: tensor).lower, leaves: leaves, into: &kappa)
    return .matrix(low)
  }

  private mutating func stepThrough(_ index: Int, _ rule: any AffineRule, _ coefficients: Coefficients) {
    let node = network.graph.nodes[index]
    if let bias = rule.bias { concretize(coefficients, over: bias, leaves: sharedLeaf) }
    if let error = analysis.errors[index] {
      concretize(coefficients, over: error, leaves: error.isShared ? sharedLeaf : leaves)
    }
    var pullback = Pullback(
      kernels: network.kernels, rows: leaves.count, outputCount: network.width(node.output),
      inputCounts: node.inputs.map(network.width), needsHigh: node.inputs.map { !analysis.isNonnegative[$0] })
    rule.pullBack(coefficients, into: &pullback)
    for (input, contribution) in pullback.contributions { add(contribution, to: node.inputs[input]) }
  }

  private mutating func stepThroughRelu(_ relu: Int, _ coefficients: Coefficients) throws(Rejection) {
    let tensor = network.reluInput(relu)
    let matrix = coefficients.dense(columns: network.width(tensor))
    let own = ownSlopes.isEmpty ? nil : ownSlopes[relu]
    guard let slopes = own ?? analysis.slopes[relu] else { throw Rejection(.notFinite(node: network.graph.tensors[tensor].name)) }
    network.kernels.relu(
      Block(matrix), bounds: try analysis.bounds(of: tensor), leaves: leaves, slopes: slopes,
      slopeRows: own == nil ? leaves : rowIndex, into: &kappa)
    add(Contribution(low: .matrix(matrix), negHigh: nil), to: tensor)
  }

  /// κ += min over the bounds of Λ·v.
  private mutating func concretize(_ coefficients: Coefficients, over bounds: Bounds, leaves: [UInt32]) {
    switch coefficients {
    case .matrix(let matrix):
      network.kernels.concretize(Block(matrix), over: bounds, leaves: leaves, into: &kappa)
    case .units(let units):
      for (r, unit) in units.enumerated() {
        let row = bounds.row(of: Int(leaves[r]))
        let least = unit.sign > 0 ? bounds.lower[row, unit.element] : bounds.negUpper[row, unit.element]
        kappa[r] = network.kernels.addDown(kappa[r], least)
      }
    }
  }

  /// Adds to what a tensor has already. A sum of two is not exact, so that it needs an upper end unless the tensor is ≥ 0.
  private mutating func add(_ new: Contribution, to tensor: TensorIndex) {
    guard let old = pending[tensor] else {
      pending[tensor] = new
      return
    }
    let columns = network.width(tensor)
    let low = old.low.dense(columns: columns)
    let newLow = new.low.dense(columns: columns)
    var negHigh: Matrix?
    if !analysis.isNonnegative[tensor] {
      let high = old.negHigh ?? low.negated()
      network.kernels.add(Block(new.negHigh ?? newLow.negated()), to: Block(high))
      negHigh = high
    }
    network.kernels.add(Block(newLow), to: Block(low))
    pending[tensor] = Contribution(low: .matrix(low), negHigh: negHigh)
  }
}
