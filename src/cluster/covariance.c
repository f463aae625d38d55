/* The covariance in tiles of its upper triangle, and where these are few, in chunks of the rows; the
 * Gram matrix of the centred rows likewise, in chunks of the columns.
 *
 * Letters: n rows, d columns; m rows and columns of the result, of sums over s: d and n, or n and d. */
#include "cluster/covariance.h"

#include "base/memory.h"
#include "base/simd.h"
#include "base/stop.h"
#include "base/threads.h"
#include "cluster/covariance_kernel.h"

enum {
    SIDE = 256,           /* of a tile at most: it and its panels stay in L2 */
    TASKS = 16,           /* wanted at least: few enough for their sums to cost nothing */
    CHUNK = 512,          /* rows of a task at least */
    LOOK = 64 * FA__PANEL /* rows of a task between two looks at a stop */
};

typedef struct covariance {
    fa__covariance_add *add;
    fa__covariance_part part;
    size_t s, m;
    size_t side, along, tiles; /* columns of a tile; tiles along m and in the triangle */
    size_t summed, chunks;     /* of s, in a chunk */
    double *sums;              /* [tiles, chunks, side, side] */
    double *panels;            /* [threads, 2, FA__PANEL, side] */
    size_t first;              /* of the sums, by tile and chunk, that of this rank */
} covariance;

static size_t quotient_up(size_t x, size_t by) {
    return (x - 1) / by + 1;
}

/* Tiles and chunks as s and m, and nothing else, call for. */
static void cut(covariance *c) {
    size_t even = quotient_up(c->m, quotient_up(c->m, SIDE));
    c->side = quotient_up(even, FA__COVARIANCE_STEP) * FA__COVARIANCE_STEP;
    c->along = quotient_up(c->m, c->side);
    c->tiles = c->along * (c->along + 1) / 2;
    size_t wanted = quotient_up(TASKS, c->tiles), most = quotient_up(c->s, CHUNK);
    size_t summed = quotient_up(c->s, wanted < most ? wanted : most);
    c->summed = quotient_up(summed, FA__PANEL) * FA__PANEL;
    c->chunks = quotient_up(c->s, c->summed);
}

/* Tile `index` of the upper triangle, row by row. */
static fa__covariance_tile tile_at(const covariance *c, size_t index) {
    size_t row = 0, side = c->side;
    for (; index >= c->along - row; row++) index -= c->along - row;
    size_t top = row * side, left = top + index * side;
    return (fa__covariance_tile){side, top, c->m - top < side ? c->m - top : side, left,
                                 c->m - left < side ? c->m - left : side};
}

static fa_status sum_chunk(void *context, size_t index, size_t thread) {
    const covariance *c = context;
    index += c->first;
    const fa__covariance_tile tile = tile_at(c, index / c->chunks);
    size_t first = index % c->chunks * c->summed;
    size_t end = c->s - first < c->summed ? c->s : first + c->summed;
    for (; first < end; first += LOOK) {
        fa__covariance_part part = c->part;
        part.first = first;
        part.end = end - first < LOOK ? end : first + LOOK;
        FA_TRY(fa__stop_check());
        c->add(c->sums + index * c->side * c->side, c->panels + thread * 2 * FA__PANEL * c->side,
               &tile, &part);
    }
    return FA_OK;
}

/* The chunks of a tile in their order, over n. */
static void write_tile(double *out, const covariance *c, size_t index, size_t n) {
    const fa__covariance_tile tile = tile_at(c, index);
    size_t size = c->side * c->side;
    const double *sums = c->sums + index * c->chunks * size;
    for (size_t i = 0; i < tile.high; i++)
        for (size_t j = tile.top == tile.left ? i : 0; j < tile.wide; j++) {
            double sum = 0;
            for (size_t k = 0; k < c->chunks; k++) sum += sums[k * size + i * c->side + j];
            out[(tile.top + i) * c->m + tile.left + j] = sum / (double)n;
        }
}

static fa_status sum_all(double *out, covariance c, size_t n, const fa__comm *comm) {
    fa_status status = FA_OK;
    fa__simd level = fa__simd_level();
    c.add = FA__BY_SIMD(level, fa__covariance_portable, fa__covariance_avx2, fa__covariance_avx512);
    cut(&c);
    size_t end, all = c.tiles * c.chunks, size = c.side * c.side;
    if (!fa__comm_is_worth(comm, (double)c.s * (double)c.m * (double)c.m / 2))
        comm = fa__comm_self();
    fa__comm_range(&c.first, &end, comm, all);
    FA_CHECK(FA_NEW_ZERO(c.sums, all * size));
    FA_CHECK(FA_NEW(c.panels, fa__threads() * 2 * FA__PANEL * c.side));
    FA_CHECK(fa__parallel(end - c.first, sum_chunk, &c));
    FA_CHECK(fa__comm_gather(comm, c.sums, NULL, all, size * sizeof *c.sums));
    for (size_t index = 0; index < c.tiles; index++) {
        FA_CHECK(fa__stop_check());
        write_tile(out, &c, index, n);
    }
done:
    fa__free(c.sums);
    fa__free(c.panels);
    return status;
}

fa_status fa__covariance(double *out, const float *x, const double *mean, size_t n, size_t d,
                         const fa__comm *comm) {
    covariance c = {.part = {.x = x, .mean = mean, .d = d}, .s = n, .m = d};
    return sum_all(out, c, n, comm);
}

fa_status fa__centred_gram(double *out, const float *x, const double *mean, size_t n, size_t d,
                           const fa__comm *comm) {
    covariance c = {.part = {.x = x, .mean = mean, .d = d, .gram = true}, .s = d, .m = n};
    return sum_all(out, c, n, comm);
}
