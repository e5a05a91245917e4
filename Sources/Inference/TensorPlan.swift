// SPDX-License-Identifier: Apache-2.0
import Program

/// Which memory each program tensor lives in while a batch runs.
///
/// A ReLU works in place where nothing else reads its input. Program input and output live with the caller and have no slot.
struct TensorPlan: Sendable {
  /// The slot of each tensor's values; −1 where the caller provides the memory.
  private(set) var slots: [Int]
  /// Elements per sample of each slot.
  private(set) var slotCounts: [Int] = []
  /// Tensors that a ReLU overwrites hold its output: reading > 0 tells the same as before.
  private(set) var isInPlace: [Bool]

  /// Slots that are reused as soon as no later step reads them.
  init(forwardOnly program: Program) { self.init(program, reuse: true) }

  /// One slot per tensor, so that a backward pass finds all values.
  init(keepingAll program: Program) { self.init(program, reuse: false) }

  private init(_ program: Program, reuse: Bool) {
    let count = program.tensorCounts.count
    slots = [Int](repeating: -1, count: count)
    isInPlace = [Bool](repeating: false, count: program.steps.count)
    var readers = [Int](repeating: 0, count: count)
    var lastUse = [Int](repeating: -1, count: count)
    for (index, step) in program.steps.enumerated() {
      for input in step.inputs {
        readers[input] += 1
        lastUse[input] = index
      }
    }
    var free: [Int] = []
    for (index, step) in program.steps.enumerated() {
      let source = step.inputs[0]
      if case .relu = step.kind, readers[source] == 1, slots[source] >= 0, step.output != program.output {
        isInPlace[index] = true
        slots[step.output] = slots[source]
        continue
      }
      if step.output != program.output { slots[step.output] = takeSlot(program.tensorCounts[step.output], &free) }
      guard reuse else { continue }
      for input in Set(step.inputs) where lastUse[input] == index && slots[input] >= 0 { free.append(slots[input]) }
    }
  }

  private mutating func takeSlot(_ count: Int, _ free: inout [Int]) -> Int {
    guard let slot = free.popLast() else {
      slotCounts.append(count)
      return slotCounts.count - 1
    }
    slotCounts[slot] = max(slotCounts[slot], count)
    return slot
  }
}
