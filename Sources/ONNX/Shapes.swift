// SPDX-License-Identifier: Apache-2.0

/// The most dimensions a tensor may have.
let rankLimit = 32

/// Product of the dimensions, nil at 2³¹ or more (indices are Int32) or on overflow. Dimensions are not negative.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  var isEmpty = false
  for dimension in shape {
    if dimension == 0 {
      isEmpty = true
      continue
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, product < 1 << 31 else { return nil }
    count = product
  }
  return isEmpty ? 0 : count
}

/// The axis as a number from 0, nil when it is not one of `rank` axes. Negative axes count from the end.
func normalizedAxis(_ axis: Int64, rank: Int) -> Int? {
  let range = -Int64(rank)..<Int64(rank)
  guard range.contains(axis) else { return nil }
  return Int(axis < 0 ? axis + Int64(rank) : axis)
}

/// The shape of two tensors broadcast against each other as numpy does, nil when they do not fit.
func broadcastShape(_ left: [Int], _ right: [Int]) -> [Int]? {
  let rank = max(left.count, right.count)
  var result: [Int] = []
  for axis in 0..<rank {
    let a = axis < rank - left.count ? 1 : left[axis - (rank - left.count)]
    let b = axis < rank - right.count ? 1 : right[axis - (rank - right.count)]
    guard a == b || a == 1 || b == 1 else { return nil }
    result.append(a == 1 ? b : a)
  }
  return result
}

/// Which element of a row-major source each element of a row-major target reads: offset + Σ coordinate · stride.
///
/// Transposition, broadcasting and slicing are all of this form.
struct StridedMap {
  var shape: [Int]
  var offset = 0
  var strides: [Int]

  /// Row-major strides of a shape whose element count was checked.
  static func strides(of shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] &* max(1, shape[axis + 1])
    }
    return strides
  }

  static func broadcasting(_ source: [Int], to target: [Int]) -> StridedMap {
    let missing = target.count - source.count
    let own = strides(of: source)
    let strides = target.indices.map { axis in
      axis < missing || source[axis - missing] == 1 ? 0 : own[axis - missing]
    }
    return StridedMap(shape: target, strides: strides)
  }

  static func transposing(_ source: [Int], permutation: [Int]) -> StridedMap {
    let own = strides(of: source)
    return StridedMap(shape: permutation.map { source[$0] }, strides: permutation.map { own[$0] })
  }

  /// One source index per target element.
  func indices() -> [Int32] {
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    var result: [Int32] = []
    result.reserveCapacity(count)
    var coordinates = [Int](repeating: 0, count: shape.count)
    var index = offset
    for _ in 0..<count {
      result.append(Int32(index))
      for axis in stride(from: shape.count - 1, through: 0, by: -1) {
        coordinates[axis] += 1
        index += strides[axis]
        if coordinates[axis] < shape[axis] { break }
        index -= shape[axis] * strides[axis]
        coordinates[axis] = 0
      }
    }
    return result
  }
}
