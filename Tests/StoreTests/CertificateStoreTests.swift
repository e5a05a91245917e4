// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Store
import Testing

@Suite struct CertificateStoreTests {
  let directory: TemporaryDirectory
  let store: CertificateStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try CertificateStore(path: directory.store, mode: .readWrite)
  }

  @Test("what is recorded reads back, also by another process that only reads")
  func roundTrip() throws {
    let first = sampleRun(1)
    let second = sampleRun(2)
    #expect(try store.record(first) == 1)
    #expect(try store.record(second) == 2)
    let reader = try CertificateStore(path: directory.store, mode: .readOnly)
    for store in [store, reader] {
      let runs = try store.runs(limit: 10)
      #expect(runs.map(\.id) == [2, 1])
      #expect(try store.runs(limit: 1) == [runs[0]])
      #expect(try store.run(1) == runs[1])
      let run = runs[1]
      #expect(run.startedAt == first.startedAt && run.toolVersion == "0.1.0" && run.seconds == 1.1)
      #expect(run.model == first.model && run.property == first.property && run.propertyKind == "robustness")
      #expect(run.options == first.options && run.verdict == .unknown)

      let certificate = try #require(first.results[0].certificate)
      let digest = SHA256Digest(of: certificate)
      let results = try store.results(of: 1)
      #expect(results.map(\.property) == ["a", "b"])
      #expect(results.map(\.verdict) == [.holds, .unknown])
      #expect(results.map(\.certificate) == [digest, nil])
      #expect(results.map(\.reason) == [nil, "time limit of 60 s"])
      #expect(results[0].semantics == "real" && results[0].margin == "1*2^-7" && results[0].leaves == 3)
      let stored = try store.certificate(digest.hex)
      #expect(stored.sha256 == digest && stored.bytes == certificate)
      #expect(try store.certificate(String(digest.hex.prefix(8)).uppercased()).bytes == certificate)
      #expect(try store.envelope(for: digest) == first.results[0].envelope)
    }
  }

  @Test("the same evidence is kept once, its latest envelope counts")
  func sharedEvidence() throws {
    var again = sampleRun(1)
    again.model.name = "renamed.onnx"
    again.results[0].envelope = [1, 2, 3]
    _ = try store.record(sampleRun(1))
    _ = try store.record(again)
    let report = try store.verify()
    #expect(report.isIntact && report.runCount == 2 && report.blobCount == 3)
    let digest = SHA256Digest(of: again.results[0].certificate ?? [])
    #expect(try store.envelope(for: digest) == [1, 2, 3])
    #expect(try store.results(for: digest).map(\.run) == [2, 1])
    #expect(try store.runs(limit: 2).map(\.model.name) == ["renamed.onnx", "model.onnx"])
  }

  @Test("the verdict of a run follows from its results")
  func overallVerdict() {
    var run = sampleRun()
    run.results = []
    #expect(run.verdict == .unknown)
    run.results = [.init(property: "a", verdict: .holds)]
    #expect(run.verdict == .holds)
    run.results.append(.init(property: "b", verdict: .unknown))
    #expect(run.verdict == .unknown)
    run.results.append(.init(property: "c", verdict: .violated))
    #expect(run.verdict == .violated)
  }

  @Test("a record that cannot be true is refused and leaves no trace")
  func invalidRecords() throws {
    func message(_ change: (inout RunRecord) -> Void) -> String? {
      var run = sampleRun()
      change(&run)
      return failure { () throws(StoreError) in try store.record(run) }?.description
        .replacingOccurrences(of: "The run was not recorded: ", with: "")
    }
    let bug = ". This is a bug in axcert; please report it."
    #expect(message { $0.results[0].certificate = nil } == "'a' is 'holds' without a certificate" + bug)
    #expect(message { $0.results[1].envelope = [1] } == "'b' has an envelope without a certificate" + bug)
    #expect(message { $0.results[1].property = "a" } == "two results share a name" + bug)
    #expect(message { $0.seconds = .nan } == "its time is nan seconds" + bug)
    _ = try store.record(sampleRun())
    #expect(
      message { $0.model.byteCount = 6 } == "'model.onnx' has 6 bytes, but its digest belongs to 5" + bug)
    let report = try store.verify()
    #expect(report.isIntact && report.runCount == 1)
  }

  @Test func lookupFaults() throws {
    _ = try store.record(sampleRun())
    func message(_ prefix: String) -> String? {
      failure { () throws(StoreError) in try store.certificate(prefix) }?.description
    }
    #expect(message("0000") == "The store has no certificate '0000'. List them with 'axcert store list'.")
    for prefix in ["", "abc", "xyz0", String(repeating: "0", count: 65), "00%_"] {
      #expect(
        message(prefix)
          == "'\(prefix)' is no digest. Give 4 to 64 hexadecimal digits of the certificate's SHA-256.")
    }
    let run = failure { () throws(StoreError) in try store.results(of: 7) }
    #expect(run?.description == "The store has no run 7. List them with 'axcert store list'.")
  }

  @Test("an ambiguous prefix names the candidates")
  func ambiguousPrefix() throws {
    // Among 2,000 digests two share their first 4 digits, as good as surely; take the first such pair.
    var byPrefix: [String: [UInt8]] = [:]
    var pair: [[UInt8]] = []
    for number in 0..<2_000 {
      let bytes = Array("certificate \(number)".utf8)
      let prefix = String(SHA256Digest(of: bytes).hex.prefix(4))
      if let other = byPrefix[prefix] {
        pair = [other, bytes]
        break
      }
      byPrefix[prefix] = bytes
    }
    var run = sampleRun()
    run.results = pair.enumerated().map { .init(property: "\($0)", verdict: .holds, certificate: $1) }
    _ = try store.record(run)
    let digests = pair.map { SHA256Digest(of: $0).hex }.sorted()
    let prefix = String(digests[0].prefix(4))
    let error = failure { () throws(StoreError) in try store.certificate(prefix) }
    #expect(
      error?.description
        == "'\(prefix)' begins 2 certificates: \(digests[0]), \(digests[1]). Give more digits.")
    #expect(try digests.map { try store.certificate($0).sha256.hex } == digests)
  }

  @Test func exports() throws {
    let run = sampleRun()
    _ = try store.record(run)
    let certificate = try #require(run.results[0].certificate)
    let digest = SHA256Digest(of: certificate)
    let target = try TemporaryDirectory()
    for _ in 0..<2 {
      let files = try store.export(String(digest.hex.prefix(6)), to: target.path)
      #expect(files.certificatePath == "\(target.path)/\(digest.hex.prefix(16)).axc")
      #expect(try Data(contentsOf: URL(fileURLWithPath: files.certificatePath)) == Data(certificate))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: #require(files.envelopePath))) == Data(run.results[0].envelope ?? []))
      let text = try String(contentsOfFile: files.informationPath, encoding: .utf8)
      #expect(
        text == """
          {"certificate":{"mediaType":"application/vnd.axcert.certificate.v1","sha256":"\(digest)","size":300},\
          "format":"axcert-export/v1","isSigned":true,"leaves":3,"margin":"1*2^-7","model":{"byteCount":5,"name":\
          "model.onnx","sha256":"\(run.model.sha256)"},"property":"a","propertyFile":{"byteCount":8,"name":\
          "robustness.yml","sha256":"\(run.property.sha256)"},"run":1,"semantics":"real","startedAt":\
          "2026-01-31T12:00:01Z","toolVersion":"0.1.0","verdict":"holds"}

          """)
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).count == 3)
    }
    let error = failure { () throws(StoreError) in try store.export(digest.hex, to: target.path + "/no") }
    #expect(error == .directoryMissing(target.path + "/no"))
  }

  @Test("many connections may create and fill one store")
  func concurrentWriters() async throws {
    let directory = try TemporaryDirectory()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask { [path = directory.store] in
          let store = try CertificateStore(path: path, mode: .readWrite, busyTimeout: .seconds(20))
          for step in 0..<3 { try store.record(sampleRun(number * 10 + step)) }
        }
      }
      try await group.waitForAll()
    }
    let report = try CertificateStore(path: directory.store, mode: .readOnly).verify()
    #expect(report.isIntact && report.runCount == 24)
  }

  @Test func standardPlace() throws {
    #expect(CertificateStore.standardPath(environment: ["XDG_DATA_HOME": "/d"]) == "/d/axcert/store.sqlite")
    #expect(CertificateStore.standardPath(environment: [:]) == nil)
    let environment = ["XDG_DATA_HOME": directory.path + "/x"]
    let missing = failure { () throws(StoreError) in
      try CertificateStore.standard(mode: .readOnly, environment: environment)
    }
    #expect(missing == .notFound(path: directory.path + "/x/axcert/store.sqlite"))
    #expect(try CertificateStore.standard(mode: .readWrite, environment: environment).record(sampleRun()) == 1)
    let nowhere = failure { () throws(StoreError) in try CertificateStore.standard(mode: .readWrite, environment: [:]) }
    #expect(
      nowhere?.description == """
        Neither XDG_DATA_HOME nor HOME holds an absolute path, so there is no default store. \
        Set HOME, or give '--store PATH'.
        """)
  }
}
