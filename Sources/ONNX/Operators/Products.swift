// SPDX-License-Identifier: Apache-2.0
import Exact
import Graph

/// MatMul and Gemm: one factor is constant.
extension GraphBuilder {
  /// numpy's matmul. A constant factor may have further dimensions only of size 1.
  mutating func matMul(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: 2...2)
    let shapes = (shape(try node.operand(0)), shape(try node.operand(1)))
    let product = try MatMulShape(shapes.0, shapes.1, node)
    switch (try node.operand(0), try node.operand(1)) {
    case (.tensor, .tensor): throw node.fault(.unsupported("multiplies two tensors that depend on the input"))
    case (.tensor(let x), .constant(let matrix)):
      guard product.rightIsOneMatrix else { throw node.fault(.unsupported("multiplies by a stack of matrices")) }
      let weights = transposed(try reals(matrix, for: node), rows: product.inner, columns: product.columns)
      let dense = Dense(
        inputWidth: product.inner, outputWidth: product.columns, outer: product.leftBatch * product.rows,
        weights: weights)
      return try emit(.dense(dense), [x], shape: product.shape, for: node)
    case (.constant(let matrix), .tensor(let x)):
      guard product.leftIsOneMatrix else { throw node.fault(.unsupported("multiplies by a stack of matrices")) }
      let dense = Dense(
        inputWidth: product.inner, outputWidth: product.rows, outer: product.rightBatch, inner: product.columns,
        weights: try reals(matrix, for: node))
      return try emit(.dense(dense), [x], shape: product.shape, for: node)
    case (.constant(let left), .constant(let right)):
      guard product.leftIsOneMatrix && product.rightIsOneMatrix else {
        throw node.fault(.unsupported("multiplies stacks of constant matrices"))
      }
      return .constant(try fold(left, right, product, node))
    }
  }

  /// The product of two constant matrices, where every partial sum is a number of the element type.
  private mutating func fold(
    _ left: ConstantTensor, _ right: ConstantTensor, _ product: MatMulShape, _ node: NodeContext
  ) throws(ONNXError) -> ConstantTensor {
    let a = try reals(left, for: node)
    let b = try reals(right, for: node)
    try reserve(product.shape, for: node)
    // Bounds the time: the work is not paid for by the size of the file.
    guard elementCount([product.rows, product.inner, product.columns]) ?? Int.max <= 1 << 24 else {
      throw node.fault(.tooMuchFolding)
    }
    var values: [Double] = []
    for row in 0..<product.rows {
      for column in 0..<product.columns {
        var sum = 0.0
        for k in 0..<product.inner {
          guard let term = a[row * product.inner + k].exactProduct(b[k * product.columns + column]),
            let next = sum.exactSum(term), elementType.contains(term), elementType.contains(next)
          else { throw node.fault(.notExact) }
          sum = next
        }
        values.append(sum)
      }
    }
    return ConstantTensor(shape: product.shape, elements: .reals(values, elementType))
  }

  /// alpha · A' · B' + beta · C. A constant alpha or beta other than 1 is multiplied in where that is exact in double, which it
  /// always is for float32; otherwise it becomes a `scale` node.
  mutating func gemm(_ node: NodeContext) throws(ONNXError) -> Operand {
    try node.expect(inputs: (opset >= 11 ? 2 : 3)...3, attributes: ["alpha", "beta", "transA", "transB"])
    let terms = try GemmTerms(
      alpha: node.float("alpha", default: 1), beta: node.float("beta", default: 1),
      transposesLeft: node.flag("transA"), transposesRight: node.flag("transB"))
    let left = try matrix(try node.operand(0), transposed: terms.transposesLeft, node)
    let right = try matrix(try node.operand(1), transposed: terms.transposesRight, node)
    guard left.columns == right.rows else {
      throw node.fault(
        .shapes("inner dimensions \(left.columns) and \(right.rows) differ; check 'transA' and 'transB'"))
    }
    let shape = [left.rows, right.columns]
    guard elementCount(shape) != nil else { throw node.fault(.tooManyElements) }
    let addend = try node.optionalConstant(2)
    switch (left.operand, right.operand) {
    case (.tensor(let x), .constant(let matrix)):
      let values = try reals(matrix, for: node)
      let weights = terms.transposesRight ? values : transposed(values, rows: right.rows, columns: right.columns)
      let input = try terms.transposesLeft ? transposedTensor(x, node) : x
      let dense = Dense(inputWidth: right.rows, outputWidth: right.columns, outer: left.rows, weights: weights)
      return try gemm(dense, input, addend, terms, shape: shape, node)
    case (.constant(let matrix), .tensor(let x)):
      let values = try reals(matrix, for: node)
      let weights = terms.transposesLeft ? transposed(values, rows: left.columns, columns: left.rows) : values
      let input = try terms.transposesRight ? transposedTensor(x, node) : x
      let dense = Dense(inputWidth: right.rows, outputWidth: left.rows, inner: right.columns, weights: weights)
      return try gemm(dense, input, addend, terms, shape: shape, node)
    case (.tensor, .tensor): throw node.fault(.unsupported("multiplies two tensors that depend on the input"))
    case (.constant, .constant): throw node.fault(.unsupported("multiplies two constants"))
    }
  }

  /// Rows and columns of a rank-2 operand as Gemm uses it.
  private func matrix(
    _ operand: Operand, transposed: Bool, _ node: NodeContext
  ) throws(ONNXError) -> (operand: Operand, rows: Int, columns: Int) {
    let shape = shape(operand)
    guard shape.count == 2 else { throw node.fault(.shapes("a matrix is needed, not a tensor of shape \(shape)")) }
    return transposed ? (operand, shape[1], shape[0]) : (operand, shape[0], shape[1])
  }

  private mutating func transposedTensor(_ x: TensorIndex, _ node: NodeContext) throws(ONNXError) -> TensorIndex {
    let map = StridedMap.transposing(tensors[x].shape, permutation: [1, 0])
    try reserve(map.shape, for: node)
    return try emitPart(rearrangement(map.indices(), of: x), [x], shape: map.shape, for: node)
  }

  /// Adds C and the factors to a product, as exactly as they allow: in one `dense` node, else in `dense` and `scale`.
  private mutating func gemm(
    _ product: Dense, _ input: TensorIndex, _ addend: ConstantTensor?, _ terms: GemmTerms, shape: [Int],
    _ node: NodeContext
  ) throws(ONNXError) -> Operand {
    var dense = product
    var offset: [Double]?
    if let addend {
      guard addend.shape.count <= 2, ONNX.broadcastShape(addend.shape, shape) == shape else {
        throw node.fault(.shapes("C of shape \(addend.shape) does not broadcast to \(shape)"))
      }
      offset = try reals(addend, broadcastTo: shape, for: node)
    }
    let scaledBias = offset.map { offset in perOutput(offset, dense).flatMap { scaled($0, by: terms.beta) } }
    // Factors are not folded into the weights: a runtime may scale the product, which can overflow or round by itself.
    if terms.alpha == 1, abs(terms.beta) == 1 || offset == nil, scaledBias != .some(nil) {
      dense.bias = scaledBias ?? nil
      return try emit(.dense(dense), [input], shape: shape, for: node)
    }
    let part = try emitPart(.dense(dense), [input], shape: shape, for: node)
    let count = try reserve(shape, bytesPerElement: 32, for: node)
    let alpha = Enclosure(exactly: terms.alpha)
    var offsets: [Enclosure] = []
    for value in offset ?? [Double](repeating: 0, count: count) {
      guard let term = Enclosure(exactly: value).multiplied(by: Enclosure(exactly: terms.beta)) else {
        throw node.fault(.overflow)
      }
      offsets.append(term)
    }
    let affine = ElementwiseAffine(scale: [Enclosure](repeating: alpha, count: count), offset: offsets)
    return try emit(.scale(affine), [part], shape: shape, for: node)
  }

  /// One number per output row of `dense`, if the offset [outer, outputWidth, inner] has that form.
  private func perOutput(_ offset: [Double], _ dense: Dense) -> [Double]? {
    let bias = (0..<dense.outputWidth).map { offset[$0 * dense.inner] }
    for (index, value) in offset.enumerated() where bias[index / dense.inner % dense.outputWidth] != value {
      return nil
    }
    return bias
  }

  private func scaled(_ values: [Double], by factor: Double) -> [Double]? {
    guard factor != 1 else { return values }
    var result: [Double] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let product = value.exactProduct(factor) else { return nil }
      result.append(product)
    }
    return result
  }
}

private struct GemmTerms {
  var alpha: Double
  var beta: Double
  var transposesLeft: Bool
  var transposesRight: Bool
}

/// The extents of left [leftBatch…, rows, inner] · right [rightBatch…, inner, columns].
private struct MatMulShape {
  var rows: Int
  var inner: Int
  var columns: Int
  /// Product of the dimensions in front of the matrix, 1 for a vector.
  var leftBatch: Int
  var rightBatch: Int
  var shape: [Int]

  var leftIsOneMatrix: Bool { leftBatch == 1 }
  var rightIsOneMatrix: Bool { rightBatch == 1 }

  init(_ left: [Int], _ right: [Int], _ node: NodeContext) throws(ONNXError) {
    let mismatch = node.fault(.shapes("shapes \(left) and \(right) cannot be multiplied"))
    guard let innerLeft = left.last, let innerRight = right.count == 1 ? right.first : right.dropLast().last,
      innerLeft == innerRight, let batch = broadcastShape(Array(left.dropLast(2)), Array(right.dropLast(2)))
    else { throw mismatch }
    inner = innerLeft
    rows = left.count == 1 ? 1 : left[left.count - 2]
    columns = right.count == 1 ? 1 : right[right.count - 1]
    leftBatch = left.dropLast(2).reduce(1, *)
    rightBatch = right.dropLast(2).reduce(1, *)
    shape = batch + (left.count == 1 ? [] : [rows]) + (right.count == 1 ? [] : [columns])
    guard elementCount(shape) != nil else { throw node.fault(.tooManyElements) }
  }
}

/// The row-major transpose of a row-major matrix, in tiles so that both sides stay in the cache.
func transposed(_ values: [Double], rows: Int, columns: Int) -> [Double] {
  guard rows > 1 && columns > 1 else { return values }
  precondition(values.count == rows * columns, "a \(rows)×\(columns) matrix has \(values.count) elements")
  return unsafe [Double](unsafeUninitializedCapacity: values.count) { target, count in
    unsafe values.withUnsafeBufferPointer { source in
      for rowStart in stride(from: 0, to: rows, by: 16) {
        for columnStart in stride(from: 0, to: columns, by: 16) {
          for column in columnStart..<min(columnStart + 16, columns) {
            for row in rowStart..<min(rowStart + 16, rows) {
              unsafe target[column * rows + row] = source[row * columns + column]
            }
          }
        }
      }
    }
    count = values.count
  }
}
