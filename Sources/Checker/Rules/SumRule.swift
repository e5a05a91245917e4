// SPDX-License-Identifier: Apache-2.0

/// y = Σ ±inputs.
struct SumRule: AffineRule {
  let bias: Bounds? = nil
  var roundings: Int { signs.count }
  /// The inputs may depend on the same elements.
  let mixing = 2
  let signs: [Int8]

  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels) {
    for (input, sign) in zip(inputs, signs) {
      kernels.add(Block(sign > 0 ? input.lower : input.negUpper, rows: rows), to: Block(output.lower, rows: rows))
      kernels.add(Block(sign > 0 ? input.negUpper : input.lower, rows: rows), to: Block(output.negUpper, rows: rows))
    }
  }

  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    for input in inputs { kernels.add(Block(input, rows: rows), to: Block(output, rows: rows)) }
  }

  func pullBack(_ coefficients: Coefficients, into result: inout Pullback) {
    for (input, sign) in signs.enumerated() {
      switch coefficients {
      case .units(let units):
        result.add(.units(units.map { .init(element: $0.element, sign: $0.sign * Double(sign)) }), toInput: input)
      case .matrix(let matrix):
        result.add(.matrix(sign > 0 ? matrix.copy() : matrix.negated()), toInput: input)
      }
    }
  }
}
