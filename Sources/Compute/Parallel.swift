// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// Work spread over threads.
package enum Parallel {
  /// Calls `body` once for every index below `count`, on at most `threads` threads, and returns when all calls have returned.
  ///
  /// Indices are handed out in increasing order as threads become free. One thread: everything runs on the caller's.
  package static func forEach(count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    let workers = min(count, threads)
    guard workers > 1 else {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }
}
