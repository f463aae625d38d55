/* The inner loops of the symmetric eigenproblem: compiled once per SIMD level from eigen_body.h. */
#ifndef FA_BASE_EIGEN_KERNEL_H
#define FA_BASE_EIGEN_KERNEL_H

#include <stddef.h>

enum {
    FA__EIGEN_STRIP = 32, /* vectors that are turned at a time: 2048 of their rows stay in L2 */
    FA__EIGEN_PANEL = 32  /* reflections before the matrix is updated by them */
};

/* On the rows i, i + 1: (c, s; -s, c). */
typedef struct fa__rotation {
    double c, s;
} fa__rotation;

/* `count` rotations one after the other, the last of them on the rows first, first + 1, each on the
 * pair above that of the one after it. */
typedef struct fa__rotations {
    size_t first, count;
} fa__rotations;

/* What turns vectors of three diagonals back into those of the matrix. */
typedef struct fa__turns {
    const fa__rotation *rotations;
    const fa__rotations *sweeps;
    size_t n_rotations, n_sweeps, d;
    const double *a;   /* [d, d], row j from j + 1: the j-th reflection's vector */
    const double *tau; /* [d - 1] */
} fa__turns;

typedef struct fa__eigen_kernels {
    /* y += U x, and the part below the diagonal too, for the rows first .. end-1 of the upper
     * triangle of a [d, d]. */
    void (*product)(double *y, const double *a, const double *x, size_t first, size_t end,
                    size_t d);
    /* Rows first .. end-1 of the upper triangle of a [d, d] -= sum_t v_t w_t^T + w_t v_t^T, where
     * the panel [2 pairs, stride] is v_0, w_0, v_1, ... What is below the diagonal is destroyed. */
    void (*update)(double *a, const double *panel, size_t stride, size_t pairs, size_t first,
                   size_t end, size_t d);
    /* y -= sum_t v_t (w_t . x) + w_t (v_t . x) in the places first .. d-1, the panel as for update. */
    void (*deduct)(double *y, const double *panel, size_t stride, size_t pairs, const double *x,
                   size_t first, size_t d);
    /* strip [d, FA__EIGEN_STRIP] = H_0 .. H_(d-2) G_0 .. G_last strip. */
    void (*turn)(double *strip, const fa__turns *turns);
} fa__eigen_kernels;

extern const fa__eigen_kernels fa__eigen_portable, fa__eigen_avx2, fa__eigen_avx512;

#endif
