// SPDX-License-Identifier: Apache-2.0
//
// The kernels, written once over eight lanes. The including file defines TARGET, NAME(x), V, M and the primitives
//   load store zero set1 add sub mul fma fnma (c - a*b) neg abs min (second operand if unordered) select ge lt both
// all of which round towards minus infinity where they round.

TARGET static inline double NAME(fold)(V x) {
  double lane[8];
  NAME(store)(lane, x, 8);
  double sum = lane[0];
  for (int i = 1; i < 8; i++) sum = NAME(add1)(sum, lane[i]);
  return sum;
}

TARGET static inline const double *NAME(at)(ax_leaf_array array, uint32_t index) {
  return array.base + (size_t)index * array.stride;
}

TARGET static void NAME(concretize)(size_t rows, size_t n, const double *coefficients, size_t stride, ax_leaf_array lower,
                                    ax_leaf_array neg_upper, const uint32_t *leaf, double *kappa) {
  for (size_t r = 0; r < rows; r++) {
    const double *c = coefficients + r * stride;
    const double *l = NAME(at)(lower, leaf[r]), *u = NAME(at)(neg_upper, leaf[r]);
    V sum = NAME(zero)();
    for (size_t j = 0; j < n; j += 8) {
      V x = NAME(load)(c + j, n - j);
      // c*l where c >= 0; c*u = |c| * (-u) where c < 0.
      V end = NAME(select)(NAME(ge)(x, NAME(zero)()), NAME(load)(l + j, n - j), NAME(load)(u + j, n - j));
      sum = NAME(fma)(NAME(abs)(x), end, sum);
    }
    kappa[r] = NAME(add1)(kappa[r], NAME(fold)(sum));
  }
}

TARGET static void NAME(charge)(size_t rows, size_t n, const double *low, const double *neg_high, size_t stride,
                                ax_leaf_array lower, const uint32_t *leaf, double *kappa) {
  for (size_t r = 0; r < rows; r++) {
    const double *l = NAME(at)(lower, leaf[r]);
    V sum = NAME(zero)();
    for (size_t j = 0; j < n; j += 8) {
      // low - high rounded down is <= 0 and at least as wide as the gap; times min(0, l) <= 0 it is >= 0: subtract it.
      V gap = NAME(add)(NAME(load)(low + r * stride + j, n - j), NAME(load)(neg_high + r * stride + j, n - j));
      V end = NAME(load)(l + j, n - j);
      end = NAME(select)(NAME(ge)(end, NAME(zero)()), NAME(zero)(), end);
      sum = NAME(fnma)(gap, end, sum);
    }
    kappa[r] = NAME(add1)(kappa[r], NAME(fold)(sum));
  }
}

TARGET static void NAME(relu)(size_t rows, size_t n, double *coefficients, size_t stride, ax_leaf_array lower,
                              ax_leaf_array neg_upper, const uint32_t *leaf, ax_slopes slopes,
                              const uint32_t *slope_index, double *kappa) {
  const V zero = NAME(zero)();
  const V none = NAME(set1)(__builtin_inf());
  for (size_t r = 0; r < rows; r++) {
    double *c = coefficients + r * stride;
    const double *lo = NAME(at)(lower, leaf[r]), *nu = NAME(at)(neg_upper, leaf[r]);
    const double *positive = NAME(at)(slopes.positive, slope_index[r]);
    const double *negative = NAME(at)(slopes.negative, slope_index[r]);
    const double *offset = slopes.offset.base ? NAME(at)(slopes.offset, slope_index[r]) : NULL;
    V sum = zero;
    for (size_t j = 0; j < n; j += 8) {
      size_t left = n - j;
      V big = NAME(load)(c + j, left);
      V slope = NAME(select)(NAME(ge)(big, zero), NAME(load)(positive + j, left), NAME(load)(negative + j, left));
      V shift = offset ? NAME(load)(offset + j, left) : zero;
      V small = NAME(fma)(big, slope, shift);
      V l = NAME(load)(lo + j, left), u = NAME(neg)(NAME(load)(nu + j, left));
      // At an end e of [l, u] the value is (L - l')*e where e >= 0, else -l'*e. L - l' rounded down only lowers it.
      V difference = NAME(sub)(big, small), minus = NAME(neg)(small);
      V at_l = NAME(mul)(NAME(select)(NAME(ge)(l, zero), difference, minus), l);
      V at_u = NAME(mul)(NAME(select)(NAME(ge)(u, zero), difference, minus), u);
      // `min` drops a NaN in its first operand, so infinite and NaN coefficients are made NaN again below.
      V at_zero = NAME(select)(NAME(both)(NAME(lt)(l, zero), NAME(lt)(zero, u)), zero, none);
      V phi = NAME(min)(at_zero, NAME(min)(at_l, at_u));
      phi = NAME(fma)(small, zero, NAME(fma)(big, zero, phi));
      sum = NAME(add)(sum, phi);
      NAME(store)(c + j, small, left);
    }
    kappa[r] = NAME(add1)(kappa[r], NAME(fold)(sum));
  }
}

TARGET static void NAME(scale_rows)(size_t rows, size_t n, const double *coefficients, size_t stride, const double *low,
                                    const double *neg_high, double *out) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j += 8) {
      V x = NAME(load)(coefficients + r * stride + j, n - j);
      V end = NAME(select)(NAME(ge)(x, NAME(zero)()), NAME(load)(low + j, n - j), NAME(load)(neg_high + j, n - j));
      NAME(store)(out + r * stride + j, NAME(mul)(NAME(abs)(x), end), n - j);
    }
}

TARGET static void NAME(scale_interval)(size_t rows, size_t n, const double *lower, const double *neg_upper, size_t stride,
                                        const double *low, const double *neg_high, const double *offset, double *out) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j += 8) {
      V l = NAME(load)(lower + r * stride + j, n - j), u = NAME(neg)(NAME(load)(neg_upper + r * stride + j, n - j));
      V s = NAME(load)(low + j, n - j), t = NAME(neg)(NAME(load)(neg_high + j, n - j));
      // All bounds and factors are finite, so that no product is NaN and `min` cannot drop one.
      V least = NAME(min)(NAME(min)(NAME(mul)(s, l), NAME(mul)(s, u)), NAME(min)(NAME(mul)(t, l), NAME(mul)(t, u)));
      NAME(store)(out + r * stride + j, NAME(add)(least, NAME(load)(offset + j, n - j)), n - j);
    }
}

TARGET static void NAME(add_rows)(size_t rows, size_t n, double *target, size_t target_stride, const double *source,
                                  size_t source_stride) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j += 8) {
      V sum = NAME(add)(NAME(load)(target + r * target_stride + j, n - j), NAME(load)(source + r * source_stride + j, n - j));
      NAME(store)(target + r * target_stride + j, sum, n - j);
    }
}

TARGET static void NAME(multiply_add)(size_t rows, size_t n, double *target, size_t stride, double factor, double addend) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j += 8) {
      V x = NAME(load)(target + r * stride + j, n - j);
      NAME(store)(target + r * stride + j, NAME(fma)(x, NAME(set1)(factor), NAME(set1)(addend)), n - j);
    }
}

TARGET static void NAME(scatter)(size_t rows, size_t n, double *target, size_t target_stride, const double *source,
                                 size_t source_stride, const int32_t *index) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < n; j++)
      if (index[j] >= 0) {
        double *t = target + r * target_stride + index[j];
        *t = NAME(add1)(*t, source[r * source_stride + j]);
      }
}

/// The output columns [first, last) whose input column exists, for kernel column kx.
TARGET static inline void NAME(columns)(const ax_window *w, int32_t kx, int32_t *first, int32_t *last) {
  int64_t shift = (int64_t)kx * w->dilation_x - w->pad_left;
  int64_t begin = shift >= 0 ? 0 : (-shift + w->stride_x - 1) / w->stride_x;
  int64_t end = w->input_width - shift <= 0 ? 0 : (w->input_width - shift - 1) / w->stride_x + 1;
  *first = (int32_t)(begin < w->output_width ? begin : w->output_width);
  *last = (int32_t)(end < w->output_width ? end : w->output_width);
}

TARGET static void NAME(window_scatter)(const ax_window *w, int32_t ky, int32_t kx, double *input, const double *output) {
  int32_t first, last;
  NAME(columns)(w, kx, &first, &last);
  for (int32_t oy = 0; oy < w->output_height; oy++) {
    int64_t iy = (int64_t)oy * w->stride_y - w->pad_top + (int64_t)ky * w->dilation_y;
    if (iy < 0 || iy >= w->input_height || first >= last) continue;
    double *to = input + (size_t)iy * w->input_width + ((int64_t)first * w->stride_x + (int64_t)kx * w->dilation_x - w->pad_left);
    const double *from = output + (size_t)oy * w->output_width + first;
    int32_t count = last - first;
    if (w->stride_x == 1) {
      NAME(add_rows)(1, count, to, 0, from, 0);
    } else {
      for (int32_t i = 0; i < count; i++, to += w->stride_x) *to = NAME(add1)(*to, from[i]);
    }
  }
}

TARGET static void NAME(window_gather)(const ax_window *w, int32_t ky, int32_t kx, const double *input, double *output) {
  int32_t first, last;
  NAME(columns)(w, kx, &first, &last);
  for (int32_t oy = 0; oy < w->output_height; oy++) {
    int64_t iy = (int64_t)oy * w->stride_y - w->pad_top + (int64_t)ky * w->dilation_y;
    if (iy < 0 || iy >= w->input_height || first >= last) continue;
    const double *from = input + (size_t)iy * w->input_width + ((int64_t)first * w->stride_x + (int64_t)kx * w->dilation_x - w->pad_left);
    double *to = output + (size_t)oy * w->output_width + first;
    int32_t count = last - first;
    if (w->stride_x == 1) {
      NAME(add_rows)(1, count, to, 0, from, 0);
    } else {
      for (int32_t i = 0; i < count; i++, from += w->stride_x) to[i] = NAME(add1)(to[i], *from);
    }
  }
}

/// The indices k for which a[r,k] != 0 in one of the rows (NaN counts as nonzero).
TARGET static inline size_t NAME(support)(size_t depth, const double *const row[8], uint32_t *index) {
  size_t count = 0;
  for (size_t k = 0; k < depth; k += 8) {
    unsigned any = 0;
    for (int r = 0; r < 8; r++) any |= NAME(nonzero)(NAME(load)(row[r] + k, depth - k));
    for (; any; any &= any - 1) index[count++] = (uint32_t)(k + (size_t)__builtin_ctz(any));
  }
  return count;
}

/// One tile: 8 rows by `width` * 8 columns. The terms of each element are added in increasing k.
#define TILE(width)                                                                                                  \
  TARGET static inline void NAME(tile##width)(size_t count, const uint32_t *index, const double *const row[8],       \
                                              size_t live, const double *panel, double *c, size_t c_stride,          \
                                              size_t columns, int accumulate, int negate) {                          \
    V sum[8][width];                                                                                                 \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 8; r++) {                                                 \
      const double *from = c + ((size_t)r < live ? (size_t)r : 0) * c_stride;                                        \
      _Pragma("clang loop unroll(full)") for (int w = 0; w < width; w++) sum[r][w] =                                 \
          accumulate ? NAME(load)(from + 8 * w, columns - 8 * (size_t)w) : NAME(zero)();                             \
    }                                                                                                                \
    if (negate) {                                                                                                    \
      for (size_t i = 0; i < count; i++) STEP(width, fnma)                                                           \
    } else {                                                                                                         \
      for (size_t i = 0; i < count; i++) STEP(width, fma)                                                            \
    }                                                                                                                \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 8; r++) {                                                 \
      if ((size_t)r >= live) break;                                                                                  \
      _Pragma("clang loop unroll(full)") for (int w = 0; w < width; w++)                                             \
          NAME(store)(c + (size_t)r * c_stride + 8 * w, sum[r][w], columns - 8 * (size_t)w);                         \
    }                                                                                                                \
  }

#define STEP(width, operation)                                                                                       \
  {                                                                                                                  \
    size_t k = index[i];                                                                                             \
    V b[width];                                                                                                      \
    _Pragma("clang loop unroll(full)") for (int w = 0; w < width; w++) b[w] =                                        \
        NAME(load)(panel + (k * width + (size_t)w) * 8, 8);                                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 8; r++) {                                                 \
      V a = NAME(set1)(row[r][k]);                                                                                   \
      _Pragma("clang loop unroll(full)") for (int w = 0; w < width; w++) sum[r][w] =                                 \
          NAME(operation)(a, b[w], sum[r][w]);                                                                       \
    }                                                                                                                \
  }

TILE(1)
TILE(2)
TILE(3)

TARGET static void NAME(gemm)(size_t rows, size_t columns, size_t depth, const double *a, size_t a_stride,
                              const double *packed, double *c, size_t c_stride, int accumulate, int negate) {
  uint32_t index[SLICE];
  // Long products are cut into slices of k; the sums continue from c, in the same order.
  for (size_t start = 0; start < depth || (start == 0 && !accumulate); start += SLICE) {
    size_t slice = depth - start < SLICE ? depth - start : SLICE;
    for (size_t r = 0; r < rows; r += 8) {
      size_t live = rows - r < 8 ? rows - r : 8;
      const double *row[8];
      for (size_t i = 0; i < 8; i++) row[i] = a + (r + (i < live ? i : 0)) * a_stride + start;
      size_t count = NAME(support)(slice, row, index);
      const double *panel = packed;
      for (size_t j = 0, p = 0; j < columns; p++) {
        size_t width = ax_panel_width(columns, p);
        const double *b = panel + start * width * 8;
        double *to = c + r * c_stride + j;
        int more = accumulate || start > 0;
        if (width == 1) NAME(tile1)(count, index, row, live, b, to, c_stride, columns - j, more, negate);
        if (width == 2) NAME(tile2)(count, index, row, live, b, to, c_stride, columns - j, more, negate);
        if (width == 3) NAME(tile3)(count, index, row, live, b, to, c_stride, columns - j, more, negate);
        panel += width * 8 * depth;
        j += width * 8;
      }
    }
  }
}
#undef TILE
#undef STEP
