// SPDX-License-Identifier: Apache-2.0

/// The version of this build, as certificates, statements and `--version` give it.
package enum Version {
  package static let number = "0.1.0"
  package static let producer = "axcert 0.1.0"
}
