// SPDX-License-Identifier: Apache-2.0

/// Streaming SHA-256 in plain Swift, so that the trusted base needs no cryptographic library.
///
/// Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1 and 6.2. The names below are the standard's.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes of an unfinished block, fewer than 64.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0
  /// The message schedule W of the block in work: 64 words.
  private var schedule = [UInt32](repeating: 0, count: 64)

  package init() {}

  /// Adds bytes to the message; pieces may have any length.
  package mutating func update(_ data: ArraySlice<UInt8>) {
    byteCount &+= UInt64(data.count)
    var rest = data
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      let block = pending
      pending.removeAll(keepingCapacity: true)
      compress(block[...])
    }
    let whole = rest.count / 64 * 64
    compress(rest.prefix(whole))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Pads the message and returns its digest.
  package consuming func finish() -> Digest {
    var tail = pending
    tail.append(0x80)
    while tail.count % 64 != 56 { tail.append(0) }
    let bitCount = byteCount &* 8
    for shift in stride(from: 56, through: 0, by: -8) { tail.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift))) }
    compress(tail[...])
    var bytes: [UInt8] = []
    for word in state {
      for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }
    return Digest(bytes: bytes)
  }

  /// Runs the compression function on whole blocks; `blocks.count` is a multiple of 64.
  private mutating func compress(_ blocks: ArraySlice<UInt8>) {
    var offset = blocks.startIndex
    while offset < blocks.endIndex {
      for t in 0..<16 {
        let i = offset &+ 4 &* t
        schedule[t] =
          UInt32(blocks[i]) << 24 | UInt32(blocks[i &+ 1]) << 16 | UInt32(blocks[i &+ 2]) << 8 | UInt32(blocks[i &+ 3])
      }
      for t in 16..<64 {
        let w15 = schedule[t &- 15]
        let w2 = schedule[t &- 2]
        let sigma0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >> 3)
        let sigma1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >> 10)
        schedule[t] = sigma1 &+ schedule[t &- 7] &+ sigma0 &+ schedule[t &- 16]
      }
      mixSchedule()
      offset += 64
    }
  }

  private mutating func mixSchedule() {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let choice = (e & f) ^ (~e & g)
      let t1 = h &+ sum1 &+ choice &+ roundConstants[t] &+ schedule[t]
      let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      (h, g, f, e) = (g, f, e, d &+ t1)
      (d, c, b, a) = (c, b, a, t1 &+ sum0 &+ majority)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
  }
}

@inline(__always)
private func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 &- n) }

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
private let roundConstants: [UInt32] = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
  0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
  0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
  0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
  0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
  0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
  0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
