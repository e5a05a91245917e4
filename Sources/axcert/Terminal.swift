// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard output and error, and whether someone is looking.
struct Terminal: Sendable {
  static let standard = Terminal()
  let isInteractive = isatty(2) == 1
  let hasColor = isatty(1) == 1

  func print(_ line: String) {
    Swift.print(line)
  }

  func error(_ line: String) {
    write(line + "\n")
  }

  /// Overwrites the current line of standard error.
  func status(_ line: String) {
    guard isInteractive else { return }
    write("\r\u{1B}[2K" + line)
  }

  func clearStatus() {
    status("")
  }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let base = rest.baseAddress, rest.count > 0 {
        let count = Glibc.write(2, base, rest.count)
        guard count > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }
}

func end(with status: ExitStatus) -> Never {
  fflush(nil)
  exit(status.rawValue)
}

/// Usage errors, `--help` and `--version`: ArgumentParser's own texts and codes (64 for usage).
func exitLikeArgumentParser(_ error: any Error) -> Never {
  Axcert.exit(withError: error)
}
