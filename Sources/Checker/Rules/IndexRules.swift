// SPDX-License-Identifier: Apache-2.0
import Graph

/// Same elements under another shape.
struct ViewRule: AffineRule {
  let bias: Bounds? = nil
  let roundings = 0
  let mixing = 0

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    kernels.add(Block(inputs[0].lower, rows: rows), to: Block(output.lower, rows: rows))
    kernels.add(Block(inputs[0].negUpper, rows: rows), to: Block(output.negUpper, rows: rows))
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    kernels.add(Block(inputs[0], rows: rows), to: Block(output, rows: rows))
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    result.add(coefficients, toInput: 0)
  }
}

/// y[i] is an element of an input or a constant: Transpose, broadcasting, Concat.
struct IndexRule: AffineRule {
  let bias: Bounds?
  let roundings = 0
  let mixing: Int

  /// Per input, per output element: the element read, or −1 where the element comes from elsewhere.
  private let index: [[Int32]]
  /// Per input: no element is read twice, so that going back adds nothing to anything.
  private let isInjective: [Bool]

  init(gather indices: [Int32]) {
    self.init(index: [indices], bias: nil)
  }

  init(concatenation sources: [ConcatenationSource], inputs: Int) {
    var index = [[Int32]](repeating: [Int32](repeating: -1, count: sources.count), count: inputs)
    var constants = [Double](repeating: 0, count: sources.count)
    for (i, source) in sources.enumerated() {
      switch source {
      case .element(let input, let element): index[input][i] = Int32(element)
      case .constant(let value): constants[i] = value
      }
    }
    self.init(index: index, bias: constants.contains { $0 != 0 } ? Bounds(exactly: constants) : nil)
  }

  private init(index: [[Int32]], bias: Bounds?) {
    self.index = index
    self.bias = bias
    isInjective = index.map { list in
      let used = list.filter { $0 >= 0 }
      return Set(used).count == used.count
    }
    mixing = isInjective.allSatisfy { $0 } ? 0 : 1
  }

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    for (input, list) in zip(inputs, index) {
      copy(input.lower, list, rows: rows, to: output.lower)
      copy(input.negUpper, list, rows: rows, to: output.negUpper)
    }
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    for (input, list) in zip(inputs, index) { copy(input, list, rows: rows, to: output) }
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    // A unit on a constant element has no element to move to: the scatter below drops it.
    if case .units(let units) = coefficients, index.count == 1, units.allSatisfy({ index[0][$0.element] >= 0 }) {
      result.add(.units(units.map { .init(element: Int(index[0][$0.element]), sign: $0.sign) }), toInput: 0)
      return
    }
    let source = coefficients.dense(columns: result.outputCount)
    for (input, list) in index.enumerated() {
      let low = Matrix(rows: result.rows, columns: result.inputCounts[input])
      result.kernels.scatter(Block(source), to: Block(low), index: list)
      var negHigh: Matrix?
      if result.needsHigh[input], !isInjective[input] {
        let high = Matrix(rows: result.rows, columns: result.inputCounts[input])
        result.kernels.scatter(Block(source.negated()), to: Block(high), index: list)
        negHigh = high
      }
      result.add(.matrix(low), negHigh: negHigh, toInput: input)
    }
  }

  private func copy(_ source: Matrix, _ list: [Int32], rows: Int, to target: Matrix) {
    for row in 0..<rows {
      source.read(row: row) { from in
        target.update(row: row) { to in
          for (i, element) in list.enumerated() where element >= 0 { to[i] = from[Int(element)] }
        }
      }
    }
  }
}
