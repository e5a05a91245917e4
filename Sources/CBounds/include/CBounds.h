// SPDX-License-Identifier: Apache-2.0
//
// Elementwise kernels of backward bound propagation (CROWN), in binary32, round to nearest. They serve the prover only:
// nothing here is trusted. Matrices are row-major and dense; a "row" is one linear function being bounded, a "box" one input
// box of the batch, and box_of_row says which box a row belongs to. No kernel allocates or starts threads; each one gives the
// same result on every instruction set up to the rounding of the reductions.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Relaxation of ReLU on [lower, upper], per element (n = boxes · neurons).
/// below: slope of the line below (through 0); above, gap: the line above is above·z + gap.
/// Stable elements get slope 0 or 1 and gap 0. Unstable: above = u/(u−l), gap = −l·u/(u−l), below = u > −l ? 1 : 0.
void axb_relax(size_t n, const float *lower, const float *upper, float *below, float *above, float *gap);

/// One ReLU step of the backward pass with slopes shared by all rows of a box. coefficients [rows × n] is changed in place from the
/// coefficient on the output to that on the input; constants [rows] receives the gap terms.
void axb_relu_rows(size_t rows, size_t n, const int32_t *box_of_row, const float *below, const float *above, const float *gap,
                   float *coefficients, float *constants);

/// The same with a slope below of its own for every row: alpha [rows × n] (1 or 0 on stable elements). Reads output coefficients,
/// writes input coefficients to another array, because the gradient needs both.
void axb_relu_rows_alpha(size_t rows, size_t n, const int32_t *box_of_row, const float *alpha, const float *above, const float *gap,
                         const float *coefficients, float *result, float *constants);

/// constants[r] += coefficients[r]·vector.
void axb_dot_rows(size_t rows, size_t n, const float *coefficients, const float *vector, float *constants);

/// result[r] = constants[r] + Σ min over [lower, upper] of coefficients[r]·x, the box of each row given by box_of_row.
void axb_concretise(size_t rows, size_t n, const int32_t *box_of_row, const float *lower, const float *upper,
                    const float *coefficients, const float *constants, float *result);

/// point[r] = the corner of the row's box where coefficients[r]·x is least (the centre where a coefficient is 0).
void axb_corner(size_t rows, size_t n, const int32_t *box_of_row, const float *lower, const float *upper,
                const float *coefficients, float *point);

/// The primal step through a relaxed ReLU: values z [rows × n] become alpha·z where the coefficient is ≥ 0, above·z + gap elsewhere.
void axb_primal_relu(size_t rows, size_t n, const int32_t *box_of_row, const float *alpha, const float *above, const float *gap,
                     const float *coefficients, const float *z, float *result);

/// One projected Adam step on alpha ∈ [0, 1]: gradient max(coefficient, 0)·z, on elements with gap > 0 only.
void axb_alpha_step(size_t rows, size_t n, const int32_t *box_of_row, const float *gap, const float *coefficients, const float *z,
                    float rate, float correction1, float correction2, float *first, float *second, float *alpha);

/// Rounds alpha to the certificate's 1/255 steps.
void axb_quantise(size_t n, float *alpha);

/// centre = (lower + upper)/2, radius = (upper − lower)/2.
void axb_centre(size_t n, const float *lower, const float *upper, float *centre, float *radius);

/// lower = centre + bias − radius, upper = centre + bias + radius; centre, radius [boxes × n], bias [n].
void axb_interval(size_t boxes, size_t n, const float *centre, const float *radius, const float *bias, float *lower, float *upper);

/// lower = max(lower, floor), upper = min(upper, ceiling); floor and ceiling [n] are shared by all boxes.
void axb_intersect(size_t boxes, size_t n, const float *floor, const float *ceiling, float *lower, float *upper);

/// The interval image of max(0, z).
void axb_relu_interval(size_t n, const float *lower, const float *upper, float *out_lower, float *out_upper);

/// target = sign·source, or target += sign·source where `accumulate`.
void axb_copy_row(size_t n, const float *source, float sign, int accumulate, float *target);
