// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the same numbers for the same seed on every platform. Source: Steele, Lea, Flood, OOPSLA 2014.
struct RandomNumbers: RandomNumberGenerator {
  private var state: UInt64

  /// A stream of its own for every pair of seed and index.
  init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ (stream &* 0xD1B5_4A32_D192_ED03)
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
