// SPDX-License-Identifier: Apache-2.0
import Bounds
import Compute
import Program

/// The first pass over a region: intervals of every neuron on the whole box and the bound of every row.
/// Unchecked: immutable after `init`.
final class RootAnalysis: @unchecked Sendable {
  let program: Program
  let problem: SearchProblem
  let intervals: Intervals
  /// Bound of each row of each disjunct.
  private let bounds: [[Float]]
  let reluCounts: [Int]
  /// What a bound must exceed in binary32 so that the checker's rounded bound is likely to be positive too.
  let margin: Float

  init(_ program: Program, _ problem: SearchProblem, threads: Int) {
    self.program = program
    self.problem = problem
    let analysis = Analysis(program)
    analysis.begin(boxes: 1)
    let lower = problem.floatLower, upper = problem.floatUpper
    for i in lower.indices { (analysis.lower[i], analysis.upper[i]) = (lower[i], upper[i]) }
    analysis.run(root: nil, splits: [])
    intervals = analysis.layers.snapshot(box: 0)
    reluCounts = analysis.layers.counts
    let rows = problem.disjuncts.flatMap { $0 }
    let result = Buffer<Float>()
    result.reserve(max(rows.count, 1))
    for start in stride(from: 0, to: rows.count, by: 256) {
      analysis.bound(Array(rows[start..<min(start + 256, rows.count)]), into: result.pointer + start)
    }
    var offset = 0
    bounds = problem.disjuncts.map { disjunct in
      defer { offset += disjunct.count }
      return (0..<disjunct.count).map { result.pointer[offset + $0] }
    }
    margin = 1e-6 * min(max(Self.scale(analysis, rows, lower, upper), 0.1), 100)
  }

  /// The size of the rows' values in the middle of the box: binary32 errors are relative to it.
  private static func scale(
    _ analysis: Analysis, _ rows: [SpecificationRow], _ lower: [Float], _ upper: [Float]
  ) -> Float {
    analysis.begin(boxes: 1)
    for i in lower.indices {
      let centre = lower[i] / 2 + upper[i] / 2
      (analysis.lower[i], analysis.upper[i]) = (centre, centre)
    }
    analysis.run(root: nil, splits: [])
    let values = Buffer<Float>()
    let sample = Array(rows.prefix(64))
    values.reserve(max(sample.count, 1))
    analysis.bound(sample, into: values.pointer)
    return sample.indices.reduce(0) { max($0, abs(values[$1])) }
  }

  var hasRelu: Bool { !reluCounts.isEmpty }

  var isFinite: Bool {
    intervals.lower.allSatisfy { $0.allSatisfy(\.isFinite) } && intervals.upper.allSatisfy { $0.allSatisfy(\.isFinite) }
      && bounds.allSatisfy { $0.allSatisfy(\.isFinite) }
  }

  var worstBound: Float { bounds.map { $0.max() ?? -.infinity }.min() ?? .infinity }

  func bestRow(_ disjunct: Int) -> (row: Int, bound: Float)? {
    bounds[disjunct].indices.max { bounds[disjunct][$0] < bounds[disjunct][$1] }.map { ($0, bounds[disjunct][$0]) }
  }

  /// Tunes the slopes of every row of the given disjuncts on the whole box and keeps the best row of each.
  func optimise(_ disjuncts: [Int], threads: Int) -> [(disjunct: Int, row: Int, alpha: [UInt8])] {
    let places = disjuncts.flatMap { disjunct in problem.disjuncts[disjunct].indices.map { (disjunct, $0) } }
    let size = max(1, min(32, 400_000 / max(1, program.tensorCounts.max() ?? 1)))
    let chunks = stride(from: 0, to: places.count, by: size).map { Array(places[$0..<min($0 + size, places.count)]) }
    let lower = problem.floatLower, upper = problem.floatUpper
    let results = Parallel.map(chunks, threads: threads) { chunk in
      LaneOptimizer(self.program).optimise(
        chunk.map { Lane(row: self.problem.disjuncts[$0.0][$0.1], splits: [], beta: [], alpha: []) },
        root: self.intervals, lower: lower, upper: upper, options: OptimizationOptions(iterations: 50, target: .infinity))
    }.flatMap { $0 }
    return disjuncts.compactMap { disjunct in
      let own = places.indices.filter { places[$0].0 == disjunct }
      guard let best = own.max(by: { results[$0].bound < results[$1].bound }) else { return nil }
      return (disjunct, places[best].1, results[best].alpha)
    }
  }
}
