// SPDX-License-Identifier: Apache-2.0
import CertificateFormat
import Exact
import Graph
import Properties

/// What the check of one leaf found.
struct LeafOutcome {
  var ordinal: Int
  /// Per disjunct of the proof the bound of the chosen row; nil if no execution reaches the leaf.
  var bounds: [Double]?
}

/// The replay of one proof: waves of jobs, in them batches of pieces.
struct ProofRun {
  let network: Network
  let proof: Proof
  let region: Region
  /// The analysis of the whole region.
  let root: Analysis
  let options: CheckOptions

  private let alpha: [AlphaSlopes]
  private let regionPiece: Piece

  init(_ proof: Proof, region: Region, root: Analysis, options: CheckOptions) throws(Rejection) {
    self.network = root.network
    self.proof = proof
    self.region = region
    self.root = root
    self.options = options
    regionPiece = Piece(region)
    var alpha: [AlphaSlopes] = []
    for table in proof.alpha { alpha.append(try AlphaSlopes(table, network: root.network)) }
    guard alpha.count == proof.disjuncts.count else {
      throw Rejection(.alphaTable("there are \(alpha.count) tables for \(proof.disjuncts.count) disjuncts"))
    }
    self.alpha = alpha
  }

  /// Checks the whole tree. `body` gets the outcomes of a wave in preorder and says whether to go on.
  ///
  /// Results do not depend on the number of threads: a row's bound does not depend on the batch it is computed in.
  func forEachWave(_ body: ([LeafOutcome]) throws(Rejection) -> Bool) throws(Rejection) {
    var tree = TreeJobs(proof, region: region, network: network)
    while true {
      let jobs = try tree.nextWave()
      guard !jobs.isEmpty else { return }
      var outcomes: [LeafOutcome] = []
      for level in 0...(jobs.map(\.level).max() ?? 0) {
        outcomes += try runLevel(jobs.filter { $0.level == level })
      }
      outcomes.sort { $0.ordinal < $1.ordinal }
      guard try body(outcomes) else { return }
    }
  }

  private func runLevel(_ jobs: [Job]) throws(Rejection) -> [LeafOutcome] {
    let clips = jobs.filter { if case .clip = $0.kind { true } else { false } }
    let clipBatches = batches(clips)
    let pieces = try parallelMap(count: clipBatches.count, threads: options.threads) { (i) throws(Rejection) -> [Piece] in
      try runClips(clipBatches[i])
    }
    for (job, piece) in zip(clips, pieces.joined()) { job.piece = piece }

    let leafBatches = batches(jobs.filter { if case .leaf = $0.kind { true } else { false } })
    let results = try parallelMap(count: leafBatches.count, threads: options.threads) {
      (i) throws(Rejection) -> [LeafOutcome] in
      try runLeaves(leafBatches[i])
    }
    return Array(results.joined())
  }

  private func batches(_ jobs: [Job]) -> [[Job]] {
    let size = network.batchSize(rowsPerPiece: proof.disjuncts.count, isShared: proof.mode == .inherit)
    return stride(from: 0, to: jobs.count, by: size).map { Array(jobs[$0..<min(jobs.count, $0 + size)]) }
  }

  private func analyse(_ pieces: [Piece]) throws(Rejection) -> Analysis {
    if let deadline = options.deadline, ContinuousClock.now >= deadline { throw Rejection(.timeLimit) }
    return switch proof.mode {
    case .recompute: try Analysis(of: pieces, network: network, root: root)
    case .inherit: try Analysis(inheriting: root, pieces: pieces)
    }
  }

  // MARK: Leaves

  private func runLeaves(_ jobs: [Job]) throws(Rejection) -> [LeafOutcome] {
    let all = jobs.map { $0.makePiece(region: regionPiece) }
    let live = jobs.indices.filter { !all[$0].isEmpty }
    let analysis = try analyse(live.map { all[$0] })
    let open = live.indices.filter { !analysis.isClosed[$0] }
    let openJobs = open.map { jobs[live[$0]] }
    let bounds = try rowBounds(openJobs, pieces: open, analysis)
    var outcomes = jobs.map { job -> LeafOutcome in
      guard case .leaf(let ordinal, _) = job.kind else { preconditionFailure("a leaf") }
      return LeafOutcome(ordinal: ordinal, bounds: nil)
    }
    for (i, index) in open.enumerated() { outcomes[live[index]].bounds = bounds[i] }
    return outcomes
  }

  /// Per job the bounds of its rows. `pieces` are the jobs' places in the analysis.
  private func rowBounds(_ jobs: [Job], pieces: [Int], _ analysis: Analysis) throws(Rejection) -> [[Double]] {
    guard !jobs.isEmpty else { return [] }
    var walk = try makeWalk(jobs, pieces: pieces, analysis)
    let kappa = try walk.finish()
    let width = proof.disjuncts.count
    return jobs.indices.map { job in
      proof.disjuncts.indices.map { d in
        // Adding 0 turns −0 into 0.
        constraint(d, row: jobs[job].rows[d]) == nil ? -.infinity : kappa[job * width + d] + 0
      }
    }
  }

  /// A walk with one row per job and disjunct.
  private func makeWalk(_ jobs: [Job], pieces: [Int], _ analysis: Analysis) throws(Rejection) -> Walk {
    let width = proof.disjuncts.count
    var walk = Walk(analysis, leaves: pieces.flatMap { repeatElement(UInt32($0), count: width) })
    let constraints = jobs.flatMap { job in proof.disjuncts.indices.map { constraint($0, row: job.rows[$0]) } }
    start(&walk, constraints)
    var rows: [RowMultipliers] = []
    for (job, piece) in zip(jobs, pieces) {
      var multipliers: LeafMultipliers?
      if case .leaf(_, let own) = job.kind { multipliers = own }
      for d in proof.disjuncts.indices {
        var alpha = alpha[d]
        if let own = multipliers?.alpha { alpha = try AlphaSlopes(own[d], network: network) }
        rows.append(RowMultipliers(leaf: piece, alpha: alpha, beta: multipliers?.beta?[d] ?? [], splits: job.splits))
      }
    }
    walk.use(slopes: makeSlopes(rows, analysis: analysis))
    return walk
  }

  /// Λ_y = c, Λ_x = a, κ = d for each row. A row that a disjunct does not have starts at 0 and is not used.
  private func start(_ walk: inout Walk, _ constraints: [LinearConstraint?]) {
    for (tensor, terms) in [
      (network.graph.output, constraints.map { $0?.outputTerms ?? [] }),
      (network.graph.input, constraints.map { $0?.inputTerms ?? [] }),
    ] where terms.contains(where: { !$0.isEmpty }) {
      let low = Matrix(rows: constraints.count, columns: network.width(tensor))
      let isExact = terms.allSatisfy { $0.allSatisfy(\.coefficient.isExact) }
      let negHigh = isExact ? nil : Matrix(rows: constraints.count, columns: network.width(tensor))
      for (r, row) in terms.enumerated() {
        for term in row {
          low[r, term.variable] = term.coefficient.lower
          negHigh?[r, term.variable] = -term.coefficient.upper
        }
      }
      walk.start(.matrix(low), negHigh: negHigh, at: tensor)
    }
    walk.start(constants: constraints.map { $0?.constant.lower ?? 0 })
  }

  private func constraint(_ disjunct: Int, row: Int) -> LinearConstraint? {
    let rows = region.disjuncts[proof.disjuncts[disjunct]].rows
    return row < rows.count ? rows[row] : nil
  }

  // MARK: Clips

  private func runClips(_ jobs: [Job]) throws(Rejection) -> [Piece] {
    var pieces = jobs.map { $0.makePiece(region: regionPiece) }
    let live = jobs.indices.filter { !pieces[$0].isEmpty }
    guard !live.isEmpty else { return pieces }
    let analysis = try analyse(live.map { pieces[$0] })
    var walk = try makeWalk(live.map { jobs[$0] }, pieces: Array(live.indices), analysis)
    let (kappa, coefficients) = try walk.finishAtInput()
    let width = proof.disjuncts.count
    for (i, index) in live.enumerated() {
      if analysis.isClosed[i] {
        pieces[index].isEmpty = true
        continue
      }
      guard case .clip(let frames) = jobs[index].kind else { preconditionFailure("a clip") }
      pieces[index].clip(
        frames,
        rows: proof.disjuncts.indices.map { d in
          guard constraint(d, row: jobs[index].rows[d]) != nil else {
            return (-.infinity, [Double](repeating: 0, count: network.graph.inputCount))
          }
          return (kappa[i * width + d], coefficients.read(row: i * width + d) { row in row.indices.map { row[$0] } })
        })
    }
    return pieces
  }
}

extension Network {
  /// Pieces per batch: their bounds and final rows take a few megabytes.
  func batchSize(rowsPerPiece: Int, isShared: Bool) -> Int {
    let elements = graph.tensors.reduce(0) { $0 + $1.elementCount }
    let perPiece = (isShared ? 1 : 2) * elements + 3 * rowsPerPiece * elements
    return min(isShared ? 64 : 256, max(1, (1 << 21) / max(1, perPiece)))
  }
}
