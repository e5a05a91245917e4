// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization

/// The results of `body` for 0..<count, in order. With more than one thread the calls run side by side; the results, and which
/// error is thrown (that of the least index), do not depend on the number of threads.
func parallelMap<Value>(
  count: Int, threads: Int, _ body: (Int) throws(Rejection) -> Value
) throws(Rejection) -> [Value] {
  guard threads > 1, count > 1 else {
    var values: [Value] = []
    for i in 0..<count { values.append(try body(i)) }
    return values
  }
  let slots = Slots<Value>(count: count)
  withoutActuallyEscaping(body) { body in
    let work = Work(body: body)
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
      while let i = slots.takeNext() {
        do throws(Rejection) {
          slots.put(.success(try work.body(i)), at: i)
        } catch {
          slots.put(.failure(error), at: i)
        }
      }
    }
  }
  return try slots.values()
}

/// The body crosses threads; it reads shared state that nobody writes and returns its result.
private struct Work<Value>: @unchecked Sendable {
  let body: (Int) throws(Rejection) -> Value
}

/// The next index to work on and the results so far, behind a lock.
private final class Slots<Value>: @unchecked Sendable {
  private let lock = Mutex(())
  private var next = 0
  private var results: [Result<Value, Rejection>?]

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func takeNext() -> Int? {
    lock.withLock { _ in
      guard next < results.count else { return nil }
      next += 1
      return next - 1
    }
  }

  func put(_ result: Result<Value, Rejection>, at index: Int) { lock.withLock { _ in results[index] = result } }

  func values() throws(Rejection) -> [Value] {
    var values: [Value] = []
    for result in results {
      guard let result else { continue }
      values.append(try result.get())
    }
    precondition(values.count == results.count, "every index has a result")
    return values
  }
}
