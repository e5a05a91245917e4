// SPDX-License-Identifier: Apache-2.0
import Graph

/// What a name stands for while the graph is built.
enum Operand {
  case tensor(TensorIndex)
  case constant(ConstantTensor)
}

/// One node of the file with its operands, and checked access to its attributes.
///
/// An operator first states which inputs and attributes it knows (`expect`); anything else is an error, because an attribute that is
/// not understood could change the meaning.
struct NodeContext {
  let proto: NodeProto
  let opset: Int
  /// nil where the node leaves an optional input out.
  let operands: [Operand?]
  /// Outputs beyond the first that some needed node reads.
  let usesFurtherOutputs: Bool
  private let attributes: [String: AttributeProto.Value]

  init(_ proto: NodeProto, opset: Int, operands: [Operand?], usesFurtherOutputs: Bool) throws(ONNXError) {
    self.proto = proto
    self.opset = opset
    self.operands = operands
    self.usesFurtherOutputs = usesFurtherOutputs
    var attributes: [String: AttributeProto.Value] = [:]
    for attribute in proto.attributes where attributes.updateValue(attribute.value, forKey: attribute.name) != nil {
      throw .node(operatorName: proto.operatorName, name: proto.name, .attribute(attribute.name, "occurs twice"))
    }
    self.attributes = attributes
  }

  func fault(_ fault: NodeFault) -> ONNXError {
    .node(operatorName: proto.operatorName, name: proto.name, fault)
  }

  /// Checks the number of inputs and the names of the attributes; outputs beyond the first must not be read.
  func expect(inputs: ClosedRange<Int>, attributes known: [String] = []) throws(ONNXError) {
    guard inputs.contains(operands.count) else {
      let expected =
        switch inputs.upperBound {
        case inputs.lowerBound: "\(inputs.lowerBound)"
        case Int.max: "\(inputs.lowerBound) or more"
        default: "\(inputs.lowerBound) to \(inputs.upperBound)"
        }
      throw fault(.inputCount(found: operands.count, expected: expected))
    }
    guard !usesFurtherOutputs else { throw fault(.outputCount(found: proto.outputs.count)) }
    for attribute in proto.attributes where !known.contains(attribute.name) {
      throw fault(.attribute(attribute.name, "is not known for this operator in operator set \(opset)"))
    }
  }

  // MARK: Operands

  func operand(_ index: Int) throws(ONNXError) -> Operand {
    guard let operand = optionalOperand(index) else { throw fault(.missingInput(index)) }
    return operand
  }

  func optionalOperand(_ index: Int) -> Operand? { operands.indices.contains(index) ? operands[index] : nil }

  func constant(_ index: Int) throws(ONNXError) -> ConstantTensor {
    guard case .constant(let constant) = try operand(index) else { throw fault(.notAConstant(input: index)) }
    return constant
  }

  func optionalConstant(_ index: Int) throws(ONNXError) -> ConstantTensor? {
    optionalOperand(index) == nil ? nil : try constant(index)
  }

  /// Constant integers (shapes, axes, indices), in rank 0 or 1.
  func integers(_ index: Int) throws(ONNXError) -> [Int64] {
    let constant = try constant(index)
    guard case .integers(let values, let type) = constant.elements, type != .bool, constant.shape.count <= 1 else {
      throw fault(.constantType(input: index, expected: "a list of integers"))
    }
    return values
  }

  func optionalIntegers(_ index: Int) throws(ONNXError) -> [Int64]? {
    optionalOperand(index) == nil ? nil : try integers(index)
  }

  // MARK: Attributes

  func has(_ name: String) -> Bool { attributes[name] != nil }

  private func wrongType(_ name: String) -> ONNXError { fault(.attribute(name, "has the wrong type")) }

  func integer(_ name: String) throws(ONNXError) -> Int64? {
    guard let value = attributes[name] else { return nil }
    guard case .integer(let number) = value else { throw wrongType(name) }
    return number
  }

  func flag(_ name: String, default standard: Bool = false) throws(ONNXError) -> Bool {
    guard let value = try integer(name) else { return standard }
    guard value == 0 || value == 1 else { throw fault(.attribute(name, "is \(value); 0 or 1 expected")) }
    return value == 1
  }

  func integers(named name: String) throws(ONNXError) -> [Int64]? {
    guard let value = attributes[name] else { return nil }
    guard case .integers(let numbers) = value else { throw wrongType(name) }
    return numbers
  }

  /// A float attribute, as a double without rounding.
  func float(_ name: String, default standard: Float) throws(ONNXError) -> Double {
    guard let value = attributes[name] else { return Double(standard) }
    guard case .float(let number) = value else { throw wrongType(name) }
    guard number.isFinite else { throw fault(.attribute(name, "is not finite")) }
    return Double(number)
  }

  func text(_ name: String, default standard: String) throws(ONNXError) -> String {
    guard let value = attributes[name] else { return standard }
    guard case .text(let text) = value else { throw wrongType(name) }
    return text
  }

  func value(_ name: String) -> AttributeProto.Value? { attributes[name] }

  /// An axis as a number from 0.
  func axis(_ axis: Int64, rank: Int) throws(ONNXError) -> Int {
    guard let axis = normalizedAxis(axis, rank: rank) else {
      throw fault(.shapes("axis \(axis) does not exist in a tensor of \(rank) dimensions"))
    }
    return axis
  }
}
