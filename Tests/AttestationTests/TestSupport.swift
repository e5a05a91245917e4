// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

/// A directory of its own, removed with the value.
final class TemporaryDirectory {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("axcert-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }
}

func mode(of path: String) throws -> Int? {
  try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

/// The error that `body` throws, as its type says it.
func failure<E: Error, T>(_ body: () throws(E) -> T) -> E? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// Keys made with OpenSSL 3.0 for these tests and used nowhere else.
enum TestKeys {
  static let p256 = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5/4fxUnG8BK1gv5S
    G3jAycX9JkWMMKit4ulQh115FayhRANCAAST8OwrwHmbWNpBusATATaiHW4P4R6r
    chWD3bOyvVZNxJF6DQ8GOJTPFmRuNE7pyyj7s2MHtu+Hmrmz7yUbaqML
    -----END PRIVATE KEY-----

    """
  static let p256Public = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEk/DsK8B5m1jaQbrAEwE2oh1uD+Ee
    q3IVg92zsr1WTcSReg0PBjiUzxZkbjRO6cso+7NjB7bvh5q5s+8lG2qjCw==
    -----END PUBLIC KEY-----

    """
  /// `sha256sum p256.pub`
  static let p256ID = "0a6cd0bf0c7cdddd2339520414e8c2eb2abc8cd72889d30450637a33fbf0dce9"
  /// RFC 8032, section 7.1, test 2.
  static let ed25519 = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7
    -----END PRIVATE KEY-----

    """
  static let p384 = """
    -----BEGIN PRIVATE KEY-----
    MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCryVRdlKDjFxOxzShz
    DJhVOvNBHnn1sgP9X3ovrWNO7NplimM63E5FSjfLkayMRrahZANiAAS93dH0rggJ
    BlCzg3fQVCHfv3c+gAQtSq29XLWU8jMGb6Dt8OzDWAPgRerV3e7eQVdOTe3yCWqF
    am82W7bv2MmXN6RJEa2ifiBq3I+z7GQUwvKCVo4u+hZkGP653Qlhyy0=
    -----END PRIVATE KEY-----

    """
  static let encrypted = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhT+gEY4ZTsCwICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAoMqlfaoPGm7936tOthyT4EQFR+
    4eHpTwlSO+jA6lhMYSXLzyH7WM4km7pf0dAckH4rEGfPIUXAqwULSl9EQgZLONCS
    IFva/HkE0N3bXYmIbOw=
    -----END ENCRYPTED PRIVATE KEY-----

    """
}

/// A statement with every field set.
func sampleStatement(property: String = "prop_1") -> Statement {
  let certificate = SHA256Digest(of: Array("certificate".utf8))
  return Statement(
    model: .init(name: "model.onnx", digest: SHA256Digest(of: Array("model".utf8))),
    property: .init(name: "prop_1.vnnlib", digest: SHA256Digest(of: Array("property".utf8))),
    certificate: .init(name: "prop_1.axc", digest: certificate),
    predicate: CertificatePredicate(
      verdict: .holds, property: property,
      semantics: .init(id: .float32AnyOrder, unitRoundoff: "2^-24", excluded: ["tf32", "winograd"]),
      certificate: .init(sha256: certificate, size: 11),
      checker: .init(name: "axcheck", version: "0.1.0", arithmetic: "dyadic-exact"),
      prover: .init(name: "axcert", version: "0.1.0", backend: .init(asked: "auto", executed: "cpu-avx2")),
      leaves: 17, minMargin: "3*2^-9", createdAt: "2026-01-31T12:00:00Z"))
}
