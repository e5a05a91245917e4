import CertificateFormat
import Checker
import Exact
import Glibc
import Graph
import Properties
import Testing

@Suite(.serialized, .enabled(if: getenv("AXCERT_BENCH") != nil))
struct BenchTests {
  @Test func acas() throws {
    var random = SplitMix(1)
    var b = GraphBuilder(inputShape: [1, 5])
    for _ in 0..<6 {
      let scale = (2.0 / Double(b.count)).squareRoot() * 1.2
      b.dense(50, bias: false) { random.weight() * scale }
      b.add(.scale(ElementwiseAffine(scale: repeated(50, 1), offset: (0..<50).map { _ in Enclosure(exactly: random.weight() * 0.1) })), "Add", shape: [1, 50])
      b.relu()
    }
    b.dense(5) { random.weight() * 0.3 }
    let box = Double(getenv("AXCERT_BOX").map { String(cString: $0) } ?? "0.2")!
    let lower = [Double](repeating: -box, count: 5), upper = [Double](repeating: box, count: 5)
    var least = Double.infinity
    for _ in 0..<2000 {
      let x = zip(lower, upper).map { Double.random(in: $0...$1, using: &random) }
      least = min(least, evaluate(b.graph, at: x)[b.graph.output][0])
    }
    let width = Double(getenv("AXCERT_GAP").map { String(cString: $0) } ?? "0.5")!
    let query = Query(inputCount: 5, outputCount: 5, regions: [region(lower, upper, [Conjunction(rows: [row([1, 0, 0, 0, 0], -least + width)])])])
    var prover = ReferenceProver(graph: b.graph, query: query)
    prover.leafLimit = 20000
    let clock = ContinuousClock()
    var regions: [[Proof]]?
    print("prove", try clock.measure { regions = try prover.prove() })
    guard let regions else { print("no proof"); return }
    for threads in [1, 2] {
      for semantics in [Semantics.real, .float32AnyOrder] {
        let session = try CheckSession(graph: b.graph, query: query, semantics: semantics, options: .init(threads: threads))
        do {
          var report: CheckReport?
          let t = try clock.measure { report = try session.check(regions: regions, claimedMargin: .leastNonzeroMagnitude) }
          print(semantics, threads, report!.leaves, report!.margin, t, "leaves/s", Double(report!.leaves) / (t / .seconds(1)))
        } catch { print(semantics, error) }
      }
    }
  }

  @Test func mnist() throws {
    var random = SplitMix(2)
    var b = GraphBuilder(inputShape: [1, 784])
    for _ in 0..<6 {
      let scale = (2.0 / Double(b.count)).squareRoot() * 1.7
      b.dense(256) { random.weight() * scale }
      b.relu()
    }
    b.dense(10) { random.weight() * 0.1 }
    let lower = (0..<784).map { _ in random.weight() }, upper = lower.map { $0 + 0.02 }
    let rows = (1..<10).map { j -> Conjunction in
      var c = [Double](repeating: 0, count: 10); c[0] = 1; c[j] = -1
      return Conjunction(rows: [row(c, 1e6)])
    }
    let query = Query(inputCount: 784, outputCount: 10, regions: [region(lower, upper, rows)])
    let clock = ContinuousClock()
    for depth in [0, 10] {
      func tree(_ d: Int) -> Tree { d == depth ? .leaf(rows: Array(repeating: 0, count: 9)) : .neuron(relu: 3 + d % 2, element: d, tree(d + 1), tree(d + 1)) }
      let proof = Proof(disjuncts: Array(0..<9), mode: .inherit, alpha: Array(repeating: .empty, count: 9), tree: tree(0).bytes(rowCounts: Array(repeating: 1, count: 9)))
      let session = try CheckSession(graph: b.graph, query: query, semantics: .real, options: .init(threads: 1))
      var report: CheckReport?
      let t = try clock.measure { report = try session.check(regions: [[proof]], claimedMargin: .leastNonzeroMagnitude) }
      print("mnist", depth, report!.leaves, report!.closedByInfeasibility, report!.margin, t)
    }
  }
}
