// SPDX-License-Identifier: Apache-2.0
//
// Numeric kernels of the prover, in float32 (`_f32`) and float64 (`_f64`).
//
// All matrices are row-major. Kernels are single-threaded, keep no state and never allocate. Sums run in an order that depends
// on the shape alone, not on the number of rows handed in, so a row's result does not depend on its neighbours. Results round
// to nearest; on instruction sets with fused multiply-add a product-sum rounds once, so two machines may differ in the last bit.
// Nothing here is trusted: the checker never calls these functions.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Columns in one panel of a packed matrix, the same for both element types.
#define AX_PANEL 16

/// The instruction set chosen at start-up: "base", "avx2" or "avx512".
const char *ax_instruction_set(void);

/// Restricts the kernels to an instruction set at most this wide (0 base, 1 AVX2, 2 AVX-512); returns the one now in use.
/// For tests; not to be called while kernels run.
int ax_limit_instruction_set(int level);

/// Zeros around planes [height, width].
typedef struct {
  size_t height, width;
  size_t top, bottom, left, right;
} ax_padding;

/// A correlation of planes: for grid pixel (gy, gx) and tap t the source pixel is (gy·strideY + tapY[t], gx·strideX + tapX[t]),
/// which must exist: pad the source first. The result belongs to pixel (startY + gy·stepY, startX + gx·stepX) of the target.
typedef struct {
  int32_t sourceHeight, sourceWidth;
  int32_t gridHeight, gridWidth;
  int32_t targetHeight, targetWidth;
  int32_t strideY, strideX;
  int32_t startY, startX;
  int32_t stepY, stepX;
  int32_t tapCount;
  const int32_t *tapY, *tapX;
} ax_sliding_window;

#define AX_DECLARE(T, S)                                                                                               \
  /** Packs B [rows × columns], row stride `stride`, into panels [panel][row][AX_PANEL], the last one filled with 0. */ \
  void ax_pack_##S(const T *b, size_t stride, size_t rows, size_t columns, T *packed);                                 \
  /** Packs the transpose of B [columns × rows]. */                                                                    \
  void ax_pack_transposed_##S(const T *b, size_t stride, size_t rows, size_t columns, T *packed);                      \
  /** C [m × n] = A [m × k] · B, or += where `accumulate`; B packed; |B| in place of B where `absolute`. */            \
  void ax_gemm_##S(size_t m, size_t n, size_t k, const T *a, size_t a_stride, const T *packed, T *c, size_t c_stride,  \
                   int accumulate, int absolute);                                                                      \
  /** x [planes, height, width] to y [planes, top + height + bottom, left + width + right], with zeros around.          */ \
  void ax_pad_##S(const T *x, size_t planes, const ax_padding *padding, T *y);                                         \
  /** Packed columns of a window: rows are (channel, tap); columns are the pixels first ..< first + count of the grids of */ \
  /** all samples in a row. Samples lie `sample_stride` elements apart.                                                */ \
  void ax_window_columns_##S(const ax_sliding_window *w, const T *x, size_t first, size_t count, size_t sample_stride, \
                             size_t channels, T *packed);                                                              \
  /** Puts result [channels × count], the same pixels as above, into (or adds it to) the targets y.                     */ \
  void ax_window_place_##S(const ax_sliding_window *w, const T *result, size_t first, size_t count, size_t sample_stride, \
                           size_t channels, T *y, int accumulate);                                                     \
  /** y [batch × rows] (=|+=) x [batch × columns] · Sᵀ with S in compressed rows. `scratch` has room for                */ \
  /** 16·(rows + columns) elements. */                                                                                 \
  void ax_sparse_##S(size_t rows, size_t columns, const int32_t *row_start, const int32_t *column, const T *value,     \
                     const T *x, size_t batch, T *y, int accumulate, int absolute, T *scratch);                        \
  /** y[b, i] (=|+=) scale[i] · x[b, i]. */                                                                            \
  void ax_diagonal_##S(const T *scale, const T *x, size_t batch, size_t n, T *y, int accumulate, int absolute);        \
  /** y = a·x, or y += a·x where `accumulate`. */                                                                      \
  void ax_scale_##S(T a, const T *x, size_t n, T *y, int accumulate);                                                  \
  /** Every row of y [batch × n] = row. */                                                                             \
  void ax_fill_rows_##S(const T *row, size_t batch, size_t n, T *y);                                                   \
  /** y = max(0, x); not-a-number becomes 0. */                                                                        \
  void ax_relu_##S(const T *x, size_t n, T *y);                                                                        \
  /** g[i] = 0 where x[i] ≤ 0: the ReLU's derivative, 0 at 0. */                                                       \
  void ax_relu_gradient_##S(const T *x, size_t n, T *g);                                                               \
  /** y = |x|. */                                                                                                      \
  void ax_absolute_##S(const T *x, size_t n, T *y);                                                                    \
  /** sums[j] (=|+=) Σ_b x[b, j]. */                                                                                   \
  void ax_column_sums_##S(const T *x, size_t batch, size_t n, T *sums, int accumulate);                                \
  /** Σ a_i·b_i over 16 lanes, lanes then added pairwise. */                                                           \
  T ax_dot_##S(const T *a, const T *b, size_t n);                                                                      \
  /** Index of the first largest element; n ≥ 1. */                                                                    \
  size_t ax_argmax_##S(const T *x, size_t n);                                                                          \
  /** x [rows × columns] to y [columns × rows]. */                                                                     \
  void ax_transpose_##S(const T *x, size_t rows, size_t columns, T *y);                                                \
  /** One projected step of the momentum sign method on x [batch × n] inside [lower, upper]:                           */ \
  /** v = momentum·v + g/mean|g|, x = clamp(x − step[b]·width[i]·sign(v)). Source: MI-FGSM (arXiv:1710.06081).         */ \
  void ax_descend_##S(const T *g, const T *lower, const T *upper, const T *width, const T *step, T momentum,           \
                      size_t batch, size_t n, T *v, T *x);

AX_DECLARE(float, f32)
AX_DECLARE(double, f64)
#undef AX_DECLARE
