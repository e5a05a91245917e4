// SPDX-License-Identifier: Apache-2.0
import Attestation
import Foundation
import Testing

@Suite struct KeyDirectoryTests {
  let root: TemporaryDirectory
  let keys: KeyDirectory

  init() throws {
    root = try TemporaryDirectory()
    keys = KeyDirectory(path: root.path + "/data/keys")
  }

  @Test func generatesPairsThatOthersCannotRead() throws {
    let key = try keys.generate(name: "release-1", algorithm: .ed25519)
    #expect(try mode(of: keys.path) == 0o700)
    #expect(try mode(of: keys.path + "/release-1.key") == 0o600)
    #expect(try keys.load("release-1").publicKey == key.publicKey)
    #expect(try keys.publicKey("release-1") == key.publicKey)
    #expect(try FileManager.default.contentsOfDirectory(atPath: keys.path).count == 2)
  }

  @Test func neverOverwrites() throws {
    let key = try keys.generate(name: "a", algorithm: .ecdsaP256)
    let again = failure { () throws(KeyError) in try keys.generate(name: "a", algorithm: .ed25519) }
    #expect(
      again?.description
        == "The key 'a' exists already ('\(keys.path)/a.key') and is never overwritten. Choose another name.")
    #expect(try keys.publicKey("a") == key.publicKey)
    _ = try FileManager.default.removeItem(atPath: keys.path + "/a.key")
    let orphan = failure { () throws(KeyError) in try keys.generate(name: "a", algorithm: .ed25519) }
    #expect(orphan == .alreadyExists(name: "a", path: keys.path + "/a.pub"))
  }

  @Test func lists() throws {
    #expect(try keys.list() == [])
    let second = try keys.generate(name: "b", algorithm: .ed25519).publicKey
    let first = try keys.generate(name: "a", algorithm: .ecdsaP256).publicKey
    try FileManager.default.removeItem(atPath: keys.path + "/b.key")
    try FileManager.default.removeItem(atPath: keys.path + "/a.pub")
    try Data().write(to: URL(fileURLWithPath: keys.path + "/notes.txt"))
    let found = try keys.list()
    #expect(found.map(\.name) == ["a", "b"])
    #expect(found.map(\.publicKey) == [first, second])
    #expect(found.map(\.hasPrivateKey) == [true, false])
  }

  @Test("the default key is made once and is ECDSA P-256")
  func defaultKey() throws {
    let key = try keys.defaultKey()
    #expect(key.algorithm == .ecdsaP256)
    #expect(try keys.defaultKey().publicKey == key.publicKey)
    #expect(try keys.list().map(\.name) == ["default"])
  }

  @Test("many processes may ask for the default key at once")
  func race() async throws {
    let ids = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<8 { group.addTask { [keys] in try keys.defaultKey().publicKey.id } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(ids.count == 1)
  }

  @Test(arguments: ["", "A", "../x", "a/b", ".hidden", "-x", "é", "a b", String(repeating: "a", count: 65)])
  func invalidNames(name: String) {
    let error = failure { () throws(KeyError) in try keys.generate(name: name, algorithm: .ed25519) }
    #expect(
      error?.description == """
        '\(name)' cannot name a key. Use 1 to 64 of the characters a-z, 0-9, '.', '_' and '-', \
        beginning with a letter or digit.
        """)
  }

  @Test func missingKey() {
    let error = failure { () throws(KeyError) in try keys.load("x") }
    #expect(
      error?.description == "There is no key 'x' in '\(keys.path)'. List the keys there with 'axcert keys list'.")
  }

  @Test func standardPlace() throws {
    #expect(try KeyDirectory.standard(environment: ["XDG_DATA_HOME": "/d", "HOME": "/h"]).path == "/d/axcert/keys")
    #expect(try KeyDirectory.standard(environment: ["HOME": "/h"]).path == "/h/.local/share/axcert/keys")
    #expect(
      try KeyDirectory.standard(environment: ["XDG_DATA_HOME": "rel", "HOME": "/h"]).path
        == "/h/.local/share/axcert/keys")
    let error = failure { () throws(KeyError) in try KeyDirectory.standard(environment: [:]) }
    #expect(
      error?.description == """
        Neither XDG_DATA_HOME nor HOME holds an absolute path, so there is no place for keys. \
        Set HOME, or name a key file.
        """)
  }
}
