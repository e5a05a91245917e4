// SPDX-License-Identifier: Apache-2.0
import Compute
import Program
import Testing

@testable import Bounds

@Suite("analysis of boxes")
struct AnalysisTests {
  static let networks: [(widths: [Int], residual: Bool)] = [
    ([3, 8, 8, 2], false), ([5, 20, 20, 20, 3], false), ([4, 12, 12, 12, 3], true), ([2, 3], false),
  ]

  @Test("intervals and row bounds contain sampled values", arguments: 0..<4, [0.0, 0.01, 0.3, 2])
  func containsSamples(network: Int, radius: Double) throws {
    let (widths, residual) = Self.networks[network]
    let program = try Program(perceptron(widths, seed: UInt64(network) + 1, residual: residual))
    var random = TestRandom(99)
    let boxes = 3, inputs = program.inputCount
    let centres = (0..<(boxes * inputs)).map { _ in Float(random.signed()) }
    let analysis = Analysis(program)
    analysis.begin(boxes: boxes)
    for i in centres.indices {
      analysis.lower[i] = centres[i] - Float(radius)
      analysis.upper[i] = centres[i] + Float(radius)
    }
    analysis.run(root: nil, splits: [])
    let rows = (0..<program.outputCount).flatMap { output in
      [Float(1), -1].map { sign in
        SpecificationRow(
          outputTerms: [.init(variable: output, coefficient: sign)], inputTerms: [.init(variable: 0, coefficient: 0.5)],
          constant: 0.25)
      }
    }
    var bounds = [Float](repeating: 0, count: boxes * rows.count)
    analysis.bound(rows, into: &bounds)
    for box in 0..<boxes {
      for _ in 0..<500 {
        let point = (0..<inputs).map { centres[box * inputs + $0] + Float(random.signed() * radius) }
        check(program, analysis, box: box, values: forward(program, point), point, rows, bounds)
      }
    }
  }

  private func check(
    _ program: Program, _ analysis: Analysis, box: Int, values: [[Float]], _ point: [Float], _ rows: [SpecificationRow],
    _ bounds: [Float]
  ) {
    for (relu, step) in program.reluSteps.enumerated() {
      let z = values[program.steps[step].inputs[0]]
      for j in z.indices {
        let index = box * z.count + j
        let isInside =
          analysis.layers.lower[relu].pointer[index] <= z[j] + 1e-4 && z[j] - 1e-4 <= analysis.layers.upper[relu].pointer[index]
        #expect(isInside, "relu \(relu) element \(j)")
      }
    }
    for (q, row) in rows.enumerated() {
      let value = row.outputTerms[0].coefficient * values[program.output][row.outputTerms[0].variable] + 0.5 * point[0] + 0.25
      #expect(bounds[box * rows.count + q] <= value + 1e-4)
    }
  }

  @Test("a box of one point is bounded by its value")
  func pointBox() throws {
    let program = try Program(perceptron([3, 8, 8, 2], seed: 5))
    let point: [Float] = [0.25, -0.5, 0.125]
    let analysis = Analysis(program)
    analysis.begin(boxes: 1)
    for i in 0..<3 { (analysis.lower[i], analysis.upper[i]) = (point[i], point[i]) }
    analysis.run(root: nil, splits: [])
    var bound: Float = 0
    analysis.bound(
      [SpecificationRow(outputTerms: [.init(variable: 1, coefficient: 1)], inputTerms: [], constant: 0)], into: &bound)
    #expect(abs(bound - forward(program, point)[program.output][1]) < 1e-5)
  }

  @Test("a split that contradicts the interval makes the box empty")
  func emptyBySplit() throws {
    let program = try Program(perceptron([3, 8, 8, 2], seed: 5))
    let point: [Float] = [0.25, -0.5, 0.125]
    let z = forward(program, point)[program.steps[program.reluSteps[0]].inputs[0]]
    let element = try #require(z.indices.first { abs(z[$0]) > 0.1 })
    for isActive in [true, false] {
      let analysis = Analysis(program)
      analysis.begin(boxes: 1)
      for i in 0..<3 { (analysis.lower[i], analysis.upper[i]) = (point[i] - 0.01, point[i] + 0.01) }
      analysis.run(root: nil, splits: [[NeuronSplit(relu: 0, element: element, isActive: isActive)]])
      #expect(analysis.isEmpty(box: 0) == (isActive != (z[element] > 0)))
    }
  }
}
