// SPDX-License-Identifier: Apache-2.0
//
// Kernels in binary64 that round towards minus infinity, and only that way. Upper ends are kept negated, so that
// rounding down is outward for both ends: a tensor's bounds are the arrays `lower` and `neg_upper` = -upper.
//
// Results are bitwise equal on every path that has fused multiply-add: each output element is one chain of operations in a
// fixed order (sums over a row use 8 interleaved chains, folded from the first to the last).
// NaN and infinity pass through to the result or turn into NaN; the caller compares so that neither is accepted.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// One array per leaf: row r uses base + index[r] * stride. A shared array has stride 0.
typedef struct {
  const double *_Nullable base;
  size_t stride;
} ax_leaf_array;

/// Where a two-dimensional window lies; the fields are those of `Window` in target Graph.
typedef struct {
  int32_t input_height, input_width, output_height, output_width, kernel_height, kernel_width;
  int32_t stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left;
} ax_window;

/// The slopes and intercepts that turn a Relu output's coefficient L into its input's coefficient:
/// l = L * (L >= 0 ? positive : negative) + offset. They are hints: any finite numbers give a valid bound.
typedef struct {
  ax_leaf_array positive, negative;
  /// `base` null: 0.
  ax_leaf_array offset;
} ax_slopes;

typedef struct {
  const char *_Nonnull name;

  /// c[r,j] = (accumulate ? c[r,j] : 0) + sum over k of a[r,k] * b[k,j], or minus the sum where `negate`; rounded down.
  /// a is [rows, depth], c is [rows, columns], b is packed by ax_pack. Terms with a[r,k] = 0 in eight rows are left out.
  void (*_Nonnull gemm)(size_t rows, size_t columns, size_t depth, const double *_Nonnull a, size_t a_stride,
                        const double *_Nonnull packed_b, double *_Nonnull c, size_t c_stride, int accumulate, int negate);

  /// kappa[r] += sum over j of the minimum over x in [lower, upper] of coefficients[r,j] * x; rounded down.
  void (*_Nonnull concretize)(size_t rows, size_t n, const double *_Nonnull coefficients, size_t stride,
                              ax_leaf_array lower, ax_leaf_array neg_upper, const uint32_t *_Nonnull leaf,
                              double *_Nonnull kappa);

  /// kappa[r] += sum over j of (high - low) * min(0, lower): the price of keeping `low` instead of a number in [low, high]
  /// as the coefficient of something that is >= lower; rounded down. neg_high = -high.
  void (*_Nonnull charge)(size_t rows, size_t n, const double *_Nonnull low, const double *_Nonnull neg_high,
                          size_t stride, ax_leaf_array lower, const uint32_t *_Nonnull leaf, double *_Nonnull kappa);

  /// In place L -> l by `slopes`, and kappa[r] += sum over j of phi, rounded down, where phi is the minimum over z in
  /// [lower, upper] of L * max(0, z) - l * z for the l that was stored.
  void (*_Nonnull relu)(size_t rows, size_t n, double *_Nonnull coefficients, size_t stride, ax_leaf_array lower,
                        ax_leaf_array neg_upper, const uint32_t *_Nonnull leaf, ax_slopes slopes,
                        const uint32_t *_Nonnull slope_index, double *_Nonnull kappa);

  /// out[r,j] = minimum over s in [low, -neg_high] of coefficients[r,j] * s[j]; rounded down.
  void (*_Nonnull scale_rows)(size_t rows, size_t n, const double *_Nonnull coefficients, size_t stride,
                              const double *_Nonnull low, const double *_Nonnull neg_high, double *_Nonnull out);

  /// out[r,j] = minimum over s in [low, -neg_high], x in [lower, -neg_upper] of s[j] * x[r,j], plus offset[j]; rounded down.
  void (*_Nonnull scale_interval)(size_t rows, size_t n, const double *_Nonnull lower, const double *_Nonnull neg_upper,
                                  size_t stride, const double *_Nonnull low, const double *_Nonnull neg_high,
                                  const double *_Nonnull offset, double *_Nonnull out);

  /// target[r,j] += source[r,j]; rounded down.
  void (*_Nonnull add)(size_t rows, size_t n, double *_Nonnull target, size_t target_stride,
                       const double *_Nonnull source, size_t source_stride);

  /// target[r,j] = target[r,j] * factor + addend; rounded down.
  void (*_Nonnull multiply_add)(size_t rows, size_t n, double *_Nonnull target, size_t stride, double factor,
                                double addend);

  /// target[r, index[j]] += source[r, j]; rounded down. Entries with a negative index are left out.
  void (*_Nonnull scatter)(size_t rows, size_t n, double *_Nonnull target, size_t target_stride,
                           const double *_Nonnull source, size_t source_stride, const int32_t *_Nonnull index);

  /// Adds each output pixel of one plane to the input pixel that kernel position (ky, kx) reads; rounded down.
  void (*_Nonnull window_scatter)(const ax_window *_Nonnull window, int32_t ky, int32_t kx, double *_Nonnull input_plane,
                                  const double *_Nonnull output_plane);

  /// Adds to each output pixel the input pixel that kernel position (ky, kx) reads, where it exists; rounded down.
  void (*_Nonnull window_gather)(const ax_window *_Nonnull window, int32_t ky, int32_t kx,
                                 const double *_Nonnull input_plane, double *_Nonnull output_plane);

  double (*_Nonnull add1)(double, double);       ///< a + b, rounded down
  double (*_Nonnull multiply1)(double, double);  ///< a * b, rounded down
  double (*_Nonnull divide1)(double, double);    ///< a / b, rounded down
} ax_directed;

/// The fastest path of this CPU.
const ax_directed *_Nonnull ax_directed_best(void);
/// Path 0 is the portable one; null after the last that this CPU can run.
const ax_directed *_Nullable ax_directed_path(int i);

/// Number of doubles that ax_pack writes.
size_t ax_packed_count(size_t columns, size_t depth);
/// Lays b, with b[k,j] at k * row_stride + j * column_stride, out for `gemm`. Exact.
void ax_pack(size_t columns, size_t depth, const double *_Nonnull b, size_t row_stride, size_t column_stride,
             double *_Nonnull packed);
