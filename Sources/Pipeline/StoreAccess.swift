// SPDX-License-Identifier: Apache-2.0
package import Store

/// Opens stores with failures turned into messages and exit codes.
package enum StoreAccess {
  package static func open(_ path: String?, mode: CertificateStore.Mode) throws(UserError) -> CertificateStore {
    try rethrowing { () throws(StoreError) in
      if let path { return try CertificateStore(path: path, mode: mode) }
      return try CertificateStore.standard(mode: mode, environment: Environment.variables)
    }
  }

  package static func rethrowing<T>(_ body: () throws(StoreError) -> T) throws(UserError) -> T {
    do { return try body() } catch { throw UserError(.unavailable, "\(error)") }
  }
}
