/* Columns of a matrix: their means, and maps of the centred rows.
 *
 * Letters: n rows, d columns, k columns of the result. */
#include "cluster/columns.h"

#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"

#include <string.h>

fa_status fa__columns_check(const float *x, size_t n, size_t d, const char *what) {
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "a matrix of %zu x %zu has nothing to %s", n, d, what);
    return fa__check_finite("x", x, n, d);
}

fa_status fa__columns_mean(double *mean, const float *x, size_t n, size_t d) {
    memset(mean, 0, d * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        if (i % FA__COLUMNS_LOOK == 0) FA_TRY(fa__stop_check());
        for (size_t c = 0; c < d; c++) mean[c] += (double)x[i * d + c] - (double)x[c];
    }
    for (size_t c = 0; c < d; c++) mean[c] = (double)x[c] + mean[c] / (double)n;
    return FA_OK;
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
    for (size_t i = 0; i < rows * k; i++) m->out[row * k + i] = fa__narrow(sums[i]);
}

static fa_status map_task(void *context, size_t index, size_t thread) {
    const mapping *m = context;
    size_t row = index * TASK, end = row + TASK < m->n ? row + TASK : m->n;
    for (; row < end; row += AT_ONCE) {
        FA_TRY(fa__stop_check());
        map_rows(m, row, end - row < AT_ONCE ? end - row : AT_ONCE,
                 m->sums + thread * AT_ONCE * m->k);
    }
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
