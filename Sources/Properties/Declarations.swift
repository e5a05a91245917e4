// SPDX-License-Identifier: Apache-2.0

/// Which of X_0, X_1, … (or Y_0, Y_1, …) the file has declared, and where.
struct Declarations {
  let isOutput: Bool
  /// Byte offset of each declaration, −1 where there is none yet.
  private var offsets: [Int] = []
  private var declaredCount = 0

  init(isOutput: Bool) {
    self.isOutput = isOutput
  }

  /// One more than the highest index.
  var count: Int { offsets.count }

  func contains(_ index: Int) -> Bool {
    index < offsets.count && offsets[index] >= 0
  }

  func offset(of index: Int) -> Int { offsets[index] }

  /// - Parameter limit: no file of its size can declare so many variables, so an index from here on leaves a gap.
  mutating func declare(_ index: Int, at offset: Int, limit: Int) throws(VNNLIBError.Reason) {
    guard !contains(index) else { throw .declaredTwice(name(index)) }
    guard index < limit else { throw .notDeclared(name(firstMissing ?? count), declared: name(index)) }
    while offsets.count <= index { offsets.append(-1) }
    offsets[index] = offset
    declaredCount += 1
  }

  /// The gap, if there is one: the first missing index and the first declared one after it.
  var gap: (missing: Int, next: Int)? {
    guard let missing = firstMissing else { return nil }
    guard let next = offsets[missing...].firstIndex(where: { $0 >= 0 }) else { return nil }
    return (missing, next)
  }

  private var firstMissing: Int? {
    declaredCount == offsets.count ? nil : offsets.firstIndex(of: -1)
  }

  func name(_ index: Int) -> String {
    Variable(isOutput: isOutput, index: index).name
  }
}
