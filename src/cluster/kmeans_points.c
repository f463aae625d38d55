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
    double *sums;  /* [all_chunks, d]: of x, then of (x - mean)^2 */
    double *peaks; /* [all_chunks, d]: max |x - mean| */
} preparation;

static size_t chunk_end(const fa__points *p, size_t chunk) {
    size_t end = (chunk + 1) * FA__CHUNK;
    return end < p->n ? end : p->n;
}

static fa_status name_first_nonfinite(const fa__points *p, size_t row) {
    for (;; row++)
        for (size_t j = 0; j < p->d; j++)
            if (!isfinite(fa__matrix_row(&p->rows, row)[j]))
                return fa__fail(FA_E_NONFINITE,
                                "x[%zu, %zu] is %g; every value must be finite: leave that row out "
                                "or fill it in",
                                p->first_chunk * FA__CHUNK + row, j,
                                (double)fa__matrix_row(&p->rows, row)[j]);
}

static fa_status sum_columns(void *context, size_t chunk, size_t thread) {
    (void)thread;
    preparation *prepare = context;
    const fa__points *p = prepare->points;
    double *sums = prepare->sums + (p->first_chunk + chunk) * p->d;
    FA_TRY(fa__stop_check());
    for (size_t i = chunk * FA__CHUNK; i < chunk_end(p, chunk); i++) {
        const float *x = fa__matrix_row(&p->rows, i);
        for (size_t j = 0; j < p->d; j++) sums[j] += (double)x[j];
    }
    /* Floats cannot overflow a double: a sum is finite if and only if all its terms are. */
    for (size_t j = 0; j < p->d; j++)
        if (!isfinite(sums[j])) return name_first_nonfinite(p, chunk * FA__CHUNK);
    return FA_OK;
}

static fa_status measure_spread(void *context, size_t chunk, size_t thread) {
    (void)thread;
    preparation *prepare = context;
    const fa__points *p = prepare->points;
    size_t at = (p->first_chunk + chunk) * p->d;
    double *squares = prepare->sums + at, *peaks = prepare->peaks + at;
    FA_TRY(fa__stop_check());
    memset(squares, 0, p->d * sizeof *squares);
    for (size_t i = chunk * FA__CHUNK; i < chunk_end(p, chunk); i++) {
        const float *x = fa__matrix_row(&p->rows, i);
        for (size_t j = 0; j < p->d; j++) {
            double gap = fabs((double)x[j] - p->mean[j]);
            double square = gap * gap;
            squares[j] += square;
            peaks[j] = gap > peaks[j] ? gap : peaks[j];
        }
    }
    return FA_OK;
}

void fa__points_gather(float *block, const fa__points *p, size_t first, const int32_t *rows) {
    const float scale = (float)p->scale;
    if (p->rows.x != NULL) {
        p->kernel->gather(block, p->rows.x + first * p->d, rows, scale, p->shift, p->d);
        return;
    }
    const float *base = fa__matrix_row(&p->rows, first);
    size_t last = 0;
    for (size_t r = 0; r < FA__BLOCK; r++) last = (size_t)rows[r] > last ? (size_t)rows[r] : last;
    if (fa__matrix_row(&p->rows, first + last) == base + last * p->d) {
        p->kernel->gather(block, base, rows, scale, p->shift, p->d);
        return;
    }
    for (size_t r = 0; r < FA__BLOCK; r++) { /* of several blocks of memory: the same bits */
        const float *x = fa__matrix_row(&p->rows, first + (size_t)rows[r]);
        for (size_t j = 0; j < p->d; j++) block[j * FA__BLOCK + r] = x[j] * scale - p->shift[j];
    }
}

static void make_block(float *lanes, const fa__points *p, size_t block) {
    size_t first = block * FA__BLOCK, left = p->n - first;
    int32_t rows[FA__BLOCK]; /* the last block repeats its last row */
    for (size_t r = 0; r < FA__BLOCK; r++) rows[r] = (int32_t)(r < left ? r : left - 1);
    fa__points_gather(lanes, p, first, rows);
}

size_t fa__points_scratch(const fa__points *p) {
    return (p->lanes != NULL ? 1 : FA__CHUNK_BLOCKS) * p->d * FA__BLOCK;
}

const float *fa__points_block(const fa__points *p, size_t block, float *scratch) {
    if (p->lanes != NULL) return p->lanes + block * FA__BLOCK * p->d;
    make_block(scratch, p, block);
    return scratch;
}

/* The lanes of a block, and its norms. */
static void transpose_block(float *lanes, const fa__points *p, size_t block) {
    double squares[FA__BLOCK] = {0};
    make_block(lanes, p, block);
    for (size_t j = 0; j < p->d; j++)
        for (size_t r = 0; r < FA__BLOCK; r++) {
            double value = (double)lanes[j * FA__BLOCK + r], square = value * value;
            squares[r] += square;
        }
    for (size_t r = 0; r < FA__BLOCK; r++)
        p->norms[block * FA__BLOCK + r] = (float)(sqrt(squares[r]) * (1 + 0x1p-20));
}

typedef struct transposition {
    fa__points *points;
    float *scratch; /* [threads, d, FA__BLOCK], where lanes are not kept */
} transposition;

static fa_status transpose(void *context, size_t chunk, size_t thread) {
    const transposition *t = context;
    const fa__points *p = t->points;
    size_t block = chunk * FA__CHUNK_BLOCKS, end = block + FA__CHUNK_BLOCKS;
    FA_TRY(fa__stop_check());
    for (; block < p->blocks && block < end; block++) {
        float *scratch = t->scratch + thread * FA__BLOCK * p->d;
        transpose_block(p->lanes != NULL ? p->lanes + block * FA__BLOCK * p->d : scratch, p, block);
    }
    return FA_OK;
}

/* ==== Preparation ==== */

/* Scales from the largest |x - mean| and from how many such terms a sum of all rows may have. */
static void choose_scales(fa__points *p, double largest) {
    int exponent = 0, bits_of_n = 0;
    if (largest > 0) frexp(largest, &exponent);
    if (exponent < -126) exponent = -126; /* 2^126 is a float, 2^149 is not */
    while (bits_of_n < 62 && (size_t)1 << bits_of_n < p->all.n) bits_of_n++;
    p->scale = ldexp(1, -exponent);
    /* |term| <= 2^bits: at most 2^50, as the kernel rounds; n of them stay below 2^62. */
    int bits = 62 - bits_of_n < 50 ? 62 - bits_of_n : 50;
    p->integer = ldexp(1, bits - exponent);
}

/* Mean, scales and spread of the columns. */
static fa_status measure_columns(preparation *prepare) {
    fa__points *p = prepare->points;
    const size_t size = p->d * sizeof(double);
    const double n = (double)p->all.n;
    FA_TRY(fa__parallel(p->chunks, sum_columns, prepare));
    FA_TRY(fa__comm_gather(p->comm, prepare->sums, NULL, p->all_chunks, size));
    for (size_t chunk = 0; chunk < p->all_chunks; chunk++)
        for (size_t j = 0; j < p->d; j++) p->mean[j] += prepare->sums[chunk * p->d + j];
    for (size_t j = 0; j < p->d; j++) p->mean[j] = (double)(float)(p->mean[j] / n);
    FA_TRY(fa__parallel(p->chunks, measure_spread, prepare));
    FA_TRY(fa__comm_gather(p->comm, prepare->sums, NULL, p->all_chunks, size));
    FA_TRY(fa__comm_gather(p->comm, prepare->peaks, NULL, p->all_chunks, size));
    double largest = 0, squares = 0;
    for (size_t i = 0; i < p->all_chunks * p->d; i++) {
        largest = fmax(largest, prepare->peaks[i]);
        squares += prepare->sums[i];
    }
    p->variance = squares / n / (double)p->d;
    choose_scales(p, largest);
    for (size_t j = 0; j < p->d; j++) p->shift[j] = (float)(p->mean[j] * p->scale);
    return FA_OK;
}

fa_status fa__points_measure(fa__points *points, const fa__matrix *rows, const fa__comm *comm) {
    FA_ASSERT(rows->n > 0 && rows->d > 0);
    size_t from, to, all_chunks = (rows->n - 1) / FA__CHUNK + 1;
    fa__comm_range(&from, &to, comm, all_chunks);
    FA_ASSERT(from < to);
    size_t n = (to < all_chunks ? to * FA__CHUNK : rows->n) - from * FA__CHUNK, d = rows->d;
    size_t blocks = (n - 1) / FA__BLOCK + 1, chunks = to - from;
    size_t tasks = fa__threads() < chunks ? fa__threads() : chunks;
    *points = (fa__points){.all = *rows,
                           .rows = fa__matrix_part(rows, from * FA__CHUNK, n),
                           .comm = comm,
                           .all_chunks = all_chunks,
                           .first_chunk = from,
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
    FA_CHECK(FA_NEW_ZERO(prepare.sums, all_chunks * d));
    FA_CHECK(FA_NEW_ZERO(prepare.peaks, all_chunks * d));
    FA_CHECK(measure_columns(&prepare));
done:
    fa__free(prepare.sums);
    fa__free(prepare.peaks);
    return status;
}

fa_status fa__points_make(fa__points *points, const fa__matrix *rows, const fa__comm *comm) {
    size_t d = rows->d, scratch = rows->stay ? fa__threads() : 0;
    transposition t = {.points = points};
    FA_TRY(fa__points_measure(points, rows, comm));
    size_t columns; /* of one row of lanes; FA_NEW checks the product with blocks */
    if (__builtin_mul_overflow(d, (size_t)FA__BLOCK, &columns)) return fa__nomem(points->n, d);
    if (columns > SIZE_MAX / sizeof(float) / points->blocks) return fa__nomem(points->n, d);
    if (!rows->stay) FA_TRY(FA_NEW(points->lanes, points->blocks * columns));
    FA_TRY(FA_NEW(points->norms, points->blocks * FA__BLOCK));
    FA_TRY(FA_NEW(t.scratch, scratch * columns));
    fa_status status = fa__parallel(points->chunks, transpose, &t);
    fa__free(t.scratch);
    FA_TRY(status);
    for (size_t i = 0; i < points->n; i++)
        if ((double)points->norms[i] > points->longest) points->longest = (double)points->norms[i];
    return FA_OK;
}

void fa__points_free(fa__points *points) {
    fa__free(points->mean);
    fa__free(points->shift);
    fa__free(points->lanes);
    fa__free(points->norms);
}
