// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Properties

/// A leaf to bound or a clip to work out.
///
/// A class, because the jobs below a clip refer to it for the box that it leaves.
final class Job {
  enum Kind {
    case leaf(ordinal: Int, LeafMultipliers?)
    case clip
  }

  let kind: Kind
  /// Per disjunct of the proof the chosen row.
  let rows: [Int]
  /// The nearest clip above, whose box `cuts` start from; nil: the region's box.
  let base: Job?
  let cuts: [Cut]
  let splits: [NeuronSplit]
  /// 0 if the base is known when the wave starts, else one more than the base's.
  let level: Int
  /// What a clip leaves; known once its level is done.
  var piece: Piece?

  struct Cut {
    var dimension: Int
    var threshold: Double?
    var isSecond: Bool
  }

  init(_ kind: Kind, rows: [Int], base: Job?, cuts: [Cut], splits: [NeuronSplit]) {
    self.kind = kind
    self.rows = rows
    self.base = base
    self.cuts = cuts
    self.splits = splits
    level = base.map { $0.piece == nil ? $0.level + 1 : 0 } ?? 0
  }

  /// The piece that the job is about.
  func makePiece(region: Piece) -> Piece {
    var piece = base?.piece ?? region
    for cut in cuts { piece.cut(dimension: cut.dimension, threshold: cut.threshold, isSecond: cut.isSecond) }
    piece.splits = splits
    return piece
  }
}

/// Turns a proof tree into waves of jobs, in memory that does not depend on the number of leaves.
struct TreeJobs {
  private static let waveJobs = 4096
  private static let waveCuts = 1 << 20

  private struct Frame {
    var node: TreeNode
    var base: Job?
    /// The cuts since the base begin here.
    var cutStart: Int
    var cutCount: Int
    var splitCount: Int
  }

  private var reader: TreeReader
  private let network: Network
  private let region: Region
  private let mode: BoundsMode
  private var frames: [Frame] = []
  private var cuts: [Job.Cut] = []
  private var splits: [NeuronSplit] = []
  private(set) var leafCount = 0

  init(_ proof: Proof, region: Region, network: Network) {
    reader = TreeReader(tree: proof.tree, rowCounts: proof.disjuncts.map { region.disjuncts[$0].rows.count })
    self.network = network
    self.region = region
    mode = proof.mode
  }

  /// The next jobs in preorder; empty at the end of the tree.
  mutating func nextWave() throws(Rejection) -> [Job] {
    var jobs: [Job] = []
    var cutTotal = 0
    while jobs.count < Self.waveJobs, cutTotal < Self.waveCuts, let step = try nextStep() {
      enter(step)
      guard let job = try visit(step.node) else { continue }
      jobs.append(job)
      cutTotal += job.cuts.count + job.splits.count
    }
    return jobs
  }

  private mutating func nextStep() throws(Rejection) -> TreeStep? {
    do throws(CertificateError) { return try reader.next() } catch { throw Rejection(.format(error)) }
  }

  /// Brings the path to the node of `step`: back to its parent, then through the parent's split.
  private mutating func enter(_ step: TreeStep) {
    frames.removeLast(frames.count - step.depth)
    guard let parent = frames.last else { return }
    cuts.removeLast(cuts.count - parent.cutCount)
    splits.removeLast(splits.count - parent.splitCount)
    switch parent.node {
    case .inputSplit(let dimension, let threshold):
      cuts.append(Job.Cut(dimension: dimension, threshold: threshold, isSecond: step.child == 1))
    case .neuronSplit(let relu, let element):
      splits.append(NeuronSplit(relu: relu, element: element, isActive: step.child == 1))
    case .clip, .leaf: break
    }
  }

  /// Checks a node and returns its job, if it is one to do.
  private mutating func visit(_ node: TreeNode) throws(Rejection) -> Job? {
    var frame = Frame(
      node: node, base: frames.last?.base, cutStart: frames.last?.cutStart ?? 0, cutCount: cuts.count,
      splitCount: splits.count)
    switch node {
    case .leaf(let rows, let multipliers):
      leafCount += 1
      return job(.leaf(ordinal: leafCount - 1, multipliers), rows, frame)
    case .clip(let rows):
      guard mode == .recompute else { throw Rejection(.notInInheritMode("a clip")) }
      let clip = job(.clip, rows, frame)
      frame.base = clip
      frame.cutStart = cuts.count
      frames.append(frame)
      return clip
    case .inputSplit(let dimension, let threshold):
      try checkSplit(dimension, threshold)
    case .neuronSplit(let relu, let element):
      guard relu < network.reluNodes.count, element < network.reluWidth(relu) else {
        throw Rejection(.unknownNeuron(relu: relu, element: element))
      }
      guard !splits.contains(where: { $0.relu == relu && $0.element == element }) else {
        throw Rejection(.neuronSplitTwice(relu: relu, element: element))
      }
    }
    frames.append(frame)
    return nil
  }

  private func job(_ kind: Job.Kind, _ rows: [Int], _ frame: Frame) -> Job {
    Job(kind, rows: rows, base: frame.base, cuts: Array(cuts[frame.cutStart...]), splits: splits)
  }

  private func checkSplit(_ dimension: Int, _ threshold: Double?) throws(Rejection) {
    guard mode == .recompute else { throw Rejection(.notInInheritMode("an input split")) }
    guard dimension < region.lower.count else {
      throw Rejection(.unknownDimension(dimension, count: region.lower.count))
    }
    guard let threshold else { return }
    let (lower, upper) = (region.lower[dimension].lower, region.upper[dimension].upper)
    guard lower <= threshold, threshold <= upper else {
      throw Rejection(.thresholdOutsideBox(dimension: dimension, threshold: threshold, lower: lower, upper: upper))
    }
  }
}
