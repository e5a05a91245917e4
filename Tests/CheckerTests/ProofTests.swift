// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Properties
import Testing

@testable import Checker

/// Proofs that are accepted, and the same proofs with one thing wrong.
@Suite struct ProofTests {
  /// A small network with a true claim that needs a tree: Y_0 stays above its sampled least value less a gap.
  static func problem(_ index: Int, semantics: Semantics = .real, gap: Double = 0.3) -> (name: String, graph: Graph, query: Query) {
    var random = SplitMix(UInt64(index) + 20)
    let (name, graph) = sampleNetworks(number: { random.weight() })[index]
    // Bisection needs few or narrow inputs.
    let lower = [Double](repeating: graph.inputCount > 5 ? -0.02 : -0.25, count: graph.inputCount)
    let upper = lower.map { -$0 }
    var least = [Double.infinity, .infinity]
    for _ in 0..<500 {
      let y = evaluate(graph, at: zip(lower, upper).map { Double.random(in: $0...$1, using: &random) })[graph.output]
      least = [min(least[0], y[0]), min(least[1], y[1])]
    }
    let regions = [
      region(
        lower, upper,
        [
          Conjunction(rows: [row([1, 0], gap - least[0])]),
          Conjunction(rows: [row([1, 0], -100), row([0, 1], gap - least[1])]),
        ])
    ]
    return (name, graph, Query(inputCount: graph.inputCount, outputCount: 2, regions: regions))
  }

  @Test("every kind of network: proofs of the reference prover are accepted with their margin", arguments: 0..<7, Semantics.allCases)
  func accepts(index: Int, semantics: Semantics) throws {
    let (name, graph, query) = Self.problem(index)
    let prover = ReferenceProver(graph: graph, query: query, semantics: semantics, leafLimit: 400)
    let certificate = try #require(try prover.certificate(), "\(name)")
    let decoded = try Certificate(decoding: certificate.encoded())
    let report = try Checker.check(decoded, graph: graph, query: query)
    guard case .holds(let margin, _) = certificate.body else { return }
    #expect(report.margin == margin && margin > 0)
    #expect(report.leaves > report.closedByInfeasibility)
    #expect(report.verdict == .holds && report.semantics == semantics)
  }

  @Test("any number of threads gives the same report", arguments: [0, 2, 3])
  func threads(index: Int) throws {
    let (_, graph, query) = Self.problem(index, gap: 0.15)
    let certificate = try #require(try ReferenceProver(graph: graph, query: query, leafLimit: 1000).certificate())
    let reports = try [1, 2, 5].map { try Checker.check(certificate, graph: graph, query: query, options: .init(threads: $0)) }
    #expect(reports[0] == reports[1] && reports[0] == reports[2])
  }

  @Test("clips are accepted", arguments: [0, 3])
  func clips(index: Int) throws {
    let (_, graph, query) = Self.problem(index, gap: 0.1)
    var prover = ReferenceProver(graph: graph, query: query, leafLimit: 3000)
    let plain = try Checker.check(try #require(try prover.certificate()), graph: graph, query: query)
    prover.clips = true
    let clipped = try Checker.check(try #require(try prover.certificate()), graph: graph, query: query)
    #expect(clipped.leaves == plain.leaves)
  }

  @Test("a frame never cuts off points where the row can still be ≤ 0", arguments: 0..<50)
  func framesKeepCandidates(seed: UInt64) {
    var random = SplitMix(seed)
    let value = { Double.random(in: -2...2, using: &random) }
    var piece = Piece(point: [0, 0])
    piece.lower = [-1, 0.5]
    piece.negUpper = [-1, -0.75]
    let slopes = [value(), value()], kappa = value()
    var clipped = piece
    let first = UInt8.random(in: 0...255, using: &random)
    clipped.clip([ClipFrame(dimension: 0, first: first, last: first), ClipFrame(dimension: 1, first: 7, last: 7)], rows: [(kappa, slopes)])
    for step in 0...400 {
      let point = [-1 + Double(step) / 200, 0.5 + Double(step % 20) / 80]
      guard kappa + slopes[0] * point[0] + slopes[1] * point[1] <= -1e-9 else { continue }
      #expect(!clipped.isEmpty)
      for i in 0..<2 { #expect(clipped.lower[i] <= point[i] && point[i] <= -clipped.negUpper[i]) }
    }
  }

  private func rejection(_ regions: [[Proof]], _ graph: Graph, _ query: Query, margin: Double = .leastNonzeroMagnitude) -> Rejection? {
    do {
      let certificate = sampleCertificate(.holds(margin: margin, regions: regions))
      _ = try Checker.check(certificate, graph: graph, query: query)
      return nil
    } catch { return error }
  }

  private func proof(_ disjuncts: [Int], _ tree: Tree, mode: BoundsMode = .recompute, rowCounts: [Int]? = nil) -> Proof {
    Proof(
      disjuncts: disjuncts, mode: mode, alpha: disjuncts.map { _ in .empty },
      tree: tree.bytes(rowCounts: rowCounts ?? disjuncts.map { $0 == 1 ? 2 : 1 }))
  }

  /// y_0 = relu(x_0) + 1, y_1 = x_1 on [−1, 1]²; disjunct 0 "y_0 ≤ −1", disjunct 1 "y_1 ≤ −2 and y_0 ≤ 0": both impossible.
  private func easy() -> (Graph, Query) {
    var builder = GraphBuilder(inputShape: [1, 2])
    builder.relu()
    builder.add(
      .concatenation([.element(input: 0, index: 0), .element(input: 1, index: 1)]), "Concat",
      inputs: [1, 0], shape: [1, 2])
    builder.add(
      .scale(ElementwiseAffine(scale: repeated(2, 1), offset: [Enclosure(exactly: 1), Enclosure(exactly: 0)])), "Add", shape: [1, 2])
    let disjuncts = [Conjunction(rows: [row([1, 0], 1)]), Conjunction(rows: [row([0, 1], 2), row([1, 0], 0)])]
    return (builder.graph, Query(inputCount: 2, outputCount: 2, regions: [region([-1, -1], [1, 1], disjuncts)]))
  }

  @Test("the easy problem has a one-leaf proof with a known margin")
  func golden() throws {
    let (graph, query) = easy()
    let certificate = sampleCertificate(.holds(margin: 1, regions: [[proof([0, 1], .leaf(rows: [0, 0]))]]))
    let report = try Checker.check(certificate, graph: graph, query: query)
    // Row 0 of disjunct 0 is at least 2, row 0 of disjunct 1 at least 1.
    #expect(report == CheckReport(verdict: .holds, semantics: .real, margin: 1, regions: 1, leaves: 1, closedByInfeasibility: 0))
  }

  @Test("a cover with a gap or an overlap is rejected")
  func cover() {
    let (graph, query) = easy()
    let whole = proof([0, 1], .leaf(rows: [0, 0]))
    let first = proof([0], .leaf(rows: [0]))
    let second = proof([1], .leaf(rows: [0]))
    #expect(rejection([[first, second]], graph, query) == nil)
    #expect(rejection([[first]], graph, query)?.description == "region 0: disjunct 1 is not covered by any proof.")
    #expect(rejection([[whole, second]], graph, query)?.description == "region 0, proof 1: disjunct 1 is covered by two proofs.")
    #expect(rejection([[whole], [whole]], graph, query)?.description == "the certificate proves 2 regions, the property has 1.")
    #expect(rejection([], graph, query)?.description == "the certificate proves 0 regions, the property has 1.")
    let unknown = proof([0, 2], .leaf(rows: [0, 0]), rowCounts: [1, 1])
    #expect(rejection([[unknown]], graph, query)?.description == "region 0, proof 0: disjunct 2 is proved, but the region has 2.")
  }

  @Test("trees that do not fit the problem are rejected, with place and reason")
  func badTrees() {
    let (graph, query) = easy()
    let leaf = Tree.leaf(rows: [0, 0])
    func message(_ tree: Tree, mode: BoundsMode = .recompute) -> String? {
      rejection([[proof([0, 1], tree, mode: mode)]], graph, query)?.description
    }
    #expect(message(.input(dimension: 1, leaf, leaf)) == nil)
    #expect(message(.input(dimension: 1, threshold: 0.25, leaf, leaf)) == nil)
    #expect(message(.input(dimension: 2, leaf, leaf)) == "region 0, proof 0: input 2 is split, but the model has 2 inputs.")
    #expect(
      message(.input(dimension: 1, threshold: 1.5, leaf, leaf))
        == "region 0, proof 0: input 1 is split at 1.5, outside the region's box [-1.0, 1.0].")
    #expect(
      message(.input(dimension: 1, threshold: -.infinity, leaf, leaf))
        == "region 0, proof 0: input 1 is split at -inf, outside the region's box [-1.0, 1.0].")
    #expect(message(.neuron(relu: 0, element: 1, leaf, leaf)) == nil)
    #expect(
      message(.neuron(relu: 0, element: 2, leaf, leaf)) == "region 0, proof 0: element 2 of Relu 0 is split, but the model has none such.")
    #expect(
      message(.neuron(relu: 1, element: 0, leaf, leaf)) == "region 0, proof 0: element 0 of Relu 1 is split, but the model has none such.")
    #expect(
      message(.neuron(relu: 0, element: 1, leaf, .input(dimension: 0, leaf, .neuron(relu: 0, element: 1, leaf, leaf))))
        == "region 0, proof 0: element 1 of Relu 0 is split twice on one path.")
    #expect(message(.input(dimension: 0, .neuron(relu: 0, element: 1, leaf, leaf), .neuron(relu: 0, element: 1, leaf, leaf))) == nil)
    #expect(
      message(.input(dimension: 1, leaf, leaf), mode: .inherit) == "region 0, proof 0: a proof in mode 'inherit' contains an input split.")
    #expect(
      message(.clip(rows: [0, 0], frames: [], leaf), mode: .inherit) == "region 0, proof 0: a proof in mode 'inherit' contains a clip.")
    #expect(message(.neuron(relu: 0, element: 1, leaf, leaf), mode: .inherit) == nil)
  }

  @Test("bytes after the tree and a tree that ends early are rejected")
  func treeBytes() {
    let (graph, query) = easy()
    var long = proof([0, 1], .leaf(rows: [0, 0]))
    long.tree.append(0)
    #expect(
      rejection([[long]], graph, query)?.description
        == "region 0, proof 0: 1 bytes follow the end of the tree at offset 2. The producer of this certificate is at fault.")
    var short = proof([0, 1], .input(dimension: 0, .leaf(rows: [0, 0]), .leaf(rows: [0, 0])))
    short.tree.removeLast(2)
    #expect(rejection([[short]], graph, query)?.reason == .format(.truncated(field: "tree node", offset: 4)))
  }

  @Test("alpha tables of another model are rejected")
  func badAlpha() {
    let (graph, query) = easy()
    var bad = proof([0, 1], .leaf(rows: [0, 0]))
    func message(_ table: AlphaTable) -> String? {
      bad.alpha = [.empty, table]
      return rejection([[bad]], graph, query)?.description
    }
    #expect(message(AlphaTable(nodes: [.init(count: 2, marked: [(1, 9)])])) == nil)
    #expect(
      message(AlphaTable(nodes: [.init(count: 2, marked: [(1, 9)]), .empty]))
        == "region 0, proof 0: an alpha table does not fit the model: it has 2 Relu nodes, the model 1.")
    #expect(
      message(AlphaTable(nodes: [.init(count: 9, marked: [(1, 9)])]))
        == "region 0, proof 0: an alpha table does not fit the model: the bitmap of Relu 0 has 2 bytes for 2 elements.")
    #expect(
      message(AlphaTable(nodes: [.init(count: 8, marked: [(5, 9)])]))
        == "region 0, proof 0: an alpha table does not fit the model: the bitmap of Relu 0 marks elements beyond its 2.")
  }

  @Test("a bound that is not positive, or below the claimed margin, is rejected with its place")
  func bounds() {
    let (graph, query) = easy()
    let wrongRow = proof([0, 1], .input(dimension: 1, .leaf(rows: [0, 0]), .leaf(rows: [0, 1])))
    #expect(rejection([[wrongRow]], graph, query, margin: 0.5) == nil)
    var tight = query
    tight.regions[0].disjuncts[0].rows[0] = row([1, 0], -1)
    #expect(rejection([[wrongRow]], graph, tight)?.description == "region 0, proof 0, leaf 0, disjunct 0: the bound is 0.0, not positive.")
    let claimed = rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, query, margin: 1.0.nextUp)
    #expect(
      claimed?.description
        == "region 0, proof 0, leaf 0, disjunct 1: the certificate claims a margin of 1.0000000000000002, but the bound is 1.0.")
  }

  @Test("a disjunct without rows cannot be refuted, a strict row is refuted like another")
  func emptyConjunction() {
    let (graph, query) = easy()
    var empty = query
    empty.regions[0].disjuncts[0] = Conjunction(rows: [])
    #expect(
      rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, empty)?.description
        == "region 0, proof 0, leaf 0, disjunct 0: the bound is -inf, not positive.")
    let split = proof([0, 1], .clip(rows: [0, 0], frames: [], .leaf(rows: [0, 0])))
    #expect(rejection([[split]], graph, empty) != nil)
    var strict = query
    strict.regions[0].disjuncts[0].rows[0].isStrict = true
    #expect(rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, strict) == nil)
  }

  @Test("a contradiction closes a leaf, and a proof of closed leaves alone has no margin")
  func infeasible() throws {
    let (graph, query) = easy()
    // x_0 ≤ −0.5 and z_0 ≥ 0 exclude each other: element 0 of Relu 0 is x_0.
    let tree = Tree.input(
      dimension: 0, threshold: -0.5, .neuron(relu: 0, element: 0, .leaf(rows: [0, 0]), .leaf(rows: [0, 0])), .leaf(rows: [0, 0]))
    let certificate = sampleCertificate(.holds(margin: 1, regions: [[proof([0, 1], tree)]]))
    let report = try Checker.check(certificate, graph: graph, query: query)
    #expect(report.leaves == 3 && report.closedByInfeasibility == 1)
  }

  @Test("enclosures of literals are read against the claim")
  func enclosures() {
    let (graph, query) = easy()
    var wide = query
    wide.regions[0].disjuncts[0].rows[0].constant = Enclosure(lower: -1, upper: 5)
    #expect(rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, wide) != nil)
    var coefficient = query
    coefficient.regions[0].disjuncts[1].rows[0].outputTerms[0].coefficient = Enclosure(lower: 1, upper: 3)
    // y_1 ∈ [−1, 1] times [1, 3] can be −3, and the constant is 2.
    #expect(
      rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, coefficient)?.description
        == "region 0, proof 0, leaf 0, disjunct 1: the bound is -1.0, not positive.")
    var box = query
    box.regions[0].lower[1] = Enclosure(lower: -2, upper: -1)
    #expect(
      rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, box)?.description
        == "region 0, proof 0, leaf 0, disjunct 1: the bound is 0.0, not positive.")
    var inputs = query
    inputs.regions[0].disjuncts[1].rows[0].inputTerms = [LinearTerm(variable: 1, coefficient: Enclosure(lower: -1, upper: -1))]
    #expect(rejection([[proof([0, 1], .leaf(rows: [0, 0]))]], graph, inputs, margin: 2) == nil)
  }

  @Test("one bit of one weight decides")
  func oneBit() throws {
    var builder = GraphBuilder(inputShape: [1, 1])
    builder.add(.dense(Dense(inputWidth: 1, outputWidth: 1, weights: [0.5], bias: [1])), "Gemm", shape: [1, 1])
    let query = Query(inputCount: 1, outputCount: 1, regions: [region([-1], [1], [Conjunction(rows: [row([1], -0.5 + 1e-9)])])])
    let leaf = proof([0], .leaf(rows: [0]))
    #expect(rejection([[leaf]], builder.graph, query) == nil)
    builder.graph.nodes[0].operation = .dense(Dense(inputWidth: 1, outputWidth: 1, weights: [Double(Float(0.5).nextUp)], bias: [1]))
    #expect(rejection([[leaf]], builder.graph, query)?.place?.leaf == 0)
  }

  @Test("numbers that overflow are rejected, not trusted")
  func overflow() {
    func message(_ weight: Double, _ bias: Double, semantics: Semantics) -> String? {
      var builder = GraphBuilder(inputShape: [1, 1])
      builder.add(.dense(Dense(inputWidth: 1, outputWidth: 1, weights: [weight], bias: [bias])), "Gemm", shape: [1, 1])
      builder.relu()
      builder.add(.dense(Dense(inputWidth: 1, outputWidth: 1, weights: [weight], bias: [1])), "Gemm", shape: [1, 1])
      let query = Query(inputCount: 1, outputCount: 1, regions: [region([1], [2], [Conjunction(rows: [row([1], 0)])])])
      let certificate = sampleCertificate(.holds(margin: 1e-300, regions: [[proof([0], .leaf(rows: [0]))]]), semantics: semantics)
      do {
        _ = try Checker.check(certificate, graph: builder.graph, query: query)
        return nil
      } catch { return error.description }
    }
    #expect(message(1, 0, semantics: .real) == nil)
    #expect(message(1, 0, semantics: .float32AnyOrder) == nil)
    #expect(message(1e200, 0, semantics: .real) == "region 0, proof 0: the bounds of node 'Gemm_2' are not finite.")
    #expect(message(0x1p64, 0, semantics: .float32AnyOrder)?.hasPrefix("region 0, proof 0: values in node 'Gemm_2' can reach") == true)
    #expect(message(.nan, 0, semantics: .real) == "node 'Gemm_0' has a constant that is not finite.")
    #expect(message(1, .infinity, semantics: .real) == "node 'Gemm_0' has a constant that is not finite.")
  }

  @Test("the float32 meaning is refused for float64 models")
  func float64() {
    var builder = GraphBuilder(inputShape: [1, 2], elementType: .float64)
    builder.relu()
    let (_, query) = easy()
    let certificate = sampleCertificate(.holds(margin: 1, regions: []), semantics: .float32AnyOrder)
    let error = #expect(throws: Rejection.self) { try Checker.check(certificate, graph: builder.graph, query: query) }
    #expect(
      error?.description
        == "the model computes in float64; the meaning 'float32-any-order' is defined for float32 models. Prove it under 'real'.")
  }

  @Test("a BatchNormalization in one step has no float32 meaning; in two steps, or under real, it has one")
  func batchNormalization() throws {
    let (_, query) = easy()
    var builder = GraphBuilder(inputShape: [1, 2])
    let inexact = [Enclosure(lower: 0.3.nextDown, upper: 0.3), Enclosure(lower: 0.7, upper: 0.7.nextUp)]
    builder.add(.scale(ElementwiseAffine(scale: inexact, offset: repeated(2, 3))), "BatchNormalization", shape: [1, 2])
    func message(_ semantics: Semantics) -> String? {
      do {
        _ = try CheckSession(graph: builder.graph, query: query, semantics: semantics)
        return nil
      } catch { return error.description }
    }
    #expect(message(.real) == nil)
    #expect(
      message(.float32AnyOrder)
        == "node 'BatchNormalization_0' is a BatchNormalization in one step, whose rounding errors 'float32-any-order' cannot bound. Prove it under 'real'."
    )
    builder.add(.scale(ElementwiseAffine(scale: inexact, offset: repeated(2, 1))), "BatchNormalization", shape: [1, 2])
    builder.graph.nodes[1].name = builder.graph.nodes[0].name
    #expect(message(.float32AnyOrder) == nil)
  }

  @Test("a property of other sizes is rejected")
  func sizes() {
    let (graph, query) = easy()
    var other = query
    other.inputCount = 3
    #expect(rejection([], graph, other)?.description == "the property declares 3 inputs, the model has 2. Check that they belong together.")
    other = query
    other.outputCount = 1
    #expect(
      rejection([], graph, other)?.description == "the property declares 1 outputs, the model has 2. Check that they belong together.")
  }

  @Test("a deadline that has passed rejects")
  func deadline() {
    let (graph, query) = easy()
    let certificate = sampleCertificate(.holds(margin: 1, regions: [[proof([0, 1], .leaf(rows: [0, 0]))]]))
    let error = #expect(throws: Rejection.self) {
      try Checker.check(certificate, graph: graph, query: query, options: .init(deadline: .now))
    }
    #expect(error?.reason == .timeLimit)
  }

  @Test("failing leaves are listed by ordinal, and only those")
  func failingLeaves() throws {
    let (graph, query) = easy()
    var tight = query
    tight.regions[0].disjuncts[1].rows[0] = row([0, 1], 0.25)
    // On x_1 ∈ [0, 1] the row y_1 + 0.25 is positive, on [−1, 0] it is not.
    let tree = Tree.input(dimension: 1, .input(dimension: 0, .leaf(rows: [0, 0]), .leaf(rows: [0, 0])), .leaf(rows: [0, 0]))
    let session = try CheckSession(graph: graph, query: tight, semantics: .real)
    let all = try session.failingLeaves(of: proof([0, 1], tree), region: 0)
    #expect(all.map(\.leaf) == [0, 1] && all.allSatisfy { $0.disjunct == 1 && $0.bound == -0.75 })
    #expect(try session.failingLeaves(of: proof([0, 1], tree), region: 0, limit: 1).map(\.leaf) == [0])
  }

  @Test("random changes of a tree are rejected or leave a proof of the same claim", arguments: [0, 3])
  func mutations(index: Int) throws {
    let (_, graph, query) = Self.problem(index)
    let regions = try #require(try ReferenceProver(graph: graph, query: query, leafLimit: 400).prove())
    var random = SplitMix(8)
    for _ in 0..<200 {
      var changed = regions
      let p = Int.random(in: 0..<changed[0].count, using: &random)
      let i = Int.random(in: 0..<changed[0][p].tree.count, using: &random)
      changed[0][p].tree[i] = UInt8.random(in: 0...6, using: &random)
      _ = rejection(changed, graph, query)
    }
  }
}
