// SPDX-License-Identifier: Apache-2.0

/// Exit codes that scripts can rely on (docs/architecture.md): 0 is never returned after a failure.
package enum ExitStatus: Int32, Sendable {
  case allHold = 0
  /// Something is violated, or a check rejects.
  case violated = 1
  case unknown = 2
  case usage = 64
  /// The user's file is missing or wrong.
  case badInput = 65
  /// Something the run needs is not there: a store that is locked, a disk that is full, a key that cannot be read.
  case unavailable = 69
  case internalError = 70
}

/// A failure with a message for the user and an exit code for the script.
package struct UserError: Error, Sendable, CustomStringConvertible {
  package var status: ExitStatus
  package var description: String

  package init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }

  /// Wraps an error whose description already says what, where and what to do next.
  package static func badInput(_ error: any Error) -> UserError {
    UserError(.badInput, "\(error)")
  }
}
