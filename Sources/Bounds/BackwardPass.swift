// SPDX-License-Identifier: Apache-2.0
import CBounds
package import Compute
package import Program

/// The backward walk of CROWN: a batch of linear functions of one tensor is turned into linear functions of the input.
///
/// Each row r starts as coefficients Λ on its tensor and a constant κ, and ends as Λ_x and κ with
/// row(tensor) ≥ Λ_x·x + κ on the row's box. Rows of different boxes share every matrix product.
///
/// Source: Zhang et al., NeurIPS 2018 (CROWN); Singh et al., POPL 2019 (DeepPoly); Xu et al., ICLR 2021 (α).
package final class BackwardPass {
  let program: Program
  private var coefficients: [Buffer<Float>]
  private let constants = Buffer<Float>()
  private let boxOfRow = Buffer<Int32>()
  private var isPresent: [Bool]
  private let scratch = Scratch()
  package private(set) var rowCount = 0

  /// One ReLU step: turns coefficients on its output (in place) into coefficients on its input.
  package typealias ReluStep = (_ relu: Int, _ coefficients: Buffer<Float>, _ constants: UnsafeMutablePointer<Float>) -> Void

  package init(_ program: Program) {
    self.program = program
    coefficients = program.tensorCounts.map { _ in Buffer() }
    isPresent = Array(repeating: false, count: program.tensorCounts.count)
    reluOrdinal = Dictionary(uniqueKeysWithValues: program.reluSteps.enumerated().map { ($1, $0) })
    producer = Array(repeating: nil, count: program.tensorCounts.count)
    for (index, step) in program.steps.enumerated() { producer[step.output] = index }
  }

  private let reluOrdinal: [Int: Int]
  private var producer: [Int?]
  /// Copies of the matrices whose rows seed a pass, by step and term, made when first needed.
  private var matrices: [Int: [Int: (rows: Buffer<Float>, isWhole: Bool)]] = [:]

  /// Coefficients on the input after `run`, [rows × inputs].
  package var inputCoefficients: UnsafeMutablePointer<Float> { coefficients[program.input].pointer }
  package var rowConstants: UnsafeMutablePointer<Float> { constants.pointer }
  package var boxes: UnsafeMutablePointer<Int32> { boxOfRow.pointer }

  /// Begins a batch of rows with zero coefficients and constants; the caller fills `boxes`.
  package func begin(rows: Int) {
    rowCount = rows
    constants.reserve(rows)
    boxOfRow.reserve(rows)
    constants.pointer.update(repeating: 0, count: rows)
    for tensor in isPresent.indices { isPresent[tensor] = false }
  }

  /// The coefficients on one tensor, zeroed the first time they are asked for.
  package func open(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    let count = rowCount * program.tensorCounts[tensor]
    coefficients[tensor].reserve(count)
    if !isPresent[tensor] {
      coefficients[tensor].pointer.update(repeating: 0, count: count)
      isPresent[tensor] = true
    }
    return coefficients[tensor].pointer
  }

  /// Seeds row r with ±z_j of the given tensor, stepping through the linear step that produces it at once: copying a row of
  /// the matrix is cheaper than multiplying by a unit vector. Returns the step from which `run` must continue.
  func seed(tensor: Int, elements: [(element: Int, sign: Float)]) -> Int {
    guard let index = producer[tensor], case .linear(let terms, let bias) = program.steps[index].kind else {
      let rows = open(tensor)
      for (row, seed) in elements.enumerated() { rows[row * program.tensorCounts[tensor] + seed.element] = seed.sign }
      return producer[tensor] ?? -1
    }
    for (number, term) in terms.enumerated() {
      let source = program.steps[index].inputs[number]
      let width = program.tensorCounts[source]
      let accumulate = isPresent[source]
      coefficients[source].reserve(rowCount * width)
      isPresent[source] = true
      let rows = coefficients[source].pointer
      withMatrixRows(of: term.map, step: index, term: number) { rowOf in
        for (row, seed) in elements.enumerated() {
          axb_copy_row(width, rowOf(seed.element), seed.sign, accumulate ? 1 : 0, rows + row * width)
        }
      }
    }
    for (row, seed) in elements.enumerated() { constants.pointer[row] += seed.sign * bias[seed.element] }
    return index - 1
  }

  /// Gives access to the rows of a map: from a copy of the whole matrix where that is small, else one by one.
  private func withMatrixRows(
    of map: LinearMap, step: Int, term: Int, _ body: ((Int) -> UnsafePointer<Float>) -> Void
  ) {
    let width = map.inputCount
    if matrices[step] == nil { matrices[step] = [:] }
    if matrices[step]?[term] == nil {
      let isSmall = width * map.outputCount <= 4_000_000
      let copy = Buffer<Float>(capacity: isSmall ? width * map.outputCount : width)
      if isSmall { for j in 0..<map.outputCount { map.row(j, into: copy.pointer + j * width) } }
      matrices[step]?[term] = (copy, isSmall)
    }
    guard let (copy, isWhole) = matrices[step]?[term] else { return }
    body { element in
      if isWhole { return UnsafePointer(copy.pointer + element * width) }
      map.row(element, into: copy.pointer)
      return UnsafePointer(copy.pointer)
    }
  }

  /// Walks from step `last` down to the input.
  package func run(from last: Int, relu: ReluStep) {
    var index = last
    while index >= 0 {
      let step = program.steps[index]
      if isPresent[step.output] {
        switch step.kind {
        case .linear(let terms, let bias): linear(step, terms, bias)
        case .relu:
          relu(reluOrdinal[index] ?? 0, coefficients[step.output], constants.pointer)
          hand(step.output, to: step.inputs[0])
        }
      }
      index -= 1
    }
    _ = open(program.input)
  }

  private func linear(_ step: Step, _ terms: [Term], _ bias: [Float]) {
    let rows = coefficients[step.output].pointer
    axb_dot_rows(rowCount, program.tensorCounts[step.output], rows, bias, constants.pointer)
    for (term, source) in zip(terms, step.inputs) {
      let accumulate = isPresent[source]
      coefficients[source].reserve(rowCount * program.tensorCounts[source])
      term.map.adjoint(rows, count: rowCount, into: coefficients[source].pointer, accumulate: accumulate, scratch: scratch)
      isPresent[source] = true
    }
    isPresent[step.output] = false
  }

  private func hand(_ from: Int, to: Int) {
    if isPresent[to] {
      let count = rowCount * program.tensorCounts[to]
      let target = coefficients[to].pointer, source = coefficients[from].pointer
      for k in 0..<count { target[k] += source[k] }
    } else {
      coefficients.swapAt(from, to)
      isPresent[to] = true
    }
    isPresent[from] = false
  }

  /// result[r] = min over the row's box of Λ_x·x + κ, for boxes [count × inputs].
  package func concretise(lower: UnsafePointer<Float>, upper: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    axb_concretise(
      rowCount, program.inputCount, boxOfRow.pointer, lower, upper, inputCoefficients, constants.pointer, result)
  }
}
