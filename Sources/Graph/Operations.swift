// SPDX-License-Identifier: Apache-2.0
package import Exact

/// y[o, j, i] = Σ_k weights[j, k] · x[o, k, i] + bias[j].
///
/// Shapes: x is [outer, inputWidth, inner], y is [outer, outputWidth, inner], weights row-major [outputWidth, inputWidth].
/// `x · W` has inner = 1 (and weights = Wᵀ); a constant on the left, `A · x`, has inner = columns of x.
package struct Dense: Sendable {
  package var inputWidth: Int
  package var outputWidth: Int
  package var outer: Int
  package var inner: Int
  package var weights: [Double]
  /// [outputWidth], or nil where the node has no bias of its own (MatMul).
  package var bias: [Double]?

  package init(
    inputWidth: Int, outputWidth: Int, outer: Int = 1, inner: Int = 1, weights: [Double], bias: [Double]? = nil
  ) {
    self.inputWidth = inputWidth
    self.outputWidth = outputWidth
    self.outer = outer
    self.inner = inner
    self.weights = weights
    self.bias = bias
  }
}

/// Where a two-dimensional sliding window lies. One-dimensional windows have height 1.
///
/// Output pixel (oy, ox) reads input pixels (oy·strideY − padTop + ky·dilationY, ox·strideX − padLeft + kx·dilationX) that exist.
package struct Window: Hashable, Sendable {
  package var inputHeight: Int
  package var inputWidth: Int
  package var outputHeight: Int
  package var outputWidth: Int
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var strideY: Int
  package var strideX: Int
  package var dilationY: Int
  package var dilationX: Int
  package var padTop: Int
  package var padLeft: Int
  package var padBottom: Int
  package var padRight: Int

  package init(
    input: (height: Int, width: Int), output: (height: Int, width: Int), kernel: (height: Int, width: Int),
    stride: (y: Int, x: Int) = (1, 1), dilation: (y: Int, x: Int) = (1, 1),
    padBegin: (y: Int, x: Int) = (0, 0), padEnd: (y: Int, x: Int) = (0, 0)
  ) {
    inputHeight = input.height
    inputWidth = input.width
    outputHeight = output.height
    outputWidth = output.width
    kernelHeight = kernel.height
    kernelWidth = kernel.width
    strideY = stride.y
    strideX = stride.x
    dilationY = dilation.y
    dilationX = dilation.x
    padTop = padBegin.y
    padLeft = padBegin.x
    padBottom = padEnd.y
    padRight = padEnd.x
  }
}

/// Grouped convolution (ONNX Conv, which is a cross-correlation) with constant weights.
///
/// Shapes: x [batch, inputChannels, H, W], y [batch, outputChannels, H', W'],
/// weights [outputChannels, inputChannels / groups, kernelHeight, kernelWidth], bias [outputChannels].
package struct Convolution: Sendable {
  package var batch: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var groups: Int
  package var window: Window
  package var weights: [Double]
  package var bias: [Double]?

  package init(
    batch: Int, inputChannels: Int, outputChannels: Int, groups: Int, window: Window, weights: [Double],
    bias: [Double]?
  ) {
    self.batch = batch
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.window = window
    self.weights = weights
    self.bias = bias
  }
}

/// Average over a window: the sum of the input pixels that exist, over a divisor.
///
/// Shapes: x [planes, H, W], y [planes, H', W'] with planes = batch · channels.
package struct AveragePool: Sendable {
  package var planes: Int
  package var window: Window
  /// [H'·W']: how many elements each output pixel is divided by (ONNX `count_include_pad` decides).
  package var divisors: [Int]

  package init(planes: Int, window: Window, divisors: [Int]) {
    self.planes = planes
    self.window = window
    self.divisors = divisors
  }
}

/// y[i] = scale[i]·x[i] + offset[i]. Both arrays have one entry per element.
package struct ElementwiseAffine: Sendable {
  package var scale: [Enclosure]
  package var offset: [Enclosure]

  package init(scale: [Enclosure], offset: [Enclosure]) {
    self.scale = scale
    self.offset = offset
  }
}

/// Where one element of a concatenation comes from.
package enum ConcatenationSource: Hashable, Sendable {
  /// Element `index` of the node's input number `input`.
  case element(input: Int, index: Int)
  case constant(Double)
}
