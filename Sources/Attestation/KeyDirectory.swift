// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The user's keys: `NAME.key` (private PEM, mode 0600) beside `NAME.pub` (public PEM, mode 0644).
package struct KeyDirectory: Sendable {
  package let path: String

  /// One key pair, or a public key alone.
  package struct Entry: Sendable, Hashable {
    package let name: String
    package let publicKey: PublicKey
    package let hasPrivateKey: Bool
  }

  /// A directory that need not exist yet; the first generated key creates it with mode 0700.
  package init(path: String) { self.path = path }

  /// `$XDG_DATA_HOME/axcert/keys`, or `~/.local/share/axcert/keys`.
  package static func standard(environment: [String: String]) throws(KeyError) -> KeyDirectory {
    guard let data = DataDirectory.path(environment: environment) else { throw KeyError.noDataDirectory }
    return KeyDirectory(path: data + "/keys")
  }

  /// Makes a key pair under a new name. Nothing is ever overwritten, and no half pair is left behind.
  package func generate(name: String, algorithm: SignatureAlgorithm) throws(KeyError) -> SigningKey {
    let (privatePath, publicPath) = try paths(of: name)
    for path in [privatePath, publicPath] where FileAccess.exists(path) {
      throw KeyError.alreadyExists(name: name, path: path)
    }
    let key = try SigningKey.generate(algorithm)
    // The private key first: whoever finds it may use the pair.
    do { try FileAccess.makeDirectory(path) } catch { throw .file(error) }
    do {
      try key.write(to: privatePath)
    } catch .file(let error) where error.code == EEXIST {
      throw .alreadyExists(name: name, path: privatePath)
    }
    do {
      try FileAccess.create(publicPath, key.publicKey.pem, mode: 0o644)
    } catch {
      unlink(privatePath)
      throw .file(error)
    }
    return key
  }

  /// All keys, sorted by name; none if the directory does not exist.
  package func list() throws(KeyError) -> [Entry] {
    guard FileAccess.exists(path) else { return [] }
    guard let stream = opendir(path) else { throw KeyError.file(FileError("list", path, code: errno)) }
    defer { closedir(stream) }
    var names: Set<String> = []
    while let entry = readdir(stream) {
      let file = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard file.hasSuffix(".pub") || file.hasSuffix(".key") else { continue }
      let name = String(file.dropLast(4))
      if Self.isValid(name: name) { names.insert(name) }
    }
    var entries: [Entry] = []
    for name in names.sorted() {
      let key = try publicKey(name)
      entries.append(Entry(name: name, publicKey: key, hasPrivateKey: FileAccess.exists("\(path)/\(name).key")))
    }
    return entries
  }

  /// The private key `name`.
  package func load(_ name: String) throws(KeyError) -> SigningKey {
    let privatePath = try paths(of: name).privatePath
    guard FileAccess.exists(privatePath) else { throw KeyError.notFound(name: name, directory: path) }
    return try SigningKey(file: privatePath)
  }

  /// The public key `name`; the private one is read only if `NAME.pub` is missing.
  package func publicKey(_ name: String) throws(KeyError) -> PublicKey {
    let publicPath = try paths(of: name).publicPath
    guard FileAccess.exists(publicPath) else { return try load(name).publicKey }
    return try PublicKey(file: publicPath)
  }

  /// The ECDSA P-256 key `default`, made on first use. P-256 because sigstore and OMS tools read nothing else.
  package func defaultKey() throws(KeyError) -> SigningKey {
    if FileAccess.exists("\(path)/default.key") { return try load("default") }
    do {
      return try generate(name: "default", algorithm: .ecdsaP256)
    } catch .alreadyExists {
      return try load("default")  // another process was quicker
    }
  }

  /// 1–64 characters of `[a-z0-9._-]`, the first a letter or digit: no path can hide in a name.
  package static func isValid(name: String) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
    guard letters.contains(first) || digits.contains(first) else { return false }
    return name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || "._-".utf8.contains($0) }
  }

  private func paths(of name: String) throws(KeyError) -> (privatePath: String, publicPath: String) {
    guard Self.isValid(name: name) else { throw KeyError.invalidName(name) }
    return ("\(path)/\(name).key", "\(path)/\(name).pub")
  }
}
