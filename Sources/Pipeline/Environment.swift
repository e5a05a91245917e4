// SPDX-License-Identifier: Apache-2.0
import Compute

#if canImport(Glibc)
  import Glibc
#endif

/// What the process was started with; read here and handed on as values.
package enum Environment {
  /// The variables that decide where data lies.
  package static var variables: [String: String] {
    var result: [String: String] = [:]
    for name in ["XDG_DATA_HOME", "HOME"] {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }

  package static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// The compute backend that runs.
package enum Backend {
  package static var instructionSet: String { kernelInstructionSet }
}
