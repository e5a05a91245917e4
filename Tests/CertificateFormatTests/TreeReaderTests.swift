// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Testing

@Suite struct TreeReaderTests {
  private func steps(_ tree: [UInt8], rowCounts: [Int]) throws -> [TreeStep] {
    var reader = TreeReader(tree: tree, rowCounts: rowCounts)
    var list: [TreeStep] = []
    while let step = try reader.next() { list.append(step) }
    return list
  }

  @Test("nodes come back in preorder with depth and side")
  func preorder() throws {
    guard case .holds(_, let regions) = holdsSample().body else { return }
    let list = try steps(regions[0][0].tree, rowCounts: [1, 3])
    #expect(list.map(\.depth) == [0, 1, 2, 3, 3, 1, 2, 2])
    #expect(list.map(\.child) == [0, 0, 0, 0, 1, 1, 0, 1])
    #expect(list[0].node == .inputSplit(dimension: 0, threshold: nil))
    #expect(list[1].node == .clip(rows: [0, 2], frames: [ClipFrame(dimension: 1, first: 3, last: 200)]))
    #expect(list[2].node == .inputSplit(dimension: 200, threshold: -0.25))
    #expect(list[3].node == .leaf(rows: [0, 1], multipliers: nil))
    #expect(list[4].node == .leaf(rows: [0, 0], multipliers: .init(alpha: [.empty, sampleTable()], beta: nil)))
    #expect(list[5].node == .neuronSplit(relu: 1, element: 300))
    #expect(list[6].node == .leaf(rows: [0, 2], multipliers: .init(alpha: nil, beta: [[0.5], [2]])))
    guard case .leaf(_, let multipliers) = list[7].node else { return }
    #expect(multipliers?.beta?[1][0] ?? 1 <= 1e-3)
  }

  @Test("a tree of a thousand leaves takes three bytes a leaf")
  func size() throws {
    var writer = TreeWriter(rowCounts: [1])
    func write(_ depth: Int) {
      guard depth < 10 else { return writer.leaf(rows: [0]) }
      writer.splitMidpoint(dimension: depth)
      write(depth + 1)
      write(depth + 1)
    }
    write(0)
    #expect(writer.bytes.count == 1024 + 2 * 1023)
    #expect(try steps(writer.bytes, rowCounts: [1]).count == 2047)
  }

  @Test(
    "malformed trees are refused",
    arguments: [
      ([], .truncated(field: "tree node", offset: 0)),
      ([6], .invalid(field: "tree node", offset: 0, reason: "6 is not a tag of version 1")),
      ([2, 0, 0], .truncated(field: "tree node", offset: 3)),
      ([0, 0], .unreadBytes(field: "tree", offset: 1, count: 1)),
      ([1, 0], .invalid(field: "leaf flags", offset: 1, reason: "0 is not 1, 2 or 3")),
      ([1, 4], .invalid(field: "leaf flags", offset: 1, reason: "4 is not 1, 2 or 3")),
      ([3, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], .invalid(field: "split threshold", offset: 2, reason: "NaN is not a number of this format")),
      ([4, 0, 0, 1, 2, 0x80, 0x7f], .invalid(field: "beta", offset: 5, reason: "it must be finite and not negative")),
      ([4, 0, 0, 1, 2, 0, 0x80], .invalid(field: "beta", offset: 5, reason: "it must be finite and not negative")),
      ([1, 1, 1, 1, 1, 3, 9], .invalid(field: "alpha bitmap", offset: 4, reason: "it does not mark 1 elements")),
      ([1, 1, 1, 0], .invalid(field: "alpha table", offset: 2, reason: "a table without marked elements is written as 0")),
      ([5, 2, 1, 0, 9, 1, 0, 9], .invalid(field: "clip dimension", offset: 5, reason: "dimensions must increase")),
      ([5, 1, 0, 9, 8], .invalid(field: "clip end", offset: 2, reason: "it lies before the begin")),
    ] as [([UInt8], CertificateError)])
  func malformed(tree: [UInt8], expected: CertificateError) {
    #expect(throws: expected) { try steps(tree, rowCounts: [1]) }
  }

  @Test("a row that the disjunct does not have is refused")
  func rows() {
    #expect(throws: CertificateError.invalid(field: "row", offset: 1, reason: "row 3 of a disjunct that has 3 rows")) {
      try steps([0, 3], rowCounts: [3])
    }
  }

  @Test("depth is limited, and the reader does not recurse")
  func depth() throws {
    let chain: (Int) -> [UInt8] = { depth in (0..<depth).flatMap { _ in [5, 0] as [UInt8] } + [0] }
    #expect(try steps(chain(10_000), rowCounts: [1]).count == 10_001)
    #expect(throws: CertificateError.invalid(field: "tree", offset: 20_000, reason: "it is deeper than 10000 nodes")) {
      try steps(chain(10_001), rowCounts: [1])
    }
  }

  @Test("random bytes never trap")
  func fuzz() {
    var state: UInt64 = 7
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<24 {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        let byte = UInt8(truncatingIfNeeded: state >> 33)
        bytes.append(byte % 3 == 0 ? byte : byte % 6)
      }
      _ = try? steps(bytes, rowCounts: [1, 4])
    }
  }

  @Test func midpoint() {
    #expect(TreeWriter.midpoint(lower: -1, upper: 3) == 1)
    #expect(TreeWriter.midpoint(lower: -.greatestFiniteMagnitude, upper: .greatestFiniteMagnitude) == 0)
    let least = Double.leastNonzeroMagnitude
    #expect(TreeWriter.midpoint(lower: least, upper: least) == least)
  }
}
