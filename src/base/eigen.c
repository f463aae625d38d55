/* Householder's reflections to three diagonals, implicit QL on these, and the way back.
 *
 * Letters: d rows of the matrix a, v and w of a reflection: H = I - tau v v^T, A = A - v w^T - w
 * v^T.
 */
#include "base/eigen.h"

#include "base/eigen_kernel.h"
#include "base/memory.h"
#include "base/simd.h"
#include "base/stop.h"
#include "base/threads.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 128,      /* rows of a product that are one task */
    UPDATE_ROWS = 32, /* rows of an update that are one task */
    SWEEPS_MOST = 30, /* for an eigenvalue, on average; 2 are usual */
    LANES = 8
};

static const double SQUARE_LEAST =
    1e-280; /* what its summands lose below DBL_MIN is no digit of it */

/* An eigenvalue, and its place on the diagonal. */
typedef struct value {
    double value;
    size_t place;
} value;

typedef struct problem {
    const fa__eigen_kernels *kernels;
    double *a;
    size_t d, stride;                /* of the panel: rows do not fall on one line of a cache */
    double *diagonal, *beside, *tau; /* [d] each */
    double *panel;                   /* [2 PANEL, stride]: v_0, w_0, v_1, ... */
    double *parts;                   /* [chunks, stride] of a product */
    const double *v;                 /* what is multiplied */
    size_t first, pairs;             /* rows that are left; pairs of the panel */
    fa__rotation *rotations;
    fa__rotations *sweeps;
    size_t n_rotations, most_rotations, n_sweeps, most_sweeps;
    value *order;    /* [d] */
    double *strips;  /* [threads, d, STRIP] */
    double *vectors; /* [count, d] */
    size_t count;
} problem;

fa_status fa__eigen_check(size_t d) {
    if (d <= FA__EIGEN_MOST) return FA_OK;
    return fa__fail(FA_E_SHAPE,
                    "%zu columns are too many for their principal components: at most %d", d,
                    FA__EIGEN_MOST);
}

/* ==== To three diagonals ==== */

/* In lanes, whatever the compiler makes of them: one order of the sum. */
static double dot(const double *x, const double *y, size_t n) {
    double sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) sums[k] += x[i + k] * y[i + k];
    for (; i < n; i++) sum += x[i] * y[i];
    for (size_t k = 0; k < LANES; k++) sum += sums[k];
    return sum;
}

static void add_scaled(double *y, double factor, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

/* x = v with v_0 = 1, where H x = (beta, 0, ..). Of the two signs, the one without cancellation. */
static double reflection(double *x, double *beta, size_t n) {
    double rest = sqrt(dot(x + 1, x + 1, n - 1)), first = x[0];
    *beta = first;
    x[0] = 1;
    if (!(rest > 0)) {
        memset(x + 1, 0, (n - 1) * sizeof *x);
        return 0;
    }
    *beta = -copysign(hypot(first, rest), first);
    for (size_t i = 1; i < n; i++) x[i] /= first - *beta;
    return (*beta - first) / *beta;
}

static fa_status product_chunk(void *context, size_t index, size_t thread) {
    (void)thread;
    const problem *p = context;
    size_t first = p->first + index * CHUNK, end = p->d - first < CHUNK ? p->d : first + CHUNK;
    double *part = p->parts + index * p->stride;
    memset(part + first, 0, (p->d - first) * sizeof *part);
    p->kernels->product(part, p->a, p->v, first, end, p->d);
    return FA_OK;
}

/* w = A v in the rows and columns from `first` on. */
static fa_status product(double *w, problem *p, const double *v, size_t first) {
    size_t chunks = (p->d - first + CHUNK - 1) / CHUNK;
    p->v = v;
    p->first = first;
    FA_TRY(fa__parallel(chunks, product_chunk, p));
    memcpy(w + first, p->parts + first, (p->d - first) * sizeof *w);
    for (size_t k = 1; k < chunks; k++) {
        size_t from = first + k * CHUNK;
        add_scaled(w + from, 1, p->parts + k * p->stride + from, p->d - from);
    }
    return FA_OK;
}

/* Row j less what the t reflections of this panel make of it, then its own v and w. The rest of the
 * matrix is as before the panel, which is why they appear in w too. */
static fa_status reduce_row(problem *p, size_t j, size_t t) {
    const size_t d = p->d, next = j + 1, n = d - next;
    double *v = p->panel + 2 * t * p->stride, *w = v + p->stride, *row = p->a + j * d;
    FA_TRY(fa__stop_check());
    p->kernels->update(p->a, p->panel, p->stride, t, j, j + 1, d);
    p->diagonal[j] = row[j];
    double tau = p->tau[j] = reflection(row + next, &p->beside[j], n);
    memset(v, 0, 2 * p->stride * sizeof *v);
    memcpy(v + next, row + next, n * sizeof *v);
    if (tau == 0) return FA_OK; /* H = I */
    FA_TRY(product(w, p, v, next));
    p->kernels->deduct(w, p->panel, p->stride, t, v, next, d);
    for (size_t i = next; i < d; i++) w[i] *= tau;
    add_scaled(w + next, -tau / 2 * dot(w + next, v + next, n), v + next, n);
    return FA_OK;
}

static fa_status update_rows(void *context, size_t index, size_t thread) {
    (void)thread;
    const problem *p = context;
    size_t first = p->first + index * UPDATE_ROWS;
    p->kernels->update(p->a, p->panel, p->stride, p->pairs, first,
                       p->d - first < UPDATE_ROWS ? p->d : first + UPDATE_ROWS, p->d);
    return FA_OK;
}

static fa_status reduce(problem *p) {
    const size_t d = p->d;
    for (size_t j = 0; j + 1 < d;) {
        p->pairs = 0;
        for (; p->pairs < FA__EIGEN_PANEL && j + 1 < d; j++) FA_TRY(reduce_row(p, j, p->pairs++));
        p->first = j;
        FA_TRY(fa__parallel((d - j + UPDATE_ROWS - 1) / UPDATE_ROWS, update_rows, p));
    }
    p->diagonal[d - 1] = p->a[d * d - 1];
    p->beside[d - 1] = 0;
    return FA_OK;
}

/* ==== Eigenvalues ==== */

/* The first from l on that stands alone: what is beside it is rounding of its neighbours, or of the
 * whole, which is at most about 1. */
static size_t find_split(const problem *p, size_t l) {
    const double *x = p->diagonal, *e = p->beside;
    while (l + 1 < p->d &&
           !(fabs(e[l]) <= DBL_EPSILON * (fabs(x[l]) + fabs(x[l + 1])) + DBL_EPSILON * DBL_EPSILON))
        l++;
    return l;
}

static fa_status make_room(problem *p, size_t count) {
    fa__rotation *rotations =
        fa__grow(p->rotations, &p->most_rotations, p->n_rotations + count, sizeof *rotations);
    if (rotations == NULL) return fa__nomem(p->n_rotations + count, sizeof *rotations);
    p->rotations = rotations;
    fa__rotations *sweeps = fa__grow(p->sweeps, &p->most_sweeps, p->n_sweeps + 1, sizeof *sweeps);
    if (sweeps == NULL) return fa__nomem(p->n_sweeps + 1, sizeof *sweeps);
    p->sweeps = sweeps;
    return FA_OK;
}

/* sqrt(x^2 + y^2) of what scale_of brought near 1: hypot, which guards the whole range, made half of a
 * sweep's time. */
static double length(double x, double y) {
    const double square = x * x + y * y;
    return square > SQUARE_LEAST ? sqrt(square) : hypot(x, y);
}

/* One implicit QL step on the rows l .. m. */
static void sweep(problem *p, size_t l, size_t m) {
    double *x = p->diagonal, *e = p->beside;
    double g = (x[l + 1] - x[l]) / (2 * e[l]), s = 1, c = 1, moved = 0;
    g = x[m] - x[l] + e[l] / (g + copysign(hypot(g, 1), g));
    size_t i = m, before = p->n_rotations;
    while (i-- > l) {
        double f = s * e[i], b = c * e[i], r = length(f, g);
        e[i + 1] = r;
        if (r == 0) break; /* the rows from i + 1 on stand alone already */
        s = f / r;
        c = g / r;
        g = x[i + 1] - moved;
        r = (x[i] - g) * s + 2 * c * b;
        moved = s * r;
        x[i + 1] = g + moved;
        g = c * r - b;
        p->rotations[p->n_rotations++] = (fa__rotation){c, s};
    }
    const size_t first = i + 1; /* i is l - 1, as a size_t, where no r was 0 */
    x[first] -= moved;
    if (first == l) e[l] = g;
    e[m] = 0;
    p->sweeps[p->n_sweeps++] = (fa__rotations){first, p->n_rotations - before};
}

static fa_status iterate(problem *p) {
    for (size_t l = 0; l < p->d; l++)
        for (size_t m; (m = find_split(p, l)) != l;) {
            FA_TRY(fa__stop_check());
            if (p->n_sweeps >= SWEEPS_MOST * p->d)
                return fa__fail(FA_E_NONFINITE,
                                "the eigenvalues of a %zu x %zu matrix were not found in %zu steps",
                                p->d, p->d, p->n_sweeps);
            FA_TRY(make_room(p, m - l));
            sweep(p, l, m);
        }
    return FA_OK;
}

/* ==== Vectors ==== */

static fa_status turn_strip(void *context, size_t index, size_t thread) {
    const problem *p = context;
    const size_t d = p->d, first = index * FA__EIGEN_STRIP;
    double *strip = p->strips + thread * d * FA__EIGEN_STRIP;
    FA_TRY(fa__stop_check());
    memset(strip, 0, d * FA__EIGEN_STRIP * sizeof *strip);
    for (size_t k = 0; k < FA__EIGEN_STRIP && first + k < p->count; k++)
        strip[p->order[first + k].place * FA__EIGEN_STRIP + k] = 1;
    p->kernels->turn(
        strip, &(fa__turns){p->rotations, p->sweeps, p->n_rotations, p->n_sweeps, d, p->a, p->tau});
    for (size_t k = 0; k < FA__EIGEN_STRIP && first + k < p->count; k++)
        for (size_t i = 0; i < d; i++)
            p->vectors[(first + k) * d + i] = strip[i * FA__EIGEN_STRIP + k];
    return FA_OK;
}

/* Largest first; of equal ones, the order they came in. */
static int by_value(const void *left, const void *right) {
    const value *a = left, *b = right;
    if (a->value != b->value) return a->value < b->value ? 1 : -1;
    return a->place < b->place ? -1 : 1;
}

static void sort_values(problem *p) {
    for (size_t i = 0; i < p->d; i++) p->order[i] = (value){p->diagonal[i], i};
    qsort(p->order, p->d, sizeof *p->order, by_value);
}

/* A power of two that brings the largest entry near 1: exact, and no square leaves the range. */
static fa_status scale_of(double *scale, const double *a, size_t d) {
    double largest = 0;
    int exponent = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++) {
            double size = fabs(a[i * d + j]);
            if (!isfinite(size))
                return fa__fail(FA_E_NONFINITE, "entry %zu, %zu of a symmetric matrix is %g", i, j,
                                a[i * d + j]);
            largest = fmax(largest, size);
        }
    if (largest > 0) (void)frexp(largest, &exponent);
    *scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
    return FA_OK;
}

fa_status fa__eigen_symmetric(double *values, double *vectors, double *a, size_t d, size_t count) {
    FA_TRY(fa__eigen_check(d));
    fa_status status = FA_OK;
    const fa__simd level = fa__simd_level();
    double scale = 1;
    FA_TRY(scale_of(&scale, a, d));
    problem p = {.a = a, .d = d, .stride = d / 8 * 8 + 16, .vectors = vectors, .count = count};
    p.kernels = FA__BY_SIMD(level, &fa__eigen_portable, &fa__eigen_avx2, &fa__eigen_avx512);
    for (size_t i = 0; i < d * d; i++) a[i] *= scale;
    FA_CHECK(FA_NEW_ZERO(p.diagonal, d));
    FA_CHECK(FA_NEW_ZERO(p.beside, d));
    FA_CHECK(FA_NEW_ZERO(p.tau, d));
    FA_CHECK(FA_NEW(p.order, d));
    FA_CHECK(FA_NEW(p.panel, 2 * FA__EIGEN_PANEL * p.stride));
    FA_CHECK(FA_NEW(p.parts, (d / CHUNK + 1) * p.stride));
    FA_CHECK(FA_NEW(p.strips, fa__threads() * d * FA__EIGEN_STRIP));
    p.most_rotations = d * d / 4 * 5; /* about d^2 are usual; what is not touched costs nothing */
    FA_CHECK(FA_NEW(p.rotations, p.most_rotations));
    FA_CHECK(reduce(&p));
    FA_CHECK(iterate(&p));
    sort_values(&p);
    FA_CHECK(fa__parallel((count + FA__EIGEN_STRIP - 1) / FA__EIGEN_STRIP, turn_strip, &p));
    for (size_t j = 0; j < count; j++) values[j] = p.order[j].value / scale;
done:
    fa__free(p.diagonal);
    fa__free(p.beside);
    fa__free(p.tau);
    fa__free(p.order);
    fa__free(p.panel);
    fa__free(p.parts);
    fa__free(p.strips);
    fa__free(p.rotations);
    fa__free(p.sweeps);
    return status;
}
