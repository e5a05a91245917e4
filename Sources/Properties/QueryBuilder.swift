// SPDX-License-Identifier: Apache-2.0
import Exact

/// Collects assertions and sorts their cases into regions.
///
/// Bounds that every case shares tighten one base box; a case of its own keeps only what it changes of it.
struct QueryBuilder {
  private var base = PartialBox()
  /// Assertions that are not plain bounds, in file order.
  private var conjuncts: [Formula] = []

  /// The most input bounds in all regions together.
  static let boundLimit = 1 << 25

  /// A fault of the query as a whole, with the input it is about.
  struct Fault: Error {
    var reason: VNNLIBError.Reason
    var input: Int?

    init(reason: VNNLIBError.Reason) {
      self.reason = reason
    }

    init(emptyInput input: Int) {
      self.init(reason: .emptyBox("X_\(input)"))
      self.input = input
    }

    init(unboundedInput input: Int, _ side: VNNLIBError.Side) {
      self.init(reason: .unbounded("X_\(input)", side))
      self.input = input
    }
  }

  mutating func grow(toInputCount count: Int) {
    base.grow(to: count)
  }

  mutating func add(_ formula: Formula) {
    switch formula {
    case .bound(let bound): base.tighten(bound)
    case .and(let parts): for part in parts { add(part) }
    case .row, .or: conjuncts.append(formula)
    }
  }

  func query(outputCount: Int) throws(Fault) -> Query {
    let all = Formula.and(conjuncts)
    let size = all.size
    guard size.disjuncts <= Formula.disjunctLimit else {
      throw Fault(reason: .tooManyDisjuncts(limit: Formula.disjunctLimit))
    }
    guard size.atoms <= Formula.atomLimit else { throw Fault(reason: .tooLarge) }
    if let empty = (0..<base.inputCount).first(where: base.isEmpty) { throw Fault(emptyInput: empty) }
    let regions = try regions(of: all.disjuncts)
    return Query(inputCount: base.inputCount, outputCount: outputCount, regions: regions)
  }

  /// One region per distinct box, in order of first appearance. Cases with an empty box are dropped, unless that drops all.
  private func regions(of cases: [Disjunct]) throws(Fault) -> [Region] {
    var regions: [Region] = []
    var places: [[BoxChange]: Int] = [:]
    var scratch = base
    var firstEmpty: Int?
    for disjunct in cases {
      let changes = scratch.changes(by: disjunct.bounds)
      defer { scratch.restore(changes, from: base) }
      if let empty = changes.first(where: { scratch.isEmpty($0.variable) }) {
        firstEmpty = firstEmpty ?? empty.variable
        continue
      }
      let conjunction = Conjunction(rows: disjunct.rows)
      if let place = places[changes] {
        regions[place].disjuncts.append(conjunction)
        continue
      }
      guard (regions.count + 1) * base.inputCount <= Self.boundLimit else { throw Fault(reason: .tooLarge) }
      places[changes] = regions.count
      let (lower, upper) = try scratch.ends()
      regions.append(Region(lower: lower, upper: upper, disjuncts: [conjunction]))
    }
    if regions.isEmpty, let firstEmpty { throw Fault(emptyInput: firstEmpty) }
    return regions
  }
}

/// What one case changes of the base box, in one input.
struct BoxChange: Hashable {
  var variable: Int
  var lower: Enclosure?
  var upper: Enclosure?
}

/// A box whose ends may still be missing.
struct PartialBox {
  private var lower: [Enclosure?] = []
  private var upper: [Enclosure?] = []

  var inputCount: Int { lower.count }

  mutating func grow(to count: Int) {
    while lower.count < count {
      lower.append(nil)
      upper.append(nil)
    }
  }

  /// Intersects with a half-space, exactly: of two ends the tighter one stays. Returns whether anything changed.
  @discardableResult
  mutating func tighten(_ bound: InputBound) -> Bool {
    let variable = Int(bound.variable)
    switch bound.side {
    case .lower:
      if let old = lower[variable], !old.precedes(bound.value) { return false }
      lower[variable] = bound.value
    case .upper:
      if let old = upper[variable], !bound.value.precedes(old) { return false }
      upper[variable] = bound.value
    }
    return true
  }

  /// Whether the lower literal is above the upper one. Two literals between the same neighbouring doubles pass: the box of the
  /// enclosures, a superset, is not empty.
  func isEmpty(_ variable: Int) -> Bool {
    guard let lower = lower[variable], let upper = upper[variable] else { return false }
    return upper.precedes(lower)
  }

  /// Tightens by all bounds and returns the inputs that changed, sorted.
  mutating func changes(by bounds: [InputBound]) -> [BoxChange] {
    var touched: [Int] = []
    for bound in bounds where tighten(bound) { touched.append(Int(bound.variable)) }
    touched.sort()
    var changes: [BoxChange] = []
    for variable in touched where changes.last?.variable != variable {
      changes.append(BoxChange(variable: variable, lower: lower[variable], upper: upper[variable]))
    }
    return changes
  }

  mutating func restore(_ changes: [BoxChange], from base: PartialBox) {
    for change in changes {
      lower[change.variable] = base.lower[change.variable]
      upper[change.variable] = base.upper[change.variable]
    }
  }

  func ends() throws(QueryBuilder.Fault) -> (lower: [Enclosure], upper: [Enclosure]) {
    var ends: (lower: [Enclosure], upper: [Enclosure]) = ([], [])
    ends.lower.reserveCapacity(inputCount)
    ends.upper.reserveCapacity(inputCount)
    for variable in 0..<inputCount {
      guard let lower = lower[variable] else { throw .init(unboundedInput: variable, .lower) }
      guard let upper = upper[variable] else { throw .init(unboundedInput: variable, .upper) }
      ends.lower.append(lower)
      ends.upper.append(upper)
    }
    return ends
  }
}
