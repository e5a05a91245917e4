// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// What the checker knows about one affine operation v = W p + b. One file per operation implements it.
///
/// Everything is rounded towards minus infinity; upper ends are negated (see `Bounds`).
protocol AffineRule: Sendable {
  /// b, one row; nil where it is 0.
  var bias: Bounds? { get }
  /// How many float32 roundings a term of a sum can pass in this operation; 0: it moves numbers without computing.
  var roundings: Int { get }
  /// How much dependence between elements an interval step loses: two in a row, and a refined bound can be better.
  var mixing: Int { get }

  /// Adds W·[inputs] to `output`, which holds the bias already.
  func addImage(of inputs: [Bounds], rows: Int, to output: Bounds, _ kernels: Kernels)

  /// Adds −|W|·H to `output`, which holds −|b| already; `inputs` are −H, one matrix per input, H ≥ 0.
  func addMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels)

  /// The same for the largest number that the operation forms on its way, where that is more than the result.
  func addLargestMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels)

  /// Contributes Wᵀ·Λ_v to the inputs. The bias has been dealt with.
  func pullBack(_ coefficients: Coefficients, into result: inout Pullback)
}

extension AffineRule {
  func addLargestMagnitude(of inputs: [Matrix], rows: Int, to output: Matrix, _ kernels: Kernels) {
    addMagnitude(of: inputs, rows: rows, to: output, kernels)
  }
}

/// Λ of one tensor for a batch of rows.
enum Coefficients {
  /// [rows, elements]; whoever holds it may change it.
  case matrix(Matrix)
  /// Row r is sign·e_element: the start of a bound of one element, kept apart because the next step is then a copy.
  case units([Unit])

  struct Unit {
    var element: Int
    /// +1 or −1.
    var sign: Double
  }

  /// The coefficients as a matrix of the given width.
  func dense(columns: Int) -> Matrix {
    switch self {
    case .matrix(let matrix): return matrix
    case .units(let units):
      let matrix = Matrix(rows: units.count, columns: columns)
      for (r, unit) in units.enumerated() { matrix[r, unit.element] = unit.sign }
      return matrix
    }
  }
}

/// A lower end of Λ_p per element, and minus an upper end where the step was not exact and the difference matters.
struct Contribution {
  var low: Coefficients
  /// nil: `low` is exact, or p ≥ 0 so that rounding down costs nothing (specification, section 4.2).
  var negHigh: Matrix?
}

/// Where a rule puts the coefficients of its inputs.
struct Pullback {
  let kernels: Kernels
  let rows: Int
  /// Number of elements of the node's output.
  let outputCount: Int
  /// Number of elements of each input.
  let inputCounts: [Int]
  /// Per input: whether an inexact step must deliver both ends.
  let needsHigh: [Bool]
  /// Per input, in the order in which they were added.
  var contributions: [(input: Int, contribution: Contribution)] = []

  mutating func add(_ low: Coefficients, negHigh: Matrix? = nil, toInput input: Int) {
    contributions.append((input, Contribution(low: low, negHigh: negHigh)))
  }
}

extension Bounds {
  /// One shared row of enclosures.
  init(enclosures: [Enclosure]) {
    self.init(lower: Matrix(row: enclosures.map(\.lower)), negUpper: Matrix(row: enclosures.map { -$0.upper }))
  }

  /// One shared row of exact numbers.
  init(exactly values: [Double]) {
    self.init(lower: Matrix(row: values), negUpper: Matrix(row: values.map { -$0 }))
  }
}
