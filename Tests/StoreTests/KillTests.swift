// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Store
import Testing

/// A process killed in the middle of writing leaves whole runs only.
@Suite struct KillTests {
  @Test("SIGKILL while recording", arguments: [3, 8, 15, 25, 40])
  func killed(milliseconds: Int) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.store
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, milliseconds = milliseconds as Int] in
      let store = try CertificateStore(path: path, mode: .readWrite)
      try store.record(sampleRun(0, evidence: 100_000))
      Thread.detachNewThread {
        usleep(UInt32(milliseconds) * 1000)
        kill(getpid(), SIGKILL)
      }
      for number in 1... { try store.record(sampleRun(number, evidence: 100_000)) }
    }
    let store = try CertificateStore(path: path, mode: .readWrite)
    let report = try store.verify()
    #expect(report.isIntact, "\(report.problems)")
    let runs = try store.runs(limit: .max)
    #expect(runs.map(\.id) == (1...Int64(max(1, runs.count))).reversed())
    for run in runs { #expect(try store.results(of: run.id).count == 2) }
    #expect(try store.record(sampleRun(1)) == Int64(runs.count + 1))
  }
}
