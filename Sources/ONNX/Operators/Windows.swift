// SPDX-License-Identifier: Apache-2.0
import Graph

/// Conv and AveragePool in one or two spatial dimensions.
extension GraphBuilder {
  /// Grouped cross-correlation with constant weights and an optional constant bias.
  mutating func conv(_ node: NodeContext) throws(ONNXError) -> Operand {
    let known = ["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"]
    try node.expect(inputs: 2...3, attributes: known)
    guard case .tensor(let x) = try node.operand(0) else { throw node.fault(.unsupported("has a constant input")) }
    let kernel = try node.constant(1)
    let (own, weights) = (tensors[x].shape, kernel.shape)
    try checkSpatialRank(own, node)
    let groups = try node.integer("group") ?? 1
    guard weights.count == own.count, groups >= 1, groups <= Int64(own[1]), own[1].isMultiple(of: Int(groups)),
      weights[1] == own[1] / Int(groups), weights[0] > 0, weights[0].isMultiple(of: Int(groups))
    else { throw node.fault(.shapes("input \(own), weights \(weights) and \(groups) groups do not fit")) }
    let kernelShape = try node.integers(named: "kernel_shape")
    guard kernelShape == nil || kernelShape == weights.dropFirst(2).map({ Int64($0) }) else {
      throw node.fault(.attribute("kernel_shape", "differs from the shape of the weights \(weights)"))
    }
    var bias: [Double]?
    if let constant = try node.optionalConstant(2) {
      guard constant.shape == [weights[0]] else {
        throw node.fault(.shapes("the bias has shape \(constant.shape); [\(weights[0])] expected"))
      }
      bias = try reals(constant, for: node)
    }
    let axes = try windowAxes(input: Array(own.dropFirst(2)), kernel: Array(weights.dropFirst(2)), node)
    let convolution = Convolution(
      batch: own[0], inputChannels: own[1], outputChannels: weights[0], groups: Int(groups), window: window(axes),
      weights: try reals(kernel, for: node), bias: bias)
    return try emit(
      .convolution(convolution), [x], shape: [own[0], weights[0]] + axes.map(\.output), for: node)
  }

  /// The mean over each window; `count_include_pad` decides whether padding counts as zeros.
  mutating func averagePool(_ node: NodeContext) throws(ONNXError) -> Operand {
    let known = ["auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"]
    let tooNew = (opset < 10 ? ["ceil_mode"] : []) + (opset < 19 ? ["dilations"] : [])
    try node.expect(inputs: 1...1, attributes: known.filter { !tooNew.contains($0) })
    guard case .tensor(let x) = try node.operand(0) else { throw node.fault(.unsupported("has a constant input")) }
    let own = tensors[x].shape
    try checkSpatialRank(own, node)
    guard let kernel = try node.integers(named: "kernel_shape") else {
      throw node.fault(.attribute("kernel_shape", "is missing"))
    }
    guard kernel.allSatisfy({ (1..<1 << 31).contains($0) }) else {
      throw node.fault(.attribute("kernel_shape", "is \(kernel)"))
    }
    let axes = try windowAxes(
      input: Array(own.dropFirst(2)), kernel: kernel.map { Int($0) }, ceils: try node.flag("ceil_mode"), node)
    let shape = [own[0], own[1]] + axes.map(\.output)
    let counts = try divisors(axes, includingPads: try node.flag("count_include_pad"), node)
    let pool = AveragePool(planes: own[0] * own[1], window: window(axes), divisors: counts)
    return try emit(.averagePool(pool), [x], shape: shape, for: node)
  }

  private func checkSpatialRank(_ shape: [Int], _ node: NodeContext) throws(ONNXError) {
    guard shape.count == 3 || shape.count == 4 else {
      throw node.fault(.unsupported("has an input of shape \(shape); one or two spatial dimensions are supported"))
    }
  }

  /// How many elements each output pixel is divided by, row-major.
  private mutating func divisors(
    _ axes: [WindowAxis], includingPads: Bool, _ node: NodeContext
  ) throws(ONNXError) -> [Int] {
    try reserve(axes.map(\.output), for: node)
    var counts: [[Int]] = []
    for axis in axes {
      guard !includingPads || axis.staysInsidePadding else {
        // With ceil_mode the last window may reach beyond the padding; operator sets and runtimes differ on whether that counts.
        throw node.fault(
          .unsupported("combines 'ceil_mode' and 'count_include_pad' where a window leaves the padded input"))
      }
      counts.append(axis.countsOfExistingElements(orAll: includingPads))
    }
    guard counts.allSatisfy({ !$0.contains(0) }) else {
      throw node.fault(.shapes("a window lies in the padding alone"))
    }
    return counts.reduce([1]) { product, axis in product.flatMap { factor in axis.map { factor * $0 } } }
  }

  /// One entry per spatial dimension, from the attributes common to Conv and AveragePool.
  private func windowAxes(
    input: [Int], kernel: [Int], ceils: Bool = false, _ node: NodeContext
  ) throws(ONNXError) -> [WindowAxis] {
    let rank = input.count
    let strides = try sizes("strides", count: rank, lowest: 1, default: 1, node)
    let dilations = try sizes("dilations", count: rank, lowest: 1, default: 1, node)
    let pads = try sizes("pads", count: 2 * rank, lowest: 0, default: 0, node)
    let autoPad = try node.text("auto_pad", default: "NOTSET")
    guard let padding = WindowAxis.Padding(rawValue: autoPad) else {
      throw node.fault(.attribute("auto_pad", "is \(quoted(autoPad))"))
    }
    guard padding == .explicit || pads.allSatisfy({ $0 == 0 }) else {
      throw node.fault(.attribute("auto_pad", "contradicts 'pads'"))
    }
    guard padding == .explicit || !ceils else {
      // The formulas for the output size differ between versions.
      throw node.fault(.unsupported("combines 'auto_pad' \(autoPad) and 'ceil_mode'"))
    }
    let isSame = padding == .sameUpper || padding == .sameLower
    guard !isSame || dilations.allSatisfy({ $0 == 1 }) else {
      throw node.fault(.unsupported("combines 'auto_pad' \(autoPad) and 'dilations'"))  // as ONNX Runtime
    }
    guard kernel.count == rank else { throw node.fault(.attribute("kernel_shape", "is \(kernel)")) }
    var axes: [WindowAxis] = []
    for axis in 0..<rank {
      let window = WindowAxis(
        input: input[axis], kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis],
        pads: (pads[axis], pads[axis + rank]), padding: padding, ceils: ceils)
      guard let window else {
        throw node.fault(.shapes("a window of \(kernel) does not fit into \(input) with pads \(pads)"))
      }
      axes.append(window)
    }
    return axes
  }

  private func sizes(
    _ name: String, count: Int, lowest: Int64, default standard: Int, _ node: NodeContext
  ) throws(ONNXError) -> [Int] {
    guard let values = try node.integers(named: name) else { return [Int](repeating: standard, count: count) }
    guard values.count == count, values.allSatisfy({ (lowest..<1 << 31).contains($0) }) else {
      throw node.fault(.attribute(name, "is \(values); \(count) numbers from \(lowest) expected"))
    }
    return values.map { Int($0) }
  }

  /// Two dimensions as they are, one as a window of height 1.
  private func window(_ axes: [WindowAxis]) -> Window {
    let x = axes[axes.count - 1]
    let y = axes.count == 2 ? axes[0] : WindowAxis.single
    return Window(
      input: (y.input, x.input), output: (y.output, x.output), kernel: (y.kernel, x.kernel),
      stride: (y.stride, x.stride),
      dilation: (y.dilation, x.dilation), padBegin: (y.padBegin, x.padBegin), padEnd: (y.padEnd, x.padEnd))
  }
}

/// A sliding window along one dimension. All numbers are below 2³¹, so nothing here overflows.
struct WindowAxis {
  enum Padding: String {
    case explicit = "NOTSET"
    case none = "VALID"
    case sameUpper = "SAME_UPPER"
    case sameLower = "SAME_LOWER"
  }

  var input: Int
  var output: Int
  var kernel: Int
  var stride: Int
  var dilation: Int
  var padBegin: Int
  var padEnd: Int

  /// Strides, paddings and kernel extents beyond this fit no real network.
  private static let limit = 1 << 24

  /// The dimension that a one-dimensional window lacks.
  static let single = WindowAxis()

  private init() {
    (input, output, kernel, stride, dilation, padBegin, padEnd) = (1, 1, 1, 1, 1, 0, 0)
  }

  /// Nil where not a single window fits.
  ///
  /// Source: ONNX operator specification, Conv and AveragePool, "output spatial shape".
  init?(
    input: Int, kernel: Int, stride: Int, dilation: Int, pads: (begin: Int, end: Int), padding: Padding, ceils: Bool
  ) {
    guard kernel > 0, [kernel * dilation, stride, pads.begin, pads.end].allSatisfy({ $0 <= Self.limit }) else { return nil }
    (self.input, self.kernel, self.stride, self.dilation) = (input, kernel, stride, dilation)
    let extent = (kernel - 1) * dilation + 1
    switch padding {
    case .explicit: (padBegin, padEnd) = pads
    case .none: (padBegin, padEnd) = (0, 0)
    case .sameUpper, .sameLower:
      let total = max(0, ((input + stride - 1) / stride - 1) * stride + extent - input)
      padBegin = padding == .sameUpper ? total / 2 : total - total / 2
      padEnd = total - padBegin
    }
    let room = input + padBegin + padEnd - extent
    guard room >= 0 else { return nil }
    output = (room + (ceils ? stride - 1 : 0)) / stride + 1
    // A window that would start behind the input and its front padding is dropped.
    if ceils, (output - 1) * stride >= input + padBegin { output -= 1 }
    guard output > 0 else { return nil }
  }

  var staysInsidePadding: Bool {
    (output - 1) * stride + (kernel - 1) * dilation < input + padBegin + padEnd
  }

  /// Per output element, how many of its window's elements lie in the input; the whole kernel with `orAll`.
  func countsOfExistingElements(orAll: Bool) -> [Int] {
    (0..<output).map { position in
      guard !orAll else { return kernel }
      let start = position * stride - padBegin
      // The first and the last step k with 0 ≤ start + k·dilation < input.
      let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
      let last = input - 1 - start < 0 ? -1 : min(kernel - 1, (input - 1 - start) / dilation)
      return max(0, last - first + 1)
    }
  }
}
