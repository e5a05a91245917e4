// SPDX-License-Identifier: Apache-2.0
import Exact

/// Σ coefficient · variable + constant, exactly. Terms may repeat a variable until `merged`.
struct LinearForm {
  var terms: [(variable: Variable, coefficient: Decimal)] = []
  var constant = Decimal(0)

  var isConstant: Bool { terms.isEmpty }

  init(constant: Decimal) {
    self.constant = constant
  }

  init(_ variable: Variable) {
    terms = [(variable, Decimal(1))]
  }

  mutating func add(_ other: LinearForm) throws(DecimalError) {
    terms += other.terms
    constant = try constant + other.constant
  }

  mutating func subtract(_ other: LinearForm) throws(DecimalError) {
    for term in other.terms { terms.append((term.variable, -term.coefficient)) }
    constant = try constant - other.constant
  }

  mutating func negate() {
    for index in terms.indices { terms[index].coefficient = -terms[index].coefficient }
    constant = -constant
  }

  mutating func scale(by factor: Decimal) throws(DecimalError) {
    for index in terms.indices { terms[index].coefficient = try terms[index].coefficient * factor }
    constant = try constant * factor
  }

  /// The same form with inputs before outputs, each sorted, each variable once, and no zero coefficient.
  func merged() throws(DecimalError) -> LinearForm {
    guard terms.count > 1 else {
      return terms.first?.coefficient.isZero == true ? LinearForm(constant: constant) : self
    }
    var result = LinearForm(constant: constant)
    for term in terms.sorted(by: {
      ($0.variable.isOutput ? 1 : 0, $0.variable.index) < ($1.variable.isOutput ? 1 : 0, $1.variable.index)
    }) {
      if let last = result.terms.last, last.variable == term.variable {
        result.terms[result.terms.count - 1].coefficient = try last.coefficient + term.coefficient
      } else {
        result.terms.append(term)
      }
    }
    result.terms.removeAll { $0.coefficient.isZero }
    return result
  }
}

extension Formula {
  /// What form ≤ 0 says, or form < 0 where `isStrict`.
  ///
  /// A constraint on one input becomes a bound; its value is the tightest enclosure of the exact quotient. A strict one stays a row too:
  /// the box is closed, and the row keeps witnesses off the boundary.
  init(_ form: LinearForm, isStrict: Bool) throws(DecimalError) {
    let form = try form.merged()
    guard let first = form.terms.first else {
      let holds = form.constant.signum < 0 || form.constant.isZero && !isStrict
      self = holds ? .and([]) : .or([])
      return
    }
    guard form.terms.count == 1, !first.variable.isOutput else {
      self = .row(try LinearConstraint(form, isStrict: isStrict))
      return
    }
    // a·x + d ≤ 0: x ≤ −d/a for a > 0, x ≥ −d/a for a < 0.
    let bound = Formula.bound(
      InputBound(
        value: try (-form.constant).enclosure(dividedBy: first.coefficient),
        variable: Int32(first.variable.index), side: first.coefficient.signum > 0 ? .upper : .lower))
    self = isStrict ? .and([bound, .row(try LinearConstraint(form, isStrict: true))]) : bound
  }
}

extension LinearConstraint {
  /// A merged form as a row.
  init(_ form: LinearForm, isStrict: Bool) throws(DecimalError) {
    self.init(inputTerms: [], outputTerms: [], constant: try form.constant.enclosure(), isStrict: isStrict)
    for term in form.terms {
      let linear = LinearTerm(variable: term.variable.index, coefficient: try term.coefficient.enclosure())
      if term.variable.isOutput { outputTerms.append(linear) } else { inputTerms.append(linear) }
    }
  }
}
