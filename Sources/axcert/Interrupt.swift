// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Ctrl-C: the first one ends the search cleanly, with what is known so far; the second one ends the process.
final class Interrupt: Sendable {
  private static let flag = Atomic<Bool>(false)

  static func install() -> Interrupt {
    // Who started us may have blocked the signal, and a blocked signal is inherited.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGINT) { _ in
      if Interrupt.flag.exchange(true, ordering: .relaxed) { _exit(130) }
    }
    return Interrupt()
  }

  var wasRaised: Bool { Self.flag.load(ordering: .relaxed) }
}
