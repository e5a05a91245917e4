// SPDX-License-Identifier: Apache-2.0
import CBounds
package import Compute
package import Program

/// Intervals of every ReLU input for a batch of boxes, and the linear relaxations that follow from them.
///
/// Owned by one thread at a time. All arrays are [boxes × neurons], row-major, binary32, rounded to nearest: they serve the search
/// and prove nothing.
package final class LayerBounds {
  package let counts: [Int]
  package private(set) var boxCount = 0
  package let lower: [Buffer<Float>]
  package let upper: [Buffer<Float>]
  package let below: [Buffer<Float>]
  package let above: [Buffer<Float>]
  package let gap: [Buffer<Float>]

  package init(_ program: Program) {
    counts = program.reluSteps.map { program.tensorCounts[program.steps[$0].inputs[0]] }
    lower = counts.map { _ in Buffer() }
    upper = counts.map { _ in Buffer() }
    below = counts.map { _ in Buffer() }
    above = counts.map { _ in Buffer() }
    gap = counts.map { _ in Buffer() }
  }

  package func reserve(boxes: Int) {
    boxCount = boxes
    for relu in counts.indices {
      for buffer in [lower[relu], upper[relu], below[relu], above[relu], gap[relu]] {
        buffer.reserve(boxes * counts[relu])
      }
    }
  }

  /// Derives slopes from `lower` and `upper` of one ReLU.
  package func relax(_ relu: Int) {
    axb_relax(
      boxCount * counts[relu], lower[relu].pointer, upper[relu].pointer, below[relu].pointer, above[relu].pointer,
      gap[relu].pointer)
  }

  /// Clips the intervals of one box by the splits that concern one ReLU. Call before `relax`.
  func clip(_ relu: Int, box: Int, by splits: [NeuronSplit]) {
    let offset = box * counts[relu]
    for split in splits where Int(split.relu) == relu {
      let index = offset + Int(split.element)
      if split.isActive {
        lower[relu].pointer[index] = max(lower[relu].pointer[index], 0)
      } else {
        upper[relu].pointer[index] = min(upper[relu].pointer[index], 0)
      }
    }
  }

  /// A copy of one box's intervals, to be handed to other threads.
  package func snapshot(box: Int) -> Intervals {
    Intervals(
      lower: counts.indices.map { relu in copy(lower[relu], relu, box) },
      upper: counts.indices.map { relu in copy(upper[relu], relu, box) })
  }

  private func copy(_ buffer: Buffer<Float>, _ relu: Int, _ box: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: buffer.pointer + box * counts[relu], count: counts[relu]))
  }

  /// Sets every box to the same intervals, clipped by each box's splits.
  package func fill(from intervals: Intervals, splits: [[NeuronSplit]]) {
    reserve(boxes: splits.count)
    for relu in counts.indices {
      let count = counts[relu]
      for box in splits.indices {
        intervals.lower[relu].withUnsafeBufferPointer { source in
          if let base = source.baseAddress { (lower[relu].pointer + box * count).update(from: base, count: count) }
        }
        intervals.upper[relu].withUnsafeBufferPointer { source in
          if let base = source.baseAddress { (upper[relu].pointer + box * count).update(from: base, count: count) }
        }
        clip(relu, box: box, by: splits[box])
      }
      relax(relu)
    }
  }
}

/// Intervals of every ReLU input for one box.
package struct Intervals: Sendable {
  package var lower: [[Float]]
  package var upper: [[Float]]

  package init(lower: [[Float]], upper: [[Float]]) {
    self.lower = lower
    self.upper = upper
  }

  /// How many neurons could be on either side of zero.
  package var unstableCount: Int {
    zip(lower, upper).reduce(0) { total, layer in
      total + zip(layer.0, layer.1).count { $0 < 0 && $1 > 0 }
    }
  }
}
