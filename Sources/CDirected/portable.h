// SPDX-License-Identifier: Apache-2.0
//
// The portable path: eight lanes as a struct, rounded by the thread's mode, which each entry below sets and restores.
// Included under FENV_ACCESS ON; the including file defines TARGET, NAME(x) and FMA1.
#define V ax_v8
#define M ax_m8

TARGET static inline V NAME(load)(const double *p, size_t count) {
  V v;
  LANES v.x[i] = (size_t)i < count ? p[i] : 0;
  return v;
}
TARGET static inline void NAME(store)(double *p, V v, size_t count) {
  LANES if ((size_t)i < count) p[i] = v.x[i];
}
TARGET static inline V NAME(set1)(double x) {
  V v;
  LANES v.x[i] = x;
  return v;
}
TARGET static inline V NAME(zero)(void) { return NAME(set1)(0); }
TARGET static inline V NAME(add)(V a, V b) {
  LANES a.x[i] = a.x[i] + b.x[i];
  return a;
}
TARGET static inline V NAME(sub)(V a, V b) {
  LANES a.x[i] = a.x[i] - b.x[i];
  return a;
}
TARGET static inline V NAME(mul)(V a, V b) {
  LANES a.x[i] = a.x[i] * b.x[i];
  return a;
}
TARGET static inline V NAME(fma)(V a, V b, V c) {
  LANES c.x[i] = FMA1(a.x[i], b.x[i], c.x[i]);
  return c;
}
TARGET static inline V NAME(fnma)(V a, V b, V c) {
  LANES c.x[i] = FMA1(-a.x[i], b.x[i], c.x[i]);
  return c;
}
TARGET static inline V NAME(neg)(V a) {
  LANES a.x[i] = -a.x[i];
  return a;
}
TARGET static inline V NAME(abs)(V a) {
  LANES a.x[i] = __builtin_fabs(a.x[i]);
  return a;
}
TARGET static inline V NAME(min)(V a, V b) {
  LANES a.x[i] = a.x[i] < b.x[i] ? a.x[i] : b.x[i];
  return a;
}
TARGET static inline M NAME(ge)(V a, V b) {
  M m;
  LANES m.x[i] = a.x[i] >= b.x[i];
  return m;
}
TARGET static inline M NAME(lt)(V a, V b) {
  M m;
  LANES m.x[i] = a.x[i] < b.x[i];
  return m;
}
TARGET static inline M NAME(both)(M a, M b) {
  LANES a.x[i] = a.x[i] & b.x[i];
  return a;
}
TARGET static inline V NAME(select)(M m, V a, V b) {
  LANES a.x[i] = m.x[i] ? a.x[i] : b.x[i];
  return a;
}
TARGET static inline unsigned NAME(nonzero)(V a) {
  unsigned mask = 0;
  LANES mask |= a.x[i] != 0 ? 1u << i : 0;
  return mask;
}
TARGET static inline double NAME(add1)(double a, double b) { return a + b; }
TARGET static inline double NAME(multiply1)(double a, double b) { return a * b; }
TARGET static inline double NAME(divide1)(double a, double b) { return a / b; }
#include "kernels.h"

/// Runs `call` rounding down, in a function of its own so that nothing moves across the change of mode.
#define ENTRY(result, name, parameters, call)                      \
  TARGET __attribute__((noinline)) static result NAME(entry_##name) parameters { \
    int mode = fegetround();                                       \
    fesetround(FE_DOWNWARD);                                       \
    call;                                                          \
    fesetround(mode);                                              \
  }

ENTRY(void, gemm, (size_t r, size_t n, size_t k, const double *a, size_t as, const double *b, double *c, size_t cs, int acc, int neg),
      NAME(gemm)(r, n, k, a, as, b, c, cs, acc, neg))
ENTRY(void, concretize, (size_t r, size_t n, const double *c, size_t s, ax_leaf_array l, ax_leaf_array u, const uint32_t *i, double *k),
      NAME(concretize)(r, n, c, s, l, u, i, k))
ENTRY(void, charge, (size_t r, size_t n, const double *a, const double *b, size_t s, ax_leaf_array l, const uint32_t *i, double *k),
      NAME(charge)(r, n, a, b, s, l, i, k))
ENTRY(void, relu, (size_t r, size_t n, double *c, size_t s, ax_leaf_array l, ax_leaf_array u, const uint32_t *i, ax_slopes p, const uint32_t *pi, double *k),
      NAME(relu)(r, n, c, s, l, u, i, p, pi, k))
ENTRY(void, scale_rows, (size_t r, size_t n, const double *c, size_t s, const double *a, const double *b, double *o),
      NAME(scale_rows)(r, n, c, s, a, b, o))
ENTRY(void, scale_interval, (size_t r, size_t n, const double *l, const double *u, size_t s, const double *a, const double *b, const double *t, double *o),
      NAME(scale_interval)(r, n, l, u, s, a, b, t, o))
ENTRY(void, add_rows, (size_t r, size_t n, double *t, size_t ts, const double *s, size_t ss), NAME(add_rows)(r, n, t, ts, s, ss))
ENTRY(void, multiply_add, (size_t r, size_t n, double *t, size_t s, double f, double a), NAME(multiply_add)(r, n, t, s, f, a))
ENTRY(void, scatter, (size_t r, size_t n, double *t, size_t ts, const double *s, size_t ss, const int32_t *i),
      NAME(scatter)(r, n, t, ts, s, ss, i))
ENTRY(void, window_scatter, (const ax_window *w, int32_t y, int32_t x, double *i, const double *o), NAME(window_scatter)(w, y, x, i, o))
ENTRY(void, window_gather, (const ax_window *w, int32_t y, int32_t x, const double *i, double *o), NAME(window_gather)(w, y, x, i, o))
ENTRY(double, add1, (double a, double b), double result = NAME(add1)(a, b); fesetround(mode); return result)
ENTRY(double, multiply1, (double a, double b), double result = NAME(multiply1)(a, b); fesetround(mode); return result)
ENTRY(double, divide1, (double a, double b), double result = NAME(divide1)(a, b); fesetround(mode); return result)
#undef ENTRY

static const ax_directed NAME(ax_table) = {
    "portable",
    NAME(entry_gemm), NAME(entry_concretize), NAME(entry_charge), NAME(entry_relu), NAME(entry_scale_rows),
    NAME(entry_scale_interval), NAME(entry_add_rows), NAME(entry_multiply_add), NAME(entry_scatter),
    NAME(entry_window_scatter), NAME(entry_window_gather), NAME(entry_add1), NAME(entry_multiply1), NAME(entry_divide1)};
#undef V
#undef M
