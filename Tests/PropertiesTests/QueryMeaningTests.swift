// SPDX-License-Identifier: Apache-2.0
import Exact
import Properties
import Testing

/// A formula of the tests' own, with its text and its meaning. All numbers are small multiples of 1/16, so doubles compute exactly.
indirect enum Sample {
  case compare(String, Expression, Expression)
  case all([Sample])
  case any([Sample])

  indirect enum Expression {
    case number(Double)
    case input(Int)
    case output(Int)
    case apply(String, [Expression])
  }
}

extension Sample.Expression {
  var text: String {
    switch self {
    case .number(let value): "\(value)"
    case .input(let index): "X_\(index)"
    case .output(let index): "Y_\(index)"
    case .apply(let function, let operands): "(\(function) " + operands.map(\.text).joined(separator: " ") + ")"
    }
  }

  func value(_ x: [Double], _ y: [Double]) -> Double {
    switch self {
    case .number(let value): return value
    case .input(let index): return x[index]
    case .output(let index): return y[index]
    case .apply(let function, let operands):
      let values = operands.map { $0.value(x, y) }
      switch function {
      case "+": return values.reduce(0, +)
      case "*": return values.reduce(1, *)
      default: return values.count == 1 ? -values[0] : values.dropFirst().reduce(values[0], -)
      }
    }
  }

  static func random(_ depth: Int, isConstant: Bool = false, _ generator: inout SplitMix) -> Self {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &generator) {
    case 0, 1: return .number(Double(Int.random(in: -16...16, using: &generator)) / 4)
    case 2, 3: return isConstant ? .number(3) : .input(Int.random(in: 0..<2, using: &generator))
    case 4: return isConstant ? .number(-2) : .output(Int.random(in: 0..<2, using: &generator))
    case 5, 6:
      return .apply(
        "*",
        [random(depth - 1, isConstant: true, &generator), random(depth - 1, isConstant: isConstant, &generator)]
          .shuffled(using: &generator))
    default:
      let operands = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        random(depth - 1, isConstant: isConstant, &generator)
      }
      return .apply(Bool.random(using: &generator) ? "+" : "-", operands)
    }
  }
}

extension Sample {
  var text: String {
    switch self {
    case .compare(let relation, let left, let right): "(\(relation) \(left.text) \(right.text))"
    case .all(let parts): "(and " + parts.map(\.text).joined(separator: "\n ") + ")"
    case .any(let parts): "(or ; one of\n" + parts.map(\.text).joined(separator: " ") + ")"
    }
  }

  func holds(_ x: [Double], _ y: [Double]) -> Bool {
    switch self {
    case .all(let parts): return parts.allSatisfy { $0.holds(x, y) }
    case .any(let parts): return parts.contains { $0.holds(x, y) }
    case .compare(let relation, let left, let right):
      let (a, b) = (left.value(x, y), right.value(x, y))
      switch relation {
      case "<": return a < b
      case "<=": return a <= b
      case ">": return a > b
      case ">=": return a >= b
      default: return a == b
      }
    }
  }

  static func random(_ depth: Int, _ generator: inout SplitMix) -> Sample {
    guard depth > 0, Int.random(in: 0..<3, using: &generator) > 0 else {
      let relation = ["<", "<=", "<=", ">", ">=", ">=", "=", "=="].randomElement(using: &generator) ?? "<="
      return .compare(relation, .random(2, &generator), .random(2, &generator))
    }
    let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in random(depth - 1, &generator) }
    return Bool.random(using: &generator) ? .all(parts) : .any(parts)
  }
}

extension Query {
  /// Whether an assignment of doubles satisfies the query. Exact where the coefficients and constants are doubles of few bits: a double is
  /// at least a literal if and only if it is at least the upper end of the literal's tightest enclosure.
  func isSatisfied(_ x: [Double], _ y: [Double]) -> Bool {
    regions.contains { region in
      zip(x, zip(region.lower, region.upper)).allSatisfy { $0 >= $1.0.upper && $0 <= $1.1.lower }
        && region.disjuncts.contains { $0.rows.allSatisfy { $0.isSatisfied(x, y) } }
    }
  }
}

extension LinearConstraint {
  func isSatisfied(_ x: [Double], _ y: [Double]) -> Bool {
    let inputs = inputTerms.reduce(constant.lower) { $0 + $1.coefficient.lower * x[$1.variable] }
    let left = outputTerms.reduce(inputs) { $0 + $1.coefficient.lower * y[$1.variable] }
    return isStrict ? left < 0 : left <= 0
  }

  func checkInvariants() {
    for terms in [inputTerms, outputTerms] {
      precondition(zip(terms, terms.dropFirst()).allSatisfy { $0.variable < $1.variable }, "terms are not sorted")
      precondition(terms.allSatisfy { $0.coefficient != Enclosure(exactly: 0) }, "a coefficient is zero")
    }
  }
}

@Suite("The query means what the file says")
struct QueryMeaningTests {
  static let head = """
    (declare-const X_0 Real)(declare-const Y_1 Real)(declare-fun Y_0 () Real) (declare-fun X_1 ( ) Real)
    (assert (and (<= -4 X_0) (<= X_0 4) (>= X_1 -4.0) (>= 4e0 X_1)))

    """

  @Test("random files agree with their own formulas on every sampled assignment")
  func randomFiles() throws {
    var generator = SplitMix(seed: 21)
    var (satisfied, refuted, refused) = (0, 0, 0)
    for _ in 0..<600 {
      let assertions = (0..<Int.random(in: 1...3, using: &generator)).map { _ in Sample.random(3, &generator) }
      let text = Self.head + assertions.map { "(assert \($0.text))" }.joined(separator: "\n")
      var query: Query?
      do {
        query = try VNNLIB.parse(Array(text.utf8))
      } catch {
        switch error.reason {
        case .contradiction, .emptyBox: refused += 1  // then no assignment may satisfy the file
        default: Issue.record("\(error)\n\(text)")
        }
      }
      for region in query?.regions ?? [] {
        for disjunct in region.disjuncts { for row in disjunct.rows { row.checkInvariants() } }
      }
      for _ in 0..<60 {
        let values = (0..<4).map { _ in Double(Int.random(in: -20...20, using: &generator)) / 4 }
        let (x, y) = (Array(values[..<2]), Array(values[2...]))
        let expected = assertions.allSatisfy { $0.holds(x, y) } && x.allSatisfy { abs($0) <= 4 }
        #expect((query?.isSatisfied(x, y) ?? false) == expected, "x = \(x), y = \(y)\n\(text)")
        if expected { satisfied += 1 } else { refuted += 1 }
      }
    }
    #expect(satisfied > 1000 && refuted > 1000 && refused > 10, "the samples must exercise both answers")
  }
}
