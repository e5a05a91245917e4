// SPDX-License-Identifier: Apache-2.0
//
// Instantiates kernels.inc once per element type and instruction set and chooses one of them when the process starts.
#include "CKernels.h"

#include <string.h>

#define AX_TABLE(T, S)                                                                                                 \
  struct table_##S {                                                                                                   \
    void (*pack)(const T *, size_t, size_t, size_t, T *);                                                              \
    void (*pack_transposed)(const T *, size_t, size_t, size_t, T *);                                                   \
    void (*gemm)(size_t, size_t, size_t, const T *, size_t, const T *, T *, size_t, int, int);                         \
    void (*pad)(const T *, size_t, const ax_padding *, T *);                                                           \
    void (*window_columns)(const ax_sliding_window *, const T *, size_t, size_t, size_t, size_t, T *);                 \
    void (*window_place)(const ax_sliding_window *, const T *, size_t, size_t, size_t, size_t, T *, int);              \
    void (*sparse)(size_t, size_t, const int32_t *, const int32_t *, const T *, const T *, size_t, T *, int, int, T *); \
    void (*diagonal)(const T *, const T *, size_t, size_t, T *, int, int);                                             \
    void (*scale)(T, const T *, size_t, T *, int);                                                                     \
    void (*fill_rows)(const T *, size_t, size_t, T *);                                                                 \
    void (*relu)(const T *, size_t, T *);                                                                              \
    void (*relu_gradient)(const T *, size_t, T *);                                                                     \
    void (*absolute)(const T *, size_t, T *);                                                                          \
    void (*column_sums)(const T *, size_t, size_t, T *, int);                                                          \
    T (*dot)(const T *, const T *, size_t);                                                                            \
    size_t (*argmax)(const T *, size_t);                                                                               \
    void (*transpose)(const T *, size_t, size_t, T *);                                                                 \
    void (*descend)(const T *, const T *, const T *, const T *, const T *, T, size_t, size_t, T *, T *);               \
  };

AX_TABLE(float, f32)
AX_TABLE(double, f64)

#define T float
#define S f32_base
#define LANES 4
#define TILE_ROWS 2
#define TILE_PANELS 1
#define NAME_OF_TABLE table_f32
#include "kernels.inc"
#define T double
#define S f64_base
#define LANES 2
#define TILE_ROWS 1
#define TILE_PANELS 1
#define NAME_OF_TABLE table_f64
#include "kernels.inc"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define T float
#define S f32_avx2
#define LANES 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#define NAME_OF_TABLE table_f32
#include "kernels.inc"
#define T double
#define S f64_avx2
#define LANES 4
#define TILE_ROWS 2
#define TILE_PANELS 1
#define NAME_OF_TABLE table_f64
#include "kernels.inc"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), apply_to = function)
#define T float
#define S f32_avx512
#define LANES 16
#define TILE_ROWS 8
#define TILE_PANELS 2
#define NAME_OF_TABLE table_f32
#include "kernels.inc"
#define T double
#define S f64_avx512
#define LANES 8
#define TILE_ROWS 8
#define TILE_PANELS 1
#define NAME_OF_TABLE table_f64
#include "kernels.inc"
#pragma clang attribute pop
#endif

static int level = 0;
static const struct table_f32 *f32 = &table_f32_base;
static const struct table_f64 *f64 = &table_f64_base;

static int supported_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

int ax_limit_instruction_set(int limit) {
  level = supported_level() < limit ? supported_level() : limit;
#if defined(__x86_64__)
  f32 = level == 2 ? &table_f32_avx512 : level == 1 ? &table_f32_avx2 : &table_f32_base;
  f64 = level == 2 ? &table_f64_avx512 : level == 1 ? &table_f64_avx2 : &table_f64_base;
#endif
  return level;
}

__attribute__((constructor)) static void choose(void) { ax_limit_instruction_set(2); }

const char *ax_instruction_set(void) { return level == 2 ? "avx512" : level == 1 ? "avx2" : "base"; }

#define AX_DEFINE(T, S)                                                                                                \
  void ax_pack_##S(const T *b, size_t stride, size_t rows, size_t columns, T *packed) {                                \
    S->pack(b, stride, rows, columns, packed);                                                                         \
  }                                                                                                                    \
  void ax_pack_transposed_##S(const T *b, size_t stride, size_t rows, size_t columns, T *packed) {                     \
    S->pack_transposed(b, stride, rows, columns, packed);                                                              \
  }                                                                                                                    \
  void ax_gemm_##S(size_t m, size_t n, size_t k, const T *a, size_t a_stride, const T *packed, T *c, size_t c_stride,  \
                   int accumulate, int absolute) {                                                                     \
    S->gemm(m, n, k, a, a_stride, packed, c, c_stride, accumulate, absolute);                                          \
  }                                                                                                                    \
  void ax_pad_##S(const T *x, size_t planes, const ax_padding *padding, T *y) { S->pad(x, planes, padding, y); }       \
  void ax_window_columns_##S(const ax_sliding_window *w, const T *x, size_t first, size_t count, size_t sample_stride, \
                             size_t channels, T *packed) {                                                             \
    S->window_columns(w, x, first, count, sample_stride, channels, packed);                                            \
  }                                                                                                                    \
  void ax_window_place_##S(const ax_sliding_window *w, const T *result, size_t first, size_t count, size_t sample_stride, \
                           size_t channels, T *y, int accumulate) {                                                    \
    S->window_place(w, result, first, count, sample_stride, channels, y, accumulate);                                  \
  }                                                                                                                    \
  void ax_sparse_##S(size_t rows, size_t columns, const int32_t *row_start, const int32_t *column, const T *value,     \
                     const T *x, size_t batch, T *y, int accumulate, int absolute, T *scratch) {                       \
    S->sparse(rows, columns, row_start, column, value, x, batch, y, accumulate, absolute, scratch);                    \
  }                                                                                                                    \
  void ax_diagonal_##S(const T *scale, const T *x, size_t batch, size_t n, T *y, int accumulate, int absolute) {       \
    S->diagonal(scale, x, batch, n, y, accumulate, absolute);                                                          \
  }                                                                                                                    \
  void ax_scale_##S(T a, const T *x, size_t n, T *y, int accumulate) { S->scale(a, x, n, y, accumulate); }             \
  void ax_fill_rows_##S(const T *row, size_t batch, size_t n, T *y) { S->fill_rows(row, batch, n, y); }                \
  void ax_relu_##S(const T *x, size_t n, T *y) { S->relu(x, n, y); }                                                   \
  void ax_relu_gradient_##S(const T *x, size_t n, T *g) { S->relu_gradient(x, n, g); }                                 \
  void ax_absolute_##S(const T *x, size_t n, T *y) { S->absolute(x, n, y); }                                           \
  void ax_column_sums_##S(const T *x, size_t batch, size_t n, T *sums, int accumulate) {                               \
    S->column_sums(x, batch, n, sums, accumulate);                                                                     \
  }                                                                                                                    \
  T ax_dot_##S(const T *a, const T *b, size_t n) { return S->dot(a, b, n); }                                           \
  size_t ax_argmax_##S(const T *x, size_t n) { return S->argmax(x, n); }                                               \
  void ax_transpose_##S(const T *x, size_t rows, size_t columns, T *y) { S->transpose(x, rows, columns, y); }          \
  void ax_descend_##S(const T *g, const T *lower, const T *upper, const T *width, const T *step, T momentum,           \
                      size_t batch, size_t n, T *v, T *x) {                                                            \
    S->descend(g, lower, upper, width, step, momentum, batch, n, v, x);                                                \
  }

AX_DEFINE(float, f32)
AX_DEFINE(double, f64)
