// SPDX-License-Identifier: Apache-2.0
import Exact

/// X_variable ≤ value, or ≥ value.
struct InputBound {
  var value: Enclosure
  var variable: Int32
  var side: VNNLIBError.Side
}

/// What an assertion says, once terms are linear: bounds on inputs, rows, and their Boolean combinations.
///
/// `and([])` is true. `or([])` is false and appears alone only: `conjunction` and `disjunction` fold it away inside.
enum Formula {
  case bound(InputBound)
  indirect case row(LinearConstraint)
  case and([Formula])
  case or([Formula])

  var isTrue: Bool { if case .and(let parts) = self { parts.isEmpty } else { false } }
  var isFalse: Bool { if case .or(let parts) = self { parts.isEmpty } else { false } }

  static func conjunction(_ parts: [Formula]) -> Formula {
    if parts.contains(where: \.isFalse) { return .or([]) }
    let needed = parts.contains(where: \.isTrue) ? parts.filter { !$0.isTrue } : parts
    return needed.count == 1 ? needed[0] : .and(needed)
  }

  static func disjunction(_ parts: [Formula]) -> Formula {
    let possible = parts.contains(where: \.isFalse) ? parts.filter { !$0.isFalse } : parts
    return possible.count == 1 ? possible[0] : .or(possible)
  }
}

/// One case of a disjunctive normal form.
struct Disjunct {
  var bounds: [InputBound] = []
  var rows: [LinearConstraint] = []
}

extension Formula {
  static let disjunctLimit = 1 << 20
  /// The most atoms in all disjuncts together.
  static let atomLimit = 1 << 24

  /// How large the disjunctive normal form will be, up to a little above the limits.
  struct Size {
    var disjuncts: Int
    var atoms: Int

    private init(_ disjuncts: Int, _ atoms: Int) {
      let ceiling = 1 << 28  // products of two stay far from overflow
      self.disjuncts = min(disjuncts, ceiling)
      self.atoms = min(atoms, ceiling)
    }

    static let truth = Size(1, 0)
    static let falsehood = Size(0, 0)
    static let atom = Size(1, 1)

    func and(_ other: Size) -> Size {
      Size(disjuncts * other.disjuncts, atoms * other.disjuncts + other.atoms * disjuncts)
    }

    func or(_ other: Size) -> Size {
      Size(disjuncts + other.disjuncts, atoms + other.atoms)
    }
  }

  var size: Size {
    switch self {
    case .bound, .row: .atom
    case .and(let parts): parts.reduce(.truth) { $0.and($1.size) }
    case .or(let parts): parts.reduce(.falsehood) { $0.or($1.size) }
    }
  }

  /// The disjunctive normal form, in the order of the file: the first alternative varies slowest.
  ///
  /// The caller has compared `size` with the limits.
  var disjuncts: [Disjunct] {
    switch self {
    case .bound(let bound): [Disjunct(bounds: [bound])]
    case .row(let row): [Disjunct(rows: [row])]
    case .or(let parts): parts.flatMap(\.disjuncts)
    case .and(let parts): Self.product(of: parts)
    }
  }

  private static func product(of parts: [Formula]) -> [Disjunct] {
    var cases = [Disjunct()]
    for part in parts {
      switch part {
      case .bound(let bound): for index in cases.indices { cases[index].bounds.append(bound) }
      case .row(let row): for index in cases.indices { cases[index].rows.append(row) }
      case .and, .or:
        let alternatives = part.disjuncts
        if cases.count == 1, cases[0].bounds.isEmpty, cases[0].rows.isEmpty {
          cases = alternatives
        } else {
          cases = cases.flatMap { left in
            alternatives.map { Disjunct(bounds: left.bounds + $0.bounds, rows: left.rows + $0.rows) }
          }
        }
      }
    }
    return cases
  }
}
