/* The one body of Winograd's convolutions. winograd_<level>.c defines what tile_body.h asks for and
 * FA_WINOGRAD, and includes this.
 *
 * An image is cut into tiles of 4 x 4 pixels; F(4 x 4, 3 x 3) of Lavin and Gray 2016 makes each from
 * the 6 x 6 pixels around it by 36 products where the equation of a convolution has 144:
 *
 *   y = A^T ((G w G^T) o (B^T x B)) A,   d_w = G^T ((A d_y A^T) o (B^T x B)) G
 *
 * A, B and G evaluate polynomials at 0, +-P, +-Q and infinity. Each of the 36 places is a matrix
 * product over the channels (of d_w over the tiles), RUN tiles at a time. The gradient of x is a
 * convolution of that of y, with the weights turned round.
 *
 * Letters: C and K channels of what goes in and comes out, t tiles, e one of the PLACES. */
#include "engine/tile_body.h"
#include "engine/winograd.h"

#include <string.h>

enum {
    SIDE = 4,        /* of a tile */
    WIDE = SIDE + 2, /* of what it is made from */
    PLACES = WIDE * WIDE,
    TAPS = 9,
    COLUMNS = FA_TILE_VECTORS * FA_LANES, /* of a panel */
    APART = 16, /* floats between places: they do not fall on one line of a cache */
    RUN = 96    /* tiles at a time: enough for one pass of the weights */
};

/* Points that keep rounding low (Barabasz and others 2018) and are exact. */
#define P  0.625
#define Q  1.5
#define PP (P * P)
#define QQ (Q * Q)

static const float p = P, q = Q, pp = PP, qq = QQ, ppp = P * PP, qqq = Q * QQ, ppqq = PP * QQ,
                   pp_qq = PP + QQ;
static const float by_0 = (float)(1 / (PP * QQ)), by_p = (float)(1 / (2 * PP * (PP - QQ))),
                   by_q = (float)(1 / (2 * QQ * (QQ - PP)));

/* ==== Transforms of one dimension; o: every `step`-th ==== */

/* o = B^T i */
INLINE void of_pixels(lanes *o, const size_t step, const lanes *i) {
    const lanes i0 = i[0], i1 = i[1], i2 = i[2], i3 = i[3], i4 = i[4], i5 = i[5];
    const lanes even_p = i4 - qq * i2, odd_p = p * (i3 - qq * i1);
    const lanes even_q = i4 - pp * i2, odd_q = q * (i3 - pp * i1);
    o[0] = ppqq * i0 - pp_qq * i2 + i4;
    o[step] = even_p + odd_p;
    o[2 * step] = even_p - odd_p;
    o[3 * step] = even_q + odd_q;
    o[4 * step] = even_q - odd_q;
    o[5 * step] = ppqq * i1 - pp_qq * i3 + i5;
}

/* o = A^T i */
INLINE void to_pixels(lanes *o, const size_t step, const lanes *i) {
    const lanes i0 = i[0], i5 = i[5];
    const lanes even_p = i[1] + i[2], odd_p = i[1] - i[2];
    const lanes even_q = i[3] + i[4], odd_q = i[3] - i[4];
    o[0] = i0 + even_p + even_q;
    o[step] = p * odd_p + q * odd_q;
    o[2 * step] = pp * even_p + qq * even_q;
    o[3 * step] = ppp * odd_p + qqq * odd_q + i5;
}

/* o = A i */
INLINE void of_gradient(lanes *o, const size_t step, const lanes *i) {
    const lanes i0 = i[0], i1 = i[1], i2 = i[2], i3 = i[3];
    const lanes even_p = i0 + pp * i2, odd_p = p * i1 + ppp * i3;
    const lanes even_q = i0 + qq * i2, odd_q = q * i1 + qqq * i3;
    o[0] = i0;
    o[step] = even_p + odd_p;
    o[2 * step] = even_p - odd_p;
    o[3 * step] = even_q + odd_q;
    o[4 * step] = even_q - odd_q;
    o[5 * step] = i3;
}

/* o = G i */
INLINE void of_weights(lanes *o, const size_t step, const lanes *i) {
    const lanes i0 = i[0], i1 = i[1], i2 = i[2];
    const lanes even_p = by_p * (i0 + pp * i2), odd_p = by_p * p * i1;
    const lanes even_q = by_q * (i0 + qq * i2), odd_q = by_q * q * i1;
    o[0] = by_0 * i0;
    o[step] = even_p + odd_p;
    o[2 * step] = even_p - odd_p;
    o[3 * step] = even_q + odd_q;
    o[4 * step] = even_q - odd_q;
    o[5 * step] = i2;
}

/* o = G^T i */
INLINE void to_weights(lanes *o, const size_t step, const lanes *i) {
    const lanes even_p = by_p * (i[1] + i[2]), odd_p = by_p * p * (i[1] - i[2]);
    const lanes even_q = by_q * (i[3] + i[4]), odd_q = by_q * q * (i[3] - i[4]);
    const lanes i5 = i[5];
    o[0] = by_0 * i[0] + even_p + even_q;
    o[step] = odd_p + odd_q;
    o[2 * step] = pp * even_p + qq * even_q + i5;
}

/* ==== Where things lie ==== */

/* Images of so many channels, in the engine's own layout, and their tiles. */
typedef struct images {
    size_t samples, channels, height, width, block;
    size_t down, across, tiles; /* tiles of all samples */
} images;

static images images_of(const fa__conv *c, size_t channels, size_t block) {
    images i = {.samples = c->samples,
                .channels = channels,
                .height = c->height,
                .width = c->width,
                .block = block};
    i.down = (i.height + SIDE - 1) / SIDE;
    i.across = (i.width + SIDE - 1) / SIDE;
    i.tiles = i.samples * i.down * i.across;
    return i;
}

/* A tile. */
typedef struct tile_place {
    size_t sample, row, column; /* of its first pixel */
    size_t high, wide;          /* pixels of it that are there */
} tile_place;

static tile_place fitted(const images *i, size_t sample, size_t row, size_t column) {
    return (tile_place){sample, row, column, i->height - row < SIDE ? i->height - row : SIDE,
                        i->width - column < SIDE ? i->width - column : SIDE};
}

static tile_place place_of(const images *i, size_t tile) {
    return fitted(i, tile / (i->across * i->down), tile / i->across % i->down * SIDE,
                  tile % i->across * SIDE);
}

static tile_place next_of(const images *i, const tile_place *at) {
    if (at->column + SIDE < i->width) return fitted(i, at->sample, at->row, at->column + SIDE);
    if (at->row + SIDE < i->height) return fitted(i, at->sample, at->row + SIDE, 0);
    return fitted(i, at->sample + 1, 0, 0);
}

/* Where a tile's first pixel begins, in the plane of the block of a channel. */
static size_t start_of(const images *i, const tile_place *at, size_t channel) {
    const size_t plane = at->sample * (i->channels / i->block) + channel / i->block;
    return ((plane * i->height + at->row) * i->width + at->column) * i->block + channel % i->block;
}

/* A matrix of rows x columns for each place, its columns in panels where `panels` is. */
typedef struct matrices {
    float *values;
    size_t rows, columns;
    bool panels;
} matrices;

INLINE size_t apart(const matrices *m) {
    return m->rows * m->columns + APART;
}

INLINE float *entry(const matrices *m, size_t row, size_t column) {
    if (!m->panels) return m->values + row * m->columns + column;
    const size_t first = column / COLUMNS * COLUMNS, rest = m->columns - first;
    return m->values + first * m->rows + row * (rest < COLUMNS ? rest : COLUMNS) + column - first;
}

/* ==== Tiles and weights to places and back ==== */

/* m = B^T x B of the 6 x 6 pixels around a tile, zeros where none is; `whole`: all are there. */
INLINE void spread_tile(float *m, size_t m_apart, const float *x, const images *i,
                        const tile_place *at, const bool whole) {
    const size_t row = i->width * i->block;
    const size_t top = at->row > 0 ? 0 : 1, end = i->height - at->row + 1,
                 left = at->column > 0 ? 0 : 1, right = i->width - at->column + 1;
    lanes t[WIDE][WIDE];
    for (size_t c = 0; c < WIDE; c++) {
        lanes column[WIDE];
        for (size_t r = 0; r < WIDE; r++) {
            const bool there = whole || (r >= top && r < end && c >= left && c < right);
            column[r] = there ? load(x + r * row + c * i->block - row - i->block) : (lanes){0};
        }
        of_pixels(&t[0][c], WIDE, column);
    }
    for (size_t r = 0; r < WIDE; r++) {
        lanes o[WIDE];
        of_pixels(o, 1, t[r]);
        for (size_t c = 0; c < WIDE; c++, m += m_apart) store(m, o[c]);
    }
}

/* m [t, C] = B^T x B of the tiles first .. first + t - 1. */
static void spread_pixels(const matrices *m, const float *x, const images *i, size_t first) {
    const size_t m_apart = apart(m);
    for (size_t channel = 0; channel < i->channels; channel += FA_LANES) {
        tile_place at = place_of(i, first);
        for (size_t tile = 0; tile < m->rows; tile++, at = next_of(i, &at)) {
            float *to = entry(m, tile, channel);
            const float *from = x + start_of(i, &at, channel);
            if (at.row > 0 && at.column > 0 && at.row + SIDE < i->height &&
                at.column + SIDE < i->width)
                spread_tile(to, m_apart, from, i, &at, true);
            else
                spread_tile(to, m_apart, from, i, &at, false);
        }
    }
}

/* y = A^T m A + b, then ReLU, of the tiles from `first` on; b NULL: 0. */
static void gather_pixels(float *y, const matrices *m, const float *b, bool relu, const images *i,
                          size_t first) {
    const size_t m_apart = apart(m);
    for (size_t channel = 0; channel < i->channels; channel += FA_LANES) {
        const lanes bias = b != NULL ? load(b + channel) : (lanes){0};
        tile_place at = place_of(i, first);
        for (size_t tile = 0; tile < m->rows; tile++, at = next_of(i, &at)) {
            const float *from = entry(m, tile, channel);
            float *to = y + start_of(i, &at, channel);
            lanes t[SIDE][WIDE];
            for (size_t c = 0; c < WIDE; c++) {
                lanes column[WIDE];
                for (size_t r = 0; r < WIDE; r++) column[r] = load(from + (r * WIDE + c) * m_apart);
                to_pixels(&t[0][c], WIDE, column);
            }
            for (size_t r = 0; r < at.high; r++) {
                lanes o[SIDE];
                to_pixels(o, 1, t[r]);
                for (size_t c = 0; c < at.wide; c++) {
                    const lanes value = o[c] + bias;
                    store(to + (r * i->width + c) * i->block,
                          relu ? (lanes)(~(mask)(value < (lanes){0}) & (mask)value) : value);
                }
            }
        }
    }
}

/* A column of a tile's d_y, after ReLU's share went into it; y NULL: there is none. */
INLINE lanes gradient_column(lanes *column, float *d_y, const float *y, size_t row, size_t high) {
    lanes sum = {0};
    for (size_t r = 0; r < SIDE; r++) {
        lanes d = {0};
        if (r < high) d = load(d_y + r * row);
        if (r < high && y != NULL) {
            d = (lanes)((mask)(load(y + r * row) > (lanes){0}) & (mask)d);
            store(d_y + r * row, d);
        }
        column[r] = d;
        sum += d;
    }
    return sum;
}

/* m [t, K] = A d_y A^T of the tiles from `first` on, and d_b += their sums; y as above. */
static void spread_gradient(const matrices *m, float *d_b, float *d_y, const float *y,
                            const images *i, size_t first) {
    const size_t m_apart = apart(m);
    for (size_t channel = 0; channel < i->channels; channel += FA_LANES) {
        lanes sum = {0};
        tile_place at = place_of(i, first);
        for (size_t tile = 0; tile < m->rows; tile++, at = next_of(i, &at)) {
            const size_t start = start_of(i, &at, channel);
            float *to = entry(m, tile, channel);
            lanes t[WIDE][SIDE];
            for (size_t c = 0; c < SIDE; c++) {
                const size_t from = start + c * i->block;
                lanes column[SIDE];
                sum += gradient_column(column, d_y + from, y != NULL ? y + from : NULL,
                                       i->width * i->block, c < at.wide ? at.high : 0);
                of_gradient(&t[0][c], SIDE, column);
            }
            for (size_t r = 0; r < WIDE; r++) {
                lanes o[WIDE];
                of_gradient(o, 1, t[r]);
                for (size_t c = 0; c < WIDE; c++, to += m_apart) store(to, o[c]);
            }
        }
        store(d_b + channel, load(d_b + channel) + sum);
    }
}

/* m [rows, columns] = G w G^T, where w of row r and column c begins at w + r * row + c * column;
 * `turned`: its taps in reverse. */
static void spread_weights(const matrices *m, const float *w, size_t row, size_t column,
                           bool turned) {
    const size_t m_apart = apart(m);
    for (size_t c = 0; c < m->columns; c += FA_LANES)
        for (size_t r = 0; r < m->rows; r++) {
            const float *from = w + r * row + c * column;
            float *to = entry(m, r, c);
            float taps[TAPS][FA_LANES];
            lanes t[WIDE][3];
            for (size_t l = 0; l < FA_LANES; l++)
                for (size_t tap = 0; tap < TAPS; tap++)
                    taps[turned ? TAPS - 1 - tap : tap][l] = from[l * column + tap];
            for (size_t i = 0; i < 3; i++) {
                const lanes of_column[3] = {load(taps[i]), load(taps[3 + i]), load(taps[6 + i])};
                of_weights(&t[0][i], 3, of_column);
            }
            for (size_t i = 0; i < WIDE; i++) {
                lanes o[WIDE];
                of_weights(o, 1, t[i]);
                for (size_t k = 0; k < WIDE; k++, to += m_apart) store(to, o[k]);
            }
        }
}

/* d_w [K, C, 3, 3] = G^T m G of m [C, K]. */
static void gather_weights(float *d_w, const matrices *m) {
    const size_t m_apart = apart(m);
    for (size_t k = 0; k < m->columns; k += FA_LANES)
        for (size_t c = 0; c < m->rows; c++) {
            const float *from = entry(m, c, k);
            lanes t[3][WIDE];
            float taps[TAPS][FA_LANES];
            for (size_t i = 0; i < WIDE; i++) {
                lanes column[WIDE];
                for (size_t r = 0; r < WIDE; r++) column[r] = load(from + (r * WIDE + i) * m_apart);
                to_weights(&t[0][i], WIDE, column);
            }
            for (size_t i = 0; i < 3; i++) {
                lanes o[3];
                to_weights(o, 1, t[i]);
                for (size_t j = 0; j < 3; j++) store(taps[3 * i + j], o[j]);
            }
            for (size_t l = 0; l < FA_LANES; l++)
                for (size_t tap = 0; tap < TAPS; tap++)
                    d_w[((k + l) * m->rows + c) * TAPS + tap] = taps[tap][l];
        }
}

/* ==== Products ==== */

static void tile_of(size_t rows, size_t vectors, size_t depth, strided a, const float *b, float *c,
                    size_t ldc, bool accumulate) {
    switch (vectors) {
    case 1:
        tile_rows(rows, 1, depth, a, b, FA_LANES, c, ldc, accumulate);
        break;
    case 2:
        tile_rows(rows, 2, depth, a, b, 2 * FA_LANES, c, ldc, accumulate);
        break;
#if FA_TILE_VECTORS > 2
    case 3:
        tile_rows(rows, 3, depth, a, b, 3 * FA_LANES, c, ldc, accumulate);
        break;
    case 4:
        tile_rows(rows, 4, depth, a, b, 4 * FA_LANES, c, ldc, accumulate);
        break;
#endif
    default:
        break;
    }
}

/* c_e [rows, columns] (+)= a_e . b_e for each place; b in panels. The rows are dealt out evenly. */
static void multiply(const matrices *c, strided a, size_t a_apart, const matrices *b,
                     bool accumulate) {
    const size_t tiles = (c->rows + FA_TILE_ROWS - 1) / FA_TILE_ROWS;
    for (size_t e = 0; e < PLACES; e++)
        for (size_t j = 0; j < c->columns; j += COLUMNS) {
            const size_t rest = c->columns - j, columns = rest < COLUMNS ? rest : COLUMNS;
            const float *panel = entry(b, 0, j) + e * apart(b);
            float *to = entry(c, 0, j) + e * apart(c);
            for (size_t i = 0, left = tiles; left > 0; left--) {
                const size_t rows = (c->rows - i + left - 1) / left;
                const strided part = {a.data + e * a_apart + i * a.row, a.row, a.depth};
                tile_of(rows, columns / FA_LANES, b->rows, part, panel, to + i * c->columns,
                        c->columns, accumulate);
                i += rows;
            }
        }
}

/* ==== Convolutions ==== */

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static float *make_room(matrices *m, float *at, size_t rows, size_t columns, bool panels) {
    *m = (matrices){at, rows, columns, panels};
    return at + PLACES * apart(m);
}

static size_t scratch(const fa__conv *c) {
    return PLACES * (RUN * (c->in + c->out) + c->in * c->out + 3 * APART);
}

/* y = x * w + b, w spread in u [C, K]. */
static void convolve(float *y, const float *x, matrices *u, const float *b, bool relu,
                     const images *in, const images *out, float *at) {
    for (size_t first = 0; first < in->tiles; first += RUN) {
        const size_t tiles = smaller(RUN, in->tiles - first);
        matrices v, m;
        (void)make_room(&m, make_room(&v, at, tiles, in->channels, false), tiles, out->channels,
                        false);
        spread_pixels(&v, x, in, first);
        multiply(&m, (strided){v.values, in->channels, 1}, apart(&v), u, false);
        gather_pixels(y, &m, b, relu, out, first);
    }
}

static void forward(float *y, const float *x, const float *w, const float *b, const fa__conv *c,
                    size_t block, float *at) {
    const images in = images_of(c, c->in, block), out = images_of(c, c->out, block);
    matrices u;
    at = make_room(&u, at, c->in, c->out, true);
    spread_weights(&u, w, TAPS, c->in * TAPS, false);
    convolve(y, x, &u, b, c->relu, &in, &out, at);
}

static void backward_w(float *d_w, float *d_b, float *d_y, const float *x, const float *y,
                       const fa__conv *c, const images *in, const images *out, float *at) {
    matrices sums;
    at = make_room(&sums, at, c->in, c->out, false);
    memset(d_b, 0, c->out * sizeof *d_b);
    for (size_t first = 0; first < in->tiles; first += RUN) {
        const size_t tiles = smaller(RUN, in->tiles - first);
        matrices v, z;
        (void)make_room(&z, make_room(&v, at, tiles, c->in, false), tiles, c->out, true);
        spread_pixels(&v, x, in, first);
        spread_gradient(&z, d_b, d_y, c->relu ? y : NULL, out, first);
        multiply(&sums, (strided){v.values, 1, c->in}, apart(&v), &z, first > 0);
    }
    gather_weights(d_w, &sums);
}

static void backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x, const float *y,
                     const float *w, const fa__conv *c, size_t block, float *at) {
    const images in = images_of(c, c->in, block), out = images_of(c, c->out, block);
    backward_w(d_w, d_b, d_y, x, y, c, &in, &out, at);
    if (d_x == NULL) return;
    matrices u;
    at = make_room(&u, at, c->out, c->in, true);
    spread_weights(&u, w, c->in * TAPS, TAPS, true);
    convolve(d_x, d_y, &u, NULL, false, &out, &in, at);
}

const fa__winograd FA_WINOGRAD = {FA_LANES, scratch, forward, backward};
