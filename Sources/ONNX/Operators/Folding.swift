// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

enum FoldedOperation { case add, subtract, multiply, divide }

extension ConstantTensor {
  /// As many zeros of the same type.
  var zeros: ConstantTensor {
    switch elements {
    case .reals(let values, let type):
      ConstantTensor(shape: shape, elements: .reals([Double](repeating: 0, count: values.count), type))
    case .integers(let values, let type):
      ConstantTensor(shape: shape, elements: .integers([Int64](repeating: 0, count: values.count), type))
    }
  }
}

extension ElementType {
  /// Whether a double is a number of this type.
  func contains(_ value: Double) -> Bool {
    switch self {
    case .float32: Double(Float(value)) == value
    case .float64: value.isFinite
    }
  }
}

/// Arithmetic on constants. Real results have to be numbers of the element type: then every semantics agrees on them, the one
/// over the reals and every rounding one. Integers must not overflow.
extension GraphBuilder {
  mutating func fold(
    _ operation: FoldedOperation, _ left: ConstantTensor, _ right: ConstantTensor, shape: [Int], _ node: NodeContext
  ) throws(ONNXError) -> ConstantTensor {
    try reserve(shape, bytesPerElement: 24, for: node)
    let a = left.shape == shape ? left : left.broadcast(to: shape)
    let b = right.shape == shape ? right : right.broadcast(to: shape)
    switch (a.elements, b.elements) {
    case (.reals(let a, let type), .reals(let b, let otherType)) where type == otherType:
      let values = try fold(operation, a, b, type, node)
      return ConstantTensor(shape: shape, elements: .reals(values, type))
    case (.integers(let a, let type), .integers(let b, let otherType)) where type == otherType && type != .bool:
      let values = try fold(operation, a, b, type, node)
      return ConstantTensor(shape: shape, elements: .integers(values, type))
    default: throw node.fault(.typesDiffer)
    }
  }

  private func fold(
    _ operation: FoldedOperation, _ left: [Double], _ right: [Double], _ type: ElementType, _ node: NodeContext
  ) throws(ONNXError) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(left.count)
    for (element, (a, b)) in zip(left, right).enumerated() {
      let value: Double?
      switch operation {
      case .add: value = a.exactSum(b)
      case .subtract: value = a.exactSum(-b)
      case .multiply: value = a.exactProduct(b)
      case .divide:
        guard b != 0 else { throw node.fault(.divisionByZero(element: element)) }
        value = a.exactQuotient(b)
      }
      guard let value, type.contains(value) else { throw node.fault(.notExact) }
      values.append(value)
    }
    return values
  }

  private func fold(
    _ operation: FoldedOperation, _ left: [Int64], _ right: [Int64], _ type: ConstantTensor.IntegerType,
    _ node: NodeContext
  ) throws(ONNXError) -> [Int64] {
    var values: [Int64] = []
    for (element, (a, b)) in zip(left, right).enumerated() {
      let result: (partialValue: Int64, overflow: Bool)
      switch operation {
      case .add: result = a.addingReportingOverflow(b)
      case .subtract: result = a.subtractingReportingOverflow(b)
      case .multiply: result = a.multipliedReportingOverflow(by: b)
      case .divide:
        guard b != 0 else { throw node.fault(.divisionByZero(element: element)) }
        // Runtimes differ on the rounding of negative quotients.
        guard a >= 0 && b > 0 || a.isMultiple(of: b) else { throw node.fault(.notExact) }
        result = a.dividedReportingOverflow(by: b)
      }
      guard !result.overflow, type.range.contains(result.partialValue) else { throw node.fault(.overflow) }
      values.append(result.partialValue)
    }
    return values
  }
}

extension ConstantTensor {
  /// Broadcast to a shape that this tensor's own fits.
  func broadcast(to shape: [Int]) -> ConstantTensor {
    gathered(StridedMap.broadcasting(self.shape, to: shape).indices(), shape: shape)
  }
}
