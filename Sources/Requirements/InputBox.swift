// SPDX-License-Identifier: Apache-2.0
import Exact

/// The inputs that a property is about, in exact decimals; no end is below its partner.
struct InputBox {
  var lower: [Decimal]
  var upper: [Decimal]
  /// The center as the nearest doubles, if the file names one.
  var point: [Double]?

  /// `point` ± `epsilon`, intersected with `clip` if given.
  init(around keys: YAMLKeys, _ reader: PropertyReader) throws(RequirementsError) {
    let pointItem = try keys.required("point")
    let center = try Self.numbers(pointItem, "point", reader)
    let epsilonItem = try keys.required("epsilon")
    let epsilon = try epsilonItem.decimal("epsilon")
    guard epsilon.signum >= 0 else { throw epsilonItem.fault(.negativeEpsilon("\(epsilon)")) }
    do {
      lower = try center.map { value throws(DecimalError) in try value - epsilon }
      upper = try center.map { value throws(DecimalError) in try value + epsilon }
      point = try center.map { value throws(DecimalError) in try value.nearestDouble() }
    } catch {
      throw pointItem.fault(.number("point", error))
    }
    guard let clipItem = keys.optional("clip") else { return }
    let ends = try clipItem.list("clip")
    guard ends.count == 2 else { throw clipItem.wrongType("clip", expected: "a list of two numbers") }
    let (least, most) = (try ends[0].decimal("clip"), try ends[1].decimal("clip"))
    guard least <= most else { throw clipItem.fault(.emptyInterval("clip", lower: "\(least)", upper: "\(most)")) }
    for index in lower.indices {
      lower[index] = max(lower[index], least)
      upper[index] = min(upper[index], most)
    }
    try checkOrder(clipItem, "after clipping, the range of input")
  }

  /// From `lower` to `upper`.
  init(between keys: YAMLKeys, _ reader: PropertyReader) throws(RequirementsError) {
    try keys.allow(["lower", "upper"])
    lower = try Self.numbers(try keys.required("lower"), "lower", reader)
    upper = try Self.numbers(try keys.required("upper"), "upper", reader)
    try checkOrder(keys.item, "the range of input")
  }

  private func checkOrder(_ item: YAMLItem, _ what: String) throws(RequirementsError) {
    guard let index = lower.indices.first(where: { lower[$0] > upper[$0] }) else { return }
    throw item.fault(.emptyInterval("\(what) \(index)", lower: "\(lower[index])", upper: "\(upper[index])"))
  }

  /// One number per model input: a list, or `{file: …}`.
  private static func numbers(_ item: YAMLItem, _ name: String, _ reader: PropertyReader) throws(RequirementsError)
    -> [Decimal]
  {
    var numbers: [Decimal] = []
    if item.isMapping {
      let keys = try YAMLKeys(item, name)
      try keys.allow(["file"])
      numbers = try fileNumbers(try keys.required("file"), reader)
    } else if item.isList {
      for element in try item.list(name) { numbers.append(try element.decimal("\(name)[\(numbers.count)]")) }
    } else {
      throw item.wrongType(name, expected: "a list of numbers or {file: …}")
    }
    guard numbers.count == reader.inputCount else {
      throw item.fault(.count(name, expected: reader.inputCount, found: numbers.count))
    }
    return numbers
  }

  private static func fileNumbers(_ item: YAMLItem, _ reader: PropertyReader) throws(RequirementsError) -> [Decimal] {
    let path = reader.resolve(try item.text("file"))
    do {
      return try DataFile.decimals(try readBytes(path), path: path)
    } catch let error as ReadFailure {
      throw item.fault(.dataFile(path, .unreadable(error.problem)))
    } catch let error as DataFileError {
      throw item.fault(.dataFile(path, error))
    } catch {
      throw item.fault(.dataFile(path, .unreadable("\(error)")))
    }
  }
}

extension Decimal {
  /// The double nearest to this number; the lower one of two that are equally near.
  func nearestDouble() throws(DecimalError) -> Double {
    let ends = try enclosure()
    guard !ends.isExact else { return ends.lower }
    let middle = try Decimal(exactly: ends.lower) + Decimal(exactly: ends.upper)
    return try self + self > middle ? ends.upper : ends.lower
  }
}
