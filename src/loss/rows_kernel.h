/* What the losses that look at rows one by one do with each: in double, compiled once per SIMD level
 * from rows_body.h. Letters: k one of d entries, p = softmax(row), l = log p. */
#ifndef FA_LOSS_ROWS_KERNEL_H
#define FA_LOSS_ROWS_KERNEL_H

#include "base/simd.h"

#include <stddef.h>

/* D(a,b) + D(b,a) of two rows; adds its gradient to g_a and g_b [d]. */
typedef double (*fa__pair_of_rows)(double *g_a, double *g_b, const double *p_a, const double *l_a,
                                   const double *p_b, const double *l_b, size_t d);

typedef struct fa__rows_kernel {
    /* fa__softmax, to some ulp; p is 0 where l < -708. */
    void (*softmax)(double *log_p, double *p, const float *z, size_t d);
    /* - sum_k p_k l_k */
    double (*entropy)(const double *p, const double *log_p, size_t d);
    /* sum [d] += row [d] */
    void (*add)(double *sum, const double *row, size_t d);
    /* out_k = p_k [s_k - <p, s> - (l_k + entropy)] scale */
    void (*information)(float *out, const double *p, const double *log_p, const double *s,
                        double entropy, double scale, size_t d);
    /* out [count] = scale x, by fa__narrow */
    void (*store)(float *out, const double *x, double scale, size_t count);
    fa__pair_of_rows hold[2]; /* by fa_divergence */
} fa__rows_kernel;

extern const fa__rows_kernel fa__rows_portable, fa__rows_avx2, fa__rows_avx512;

/* That of fa__simd_level. */
const fa__rows_kernel *fa__rows_kernel_here(void);

#endif
