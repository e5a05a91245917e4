// SPDX-License-Identifier: Apache-2.0
import Compute
import Synchronization

extension Parallel {
  /// The results of `body` for every item, in the items' order, computed on at most `threads` threads.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], threads: Int, _ body: @Sendable (Item) -> Result
  ) -> [Result] {
    guard items.count > 1, threads > 1 else { return items.map(body) }
    let results = Mutex<[Int: Result]>([:])
    forEach(count: items.count, threads: threads) { index in
      let result = body(items[index])
      results.withLock { $0[index] = result }
    }
    let all = results.withLock { $0 }
    return items.indices.compactMap { all[$0] }
  }
}
