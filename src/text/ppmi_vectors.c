/* The leading singular vectors of a sparse matrix by subspace iteration, as word vectors.
 *
 * Letters: n words, l columns of the subspace (the units asked for and some more, by LANES). */
#include "base/eigen.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/threads.h"
#include "text/ppmi.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    LANES = 16,     /* columns whose sums stay in registers */
    MORE = 10,      /* columns beyond those asked for */
    ITERATIONS = 4, /* errors shrink by the 9th power of the ratio of singular values */
    MOST_UNITS = FA__EIGEN_MOST - MORE - LANES,
    ROWS_AT_ONCE = 64,
    GRAM_ROWS = 8
};

static const double size_wanted = 0.1, /* root of the mean square of what comes out */
    smallest_part = 1e-10; /* of the largest eigenvalue of a Gram matrix; below is rounding */

typedef struct subspace {
    const fa__sparse *p, *transposed;
    size_t n, l;
    float *y, *z;             /* [n, l] */
    double *gram;             /* [l, l] then what y is multiplied by */
    double *values, *vectors; /* [l], [l, l] of the Gram matrix; row j of vectors is the j-th */
} subspace;

/* ==== Products ==== */

typedef struct product {
    float *out;
    const fa__sparse *a;
    const float *y;
    size_t l;
} product;

static void product_row(float *out, const product *p, size_t row) {
    const struct fa__sparse_entry *end = p->a->entries + p->a->starts[row + 1];
    for (size_t column = 0; column < p->l; column += LANES) {
        const float *y = p->y + column;
        float sum[LANES] = {0};
        for (const struct fa__sparse_entry *e = p->a->entries + p->a->starts[row]; e < end; e++) {
            const float *from = y + e->column * p->l;
            for (size_t c = 0; c < LANES; c++) sum[c] += e->value * from[c];
        }
        memcpy(out + column, sum, sizeof sum);
    }
}

static fa_status product_rows(void *context, size_t index, size_t thread) {
    (void)thread;
    const product *p = context;
    size_t row = index * ROWS_AT_ONCE,
           end = p->a->n - row < ROWS_AT_ONCE ? p->a->n : row + ROWS_AT_ONCE;
    for (; row < end; row++) product_row(p->out + row * p->l, p, row);
    return FA_OK;
}

/* out = A y. */
static fa_status multiply(float *out, const fa__sparse *a, const float *y, size_t l) {
    product p = {out, a, y, l};
    return fa__parallel((a->n + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, product_rows, &p);
}

/* ==== Gram matrices ==== */

/* GRAM_ROWS rows of y^T y, summed in the order of the words whoever does it. */
static fa_status gram_rows(void *context, size_t index, size_t thread) {
    (void)thread;
    const subspace *s = context;
    size_t l = s->l, first = index * GRAM_ROWS;
    double *out = s->gram + first * l;
    memset(out, 0, GRAM_ROWS * l * sizeof *out);
    for (size_t r = 0; r < s->n; r++) {
        const float *row = s->y + r * l;
        for (size_t i = 0; i < GRAM_ROWS; i++) {
            double factor = (double)row[first + i], *sum = out + i * l;
            for (size_t j = 0; j < l; j++) sum[j] += factor * (double)row[j];
        }
    }
    return FA_OK;
}

/* values, vectors = L, W of y^T y = W L W^T; values that are nothing but rounding become 0. */
static fa_status decompose(subspace *s) {
    FA_TRY(fa__parallel(s->l / GRAM_ROWS, gram_rows, s));
    FA_TRY(fa__eigen_symmetric(s->values, s->vectors, s->gram, s->l, s->l));
    for (size_t j = s->l; j-- > 0;)
        if (!(s->values[j] > s->values[0] * smallest_part)) s->values[j] = 0;
    return FA_OK;
}

/* ROWS_AT_ONCE rows of y = y gram, in place. */
static fa_status turn_rows(void *context, size_t index, size_t thread) {
    (void)thread;
    const subspace *s = context;
    size_t l = s->l, row = index * ROWS_AT_ONCE,
           end = s->n - row < ROWS_AT_ONCE ? s->n : row + ROWS_AT_ONCE;
    float *scratch = s->z + row * l; /* z is free whenever y is turned */
    for (; row < end; row++, scratch += l) {
        float *y = s->y + row * l;
        for (size_t column = 0; column < l; column += LANES) {
            const double *matrix = s->gram + column;
            double sum[LANES] = {0};
            for (size_t i = 0; i < l; i++, matrix += l)
                for (size_t c = 0; c < LANES; c++) sum[c] += (double)y[i] * matrix[c];
            for (size_t c = 0; c < LANES; c++) scratch[column + c] = (float)sum[c];
        }
        memcpy(y, scratch, l * sizeof *y);
    }
    return FA_OK;
}

/* y = y W, the eigenvectors as columns; orthonormal: y W L^-1/2, 0 where L is. */
static fa_status turn(subspace *s, bool orthonormal) {
    for (size_t j = 0; j < s->l; j++) {
        double factor = !orthonormal ? 1 : s->values[j] > 0 ? 1 / sqrt(s->values[j]) : 0;
        for (size_t i = 0; i < s->l; i++) s->gram[i * s->l + j] = s->vectors[j * s->l + i] * factor;
    }
    return fa__parallel((s->n + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, turn_rows, s);
}

static void exchange(subspace *s) {
    float *y = s->y;
    s->y = s->z;
    s->z = y;
}

/* y = an orthonormal basis of the columns of A y, with 0 columns where they have fewer dimensions.
 */
static fa_status step(subspace *s, const fa__sparse *a) {
    FA_TRY(multiply(s->z, a, s->y, s->l));
    exchange(s);
    FA_TRY(decompose(s));
    return turn(s, true);
}

/* ==== Vectors ==== */

/* y = U, values = the squares of the singular values. */
static fa_status iterate(subspace *s) {
    fa__rng rng;
    fa__rng_seed(&rng, 0, FA__STREAM_VECTORS, 0);
    for (size_t i = 0; i < s->n * s->l; i++) s->y[i] = (float)fa__rng_normal(&rng);
    FA_TRY(step(s, s->p));
    for (int i = 0; i < ITERATIONS; i++) {
        FA_TRY(step(s, s->transposed));
        FA_TRY(step(s, s->p));
    }
    FA_TRY(multiply(s->z, s->transposed, s->y, s->l));
    exchange(s); /* y = P^T Q, whose Gram matrix is Q^T P P^T Q = W D^2 W^T, and U = Q W */
    FA_TRY(decompose(s));
    exchange(s);
    return turn(s, false);
}

/* Those columns of y that are asked for, times the root of their singular value, with the sign that
 * makes the largest entry positive: the first of those within rounding of it. */
static void weigh_columns(subspace *s, size_t units) {
    for (size_t j = 0; j < units; j++) {
        double factor = sqrt(sqrt(s->values[j]));
        float largest = 0;
        for (size_t r = 0; r < s->n; r++) largest = fmaxf(largest, fabsf(s->y[r * s->l + j]));
        for (size_t r = 0; r < s->n; r++)
            if (fabsf(s->y[r * s->l + j]) >= largest * (1 - 1e-4F)) {
                if (s->y[r * s->l + j] < 0) factor = -factor;
                break;
            }
        for (size_t r = 0; r < s->n; r++)
            s->y[r * s->l + j] = (float)((double)s->y[r * s->l + j] * factor);
    }
}

static void write_rows(float *table, size_t *found, const subspace *s, size_t units) {
    double squares = 0;
    size_t rows = 0;
    for (size_t r = 0; r < s->n; r++) {
        if (s->p->starts[r + 1] == s->p->starts[r]) continue;
        rows++;
        for (size_t j = 0; j < units; j++)
            squares += (double)s->y[r * s->l + j] * (double)s->y[r * s->l + j];
    }
    double factor = size_wanted / sqrt(squares / (double)rows / (double)units);
    for (size_t r = 0; r < s->n; r++)
        for (size_t j = 0; j < units && s->p->starts[r + 1] > s->p->starts[r]; j++)
            table[r * units + j] = (float)((double)s->y[r * s->l + j] * factor);
    *found = rows;
}

static fa_status factorise(float *table, size_t *found, const fa__sparse *p,
                           const fa__sparse *transposed, size_t units) {
    fa_status status = FA_OK;
    subspace s = {.p = p, .transposed = transposed, .n = p->n};
    s.l = (units + MORE + LANES - 1) / LANES * LANES;
    FA_CHECK(FA_NEW(s.y, s.n * s.l));
    FA_CHECK(FA_NEW(s.z, s.n * s.l));
    FA_CHECK(FA_NEW(s.gram, s.l * s.l));
    FA_CHECK(FA_NEW(s.vectors, s.l * s.l));
    FA_CHECK(FA_NEW(s.values, s.l));
    FA_CHECK(iterate(&s));
    weigh_columns(&s, units);
    write_rows(table, found, &s, units);
done:
    fa__free(s.y);
    fa__free(s.z);
    fa__free(s.gram);
    fa__free(s.vectors);
    fa__free(s.values);
    return status;
}

fa_status fa__ppmi_vectors(float *table, size_t *found, const fa__corpus *corpus, size_t count,
                           size_t units, size_t window) {
    fa_status status = FA_OK;
    fa__sparse p = {0}, transposed = {0};
    if (units > MOST_UNITS)
        return fa__fail(FA_E_SHAPE, "word vectors of %zu numbers are too long: at most %d", units,
                        (int)MOST_UNITS);
    FA_CHECK(fa__ppmi(&p, &transposed, corpus, count, window));
    if (p.starts[p.n] == 0)
        FA_CHECK(fa__fail(FA_E_ARGUMENT,
                          "no two known words of the training texts stand near each other more "
                          "often than by chance: there is nothing to make word vectors of; lower "
                          "text.min_count, or leave text.vectors empty"));
    FA_CHECK(factorise(table, found, &p, &transposed, units));
done:
    fa__sparse_free(&p);
    fa__sparse_free(&transposed);
    return status;
}
