// SPDX-License-Identifier: Apache-2.0
#include "CDirected.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

// Depth of one slice of a product: its index list lies on the stack, and a panel's slice in the first-level cache.
enum { SLICE = 256 };

/// Columns of b lie in panels of 8, 16 or 24, as evenly as possible: the width of panel p in units of 8.
static inline size_t ax_panel_width(size_t columns, size_t p) {
  size_t units = (columns + 7) / 8, panels = (units + 2) / 3;
  return units / panels + (p < units % panels ? 1 : 0);
}

size_t ax_packed_count(size_t columns, size_t depth) { return (columns + 7) / 8 * 8 * depth; }

void ax_pack(size_t columns, size_t depth, const double *b, size_t row_stride, size_t column_stride, double *packed) {
  for (size_t j = 0, p = 0; j < columns; p++) {
    size_t width = ax_panel_width(columns, p) * 8;
    for (size_t k = 0; k < depth; k++)
      for (size_t i = 0; i < width; i++)
        *packed++ = j + i < columns ? b[k * row_stride + (j + i) * column_stride] : 0;
    j += width;
  }
}

// ---- AVX-512: the rounding is part of each instruction ----
#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,fma,bmi")))
#define NAME(x) x##_avx512
#define V __m512d
#define M __mmask8
#define DOWN (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)

TARGET static inline M ax_lanes(size_t count) { return (M)((1u << count) - 1); }
TARGET static inline V load_avx512(const double *p, size_t count) {
  return count >= 8 ? _mm512_loadu_pd(p) : _mm512_maskz_loadu_pd(ax_lanes(count), p);
}
TARGET static inline void store_avx512(double *p, V x, size_t count) {
  if (count >= 8) _mm512_storeu_pd(p, x);
  else _mm512_mask_storeu_pd(p, ax_lanes(count), x);
}
TARGET static inline V zero_avx512(void) { return _mm512_setzero_pd(); }
TARGET static inline V set1_avx512(double x) { return _mm512_set1_pd(x); }
TARGET static inline V add_avx512(V a, V b) { return _mm512_add_round_pd(a, b, DOWN); }
TARGET static inline V sub_avx512(V a, V b) { return _mm512_sub_round_pd(a, b, DOWN); }
TARGET static inline V mul_avx512(V a, V b) { return _mm512_mul_round_pd(a, b, DOWN); }
TARGET static inline V fma_avx512(V a, V b, V c) { return _mm512_fmadd_round_pd(a, b, c, DOWN); }
TARGET static inline V fnma_avx512(V a, V b, V c) { return _mm512_fnmadd_round_pd(a, b, c, DOWN); }
TARGET static inline V neg_avx512(V a) { return _mm512_xor_pd(a, _mm512_set1_pd(-0.0)); }
TARGET static inline V abs_avx512(V a) { return _mm512_andnot_pd(_mm512_set1_pd(-0.0), a); }
TARGET static inline V min_avx512(V a, V b) { return _mm512_min_pd(a, b); }
TARGET static inline M ge_avx512(V a, V b) { return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ); }
TARGET static inline M lt_avx512(V a, V b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
TARGET static inline M both_avx512(M a, M b) { return a & b; }
TARGET static inline V select_avx512(M m, V a, V b) { return _mm512_mask_blend_pd(m, b, a); }
TARGET static inline unsigned nonzero_avx512(V a) { return _mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_NEQ_UQ); }
TARGET static double add1_avx512(double a, double b) {
  return _mm_cvtsd_f64(_mm_add_round_sd(_mm_set_sd(a), _mm_set_sd(b), DOWN));
}
TARGET static double multiply1_avx512(double a, double b) {
  return _mm_cvtsd_f64(_mm_mul_round_sd(_mm_set_sd(a), _mm_set_sd(b), DOWN));
}
TARGET static double divide1_avx512(double a, double b) {
  return _mm_cvtsd_f64(_mm_div_round_sd(_mm_set_sd(a), _mm_set_sd(b), DOWN));
}
#include "kernels.h"

static const ax_directed ax_avx512 = {
    "avx512",      gemm_avx512, concretize_avx512,   charge_avx512,  relu_avx512,           scale_rows_avx512,
    scale_interval_avx512,      add_rows_avx512,     multiply_add_avx512, scatter_avx512, window_scatter_avx512,
    window_gather_avx512,       add1_avx512,         multiply1_avx512,    divide1_avx512};
#undef TARGET
#undef NAME
#undef V
#undef M
#endif

// ---- Portable: the rounding mode of the thread is set and restored inside each call ----
#pragma STDC FENV_ACCESS ON
#pragma STDC FP_CONTRACT OFF

typedef struct {
  double x[8];
} ax_v8;
typedef struct {
  uint8_t x[8];
} ax_m8;
#define LANES for (int i = 0; i < 8; i++)

#if defined(__x86_64__)
#define TARGET __attribute__((target("fma")))
#define NAME(x) x##_fma
#define FMA1(a, b, c) __builtin_fma(a, b, c)
#include "portable.h"
#undef TARGET
#undef NAME
#undef FMA1
#define FMA1(a, b, c) ((a) * (b) + (c))
#else
#define FMA1(a, b, c) __builtin_fma(a, b, c)
#endif
#define TARGET
#define NAME(x) x##_plain
#include "portable.h"

const ax_directed *ax_directed_path(int i) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int fma = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx");
  int avx512 = fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi");
  if (i == 1 && fma) return &ax_table_fma;
  if (i == 2 && avx512) return &ax_avx512;
#endif
  return i == 0 ? &ax_table_plain : NULL;
}

const ax_directed *ax_directed_best(void) {
  for (int i = 2; i > 0; i--)
    if (ax_directed_path(i)) return ax_directed_path(i);
  return &ax_table_plain;
}
