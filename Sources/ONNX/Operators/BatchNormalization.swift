// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

extension GraphBuilder {
  /// y = s·(x − mean) + β per channel (axis 1), with s = γ/√(var + ε) enclosed by outward rounding: two nodes of one name, because the
  /// checker's float32 meaning needs the magnitude of the mean.
  ///
  /// Inference only: training mode, per-activation statistics (`spatial` = 0) and the statistics outputs are refused.
  mutating func batchNormalization(_ node: NodeContext) throws(ONNXError) -> Operand {
    let attributes = ["epsilon", "momentum"] + (opset < 9 ? ["spatial"] : []) + (opset >= 14 ? ["training_mode"] : [])
    try node.expect(inputs: 5...5, attributes: attributes)
    // Before operator set 14, asking for the statistics is what turns training mode on.
    guard node.proto.outputs.dropFirst().allSatisfy({ $0.text.isEmpty }) else {
      throw node.fault(.outputCount(found: node.proto.outputs.count))
    }
    guard try !node.flag("training_mode") else { throw node.fault(.unsupported("is in training mode")) }
    guard try node.flag("spatial", default: true) else { throw node.fault(.unsupported("is not spatial")) }
    guard case .tensor(let x) = try node.operand(0) else { throw node.fault(.unsupported("has a constant input")) }
    let shape = tensors[x].shape
    guard shape.count >= 2 else { throw node.fault(.shapes("the input has no channels (shape \(shape))")) }
    let channels = shape[1]
    var parameters: [[Double]] = []
    for index in 1...4 {
      let constant = try node.constant(index)
      guard constant.shape == [channels] else {
        throw node.fault(.shapes("input number \(index) has shape \(constant.shape); [\(channels)] expected"))
      }
      parameters.append(try reals(constant, for: node))
    }
    let epsilon = Enclosure(exactly: try node.float("epsilon", default: 1e-5))
    var channelShift: [Enclosure] = []
    var channelScale: [Enclosure] = []
    var channelOffset: [Enclosure] = []
    for channel in 0..<channels {
      let (gamma, beta, mean, variance) =
        (parameters[0][channel], parameters[1][channel], parameters[2][channel], parameters[3][channel])
      guard let squared = Enclosure(exactly: variance).adding(epsilon), squared.lower > 0 else {
        throw node.fault(.shapes("variance + epsilon is not positive in channel \(channel)"))
      }
      guard let root = squared.squareRoot(), let scale = Enclosure(exactly: gamma).divided(by: root) else {
        throw node.fault(.overflow)
      }
      channelShift.append(Enclosure(exactly: -mean))
      channelScale.append(scale)
      channelOffset.append(Enclosure(exactly: beta))
    }
    try reserve(shape, bytesPerElement: 64, for: node)
    let inner = shape.dropFirst(2).reduce(1, *)
    func spread(_ values: [Enclosure]) -> [Enclosure] {
      let one = values.flatMap { [Enclosure](repeating: $0, count: inner) }
      return (0..<shape[0]).flatMap { _ in one }
    }
    let one = [Enclosure](repeating: Enclosure(exactly: 1), count: shape.reduce(1, *))
    let centre = ElementwiseAffine(scale: one, offset: spread(channelShift))
    let centred = try emitPart(.scale(centre), [x], shape: shape, for: node)
    let affine = ElementwiseAffine(scale: spread(channelScale), offset: spread(channelOffset))
    return try emit(.scale(affine), [centred], shape: shape, for: node)
  }
}
