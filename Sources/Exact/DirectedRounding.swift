// SPDX-License-Identifier: Apache-2.0
import CDirected

/// Single operations in binary64 with directed rounding. NaN and infinity behave as in IEEE 754.
///
/// The work is done in C: no Swift expression may rely on a rounding mode.
package enum Directed {
  /// a + b rounded towards minus infinity.
  package static func addDown(_ a: Double, _ b: Double) -> Double { unsafe kernels.pointee.add1(a, b) }
  /// a + b rounded towards plus infinity.
  package static func addUp(_ a: Double, _ b: Double) -> Double { -addDown(-a, -b) }
  /// a · b rounded towards minus infinity.
  package static func multiplyDown(_ a: Double, _ b: Double) -> Double { unsafe kernels.pointee.multiply1(a, b) }
  /// a · b rounded towards plus infinity.
  package static func multiplyUp(_ a: Double, _ b: Double) -> Double { -multiplyDown(-a, b) }
  /// a / b rounded towards minus infinity.
  package static func divideDown(_ a: Double, _ b: Double) -> Double { unsafe kernels.pointee.divide1(a, b) }
  /// a / b rounded towards plus infinity.
  package static func divideUp(_ a: Double, _ b: Double) -> Double { -divideDown(-a, b) }

  private nonisolated(unsafe) static let kernels: UnsafePointer<ax_directed> = unsafe ax_directed_best()
}
