/* The two products of convolutions by tiles. */
#include "engine/tiles_parts.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* What was written before is in memory before a tile is loaded: gcc's intrinsics do not say that they read. */
#define MEMORY_IS_WRITTEN() __asm__ volatile("" ::: "memory")

enum { LANES = FA__TILE_ROWS, ROW = 64 /* bytes */ };

void fa__tiles_begin(void) {
    struct {
        uint8_t palette, start_row, zeros[14];
        uint16_t bytes[16]; /* of a row */
        uint8_t rows[16];
    } shape;
    memset(&shape, 0, sizeof shape);
    shape.palette = 1;
    for (size_t i = 0; i < 8; i++) {
        shape.bytes[i] = ROW;
        shape.rows[i] = LANES;
    }
    MEMORY_IS_WRITTEN();
    _tile_loadconfig(&shape);
}

void fa__tiles_end(void) {
    _tile_release();
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ==== y ==== */

/* sums [2 of positions][2 of channels][16][16] from the positions first and second. */
INLINE void sum_tiles(const bool two_rows, const bool two_columns, float *sums,
                      const fa__tiles_product *p, size_t first, size_t second,
                      const uint16_t *packed) {
    const size_t steps = p->channels / FA__TILE_DEPTH,
                 of_step = (two_columns ? 2 : 1) * FA__TILE_BF16;
    const size_t apart = p->channels * sizeof(uint16_t);
    _tile_zero(0);
    if (two_columns) _tile_zero(1);
    if (two_rows) _tile_zero(2);
    if (two_rows && two_columns) _tile_zero(3);
    for (size_t t = 0; t < p->n_taps; t++) {
        const uint16_t *a = p->a[t] + first * p->channels,
                       *a_second = p->a[t] + second * p->channels;
        const uint16_t *b = packed + p->tap[t] * steps * of_step;
        for (size_t s = 0; s < steps; s++, b += of_step) {
            _tile_loadd(4, a + s * FA__TILE_DEPTH, apart);
            _tile_loadd(6, b, ROW);
            _tile_dpbf16ps(0, 4, 6);
            if (two_columns) {
                _tile_loadd(7, b + FA__TILE_BF16, ROW);
                _tile_dpbf16ps(1, 4, 7);
            }
            if (two_rows) {
                _tile_loadd(5, a_second + s * FA__TILE_DEPTH, apart);
                _tile_dpbf16ps(2, 5, 6);
                if (two_columns) _tile_dpbf16ps(3, 5, 7);
            }
        }
    }
    _tile_stored(0, sums, ROW);
    if (two_columns) _tile_stored(1, sums + FA__TILE_SUMS, ROW);
    if (two_rows) _tile_stored(2, sums + 2 * FA__TILE_SUMS, ROW);
    if (two_rows && two_columns) _tile_stored(3, sums + 3 * FA__TILE_SUMS, ROW);
}

static __mmask16 mask_of(size_t n) {
    return (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffffu);
}

/* Sums of 16 positions and channels to where they belong. */
static void put_tile(const fa__tiles_product *p, const float *sums, size_t first, size_t channel) {
    const size_t rows = smaller(LANES, p->positions - first);
    const __mmask16 there = mask_of(p->out - channel);
    const __m512 none = _mm512_setzero_ps();
    const __m512 bias = p->b != NULL ? _mm512_maskz_loadu_ps(there, p->b + channel) : none;
    float *y = p->y + channel / LANES * p->block;
    for (size_t i = 0; i < rows; i++) {
        __m512 value = _mm512_add_ps(_mm512_loadu_ps(sums + i * LANES), bias);
        if (p->relu) /* NaN stays, to be found */
            value = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(value, none, _CMP_NLT_UQ), value);
        if (p->all_lanes)
            _mm512_storeu_ps(y + p->place[first + i], value);
        else
            _mm512_mask_storeu_ps(y + p->place[first + i], there, value);
    }
}

/* The last 16 positions of many that fill no tile are those before the end: some are made twice, alike. */
static size_t start_of(const fa__tiles_product *p, size_t tile) {
    const size_t first = tile * LANES;
    return p->positions < LANES ? 0 : smaller(first, p->positions - LANES);
}

void fa__tiles_multiply(const fa__tiles_product *p) {
    const size_t tiles = (p->positions + LANES - 1) / LANES;
    float sums[4 * FA__TILE_SUMS] __attribute__((aligned(64)));
    MEMORY_IS_WRITTEN();
    for (size_t tile = 0; tile < tiles; tile += 2)
        for (size_t k = 0; k < p->out; k += 2 * LANES) {
            const bool two_rows = tiles - tile > 1, two_columns = p->out - k > LANES;
            const size_t first = start_of(p, tile),
                         second = two_rows ? start_of(p, tile + 1) : first;
            const uint16_t *packed = p->packed + k * p->channels * p->packed_taps;
            if (two_rows && two_columns)
                sum_tiles(true, true, sums, p, first, second, packed);
            else if (two_rows)
                sum_tiles(true, false, sums, p, first, second, packed);
            else if (two_columns)
                sum_tiles(false, true, sums, p, first, second, packed);
            else
                sum_tiles(false, false, sums, p, first, second, packed);
            put_tile(p, sums, first, k);
            if (two_columns) put_tile(p, sums + FA__TILE_SUMS, first, k + LANES);
            if (two_rows) put_tile(p, sums + 2 * FA__TILE_SUMS, second, k);
            if (two_rows && two_columns) put_tile(p, sums + 3 * FA__TILE_SUMS, second, k + LANES);
        }
}

/* ==== d_w ==== */

/* Sums of up to three taps that follow each other, of 16 channels of x and 16 or 32 of y. */
typedef struct turned_part {
    const uint16_t *x, *d_y; /* of the 16 and 32 channels */
    const size_t *x_row;     /* [rows] */
    const size_t *x_column;  /* [taps] */
    float *sums;             /* [taps][2 tiles] */
} turned_part;

/* The sums of a tap in the registers first and second: literals, as gcc writes them into its assembly. */
#define LOAD_SUMS(tap, first, second)                                                              \
    if (g->accumulate) {                                                                           \
        _tile_loadd(first, part->sums + (tap)*2 * FA__TILE_SUMS, ROW);                             \
        if (two) _tile_loadd(second, part->sums + ((tap)*2 + 1) * FA__TILE_SUMS, ROW);             \
    } else {                                                                                       \
        _tile_zero(first);                                                                         \
        if (two) _tile_zero(second);                                                               \
    }
#define STORE_SUMS(tap, first, second)                                                             \
    _tile_stored(first, part->sums + (tap)*2 * FA__TILE_SUMS, ROW);                                \
    if (two) _tile_stored(second, part->sums + ((tap)*2 + 1) * FA__TILE_SUMS, ROW);

/* To and fro through the two tiles of d_y, so that each tap loads one of them only. */
INLINE void sum_turned(const size_t taps, const bool two, const fa__tiles_gradient *g,
                       const turned_part *part) {
    const size_t apart = g->turned.row * sizeof(uint16_t);
    LOAD_SUMS(0, 0, 1)
    if (taps > 1) {
        LOAD_SUMS(1, 2, 3)
    }
    if (taps > 2) {
        LOAD_SUMS(2, 4, 5)
    }
    for (size_t r = 0; r < g->rows; r++) {
        if (part->x_row[r] == SIZE_MAX) continue;
        const uint16_t *b = part->d_y + r * g->steps * 2 * FA__TILE_BF16,
                       *x = part->x + part->x_row[r];
        const uint16_t *a0 = x + part->x_column[0], *a1 = taps > 1 ? x + part->x_column[1] : NULL,
                       *a2 = taps > 2 ? x + part->x_column[2] : NULL;
        for (size_t s = 0; s < g->steps; s++, b += 2 * FA__TILE_BF16) {
            const size_t at = s * g->turned.step;
            _tile_loadd(6, a0 + at, apart);
            _tile_loadd(7, b, ROW);
            _tile_dpbf16ps(0, 6, 7);
            if (two) {
                _tile_loadd(7, b + FA__TILE_BF16, ROW);
                _tile_dpbf16ps(1, 6, 7);
            }
            if (taps > 1) {
                _tile_loadd(6, a1 + at, apart);
                if (two) {
                    _tile_dpbf16ps(3, 6, 7);
                    _tile_loadd(7, b, ROW);
                }
                _tile_dpbf16ps(2, 6, 7);
            }
            if (taps > 2) {
                _tile_loadd(6, a2 + at, apart);
                _tile_dpbf16ps(4, 6, 7);
                if (two) {
                    _tile_loadd(7, b + FA__TILE_BF16, ROW);
                    _tile_dpbf16ps(5, 6, 7);
                }
            }
        }
    }
    STORE_SUMS(0, 0, 1)
    if (taps > 1) {
        STORE_SUMS(1, 2, 3)
    }
    if (taps > 2) {
        STORE_SUMS(2, 4, 5)
    }
}

static void sum_taps(size_t taps, bool two, const fa__tiles_gradient *g, const turned_part *part) {
    if (taps == 3 && two)
        sum_turned(3, true, g, part);
    else if (taps == 3)
        sum_turned(3, false, g, part);
    else if (taps == 2 && two)
        sum_turned(2, true, g, part);
    else if (taps == 2)
        sum_turned(2, false, g, part);
    else if (two)
        sum_turned(1, true, g, part);
    else
        sum_turned(1, false, g, part);
}

void fa__tiles_multiply_turned(const fa__tiles_gradient *g) {
    const size_t pairs = (g->out + 2 * LANES - 1) / (2 * LANES),
                 taps = g->taps_across * g->taps_down;
    MEMORY_IS_WRITTEN();
    for (size_t c = 0; c < g->in_tiles; c++)
        for (size_t k = 0; k < pairs; k++)
            for (size_t t = 0; t < taps;) {
                const size_t down = t / g->taps_across, across = t % g->taps_across;
                const size_t count = smaller(3, g->taps_across - across);
                const turned_part part = {
                    .x = g->x + c * g->turned.tile,
                    .d_y = g->d_y + k * g->d_y_rows * g->steps * 2 * FA__TILE_BF16,
                    .x_row = g->x_row + down * g->rows,
                    .x_column = g->x_column + across,
                    .sums = g->sums + ((c * pairs + k) * taps + t) * 2 * FA__TILE_SUMS,
                };
                sum_taps(count, g->out - k * 2 * LANES > LANES, g, &part);
                t += count;
            }
}
