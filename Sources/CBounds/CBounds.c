// SPDX-License-Identifier: Apache-2.0
#include "CBounds.h"
#include <math.h>

#if defined(__x86_64__)
#define MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MULTIVERSION
#endif
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define FAST _Pragma("clang fp reassociate(on) contract(fast)")

MULTIVERSION void axb_relax(size_t n, const float *restrict lower, const float *restrict upper, float *restrict below,
                            float *restrict above, float *restrict gap) {
  for (size_t j = 0; j < n; j++) {
    float l = lower[j], u = upper[j];
    int unstable = (l < 0.0f) & (u > 0.0f);
    float on = l >= 0.0f ? 1.0f : 0.0f;
    float width = unstable ? u - l : 1.0f;
    float slope = u / width;
    above[j] = unstable ? slope : on;
    gap[j] = unstable ? -l * slope : 0.0f;
    below[j] = unstable ? (u > -l ? 1.0f : 0.0f) : on;
  }
}

MULTIVERSION void axb_relu_rows(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict below,
                                const float *restrict above, const float *restrict gap, float *restrict coefficients,
                                float *restrict constants) {
  FAST
  for (size_t r = 0; r < rows; r++) {
    size_t base = (size_t)box_of_row[r] * n;
    const float *d = below + base, *s = above + base, *t = gap + base;
    float *c = coefficients + r * n, sum = 0.0f;
    for (size_t j = 0; j < n; j++) {
      float positive = MAX(c[j], 0.0f), negative = MIN(c[j], 0.0f);
      sum += negative * t[j];
      c[j] = positive * d[j] + negative * s[j];
    }
    constants[r] += sum;
  }
}

MULTIVERSION void axb_relu_rows_alpha(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict alpha,
                                      const float *restrict above, const float *restrict gap,
                                      const float *restrict coefficients, float *restrict result, float *restrict constants) {
  FAST
  for (size_t r = 0; r < rows; r++) {
    size_t base = (size_t)box_of_row[r] * n;
    const float *d = alpha + r * n, *s = above + base, *t = gap + base, *c = coefficients + r * n;
    float *out = result + r * n, sum = 0.0f;
    for (size_t j = 0; j < n; j++) {
      float positive = MAX(c[j], 0.0f), negative = MIN(c[j], 0.0f);
      sum += negative * t[j];
      out[j] = positive * d[j] + negative * s[j];
    }
    constants[r] += sum;
  }
}

MULTIVERSION void axb_dot_rows(size_t rows, size_t n, const float *restrict coefficients, const float *restrict vector,
                               float *restrict constants) {
  FAST
  for (size_t r = 0; r < rows; r++) {
    const float *c = coefficients + r * n;
    float sum = 0.0f;
    for (size_t j = 0; j < n; j++) sum += c[j] * vector[j];
    constants[r] += sum;
  }
}

MULTIVERSION void axb_concretise(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict lower,
                                 const float *restrict upper, const float *restrict coefficients,
                                 const float *restrict constants, float *restrict result) {
  FAST
  for (size_t r = 0; r < rows; r++) {
    size_t base = (size_t)box_of_row[r] * n;
    const float *l = lower + base, *u = upper + base, *c = coefficients + r * n;
    float sum = 0.0f;
    for (size_t j = 0; j < n; j++) sum += MAX(c[j], 0.0f) * l[j] + MIN(c[j], 0.0f) * u[j];
    result[r] = constants[r] + sum;
  }
}

MULTIVERSION void axb_corner(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict lower,
                             const float *restrict upper, const float *restrict coefficients, float *restrict point) {
  for (size_t r = 0; r < rows; r++) {
    size_t base = (size_t)box_of_row[r] * n;
    const float *l = lower + base, *u = upper + base, *c = coefficients + r * n;
    float *p = point + r * n;
    for (size_t j = 0; j < n; j++) p[j] = c[j] > 0.0f ? l[j] : (c[j] < 0.0f ? u[j] : 0.5f * (l[j] + u[j]));
  }
}

MULTIVERSION void axb_primal_relu(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict alpha,
                                  const float *restrict above, const float *restrict gap, const float *restrict coefficients,
                                  const float *restrict z, float *restrict result) {
  for (size_t r = 0; r < rows; r++) {
    size_t base = (size_t)box_of_row[r] * n;
    const float *d = alpha + r * n, *s = above + base, *t = gap + base, *c = coefficients + r * n, *in = z + r * n;
    float *out = result + r * n;
    for (size_t j = 0; j < n; j++) {
      float low = d[j] * in[j], high = s[j] * in[j] + t[j];
      out[j] = c[j] >= 0.0f ? low : high;
    }
  }
}

MULTIVERSION void axb_alpha_step(size_t rows, size_t n, const int32_t *restrict box_of_row, const float *restrict gap,
                                 const float *restrict coefficients, const float *restrict z, float rate, float correction1,
                                 float correction2, float *restrict first, float *restrict second, float *restrict alpha) {
  for (size_t r = 0; r < rows; r++) {
    const float *t = gap + (size_t)box_of_row[r] * n, *c = coefficients + r * n, *in = z + r * n;
    float *m = first + r * n, *v = second + r * n, *a = alpha + r * n;
    for (size_t j = 0; j < n; j++) {
      float gradient = MAX(c[j], 0.0f) * in[j];
      float mean = 0.9f * m[j] + 0.1f * gradient;
      float square = 0.99f * v[j] + 0.01f * gradient * gradient;
      m[j] = mean;
      v[j] = square;
      float step = rate * (mean * correction1) / (sqrtf(square * correction2) + 1e-12f);
      float next = a[j] + step;
      next = MIN(MAX(next, 0.0f), 1.0f);
      a[j] = t[j] > 0.0f ? next : a[j];
    }
  }
}

MULTIVERSION void axb_quantise(size_t n, float *restrict alpha) {
  for (size_t j = 0; j < n; j++) alpha[j] = floorf(alpha[j] * 255.0f + 0.5f) * (1.0f / 255.0f);
}

MULTIVERSION void axb_centre(size_t n, const float *restrict lower, const float *restrict upper, float *restrict centre,
                             float *restrict radius) {
  for (size_t j = 0; j < n; j++) {
    centre[j] = 0.5f * lower[j] + 0.5f * upper[j];
    radius[j] = 0.5f * upper[j] - 0.5f * lower[j];
  }
}

MULTIVERSION void axb_interval(size_t boxes, size_t n, const float *restrict centre, const float *restrict radius,
                               const float *restrict bias, float *restrict lower, float *restrict upper) {
  for (size_t b = 0; b < boxes; b++)
    for (size_t j = 0; j < n; j++) {
      float c = centre[b * n + j] + bias[j], r = radius[b * n + j];
      lower[b * n + j] = c - r;
      upper[b * n + j] = c + r;
    }
}

MULTIVERSION void axb_intersect(size_t boxes, size_t n, const float *restrict floor, const float *restrict ceiling,
                                float *restrict lower, float *restrict upper) {
  for (size_t b = 0; b < boxes; b++)
    for (size_t j = 0; j < n; j++) {
      lower[b * n + j] = MAX(lower[b * n + j], floor[j]);
      upper[b * n + j] = MIN(upper[b * n + j], ceiling[j]);
    }
}

MULTIVERSION void axb_relu_interval(size_t n, const float *restrict lower, const float *restrict upper,
                                    float *restrict out_lower, float *restrict out_upper) {
  for (size_t j = 0; j < n; j++) {
    out_lower[j] = MAX(lower[j], 0.0f);
    out_upper[j] = MAX(upper[j], 0.0f);
  }
}

MULTIVERSION void axb_copy_row(size_t n, const float *restrict source, float sign, int accumulate, float *restrict target) {
  if (accumulate)
    for (size_t j = 0; j < n; j++) target[j] += sign * source[j];
  else
    for (size_t j = 0; j < n; j++) target[j] = sign * source[j];
}
