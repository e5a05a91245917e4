// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Scratch objects that threads borrow for the length of one piece of work; at most one per running thread is ever made.
///
/// Shared by design: the pool itself is the only shared part, each workspace has one user at a time.
final class WorkspacePool<Workspace>: @unchecked Sendable {
  private let lock = Mutex(())
  private var free: [Workspace] = []
  private let make: () -> Workspace

  init(_ make: @escaping () -> Workspace) {
    self.make = make
  }

  func with<Result>(_ body: (Workspace) -> Result) -> Result {
    let workspace = lock.withLock { _ in free.popLast() } ?? make()
    defer { lock.withLock { _ in free.append(workspace) } }
    return body(workspace)
  }
}
