// SPDX-License-Identifier: Apache-2.0
import CDirected
import Testing

/// The C kernels against exact integer arithmetic, on every path that this CPU can run, and the paths against each other.
@Suite struct KernelTests {
  static let paths: [Int32] = (0..<3).filter { unsafe ax_directed_path($0) != nil }

  /// Integers of up to `bits` bits: sums of their products are exact in Int128.
  private func integers(_ count: Int, bits: Int, _ random: inout SplitMix, zeros: Double = 0) -> [Double] {
    (0..<count).map { _ in
      Double.random(in: 0..<1, using: &random) < zeros
        ? 0 : Double(Int64.random(in: -(1 << bits)...(1 << bits), using: &random))
    }
  }

  private func exact(_ x: Double) -> Int128 { Int128(x) }

  @Test("a product is below the exact one by less than a unit per term, and its negation above", arguments: paths)
  func gemm(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    var random = SplitMix(3)
    for (rows, columns, depth) in [(1, 1, 1), (8, 24, 5), (9, 50, 50), (17, 25, 300), (3, 8, 513), (20, 49, 64)] {
      let a = integers(rows * depth, bits: 37, &random, zeros: 0.3)
      let b = integers(depth * columns, bits: 37, &random)
      var packed = [Double](repeating: 0, count: ax_packed_count(columns, depth))
      unsafe ax_pack(columns, depth, b, columns, 1, &packed)
      let start = integers(rows * columns, bits: 60, &random)
      var low = start, negHigh = start.map { -$0 }
      unsafe kernels.pointee.gemm(rows, columns, depth, a, depth, packed, &low, columns, 1, 0)
      unsafe kernels.pointee.gemm(rows, columns, depth, a, depth, packed, &negHigh, columns, 1, 1)
      for r in 0..<rows {
        for j in 0..<columns {
          var sum = exact(start[r * columns + j])
          for k in 0..<depth { sum += exact(a[r * depth + k]) * exact(b[k * columns + j]) }
          let (l, h) = (exact(low[r * columns + j]), -exact(negHigh[r * columns + j]))
          #expect(l <= sum && sum <= h)
          #expect(h - l <= Int128(depth + 1) << 36, "\(rows)×\(columns)×\(depth)")
        }
      }
    }
  }

  @Test("the packed layout does not depend on how the source lies")
  func pack() {
    let b = (0..<30).map(Double.init)
    var transposed = [Double](repeating: 0, count: 30)
    for k in 0..<5 { for j in 0..<6 { transposed[j * 5 + k] = b[k * 6 + j] } }
    var one = [Double](repeating: -1, count: ax_packed_count(6, 5))
    var two = one
    unsafe ax_pack(6, 5, b, 6, 1, &one)
    unsafe ax_pack(6, 5, transposed, 1, 5, &two)
    #expect(one == two)
  }

  /// Everything that can happen to one element of a Relu step, with exact φ.
  @Test("the relu step stores λ and adds at most the exact minimum", arguments: paths)
  func relu(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    let ends: [(Double, Double)] = [(-3, 5), (-5, 3), (0, 4), (2, 4), (-4, 0), (-4, -2), (0, 0), (-1, 1)]
    for (l, u) in ends {
      for big in [-7.0, -1, 0, 2, 9] {
        for (positive, negative, offset) in [(1.0, 0.5, 0.0), (0, 0, 0), (1, 1, -2), (0, 0, 3), (-2, 4, 1)] {
          var coefficient = [big]
          var kappa = [0.0]
          unsafe withArrays([[l], [-u], [positive], [negative], [offset]]) { p in
            let slopes = unsafe ax_slopes(
              positive: .init(base: p[2], stride: 0), negative: .init(base: p[3], stride: 0), offset: .init(base: p[4], stride: 0))
            unsafe kernels.pointee.relu(
              1, 1, &coefficient, 1, .init(base: p[0], stride: 0), .init(base: p[1], stride: 0), [0], slopes, [0], &kappa)
          }
          let small = big * (big >= 0 ? positive : negative) + offset
          #expect(coefficient[0] == small)
          let candidates = [l, u] + (l < 0 && u > 0 ? [0] : [])
          let phi = candidates.map { big * max(0, $0) - small * $0 }.min() ?? 0
          #expect(kappa[0] == phi, "l \(l) u \(u) Λ \(big) λ \(small)")
        }
      }
    }
  }

  @Test("an infinite or NaN coefficient never leaves a finite bound", arguments: paths)
  func poison(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    for bad in [Double.nan, .infinity, -.infinity] {
      for (l, u) in [(-1.0, 1.0), (0, 0), (0, 2), (-2, 0), (1, 2), (-2, -1)] {
        for slope in [0.0, 0.5, 1] {
          var coefficient = [bad], kappa = [0.0]
          unsafe withArrays([[l], [-u], [slope]]) { p in
            let slopes = unsafe ax_slopes(
              positive: .init(base: p[2], stride: 0), negative: .init(base: p[2], stride: 0), offset: .init(base: nil, stride: 0))
            unsafe kernels.pointee.relu(
              1, 1, &coefficient, 1, .init(base: p[0], stride: 0), .init(base: p[1], stride: 0), [0], slopes, [0], &kappa)
          }
          #expect(!kappa[0].isFinite)
          var low = [bad], sum = [0.0]
          unsafe withArrays([[l], [-u]]) { p in
            unsafe kernels.pointee.concretize(
              1, 1, &low, 1, .init(base: p[0], stride: 0), .init(base: p[1], stride: 0), [0], &sum)
          }
          #expect(!sum[0].isFinite)
        }
      }
    }
  }

  @Test("the input's term is the minimum over the box, and a charge the price of a lower coefficient", arguments: paths)
  func concretizeAndCharge(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    var random = SplitMix(9)
    for n in [1, 7, 8, 9, 50] {
      let c = integers(n, bits: 30, &random)
      let l = integers(n, bits: 30, &random)
      let u = l.map { $0 + Double(Int.random(in: 0...1000, using: &random)) }
      let gap = (0..<n).map { _ in Double(Int.random(in: 0...5, using: &random)) }
      var kappa = [17.0], paid = [17.0]
      unsafe withArrays([c, l, u.map { -$0 }, zip(c, gap).map { -($0 + $1) }]) { p in
        unsafe kernels.pointee.concretize(1, n, p[0], n, .init(base: p[1], stride: 0), .init(base: p[2], stride: 0), [0], &kappa)
        unsafe kernels.pointee.charge(1, n, p[0], p[3], n, .init(base: p[1], stride: 0), [0], &paid)
      }
      var least: Int128 = 17, price: Int128 = 17
      for j in 0..<n {
        least += min(exact(c[j]) * exact(l[j]), exact(c[j]) * exact(u[j]))
        price += exact(gap[j]) * min(0, exact(l[j]))
      }
      #expect(exact(kappa[0]) <= least)
      #expect(least - exact(kappa[0]) <= Int128(n) << 14)
      #expect(exact(paid[0]) == price)
    }
  }

  @Test("window steps visit the pixels that exist, both ways", arguments: paths)
  func windows(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    for (stride, dilation, pad) in [(1, 1, 0), (1, 1, 2), (2, 1, 1), (3, 2, 4), (1, 3, 3)] as [(Int32, Int32, Int32)] {
      let (h, w, kh, kw): (Int32, Int32, Int32, Int32) = (6, 11, 3, 2)
      let oh = (h + 2 * pad - dilation * (kh - 1) - 1) / stride + 1
      let ow = (w + 2 * pad - dilation * (kw - 1) - 1) / stride + 1
      var window = ax_window(
        input_height: h, input_width: w, output_height: oh, output_width: ow, kernel_height: kh, kernel_width: kw,
        stride_y: stride, stride_x: stride, dilation_y: dilation, dilation_x: dilation, pad_top: pad, pad_left: pad)
      let input = (0..<Int(h * w)).map { Double($0 + 1) }
      let output = (0..<Int(oh * ow)).map { Double($0 + 1) }
      for ky in 0..<kh {
        for kx in 0..<kw {
          var gathered = [Double](repeating: 100, count: output.count), expected = gathered
          var scattered = [Double](repeating: 200, count: input.count), expectedScatter = scattered
          unsafe kernels.pointee.window_gather(&window, ky, kx, input, &gathered)
          unsafe kernels.pointee.window_scatter(&window, ky, kx, &scattered, output)
          for oy in 0..<oh {
            for ox in 0..<ow {
              let (iy, ix) = (oy * stride - pad + ky * dilation, ox * stride - pad + kx * dilation)
              guard iy >= 0, iy < h, ix >= 0, ix < w else { continue }
              expected[Int(oy * ow + ox)] += input[Int(iy * w + ix)]
              expectedScatter[Int(iy * w + ix)] += output[Int(oy * ow + ox)]
            }
          }
          #expect(gathered == expected)
          #expect(scattered == expectedScatter)
        }
      }
    }
  }

  @Test("single operations round down, at the edges too", arguments: paths)
  func scalars(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    let tiny = Double.leastNonzeroMagnitude
    unsafe #expect(kernels.pointee.add1(1, 0x1p-60) == 1)
    unsafe #expect(kernels.pointee.add1(1, -0x1p-60) == 1.0.nextDown)
    unsafe #expect(kernels.pointee.multiply1(tiny, 0.5) == 0)
    unsafe #expect(kernels.pointee.multiply1(tiny, -0.5) == -tiny)
    unsafe #expect(kernels.pointee.divide1(1, 3) < 1.0 / 3 || kernels.pointee.divide1(1, 3) * 3 <= 1)
    unsafe #expect(kernels.pointee.divide1(-1, 3) == -(1.0 / 3).nextUp)
    unsafe #expect(kernels.pointee.multiply1(.greatestFiniteMagnitude, 2) == .greatestFiniteMagnitude)
    unsafe #expect(kernels.pointee.multiply1(.greatestFiniteMagnitude, -2) == -.infinity)
    unsafe #expect(kernels.pointee.add1(.nan, 1).isNaN)
  }

  @Test("the rounding mode is as before after a call", arguments: paths)
  func modeIsRestored(path: Int32) throws {
    let kernels = try #require(unsafe ax_directed_path(path))
    _ = unsafe kernels.pointee.add1(1, 2)
    let third = 1.0 / 3
    #expect(third * 3 == 1 && (1 + 0x1p-53) == 1 && (1 + 0x1.8p-53) == 1.0.nextUp)
  }

  @Test("paths with fused multiply-add give the same bits", .enabled(if: paths.contains(1) && paths.contains(2)))
  func parity() throws {
    let (fma, avx) = unsafe (try #require(ax_directed_path(1)), try #require(ax_directed_path(2)))
    var random = SplitMix(5)
    func numbers(_ n: Int) -> [Double] {
      (0..<n).map { _ in Double.random(in: -1...1, using: &random) * (Bool.random(using: &random) ? 1 : 0x1p-1060) }
    }
    for (rows, n, depth) in [(5, 50, 50), (16, 23, 260), (9, 8, 3)] {
      let a = numbers(rows * depth), b = numbers(depth * n), l = numbers(n), gaps = numbers(n).map(abs)
      let negU = zip(l, gaps).map { -($0 + $1) }
      var packed = [Double](repeating: 0, count: ax_packed_count(n, depth))
      unsafe ax_pack(n, depth, b, n, 1, &packed)
      var results: [[Double]] = []
      for kernels in unsafe [fma, avx] {
        var c = [Double](repeating: 0, count: rows * n), kappa = [Double](repeating: 0, count: rows), out = c
        let index = [UInt32](repeating: 0, count: rows)
        unsafe kernels.pointee.gemm(rows, n, depth, a, depth, packed, &c, n, 0, 0)
        unsafe withArrays([l, negU, gaps]) { p in
          let slopes = unsafe ax_slopes(
            positive: .init(base: p[2], stride: 0), negative: .init(base: p[2], stride: 0), offset: .init(base: p[0], stride: 0))
          let (low, up) = unsafe (ax_leaf_array(base: p[0], stride: 0), ax_leaf_array(base: p[1], stride: 0))
          unsafe kernels.pointee.scale_rows(rows, n, c, n, p[0], p[1], &out)
          unsafe kernels.pointee.scale_interval(rows, n, c, out, n, p[0], p[1], p[2], &out)
          unsafe kernels.pointee.relu(rows, n, &c, n, low, up, index, slopes, index, &kappa)
          unsafe kernels.pointee.concretize(rows, n, c, n, low, up, index, &kappa)
          unsafe kernels.pointee.charge(rows, n, c, out, n, low, index, &kappa)
          unsafe kernels.pointee.multiply_add(rows, n, &c, n, 0.3, -1e-300)
          unsafe kernels.pointee.add(rows, n, &c, n, out, n)
        }
        results.append(c + kappa + out)
      }
      #expect(results[0] == results[1])
    }
  }
}

/// Calls `body` with pointers to the arrays.
@unsafe private func withArrays(_ arrays: [[Double]], _ body: ([UnsafePointer<Double>]) -> Void) {
  let pointers = unsafe arrays.map { array in
    let copy = UnsafeMutablePointer<Double>.allocate(capacity: max(1, array.count))
    unsafe copy.initialize(from: array, count: array.count)
    return unsafe copy
  }
  unsafe body(pointers.map { unsafe UnsafePointer($0) })
  unsafe pointers.forEach { unsafe $0.deallocate() }
}
