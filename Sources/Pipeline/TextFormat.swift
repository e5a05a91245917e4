// SPDX-License-Identifier: Apache-2.0

func padRight(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

func padLeft(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Seconds with three decimals: `0.042 s`.
package func secondsText(_ value: Double) -> String {
  let milliseconds = Int((max(value, 0) * 1000).rounded())
  let fraction = String(milliseconds % 1000)
  return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction + " s"
}

/// Three significant digits, rounded towards zero: a margin is never shown larger than it is.
func shortNumber(_ value: Double) -> String {
  guard value.isFinite, value != 0, value < Double.greatestFiniteMagnitude else { return value == 0 ? "0" : "-" }
  var exponent = 0
  var mantissa = abs(value)
  while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  let digits = Int(mantissa * 100)
  let text = "\(digits / 100).\(digits / 10 % 10)\(digits % 10)"
  return (value < 0 ? "-" : "") + (exponent == 0 ? text : "\(text)e\(exponent)")
}

/// A share as a percentage with one decimal, rounded down, so that 100 % means all.
package func percentage(_ share: Double) -> String {
  let tenths = Int(min(max(share, 0), 1) * 1000)
  return "\(tenths / 10).\(tenths % 10) %"
}
