// SPDX-License-Identifier: Apache-2.0

/// Why a key could not be made, read or used.
package enum KeyError: Error, Hashable, CustomStringConvertible {
  case file(FileError)
  case noPrivateKey(path: String)
  case noPublicKey(path: String)
  case encrypted(path: String)
  case readableByOthers(path: String, permissions: UInt32)
  case unsupported(path: String, algorithm: String)
  case invalidName(String)
  case notFound(name: String, directory: String)
  case alreadyExists(name: String, path: String)
  case noDataDirectory
  case openSSL(operation: String)

  package var description: String {
    switch self {
    case .file(let error):
      error.description
    case .noPrivateKey(let path):
      "'\(path)' holds no readable private key. Expected PKCS#8 PEM ('-----BEGIN PRIVATE KEY-----'), unencrypted."
    case .noPublicKey(let path):
      "'\(path)' holds no readable public key. Expected SPKI PEM ('-----BEGIN PUBLIC KEY-----')."
    case .encrypted(let path):
      """
      The private key '\(path)' is encrypted, which axcert cannot read. \
      Decrypt it with 'openssl pkcs8 -in \(path) -out NEW.key' and 'chmod 600 NEW.key'.
      """
    case .readableByOthers(let path, let permissions):
      """
      The private key '\(path)' has mode 0\(String(permissions, radix: 8)): others may read it. \
      Run 'chmod 600 \(path)', and make a new key if someone may have copied it.
      """
    case .unsupported(let path, let algorithm):
      "The key '\(path)' is of type '\(algorithm)'. Use an ECDSA P-256 or an Ed25519 key."
    case .invalidName(let name):
      """
      '\(name)' cannot name a key. Use 1 to 64 of the characters a-z, 0-9, '.', '_' and '-', \
      beginning with a letter or digit.
      """
    case .notFound(let name, let directory):
      "There is no key '\(name)' in '\(directory)'. List the keys there with 'axcert keys list'."
    case .alreadyExists(let name, let path):
      "The key '\(name)' exists already ('\(path)') and is never overwritten. Choose another name."
    case .noDataDirectory:
      "Neither XDG_DATA_HOME nor HOME holds an absolute path, so there is no place for keys. Set HOME, or name a key file."
    case .openSSL(let operation):
      "OpenSSL failed to \(operation). Check its configuration with 'openssl version -a'."
    }
  }
}
