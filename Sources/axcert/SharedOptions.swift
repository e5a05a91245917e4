// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Pipeline

/// A time span as people write it: `500ms`, `60s`, `60`, `5m`, `1h`.
struct TimeSpan: ExpressibleByArgument {
  var duration: Duration

  init(seconds: Int) {
    duration = .seconds(seconds)
  }

  var defaultValueDescription: String { "\(duration.components.seconds)s" }

  init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
    for unit in units where argument.hasSuffix(unit.suffix) {
      guard let value = Double(argument.dropLast(unit.suffix.count)), value > 0, value < 1e9 else { continue }
      duration = .milliseconds(Int64(value * unit.seconds * 1000))
      return
    }
    return nil
  }
}

extension SemanticsDemand: ExpressibleByArgument {}

struct StoreOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The store; default: axcert/store.sqlite under $XDG_DATA_HOME.", valueName: "path"))
  var store: String?
}
