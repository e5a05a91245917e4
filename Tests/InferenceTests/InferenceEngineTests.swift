// SPDX-License-Identifier: Apache-2.0
import Graph
import Inference
import ONNX
import Program
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite("Inference")
struct InferenceEngineTests {
  static let graphs = [perceptron([5, 30, 20, 3], seed: 1), residualNetwork(), perceptron([4, 2], seed: 2)]

  @Test("float32 and float64 agree to rounding, alone and in batches", arguments: graphs.indices)
  func precisions(_ index: Int) throws {
    let engine = InferenceEngine(try Program(InferenceEngineTests.graphs[index]))
    let inputCount = engine.program.inputCount
    let outputCount = engine.program.outputCount
    let batch = 300
    var numbers = Numbers(state: 4)
    let x = numbers.array(batch * inputCount).map { Float($0) }
    var y = [Float](repeating: 0, count: batch * outputCount)
    engine.makeWorkspace(of: Float.self).forward(x, batch: batch, into: &y)
    for sample in [0, 1, 255, 256, 299] {
      let point = Array(x[sample * inputCount..<(sample + 1) * inputCount])
      let together = Array(y[sample * outputCount..<(sample + 1) * outputCount])
      #expect(engine.forward(point) == together)
      let precise = engine.forward(point.map { Double($0) })
      let size = precise.map { abs($0) }.max() ?? 0
      for (single, double) in zip(together, precise) { #expect(abs(Double(single) - double) <= 2e-5 * (1 + size)) }
    }
  }

  @Test("gradients agree with finite differences in float64", arguments: graphs.indices)
  func gradients(_ index: Int) throws {
    let engine = InferenceEngine(try Program(InferenceEngineTests.graphs[index]))
    let n = engine.program.inputCount
    let m = engine.program.outputCount
    let batch = 3
    let step = 1e-6
    var numbers = Numbers(state: 5)
    let x = numbers.array(batch * n)
    let weights = numbers.array(batch * m)
    var y = [Double](repeating: 0, count: batch * m)
    var gradient = [Double](repeating: 9, count: batch * n)
    let workspace = engine.makeWorkspace(of: Double.self)
    workspace.forwardAndGradient(x, batch: batch, into: &y, gradient: &gradient) { samples, _, w in
      for index in 0..<samples.count * m { w[index] = weights[samples.lowerBound * m + index] }
    }
    func loss(_ sample: Int, _ point: [Double]) -> Double {
      zip(engine.forward(point), weights[sample * m..<(sample + 1) * m]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for sample in 0..<batch {
      let point = Array(x[sample * n..<(sample + 1) * n])
      #expect(engine.forward(point) == Array(y[sample * m..<(sample + 1) * m]))
      for i in 0..<n {
        var up = point
        var down = point
        up[i] += step
        down[i] -= step
        let slope = (loss(sample, up) - loss(sample, down)) / (2 * step)
        #expect(abs(slope - gradient[sample * n + i]) < 1e-6)
      }
    }
  }

  @Test("a model whose output is its input, and one that ends in a relu")
  func trivialModels() throws {
    let tensors = ["x", "y"].map { TensorInfo(name: $0, shape: [2]) }
    for (operation, expectedY, expectedGradient) in [
      (Operation.view, [-1, 2], [3, 4]), (.relu, [0, 2], [0, 4]),
    ] as [(Operation, [Float], [Float])] {
      let node = Node(name: "n", operatorName: "Op", inputs: [0], output: 1, operation: operation)
      let graph = Graph(elementType: .float32, tensors: tensors, input: 0, output: 1, nodes: [node])
      let engine = InferenceEngine(try Program(graph))
      var y: [Float] = [9, 9]
      var gradient: [Float] = [9, 9]
      engine.makeWorkspace(of: Float.self).forwardAndGradient([-1, 2], batch: 1, into: &y, gradient: &gradient) {
        $2[0] = 3
        $2[1] = 4
      }
      #expect(y == expectedY && engine.forward([-1, 2]) == expectedY)
      #expect(gradient == expectedGradient)
    }
  }

  // MARK: Models of VNN-COMP

  static let benchmarks: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return [root.appending(path: "../shared/benchmarks"), root.appending(path: "../../shared/benchmarks")].first {
      FileManager.default.fileExists(atPath: $0.path())
    }
  }()

  /// Outputs of ONNX Runtime 1.31 at x[i] = (i mod 8) / 8. Models: VNN-COMP benchmarks.
  static let golden: [(path: String, output: [Float])] = [
    (
      "acasxu/onnx/ACASXU_run2a_1_1_batch_2000.onnx",
      [-0.0217262786, -0.0189307071, -0.0190088451, -0.0190151706, -0.0190158784]
    ),
    (
      "oval21/onnx/cifar_base_kw.onnx",
      [
        -0.553830981, -4.17665672, 2.34656, 1.48424435, 2.63172245, 1.50498366, 1.31023991, 0.862657249, -2.2810986,
        -3.12888741,
      ]
    ),
    (
      "sri_resnet_a/onnx/resnet_3b2_bn_mixup_adv_4.0_bs128_lr-1.onnx",
      [
        0.456617922, -3.46862674, 1.73317206, 1.94803119, 1.99188256, 0.83927846, -0.814019322, -0.458896279,
        0.343682706, -2.57091808,
      ]
    ),
    ("collins_rul_cnn/onnx/NN_rul_small_window_20.onnx", [27.0506725]),
    ("tllverifybench/onnx/tllBench_n=2_N=M=16_m=1_instance_1_0.onnx", [-0.392523408]),
  ]

  @Test("outputs agree with ONNX Runtime", .enabled(if: benchmarks != nil), arguments: golden.indices)
  func agreesWithRuntime(_ index: Int) throws {
    let (path, expected) = InferenceEngineTests.golden[index]
    let url = try #require(InferenceEngineTests.benchmarks).appending(path: path)
    let graph = try ONNXReader.read([UInt8](try Data(contentsOf: url)), path: url.path())
    let engine = InferenceEngine(try Program(graph))
    let y = engine.forward((0..<engine.program.inputCount).map { Float($0 % 8) / 8 })
    let size = expected.map { abs($0) }.max() ?? 0
    #expect(y.count == expected.count)
    for (ours, theirs) in zip(y, expected) { #expect(abs(ours - theirs) <= 2e-6 * size) }
  }
}
