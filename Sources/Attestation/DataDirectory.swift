// SPDX-License-Identifier: Apache-2.0

/// Where keys and the store live unless the user says otherwise.
package enum DataDirectory {
  /// `$XDG_DATA_HOME/axcert`, or `$HOME/.local/share/axcert`.
  ///
  /// A relative `XDG_DATA_HOME` is ignored, as the XDG Base Directory Specification 0.8 requires.
  ///
  /// - Returns: nil if neither variable holds an absolute path.
  package static func path(environment: [String: String]) -> String? {
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/axcert" }
    if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.local/share/axcert" }
    return nil
  }
}
