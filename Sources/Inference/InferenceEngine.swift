// SPDX-License-Identifier: Apache-2.0
import Compute
package import Program

/// Runs a program: forward, and the gradient of any function of the output.
///
/// Comes in: batches of inputs [batch, inputCount]. Goes out: outputs [batch, outputCount], and vector-Jacobian products
/// [batch, inputCount]. Float32 results round to nearest in an order of our own: they agree with other engines up to rounding, and
/// a sample's result does not depend on its batch. Shared and immutable; each thread works in a `Workspace` of its own.
///
///     let workspace = engine.makeWorkspace(of: Float.self)
///     workspace.forward(x, batch: 100, into: y)
package final class InferenceEngine: Sendable {
  package let program: Program
  let forwardPlan: TensorPlan
  let gradientPlan: TensorPlan
  /// Samples run together, so that the widest tensor stays in the cache.
  let chunk: Int

  package init(_ program: Program) {
    self.program = program
    forwardPlan = TensorPlan(forwardOnly: program)
    gradientPlan = TensorPlan(keepingAll: program)
    chunk = min(256, max(16, 131_072 / max(program.tensorCounts.max() ?? 1, 1)))
  }

  package func makeWorkspace<Scalar: ProgramScalar>(of _: Scalar.Type = Scalar.self) -> Workspace<Scalar> {
    Workspace(self)
  }

  /// The output at one point; for loops, keep a workspace.
  package func forward<Scalar: ProgramScalar>(_ x: [Scalar]) -> [Scalar] {
    precondition(x.count == program.inputCount, "\(x.count) inputs for a model with \(program.inputCount)")
    var y = [Scalar](repeating: 0, count: program.outputCount)
    let workspace = makeWorkspace(of: Scalar.self)
    y.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { workspace.forward(x, batch: 1, into: base) } }
    return y
  }
}

/// Memory for running one engine on one thread.
///
/// A class, because it is scratch with one owner.
package final class Workspace<Scalar: ProgramScalar> {
  private let engine: InferenceEngine
  private let scratch = Scratch()
  private let values: [Buffer<Scalar>]
  private let kept: [Buffer<Scalar>]
  private let gradients: [Buffer<Scalar>]
  private let cotangent = Buffer<Scalar>()

  init(_ engine: InferenceEngine) {
    self.engine = engine
    values = engine.forwardPlan.slotCounts.map { _ in Buffer() }
    kept = engine.gradientPlan.slotCounts.map { _ in Buffer() }
    gradients = engine.gradientPlan.slotCounts.map { _ in Buffer() }
  }

  /// y [batch, outputCount] = f(x [batch, inputCount]).
  package func forward(_ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>) {
    let program = engine.program
    forEachChunk(batch) { start, count in
      run(
        engine.forwardPlan, values, x + start * program.inputCount, batch: count, into: y + start * program.outputCount)
    }
  }

  /// The outputs, and for every sample the gradient with respect to x of Σ_j w_j·y_j, with the weights w chosen after seeing y.
  ///
  /// - Parameters:
  ///   - y: [batch, outputCount], written.
  ///   - gradient: [batch, inputCount], written. The ReLU's derivative at 0 counts as 0.
  ///   - cotangent: fills w [count, outputCount] for the samples in a range, given their outputs [count, outputCount].
  package func forwardAndGradient(
    _ x: UnsafePointer<Scalar>, batch: Int, into y: UnsafeMutablePointer<Scalar>,
    gradient: UnsafeMutablePointer<Scalar>,
    cotangent fill: (_ samples: Range<Int>, _ y: UnsafePointer<Scalar>, _ w: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let program = engine.program
    forEachChunk(batch) { start, count in
      let output = y + start * program.outputCount
      run(engine.gradientPlan, kept, x + start * program.inputCount, batch: count, into: output)
      let weights = cotangent.reserve(count * program.outputCount)
      fill(start..<start + count, output, weights)
      pullBack(weights, batch: count, output: output, into: gradient + start * program.inputCount)
    }
  }

  private func forEachChunk(_ batch: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    var start = 0
    while start < batch {
      let count = min(engine.chunk, batch - start)
      body(start, count)
      start += count
    }
  }

  private func run(
    _ plan: TensorPlan, _ slots: [Buffer<Scalar>], _ x: UnsafePointer<Scalar>, batch: Int,
    into y: UnsafeMutablePointer<Scalar>
  ) {
    let program = engine.program
    for (slot, buffer) in slots.enumerated() { buffer.reserve(plan.slotCounts[slot] * batch) }
    func source(_ tensor: Int) -> UnsafePointer<Scalar> {
      if tensor == program.input { return x }
      return UnsafePointer(tensor == program.output ? y : slots[plan.slots[tensor]].pointer)
    }
    for step in program.steps {
      let target = step.output == program.output ? y : slots[plan.slots[step.output]].pointer
      switch step.kind {
      case .relu:
        Scalar.relu(source(step.inputs[0]), count: batch * program.tensorCounts[step.output], into: target)
      case .linear(let terms, _):
        Scalar.fillBias(of: step, batch: batch, into: target)
        for (term, input) in zip(terms, step.inputs) {
          Scalar.forward(term.map, source(input), batch: batch, into: target, accumulate: true, scratch: scratch)
        }
      }
    }
    if program.output == program.input { y.update(from: x, count: batch * program.outputCount) }
  }

  /// Walks the steps backwards. A tensor's gradient is written by the last of its readers and added to by the others.
  private func pullBack(
    _ weights: UnsafeMutablePointer<Scalar>, batch: Int, output: UnsafePointer<Scalar>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    let program = engine.program
    let plan = engine.gradientPlan
    for (slot, buffer) in gradients.enumerated() { buffer.reserve(plan.slotCounts[slot] * batch) }
    var isWritten = [Bool](repeating: false, count: program.tensorCounts.count)
    isWritten[program.output] = true
    func place(_ tensor: Int) -> UnsafeMutablePointer<Scalar> {
      if tensor == program.input { return gradient }
      return tensor == program.output ? weights : gradients[plan.slots[tensor]].pointer
    }
    for (index, step) in program.steps.enumerated().reversed() where isWritten[step.output] {
      let from = place(step.output)
      switch step.kind {
      case .relu:
        let source = step.inputs[0]
        let count = batch * program.tensorCounts[source]
        let active = step.output == program.output ? output : UnsafePointer(kept[plan.slots[step.output]].pointer)
        Scalar.reluGradient(active, count: count, gradient: from)
        if !plan.isInPlace[index] {
          Scalar.scale(1, from, count: count, into: place(source), accumulate: isWritten[source])
        }
        isWritten[source] = true
      case .linear(let terms, _):
        for (term, input) in zip(terms, step.inputs) {
          Scalar.adjoint(
            term.map, from, count: batch, into: place(input), accumulate: isWritten[input], scratch: scratch)
          isWritten[input] = true
        }
      }
    }
    if program.output == program.input {
      gradient.update(from: weights, count: batch * program.inputCount)
    } else if !isWritten[program.input] {
      gradient.update(repeating: 0, count: batch * program.inputCount)
    }
  }
}
