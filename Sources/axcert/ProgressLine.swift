// SPDX-License-Identifier: Apache-2.0
import Pipeline
import Synchronization

/// One line on standard error that says how a long run is doing; silent where nobody watches.
final class ProgressLine: Sendable {
  private struct State {
    var index = 0
    var name = ""
    var began = ContinuousClock.now
    var lastShown = ContinuousClock.now
  }

  private let isQuiet: Bool
  private let total: Int
  private let state = Mutex(State())

  init(isQuiet: Bool, total: Int) {
    self.isQuiet = isQuiet || !Terminal.standard.isInteractive
    self.total = total
  }

  func begin(_ index: Int, name: String) {
    state.withLock { $0 = State(index: index, name: name) }
    show("reading")
  }

  func update(_ progress: Progress) {
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      guard now - state.lastShown > .milliseconds(100) else { return false }
      state.lastShown = now
      return true
    }
    guard isDue else { return }
    show(progress.text)
  }

  func finish() {
    if !isQuiet { Terminal.standard.clearStatus() }
  }

  private func show(_ text: String) {
    guard !isQuiet else { return }
    let (index, name, began) = state.withLock { ($0.index, $0.name, $0.began) }
    let elapsed = secondsText((ContinuousClock.now - began).seconds)
    Terminal.standard.status("[\(index + 1)/\(total)] \(name)  \(elapsed)  \(text)")
  }
}
