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

/* ==== Means ==== */

enum {
    SLICES = 16, /* at most, of the rows: few enough for their sums to cost nothing */
    SLICE = 1024 /* rows of one at least */
};

typedef struct averaging {
    const float *x;
    size_t n, d, rows; /* rows of a slice */
    double *sums;      /* [slices, d] */
    size_t first;      /* slice of this rank */
} averaging;

static fa_status sum_slice(void *context, size_t index, size_t thread) {
    (void)thread;
    const averaging *a = context;
    const size_t slice = a->first + index, d = a->d, row = slice * a->rows,
                 end = a->n - row < a->rows ? a->n : row + a->rows;
    double *sum = a->sums + slice * d;
    for (size_t i = row; i < end; i++) {
        if ((i - row) % FA__COLUMNS_LOOK == 0) FA_TRY(fa__stop_check());
        for (size_t c = 0; c < d; c++) sum[c] += (double)a->x[i * d + c] - (double)a->x[c];
    }
    return FA_OK;
}

fa_status fa__columns_mean(double *mean, const float *x, size_t n, size_t d, const fa__comm *comm) {
    size_t slices = (n - 1) / SLICE + 1 < SLICES ? (n - 1) / SLICE + 1 : SLICES, end;
    averaging a = {.x = x, .n = n, .d = d, .rows = (n - 1) / slices + 1};
    slices = (n - 1) / a.rows + 1;
    if (!fa__comm_is_worth(comm, (double)n * (double)d)) comm = fa__comm_self();
    fa__comm_range(&a.first, &end, comm, slices);
    FA_TRY(FA_NEW_ZERO(a.sums, slices * d));
    fa_status status = fa__parallel(end - a.first, sum_slice, &a);
    if (status == FA_OK) status = fa__comm_gather(comm, a.sums, NULL, slices, d * sizeof *a.sums);
    for (size_t c = 0; c < d && status == FA_OK; c++) {
        double sum = 0;
        for (size_t k = 0; k < slices; k++) sum += a.sums[k * d + c];
        mean[c] = (double)x[c] + sum / (double)n;
    }
    fa__free(a.sums);
    return status;
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
