// SPDX-License-Identifier: Apache-2.0
package import Attestation

/// The user's key directory, with failures turned into messages and exit codes.
package enum Keys {
  package static func directory() throws(UserError) -> KeyDirectory {
    try rethrowing { () throws(KeyError) in try KeyDirectory.standard(environment: Environment.variables) }
  }

  package static func rethrowing<T>(_ body: () throws(KeyError) -> T) throws(UserError) -> T {
    do { return try body() } catch { throw UserError(.unavailable, "\(error)") }
  }
}
