// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Properties
import Testing

@testable import Checker

/// What must never happen: a bound that a sample breaks, a false claim that is accepted.
@Suite struct SoundnessTests {
  static let seeds = Array(0..<3)

  private func box(_ count: Int, _ random: inout SplitMix) -> (lower: [Double], upper: [Double]) {
    let lower = (0..<count).map { _ in random.weight() }
    return (lower, lower.map { $0 + 0.7 * abs(random.weight()) })
  }

  @Test("bounds of all tensors contain sampled executions, in both meanings", arguments: seeds)
  func boundsContainSamples(seed: Int) throws {
    var random = SplitMix(UInt64(seed))
    for (name, graph) in sampleNetworks(number: { random.weight() }) {
      let (lower, upper) = box(graph.inputCount, &random)
      for semantics in Semantics.allCases {
        let network = try Network(graph, semantics: semantics)
        var piece = Piece(point: lower)
        piece.negUpper = upper.map { -$0 }
        let root = try Analysis(of: [piece], network: network, root: nil)
        let analysis = try Analysis(of: [piece, piece], network: network, root: root)
        for _ in 0..<150 {
          let x = zip(lower, upper).map { Double(Float.random(in: Float($0)...Float($1), using: &random)) }
          guard zip(x, zip(lower, upper)).allSatisfy({ $0 >= $1.0 && $0 <= $1.1 }) else { continue }
          let tensors =
            semantics == .real ? evaluate(graph, at: x) : evaluateFloat32(graph, at: x, using: &random)
          for tensor in tensors.indices {
            let bounds = try analysis.bounds(of: tensor)
            for (j, value) in tensors[tensor].enumerated() {
              // The samples of `real` are themselves rounded in double precision.
              let slack = semantics == .real ? 1e-13 * (1 + abs(value)) : 0
              #expect(
                bounds.lower[1, j] <= value + slack && value - slack <= -bounds.negUpper[1, j], "\(name) \(semantics) \(tensor)[\(j)]")
            }
          }
        }
      }
    }
  }

  @Test("float32 bounds are needed: an execution leaves the bounds of `real`")
  func float32IsWider() throws {
    var random = SplitMix(4)
    var builder = GraphBuilder(inputShape: [1, 60])
    builder.dense(1) { random.weight() }
    let x = (0..<60).map { _ in random.weight() }
    let real = try Analysis(of: [Piece(point: x)], network: Network(builder.graph, semantics: .real), root: nil)
    let float = try Analysis(of: [Piece(point: x)], network: Network(builder.graph, semantics: .float32AnyOrder), root: nil)
    var outside = 0
    for _ in 0..<200 {
      let y = evaluateFloat32(builder.graph, at: x, using: &random)[builder.graph.output][0]
      let (r, f) = try (real.bounds(of: builder.graph.output), float.bounds(of: builder.graph.output))
      if y < r.lower[0, 0] || y > -r.negUpper[0, 0] { outside += 1 }
      #expect(f.lower[0, 0] <= y && y <= -f.negUpper[0, 0])
    }
    #expect(outside > 100)
  }

  /// A random tree, often with multipliers.
  private func randomTree(_ depth: Int, _ graph: Graph, widths: [Int], mode: BoundsMode, splits: [[Int]], _ random: inout SplitMix) -> Tree
  {
    let choice = depth == 0 ? 0 : Int.random(in: 0..<4, using: &random)
    if mode == .recompute, choice == 1 {
      let dimension = Int.random(in: 0..<graph.inputCount, using: &random)
      return .input(
        dimension: dimension, randomTree(depth - 1, graph, widths: widths, mode: mode, splits: splits, &random),
        randomTree(depth - 1, graph, widths: widths, mode: mode, splits: splits, &random))
    }
    if mode == .recompute, choice == 3 {
      let frames = (0..<graph.inputCount).filter { _ in Bool.random(using: &random) }.map { dimension in
        let first = UInt8.random(in: 0...255, using: &random)
        return ClipFrame(dimension: dimension, first: first, last: UInt8.random(in: first...255, using: &random))
      }
      return .clip(rows: [0], frames: frames, randomTree(depth - 1, graph, widths: widths, mode: mode, splits: splits, &random))
    }
    if choice > 0 {
      let relu = Int.random(in: 0..<widths.count, using: &random)
      let element = Int.random(in: 0..<widths[relu], using: &random)
      guard !splits.contains([relu, element]) else { return .leaf(rows: [0]) }
      let path = splits + [[relu, element]]
      return .neuron(
        relu: relu, element: element, randomTree(depth - 1, graph, widths: widths, mode: mode, splits: path, &random),
        randomTree(depth - 1, graph, widths: widths, mode: mode, splits: path, &random))
    }
    var multipliers = LeafMultipliers(alpha: nil, beta: nil)
    if Bool.random(using: &random) { multipliers.alpha = [randomTable(widths, &random)] }
    if Bool.random(using: &random) {
      multipliers.beta = [splits.map { _ in Float.random(in: 0...2, using: &random) }]
    }
    return .leaf(rows: [0], multipliers: multipliers)
  }

  private func randomTable(_ widths: [Int], _ random: inout SplitMix) -> AlphaTable {
    AlphaTable(
      nodes: widths.map { width in
        let marked = (0..<width).filter { _ in Bool.random(using: &random) }
        return .init(count: width, marked: marked.map { ($0, UInt8.random(in: 0...255, using: &random)) })
      })
  }

  @Test("no certificate proves a claim that a sample refutes, however its multipliers are chosen", arguments: seeds)
  func falseClaims(seed: Int) throws {
    var random = SplitMix(UInt64(seed) + 50)
    var rejected = 0
    for (name, graph) in sampleNetworks(outputs: 1, number: { random.weight() }) {
      let (lower, upper) = box(graph.inputCount, &random)
      // The least sampled value v of Y_0: "Y_0 ≤ v" has a solution, up to the rounding of the sample.
      var least = Double.infinity
      for _ in 0..<200 {
        let x = zip(lower, upper).map {
          Bool.random(using: &random) ? $0 : Bool.random(using: &random) ? $1 : Double.random(in: $0...$1, using: &random)
        }
        least = min(least, evaluate(graph, at: x)[graph.output][0])
      }
      let claim = Conjunction(rows: [row([1], -(least + 1e-12))])
      let query = Query(inputCount: graph.inputCount, outputCount: 1, regions: [region(lower, upper, [claim])])
      let session = try CheckSession(graph: graph, query: query, semantics: .real)
      let network = try Network(graph, semantics: .real)
      let widths = network.reluNodes.indices.map(network.reluWidth)
      for trial in 0..<25 {
        let mode: BoundsMode = trial % 2 == 0 ? .recompute : .inherit
        let tree = randomTree(5, graph, widths: widths, mode: mode, splits: [], &random)
        let proof = Proof(disjuncts: [0], mode: mode, alpha: [randomTable(widths, &random)], tree: tree.bytes(rowCounts: [1]))
        do {
          _ = try session.check(regions: [[proof]], claimedMargin: .leastNonzeroMagnitude)
          Issue.record("\(name): a false claim was accepted")
        } catch {
          guard case .boundNotPositive = error.reason else {
            Issue.record("\(name): \(error)")
            continue
          }
          rejected += 1
        }
      }
    }
    #expect(rejected == 7 * 25)
  }

  @Test("a split neuron with its best β proves more than without, never too much")
  func betaHelps() throws {
    // y = relu(x) − x/2 on [−1, 1]: least value 0 at 0; without a split the bound is −1/4 … with α = 1/2 it is 0.
    var builder = GraphBuilder(inputShape: [1, 1])
    builder.add(.dense(Dense(inputWidth: 1, outputWidth: 2, weights: [1, 1], bias: [0, 8])), "Gemm", shape: [1, 2])
    builder.relu()
    builder.add(.dense(Dense(inputWidth: 2, outputWidth: 1, weights: [1, -0.5], bias: [4])), "Gemm", shape: [1, 1])
    func bound(_ tree: Tree, alpha: AlphaTable = .empty) throws -> Double {
      let query = Query(inputCount: 1, outputCount: 1, regions: [region([-1], [1], [Conjunction(rows: [row([1], 1)])])])
      let proof = Proof(disjuncts: [0], mode: .inherit, alpha: [alpha], tree: tree.bytes(rowCounts: [1]))
      return try CheckSession(graph: builder.graph, query: query, semantics: .real)
        .check(regions: [[proof]], claimedMargin: .leastNonzeroMagnitude).margin - 1
    }
    #expect(try bound(.leaf(rows: [0])) == -0.5)
    let table = AlphaTable(nodes: [.init(count: 2, marked: [(0, 128)])])
    #expect(try bound(.leaf(rows: [0]), alpha: table) > -0.003)
    let split = Tree.neuron(relu: 0, element: 0, .leaf(rows: [0]), .leaf(rows: [0]))
    #expect(try bound(split) == -0.5)
    func multipliers(_ beta: Float) -> LeafMultipliers { LeafMultipliers(alpha: nil, beta: [[beta]]) }
    let best = Tree.neuron(
      relu: 0, element: 0, .leaf(rows: [0], multipliers: multipliers(0.5)), .leaf(rows: [0], multipliers: multipliers(0.5)))
    #expect(try bound(best) == 0)
  }
}
