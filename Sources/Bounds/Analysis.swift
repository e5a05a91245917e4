// SPDX-License-Identifier: Apache-2.0
import CBounds
import Compute
package import Program

/// Bounds a batch of input boxes: intervals forwards, then a backward pass for every neuron that is still unstable.
///
/// Comes in: boxes [count × inputs]. Goes out: `layers` (intervals of every ReLU input) and the bounds of specification rows with
/// their linear functions of the input. One instance per thread. Mirrors the analysis of docs/formats/certificate.md 4.3,
/// in binary32 and without rounding terms, so a margin must be left for the checker.
package final class Analysis {
  package let program: Program
  package let layers: LayerBounds
  private let pass: BackwardPass
  private let scratch = Scratch()
  private var tensorLower: [Buffer<Float>]
  private var tensorUpper: [Buffer<Float>]
  private let centre = Buffer<Float>()
  private let radius = Buffer<Float>()
  private let centreImage = Buffer<Float>()
  private let radiusImage = Buffer<Float>()
  private let rowBounds = Buffer<Float>()
  /// Whether some ReLU lies between the input and this ReLU's input; without one, intervals of an affine map are exact already.
  private let needsRefinement: [Bool]
  private let rowLimit: Int
  private let rounding: RoundingErrors?

  /// - Parameter accountsForRounding: leave room for float32 rounding, as a certificate with that meaning needs it.
  package init(_ program: Program, accountsForRounding: Bool = false) {
    self.program = program
    rounding = accountsForRounding ? RoundingErrors(program, isShared: false) : nil
    layers = LayerBounds(program)
    pass = BackwardPass(program)
    pass.rounding = rounding
    tensorLower = program.tensorCounts.map { _ in Buffer() }
    tensorUpper = program.tensorCounts.map { _ in Buffer() }
    let widest = program.tensorCounts.max() ?? 1
    rowLimit = max(64, min(4096, 8_000_000 / max(widest, 1)))
    var hasRelu = Array(repeating: false, count: program.tensorCounts.count)
    for step in program.steps {
      if case .relu = step.kind {
        hasRelu[step.output] = true
        continue
      }
      hasRelu[step.output] = step.inputs.contains { hasRelu[$0] }
    }
    needsRefinement = program.reluSteps.map { hasRelu[program.steps[$0].inputs[0]] }
  }

  package var lower: UnsafeMutablePointer<Float> { tensorLower[program.input].pointer }
  package var upper: UnsafeMutablePointer<Float> { tensorUpper[program.input].pointer }

  /// Makes room for `count` input boxes; the caller then fills `lower` and `upper`.
  package func begin(boxes count: Int) {
    for tensor in program.tensorCounts.indices {
      tensorLower[tensor].reserve(count * program.tensorCounts[tensor])
      tensorUpper[tensor].reserve(count * program.tensorCounts[tensor])
    }
    layers.reserve(boxes: count)
  }

  /// Fills `layers` for the boxes in `lower`, `upper`; `splits` has one entry per box, or is empty.
  package func run(root: Intervals?, splits: [[NeuronSplit]]) {
    let boxes = layers.boxCount
    var relu = 0
    for step in program.steps {
      switch step.kind {
      case .linear(let terms, let bias): interval(step, terms, bias, boxes)
      case .relu:
        preActivation(relu, tensor: step.inputs[0], root: root, splits: splits)
        let count = boxes * layers.counts[relu]
        axb_relu_interval(
          count, layers.lower[relu].pointer, layers.upper[relu].pointer, tensorLower[step.output].pointer,
          tensorUpper[step.output].pointer)
        relu += 1
      }
    }
  }

  private func interval(_ step: Step, _ terms: [Term], _ bias: [Float], _ boxes: Int) {
    let width = program.tensorCounts[step.output]
    centreImage.reserve(boxes * width)
    radiusImage.reserve(boxes * width)
    for (number, (term, source)) in zip(terms, step.inputs).enumerated() {
      let count = boxes * program.tensorCounts[source]
      centre.reserve(count)
      radius.reserve(count)
      axb_centre(count, tensorLower[source].pointer, tensorUpper[source].pointer, centre.pointer, radius.pointer)
      term.map.forward(centre.pointer, batch: boxes, into: centreImage.pointer, accumulate: number > 0, scratch: scratch)
      term.map.forwardAbsolute(radius.pointer, batch: boxes, into: radiusImage.pointer, accumulate: number > 0, scratch: scratch)
    }
    axb_interval(
      boxes, width, centreImage.pointer, radiusImage.pointer, bias, tensorLower[step.output].pointer,
      tensorUpper[step.output].pointer)
    if let rounding { widen(step, terms, bias, boxes, rounding) }
  }

  private func widen(_ step: Step, _ terms: [Term], _ bias: [Float], _ boxes: Int, _ rounding: RoundingErrors) {
    for (number, (term, source)) in zip(terms, step.inputs).enumerated() {
      let count = boxes * program.tensorCounts[source]
      radius.reserve(count)
      axb_magnitude(count, tensorLower[source].pointer, tensorUpper[source].pointer, radius.pointer)
      term.map.forwardAbsolute(
        radius.pointer, batch: boxes, into: radiusImage.pointer, accumulate: number > 0, scratch: scratch)
    }
    rounding.widen(
      tensor: step.output, width: program.tensorCounts[step.output], boxes: boxes, image: radiusImage.pointer, bias: bias,
      lower: tensorLower[step.output].pointer, upper: tensorUpper[step.output].pointer)
  }

  private func preActivation(_ relu: Int, tensor: Int, root: Intervals?, splits: [[NeuronSplit]]) {
    let boxes = layers.boxCount, count = layers.counts[relu]
    layers.lower[relu].pointer.update(from: tensorLower[tensor].pointer, count: boxes * count)
    layers.upper[relu].pointer.update(from: tensorUpper[tensor].pointer, count: boxes * count)
    if let root {
      axb_intersect(boxes, count, root.lower[relu], root.upper[relu], layers.lower[relu].pointer, layers.upper[relu].pointer)
    }
    for (box, path) in splits.enumerated() where !path.isEmpty { layers.clip(relu, box: box, by: path) }
    if needsRefinement[relu] { refine(relu, tensor: tensor) }
    layers.relax(relu)
  }

  private func refine(_ relu: Int, tensor: Int) {
    let count = layers.counts[relu]
    let lower = layers.lower[relu].pointer, upper = layers.upper[relu].pointer
    var unstable: [Int] = []
    for index in 0..<(layers.boxCount &* count) where lower[index] < 0 && upper[index] > 0 { unstable.append(index) }
    var start = 0
    while start < unstable.count {
      let end = min(start + rowLimit / 2, unstable.count)
      refine(tensor: tensor, width: count, indices: unstable[start..<end], lower, upper)
      start = end
    }
  }

  private func refine(
    tensor: Int, width: Int, indices: ArraySlice<Int>, _ lower: UnsafeMutablePointer<Float>,
    _ upper: UnsafeMutablePointer<Float>
  ) {
    let rows = indices.count * 2
    pass.begin(rows: rows)
    var seeds: [(element: Int, sign: Float)] = []
    seeds.reserveCapacity(rows)
    for (number, index) in indices.enumerated() {
      let (box, element) = index.quotientAndRemainder(dividingBy: width)
      pass.boxes[2 * number] = Int32(box)
      pass.boxes[2 * number + 1] = Int32(box)
      seeds.append((element, 1))
      seeds.append((element, -1))
    }
    let last = pass.seed(tensor: tensor, elements: seeds)
    pass.run(from: last, relu: sharedRelu)
    rowBounds.reserve(rows)
    pass.concretise(lower: self.lower, upper: self.upper, into: rowBounds.pointer)
    for (number, index) in indices.enumerated() {
      lower[index] = max(lower[index], rowBounds.pointer[2 * number] - pass.rowErrors[2 * number])
      upper[index] = min(upper[index], -(rowBounds.pointer[2 * number + 1] - pass.rowErrors[2 * number + 1]))
    }
  }

  private func sharedRelu(_ relu: Int, _ coefficients: Buffer<Float>, _ constants: UnsafeMutablePointer<Float>) {
    axb_relu_rows(
      pass.rowCount, layers.counts[relu], pass.boxes, layers.below[relu].pointer, layers.above[relu].pointer,
      layers.gap[relu].pointer, coefficients.pointer, constants)
  }

  /// Bounds every row on every box with the default slopes. Row b·rows.count + q is row q on box b.
  ///
  /// After the call `coefficients` [boxes·rows × inputs] and `constants` hold the linear functions of the input.
  package func bound(_ rows: [SpecificationRow], into result: UnsafeMutablePointer<Float>) {
    let boxes = layers.boxCount
    pass.begin(rows: boxes * rows.count)
    for box in 0..<boxes { for q in rows.indices { pass.boxes[box * rows.count + q] = Int32(box) } }
    pass.seed { rows[$0 % rows.count] }
    pass.run(from: program.steps.count - 1, relu: sharedRelu)
    pass.concretise(lower: lower, upper: upper, into: result)
  }

  package var coefficients: UnsafeMutablePointer<Float> { pass.inputCoefficients }
  /// What float32 rounding can take from each bound of the last call of `bound`.
  package var errors: UnsafeMutablePointer<Float> { pass.rowErrors }

  /// The rounding errors on one box, for rows that all belong to it.
  package func roundingErrors(box: Int) -> RoundingErrors? { rounding?.snapshot(program, box: box) }

  /// Whether some neuron's interval is empty: no execution reaches the box.
  package func isEmpty(box: Int) -> Bool {
    for relu in layers.counts.indices {
      let offset = box * layers.counts[relu]
      let lower = layers.lower[relu].pointer + offset, upper = layers.upper[relu].pointer + offset
      for j in 0..<layers.counts[relu] where lower[j] > upper[j] { return true }
    }
    return false
  }
}

extension BackwardPass {
  /// Seeds every row of the batch with the specification row that `rowOf` gives for it.
  func seed(_ rowOf: (Int) -> SpecificationRow) {
    let outputs = open(program.output), outputWidth = program.outputCount
    for r in 0..<rowCount {
      let row = rowOf(r)
      for term in row.outputTerms { outputs[r * outputWidth + term.variable] += term.coefficient }
      rowConstants[r] += row.constant
      guard !row.inputTerms.isEmpty else { continue }
      let inputs = open(program.input)
      for term in row.inputTerms { inputs[r * program.inputCount + term.variable] += term.coefficient }
    }
  }
}
