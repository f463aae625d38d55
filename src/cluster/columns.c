/* Columns of a matrix: their means, and maps of the centred rows.
 *
 * Letters: n rows, d columns, k columns of the result. */
#include "cluster/columns.h"

#include "base/memory.h"
#include "base/threads.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* By the exponents' bits and without a branch, so that it is vectorised. */
static bool all_finite(const float *x, size_t count) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & 0x7f800000) == 0x7f800000;
    }
    return bad == 0;
}

fa_status fa__columns_check(const float *x, size_t n, size_t d, const char *what) {
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "a matrix of %zu x %zu has nothing to %s", n, d, what);
    if (all_finite(x, n * d)) return FA_OK;
    for (size_t i = 0; i < n * d; i++)
        if (!isfinite(x[i]))
            return fa__fail(FA_E_NONFINITE, "x[%zu, %zu] is %g; every value must be finite", i / d,
                            i % d, (double)x[i]);
    return FA_OK;
}

void fa__columns_mean(double *mean, const float *x, size_t n, size_t d) {
    memset(mean, 0, d * sizeof *mean);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < d; c++) mean[c] += (double)x[i * d + c] - (double)x[c];
    for (size_t c = 0; c < d; c++) mean[c] = (double)x[c] + mean[c] / (double)n;
}

float fa__to_float(double value) {
    if (value > (double)FLT_MAX) return FLT_MAX;
    if (value < -(double)FLT_MAX) return -FLT_MAX;
    return (float)value;
}

/* ==== Maps ==== */

enum {
    AT_ONCE = 4, /* rows that share one pass over the map */
    TASK = 256   /* rows of a task */
};

typedef struct mapping {
    float *out;
    const float *x;
    const double *mean, *map;
    size_t n, d, k;
    double *sums; /* [threads, AT_ONCE, k] */
} mapping;

/* A row is written once it is summed up, so that out may be x. */
static void map_rows(const mapping *m, size_t row, size_t rows, double *sums) {
    size_t d = m->d, k = m->k;
    memset(sums, 0, AT_ONCE * k * sizeof *sums);
    for (size_t c = 0; c < d; c++) {
        const double *map = m->map + c * k;
        for (size_t r = 0; r < rows; r++) {
            double away = (double)m->x[(row + r) * d + c] - m->mean[c], *sum = sums + r * k;
            for (size_t j = 0; j < k; j++) sum[j] += away * map[j];
        }
    }
    for (size_t i = 0; i < rows * k; i++) m->out[row * k + i] = fa__to_float(sums[i]);
}

static fa_status map_task(void *context, size_t index, size_t thread) {
    const mapping *m = context;
    size_t row = index * TASK, end = row + TASK < m->n ? row + TASK : m->n;
    for (; row < end; row += AT_ONCE)
        map_rows(m, row, end - row < AT_ONCE ? end - row : AT_ONCE,
                 m->sums + thread * AT_ONCE * m->k);
    return FA_OK;
}

fa_status fa__columns_map(float *out, const float *x, size_t n, size_t d, const double *mean,
                          const double *map, size_t k) {
    mapping m = {out, x, mean, map, n, d, k, NULL};
    FA_TRY(FA_NEW(m.sums, fa__threads() * AT_ONCE * k));
    fa_status status = fa__parallel((n + TASK - 1) / TASK, map_task, &m);
    fa__free(m.sums);
    return status;
}
