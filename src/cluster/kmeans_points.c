/* The rows of KMeans made ready: checked, centred, scaled and transposed.
 *
 * Centring and scaling keep float32 scores sharp however far from 0, large or small the data are.
 */
#include "base/assert.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"
#include "cluster/kmeans.h"

#include <math.h>
#include <string.h>

double fa__squared_distance(const float *x, const float *c, size_t d) {
    FA_ASSERT(d > 0);
    enum { LANES = 8 };
    double part[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= d; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double gap = (double)x[j + l] - (double)c[j + l];
            part[l] += gap * gap;
        }
    double sum = 0;
    for (; j < d; j++) {
        double gap = (double)x[j] - (double)c[j];
        sum += gap * gap;
    }
    for (size_t l = 0; l < LANES; l++) sum += part[l];
    return sum;
}

void fa__points_share(const fa__points *points, size_t task, size_t *from, size_t *to) {
    size_t each = points->chunks / points->tasks, extra = points->chunks % points->tasks;
    *from = task * each + (task < extra ? task : extra);
    *to = *from + each + (task < extra);
}

/* ==== Passes over the rows of a chunk ==== */

typedef struct preparation {
    fa__points *points;
    double *sums;  /* [chunks, d]: of x, then of (x - mean)^2 */
    double *peaks; /* [chunks, d]: max |x - mean| */
} preparation;

static size_t chunk_end(const fa__points *p, size_t chunk) {
    size_t end = (chunk + 1) * FA__CHUNK;
    return end < p->n ? end : p->n;
}

static fa_status name_first_nonfinite(const fa__points *p, size_t row) {
    for (;; row++)
        for (size_t j = 0; j < p->d; j++)
            if (!isfinite(p->x[row * p->d + j]))
                return fa__fail(FA_E_NONFINITE,
                                "x[%zu, %zu] is %g; every value must be finite: leave that row out "
                                "or fill it in",
                                row, j, (double)p->x[row * p->d + j]);
}

static fa_status sum_columns(void *context, size_t chunk, size_t thread) {
    (void)thread;
    preparation *prepare = context;
    const fa__points *p = prepare->points;
    double *sums = prepare->sums + chunk * p->d;
    FA_TRY(fa__stop_check());
    for (size_t i = chunk * FA__CHUNK; i < chunk_end(p, chunk); i++)
        for (size_t j = 0; j < p->d; j++) sums[j] += (double)p->x[i * p->d + j];
    /* Floats cannot overflow a double: a sum is finite if and only if all its terms are. */
    for (size_t j = 0; j < p->d; j++)
        if (!isfinite(sums[j])) return name_first_nonfinite(p, chunk * FA__CHUNK);
    return FA_OK;
}

static fa_status measure_spread(void *context, size_t chunk, size_t thread) {
    (void)thread;
    preparation *prepare = context;
    const fa__points *p = prepare->points;
    double *squares = prepare->sums + chunk * p->d, *peaks = prepare->peaks + chunk * p->d;
    FA_TRY(fa__stop_check());
    memset(squares, 0, p->d * sizeof *squares);
    for (size_t i = chunk * FA__CHUNK; i < chunk_end(p, chunk); i++)
        for (size_t j = 0; j < p->d; j++) {
            double gap = fabs((double)p->x[i * p->d + j] - p->mean[j]);
            double square = gap * gap;
            squares[j] += square;
            peaks[j] = gap > peaks[j] ? gap : peaks[j];
        }
    return FA_OK;
}

static void transpose_block(const fa__points *p, size_t block) {
    size_t first = block * FA__BLOCK, left = p->n - first;
    float *lanes = p->lanes + first * p->d;
    double squares[FA__BLOCK] = {0};
    int32_t rows[FA__BLOCK]; /* the last block repeats its last row */
    for (size_t r = 0; r < FA__BLOCK; r++) rows[r] = (int32_t)(r < left ? r : left - 1);
    p->kernel->gather(lanes, p->x + first * p->d, rows, (float)p->scale, p->shift, p->d);
    for (size_t j = 0; j < p->d; j++)
        for (size_t r = 0; r < FA__BLOCK; r++) {
            double value = (double)lanes[j * FA__BLOCK + r], square = value * value;
            squares[r] += square;
        }
    for (size_t r = 0; r < FA__BLOCK; r++)
        p->norms[first + r] = (float)(sqrt(squares[r]) * (1 + 0x1p-20));
}

static fa_status transpose(void *context, size_t chunk, size_t thread) {
    (void)thread;
    const fa__points *p = context;
    size_t block = chunk * FA__CHUNK_BLOCKS, end = block + FA__CHUNK_BLOCKS;
    FA_TRY(fa__stop_check());
    for (; block < p->blocks && block < end; block++) transpose_block(p, block);
    return FA_OK;
}

/* ==== Preparation ==== */

/* Scales from the largest |x - mean| and from how many such terms a sum may have. */
static void choose_scales(fa__points *p, double largest) {
    int exponent = 0, bits_of_n = 0;
    if (largest > 0) frexp(largest, &exponent);
    if (exponent < -126) exponent = -126; /* 2^126 is a float, 2^149 is not */
    while (bits_of_n < 62 && (size_t)1 << bits_of_n < p->n) bits_of_n++;
    p->scale = ldexp(1, -exponent);
    /* |term| <= 2^bits: at most 2^50, as the kernel rounds; n of them stay below 2^62. */
    int bits = 62 - bits_of_n < 50 ? 62 - bits_of_n : 50;
    p->integer = ldexp(1, bits - exponent);
}

/* Mean, scales and spread of the columns. */
static fa_status measure_columns(preparation *prepare) {
    fa__points *p = prepare->points;
    FA_TRY(fa__parallel(p->chunks, sum_columns, prepare));
    for (size_t chunk = 0; chunk < p->chunks; chunk++)
        for (size_t j = 0; j < p->d; j++) p->mean[j] += prepare->sums[chunk * p->d + j];
    for (size_t j = 0; j < p->d; j++) p->mean[j] = (double)(float)(p->mean[j] / (double)p->n);
    FA_TRY(fa__parallel(p->chunks, measure_spread, prepare));
    double largest = 0, squares = 0;
    for (size_t i = 0; i < p->chunks * p->d; i++) {
        largest = fmax(largest, prepare->peaks[i]);
        squares += prepare->sums[i];
    }
    p->variance = squares / (double)p->n / (double)p->d;
    choose_scales(p, largest);
    for (size_t j = 0; j < p->d; j++) p->shift[j] = (float)(p->mean[j] * p->scale);
    return FA_OK;
}

fa_status fa__points_measure(fa__points *points, const float *x, size_t n, size_t d) {
    FA_ASSERT(x != NULL && n > 0 && d > 0);
    size_t blocks = (n - 1) / FA__BLOCK + 1, chunks = (n - 1) / FA__CHUNK + 1;
    size_t tasks = fa__threads() < chunks ? fa__threads() : chunks;
    *points = (fa__points){.x = x,
                           .n = n,
                           .d = d,
                           .blocks = blocks,
                           .chunks = chunks,
                           .tasks = tasks,
                           .kernel = fa__kmeans_kernel_of(fa__simd_level())};
    preparation prepare = {.points = points};
    fa_status status;
    FA_CHECK(FA_NEW_ZERO(points->mean, d));
    FA_CHECK(FA_NEW(points->shift, d));
    FA_CHECK(FA_NEW_ZERO(prepare.sums, chunks * d));
    FA_CHECK(FA_NEW_ZERO(prepare.peaks, chunks * d));
    FA_CHECK(measure_columns(&prepare));
done:
    fa__free(prepare.sums);
    fa__free(prepare.peaks);
    return status;
}

fa_status fa__points_make(fa__points *points, const float *x, size_t n, size_t d) {
    FA_TRY(fa__points_measure(points, x, n, d));
    size_t columns; /* of one row of lanes; FA_NEW checks the product with blocks */
    if (__builtin_mul_overflow(d, (size_t)FA__BLOCK, &columns)) return fa__nomem(n, d);
    if (columns > SIZE_MAX / sizeof(float) / points->blocks) return fa__nomem(n, d);
    FA_TRY(FA_NEW(points->lanes, points->blocks * columns));
    FA_TRY(FA_NEW(points->norms, points->blocks * FA__BLOCK));
    FA_TRY(fa__parallel(points->chunks, transpose, points));
    for (size_t i = 0; i < n; i++)
        if ((double)points->norms[i] > points->longest) points->longest = (double)points->norms[i];
    return FA_OK;
}

void fa__points_free(fa__points *points) {
    fa__free(points->mean);
    fa__free(points->shift);
    fa__free(points->lanes);
    fa__free(points->norms);
}
