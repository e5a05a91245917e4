// SPDX-License-Identifier: Apache-2.0
//
// Speed of the packed matrix product on every instruction set of this machine, one thread, best of 15.
//   clang -O2 -ISources/CKernels/include Sources/CKernels/CKernels.c Benchmarks/gemm.c -o gemm && taskset -c 1 ./gemm
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CKernels.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#define MEASURE(T, S)                                                                                                   \
  static void measure_##S(size_t m, size_t n, size_t k) {                                                               \
    const size_t packed_count = (n + AX_PANEL - 1) / AX_PANEL * AX_PANEL * k;                                           \
    T *a = malloc(m * k * sizeof(T)), *b = malloc(k * n * sizeof(T)), *c = malloc(m * n * sizeof(T));                   \
    T *packed = aligned_alloc(64, packed_count * sizeof(T));                                                            \
    for (size_t i = 0; i < m * k; i++) a[i] = (T)(drand48() - 0.5);                                                     \
    for (size_t i = 0; i < k * n; i++) b[i] = (T)(drand48() - 0.5);                                                     \
    ax_pack_##S(b, n, k, n, packed);                                                                                    \
    const int calls = 1 + (int)(2e7 / (double)(m * n * k));                                                             \
    double best = 1e9;                                                                                                  \
    for (int round = 0; round < 15; round++) {                                                                          \
      const double start = now();                                                                                       \
      for (int call = 0; call < calls; call++) ax_gemm_##S(m, n, k, a, k, packed, c, n, 0, 0);                          \
      const double each = (now() - start) / calls;                                                                      \
      if (each < best) best = each;                                                                                     \
    }                                                                                                                   \
    printf("%-7s " #S " %4zu x %3zu x %3zu: %6.1f GFLOP/s\n", ax_instruction_set(), m, n, k, 2e-9 * m * n * k / best);   \
    free(a), free(b), free(c), free(packed);                                                                            \
  }

MEASURE(float, f32)
MEASURE(double, f64)

int main(void) {
  // Rows, columns and inner dimension of the product.
  const size_t shapes[][3] = {{1000, 50, 50}, {512, 512, 512}, {64, 256, 256}, {256, 256, 784}, {1, 256, 784}, {1, 50, 50}};
  for (int level = ax_limit_instruction_set(2); level >= 0; level--) {
    ax_limit_instruction_set(level);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
      measure_f32(shapes[i][0], shapes[i][1], shapes[i][2]);
      measure_f64(shapes[i][0], shapes[i][1], shapes[i][2]);
    }
  }
}
