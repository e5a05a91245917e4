// SPDX-License-Identifier: Apache-2.0
package import Program

/// One constraint of a disjunct: Σ c_j·y_j + Σ a_i·x_i + constant ≤ 0.
package struct AttackRow: Sendable {
  package typealias Coefficient = (index: Int, value: Double)
  package var outputs: [Coefficient]
  package var inputs: [Coefficient]
  package var constant: Double

  package init(outputs: [Coefficient], inputs: [Coefficient] = [], constant: Double) {
    self.outputs = outputs
    self.inputs = inputs
    self.constant = constant
  }
}

/// What an attack looks for: a point of the box at which all rows of one disjunct are ≤ 0.
package struct AttackProblem<Scalar: ProgramScalar>: Sendable {
  /// [inputCount]; lower ≤ upper. Dimensions with equal ends stay fixed.
  package var lower: [Scalar]
  package var upper: [Scalar]
  package var disjuncts: [[AttackRow]]
  /// Points to start from before any random ones; clamped to the box.
  package var starts: [[Scalar]]

  package init(lower: [Scalar], upper: [Scalar], disjuncts: [[AttackRow]], starts: [[Scalar]] = []) {
    self.lower = lower
    self.upper = upper
    self.disjuncts = disjuncts
    self.starts = starts
  }
}

/// How long and how an attack searches.
package struct AttackOptions: Sendable {
  /// Points that descend at the same time, each towards a disjunct of its own.
  package var restarts: Int
  /// Descent steps before new starts are drawn.
  package var steps: Int
  /// How many times starts are drawn.
  package var rounds: Int
  /// Random points of which the best becomes a start.
  package var samples: Int
  package var seed: UInt64
  package var deadline: ContinuousClock.Instant?
  package var threads: Int

  package init(
    restarts: Int, steps: Int, rounds: Int = 1, samples: Int = 8, seed: UInt64 = 1,
    deadline: ContinuousClock.Instant? = nil,
    threads: Int = 1
  ) {
    self.restarts = restarts
    self.steps = steps
    self.rounds = rounds
    self.samples = samples
    self.seed = seed
    self.deadline = deadline
    self.threads = threads
  }

  /// A first look that costs little beside one pass of bounds.
  package static let quick = AttackOptions(restarts: 96, steps: 30)
  /// For what the first look left open; usually with a deadline.
  package static let thorough = AttackOptions(restarts: 256, steps: 100, rounds: 1000, samples: 32)
  /// For one leaf of a branch and bound: a few points around the given starts.
  package static let leaf = AttackOptions(restarts: 16, steps: 15)
}

/// The best point an attack met.
package struct AttackResult<Scalar: ProgramScalar>: Sendable {
  package var point: [Scalar]
  package var disjunct: Int
  /// The largest row of the disjunct at the point, as computed in `Scalar`; ≤ 0 means that the point satisfies the disjunct.
  package var loss: Double

  /// A claim to be replayed exactly before anyone believes it.
  package var isCounterexample: Bool { loss <= 0 }
}

/// The rows of all disjuncts as flat arrays, for loops over samples.
struct CompiledRows<Scalar: ProgramScalar>: Sendable {
  /// Rows of disjunct d: rowStart[d] ..< rowStart[d + 1]; output (input) terms of row r: outputStart[r] ..< outputStart[r + 1].
  private var rowStart: [Int] = [0]
  private var outputStart: [Int] = [0]
  private var outputIndex: [Int] = []
  private var outputValue: [Scalar] = []
  private var inputStart: [Int] = [0]
  private var inputIndex: [Int] = []
  private var inputValue: [Scalar] = []
  private var constants: [Scalar] = []

  init(_ disjuncts: [[AttackRow]]) {
    for disjunct in disjuncts {
      for row in disjunct {
        outputIndex += row.outputs.map(\.index)
        outputValue += row.outputs.map { Scalar($0.value) }
        outputStart.append(outputIndex.count)
        inputIndex += row.inputs.map(\.index)
        inputValue += row.inputs.map { Scalar($0.value) }
        inputStart.append(inputIndex.count)
        constants.append(Scalar(row.constant))
      }
      rowStart.append(constants.count)
    }
  }

  func rows(of disjunct: Int) -> Range<Int> { rowStart[disjunct]..<rowStart[disjunct + 1] }

  /// A row's left side at (x, y), and the sum of the magnitudes of its terms.
  func value(
    _ row: Int, x: UnsafePointer<Scalar>, y: UnsafePointer<Scalar>
  ) -> (value: Scalar, magnitude: Scalar) {
    var sum = constants[row]
    var magnitude = abs(sum)
    for term in outputStart[row]..<outputStart[row + 1] {
      let product = outputValue[term] * y[outputIndex[term]]
      sum += product
      magnitude += abs(product)
    }
    for term in inputStart[row]..<inputStart[row + 1] {
      let product = inputValue[term] * x[inputIndex[term]]
      sum += product
      magnitude += abs(product)
    }
    return (sum, magnitude)
  }

  /// The largest row of a disjunct at (x, y), which row it is, and its magnitude. No rows: satisfied everywhere.
  func worst(
    _ disjunct: Int, x: UnsafePointer<Scalar>, y: UnsafePointer<Scalar>
  ) -> (loss: Scalar, row: Int, magnitude: Scalar) {
    var worst = (loss: -Scalar.greatestFiniteMagnitude, row: -1, magnitude: Scalar(1))
    for row in rows(of: disjunct) {
      let (value, magnitude) = value(row, x: x, y: y)
      if !(value <= worst.loss) { worst = (value, row, magnitude) }
    }
    return worst
  }

  /// w += the output coefficients of a row.
  func addOutputs(of row: Int, to w: UnsafeMutablePointer<Scalar>) {
    for term in outputStart[row]..<outputStart[row + 1] { w[outputIndex[term]] += outputValue[term] }
  }

  /// g += the input coefficients of a row.
  func addInputs(of row: Int, to g: UnsafeMutablePointer<Scalar>) {
    for term in inputStart[row]..<inputStart[row + 1] { g[inputIndex[term]] += inputValue[term] }
  }
}
