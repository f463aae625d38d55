/* The native kernels' one body. native_<level>.c defines what tile_body.h asks for and
 * FA_NATIVE_ENGINE, and includes this.
 *
 * A matrix product runs over panels of PANEL columns of b, packed to [k][PANEL], DEPTH rows of b
 * at a time, and tiles of c whose sums stay in registers for that depth. A panel is read once for
 * each row of tiles, from L2 at worst, which feeds a tile faster than it multiplies.
 *
 * The LSTM keeps its columns in blocks of UNITS hidden units, the four gates of a block side by
 * side, so a panel's product is followed at once by its gates, still in L1. Its inputs, a constant
 * 1 (whose weights are the bias) and the output before lie in one row [h_{t-1} | x_t | 1], so that
 * a step is one product. What the backward pass needs is written once, in the order in which it is
 * made, and read once, backwards; d_z is kept for HELD rows only, until it has gone into the
 * weight gradient, so it never leaves L2.
 */
#include "engine/native.h"
#include "engine/tile_body.h"

#include <string.h>

enum {
    PANEL = 64,  /* columns of a packed panel of b: four gates of UNITS units */
    DEPTH = 256, /* rows of it that are used at a time: 64 KiB, in L2 */
    STRIP = 384, /* rows of a, DEPTH wide, that stay in L2 while all panels pass: 384 KiB */
    UNITS = 16,  /* hidden units of a block: one AVX-512 register */
    PIECE = 48,  /* rows of a step whose gates follow their product: 12 KiB, in L1 */
    HELD = 128   /* rows of d_z: 256 KiB at 128 units, in L2 beside weights and gradient */
};

/* ==== Matrix product ======================================================================== */

static void tile_of(size_t rows, size_t depth, strided a, const float *b, float *c, size_t ldc,
                    bool accumulate) {
    tile_rows(rows, FA_TILE_VECTORS, depth, a, b, PANEL, c, ldc, accumulate);
}

/* c [m, PANEL] (+)= a [m, depth] . panel. The rows are dealt out evenly: 8 as 4 + 4, not 6 + 2. */
static void panel_product(size_t m, size_t depth, strided a, const float *panel, float *c,
                          size_t ldc, bool accumulate) {
    size_t tiles = (m + FA_TILE_ROWS - 1) / FA_TILE_ROWS;
    for (size_t j = 0; j < PANEL; j += FA_TILE_VECTORS * FA_LANES)
        for (size_t i = 0, left = tiles; left > 0; left--) {
            size_t rows = (m - i + left - 1) / left;
            strided part = {a.data + i * a.row, a.row, a.depth};
            tile_of(rows, depth, part, panel + j, c + i * ldc + j, ldc, accumulate);
            i += rows;
        }
}

/* Rows k..k+depth, columns j..j+width of op(b) to [depth][PANEL]; columns past width are 0. */
static void pack_panel(float *panel, const fa__gemm *g, size_t k, size_t depth, size_t j,
                       size_t width) {
    if (width < PANEL) memset(panel, 0, depth * PANEL * sizeof(float));
    if (!g->b_transposed) {
        for (size_t r = 0; r < depth; r++)
            memcpy(panel + r * PANEL, g->b + (k + r) * g->ldb + j, width * sizeof(float));
    } else {
        for (size_t c = 0; c < width; c++)
            for (size_t r = 0; r < depth; r++)
                panel[r * PANEL + c] = g->b[(j + c) * g->ldb + k + r];
    }
}

/* The columns past the last whole panel: by way of a buffer, a few rows at a time. */
static void last_panel(float *c, size_t ldc, size_t rows, size_t width, strided a, size_t depth,
                       const float *panel, bool accumulate) {
    float buffer[PIECE * PANEL];
    for (size_t i = 0; i < rows; i += PIECE) {
        size_t some = rows - i < PIECE ? rows - i : PIECE;
        const strided part = {a.data + i * a.row, a.row, a.depth};
        panel_product(some, depth, part, panel, buffer, PANEL, false);
        for (size_t r = 0; r < some; r++) {
            float *at = c + (i + r) * ldc;
            for (size_t v = 0; v < width; v++)
                at[v] = (accumulate ? at[v] : 0) + buffer[r * PANEL + v];
        }
    }
}

/* Rows i..i+rows of c (+)= those of a, at depths k..k+depth, . b. */
static void gemm_strip(const fa__gemm *g, strided a, size_t i, size_t rows, size_t k,
                       size_t depth) {
    _Alignas(64) float panel[DEPTH * PANEL];
    bool accumulate = k > 0 || g->beta != 0;
    const strided part = {a.data + i * a.row + k * a.depth, a.row, a.depth};
    for (size_t j = 0; j < g->n; j += PANEL) {
        size_t width = g->n - j < PANEL ? g->n - j : PANEL;
        float *c = g->c + i * g->ldc + j;
        pack_panel(panel, g, k, depth, j, width);
        if (width == PANEL)
            panel_product(rows, depth, part, panel, c, g->ldc, accumulate);
        else
            last_panel(c, g->ldc, rows, width, part, depth, panel, accumulate);
    }
}

static fa_status gemm(const fa__gemm *g) {
    const strided a = {g->a, g->a_transposed ? 1 : g->lda, g->a_transposed ? g->lda : 1};
    size_t k = 0;
    do { /* k == 0 still has to write c */
        size_t depth = g->k - k < DEPTH ? g->k - k : DEPTH;
        for (size_t i = 0; i < g->m; i += STRIP)
            gemm_strip(g, a, i, g->m - i < STRIP ? g->m - i : STRIP, k, depth);
        k += depth;
    } while (k < g->k);
    return FA_OK;
}

/* ==== Gates ================================================================================= */

INLINE lanes choose(mask which, lanes yes, lanes no) {
    return (lanes)((which & (mask)yes) | (~which & (mask)no));
}

/* tanh x = x P(x^2) / Q(x^2), fitted to |x| <= 9.0109 (where tanh rounds to 1): relative
 * error 3.4e-7 in float arithmetic (scripts/fit_tanh.py). Returned as the two parts, so that
 * several quotients can share one division. */
INLINE void tanh_parts(lanes x, lanes *p, lanes *q) {
    const float bound = 9.0109f;
    x = choose(x > bound, (lanes){0} + bound, x);
    x = choose(x < -bound, (lanes){0} - bound, x);
    lanes s = x * x;
    *p = x *
         (0.999999979f +
          s * (0.133803162f + s * (0.0034947452f + s * (2.05951847e-05f + s * 1.33353261e-08f))));
    *q = 1.0f +
         s * (0.467136316f + s * (0.0258737765f + s * (0.000328425531f + s * 7.76866291e-07f)));
}

/* i, f, o = sigmoid(z) = (1 + tanh(z / 2)) / 2 and g = tanh(z), by one division: with r = 1 / (qi
 * qf qg qo), 1 / qi = r qf qg qo. Each q is in [1, 420], so the product stays below 4e10. */
INLINE void activate(lanes *i, lanes *f, lanes *g, lanes *o) {
    lanes pi, qi, pf, qf, pg, qg, po, qo;
    tanh_parts(*i * 0.5f, &pi, &qi);
    tanh_parts(*f * 0.5f, &pf, &qf);
    tanh_parts(*g, &pg, &qg);
    tanh_parts(*o * 0.5f, &po, &qo);
    lanes qif = qi * qf, qgo = qg * qo;
    lanes r = 1.0f / (qif * qgo);
    lanes r_if = r * qgo, r_go = r * qif;
    *i = 0.5f + 0.5f * (pi * (r_if * qf));
    *f = 0.5f + 0.5f * (pf * (r_if * qi));
    *g = pg * (r_go * qo);
    *o = 0.5f + 0.5f * (po * (r_go * qg));
}

/* ==== LSTM ================================================================================== */

/* What the forward pass leaves of a sample's step, for a block of units: UNITS floats of each. The
 * records lie as they are made: step by step, in it block by block, in it sample by sample. */
enum { IN, FORGET, GATE, OUT, CELL, TANH_CELL, RECORD };

/* Sizes and places of the workspace. Units are padded to whole blocks; a padded unit has zero
 * weights, so its g and c are 0 and it moves nothing. */
typedef struct lstm_memory {
    size_t blocks, padded; /* blocks of UNITS; padded = blocks * UNITS */
    size_t row;            /* floats of a row [h | x | 1], rounded up */
    size_t depth;          /* padded + I + 1, those in use */
    size_t back;           /* floats of a row of [d_h | d_x]: padded + I in whole panels */
    float *rows;           /* [S, row] */
    float *records;        /* [S * blocks, RECORD, UNITS] */
    float *packed;    /* forward [blocks][depth][PANEL], backward [back / PANEL][4 padded][PANEL] */
    float *gradient;  /* of the weights: [blocks][depth][PANEL] */
    float *d_z;       /* [blocks][HELD][PANEL], the rows in use at its end */
    float *d_h, *d_c; /* [n, back], [n, padded] */
    size_t floats;    /* of the whole */
} lstm_memory;

static size_t round_up(size_t x, size_t to) {
    return (x + to - 1) / to * to;
}

static lstm_memory lay_out(float *workspace, const fa__lstm_shape *s) {
    lstm_memory m;
    m.blocks = (s->units + UNITS - 1) / UNITS;
    m.padded = m.blocks * UNITS;
    m.depth = m.padded + s->inputs + 1;
    m.row = round_up(m.depth, UNITS);
    m.back = round_up(m.padded + s->inputs, PANEL);
    size_t forward = m.blocks * m.depth * PANEL, backward = m.back * 4 * m.padded;
    float *at = workspace;
    m.rows = at;
    at += s->total * m.row;
    m.records = at;
    at += s->total * m.blocks * RECORD * UNITS;
    m.packed = at;
    at += forward > backward ? forward : backward;
    m.gradient = at;
    at += forward;
    m.d_z = at;
    at += m.blocks * HELD * PANEL;
    m.d_h = at;
    at += s->samples * m.back;
    m.d_c = at;
    at += s->samples * m.padded;
    m.floats = (size_t)(at - workspace);
    return m;
}

static size_t lstm_workspace(const fa__lstm_shape *s) {
    float none;
    return lay_out(&none, s).floats;
}

/* The record of sample j and block b in a step of `rows` samples whose first packed row is `row`.
 */
INLINE float *record(const lstm_memory *m, size_t row, size_t rows, size_t b, size_t j) {
    return m->records + (row * m->blocks + b * rows + j) * RECORD * UNITS;
}

/* The weights as blocks see them: of gate `gate` and unit u of a block on element k of a row [h | x
 * | 1], at packed[b][k][gate * UNITS + u]. */
static void pack_weights(const lstm_memory *m, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    size_t H = s->units, I = s->inputs;
    memset(m->packed, 0, m->blocks * m->depth * PANEL * sizeof(float));
    for (size_t gate = 0; gate < 4; gate++)
        for (size_t u = 0; u < H; u++) {
            size_t out = gate * H + u;
            float *at = m->packed + u / UNITS * m->depth * PANEL + gate * UNITS + u % UNITS;
            for (size_t k = 0; k < H; k++) at[k * PANEL] = w->wh[out * H + k];
            for (size_t k = 0; k < I; k++) at[(m->padded + k) * PANEL] = w->wx[out * I + k];
            at[(m->depth - 1) * PANEL] = w->b[out];
        }
}

/* Gates, cell and output of some samples of a step for one block of units, from z [n][PANEL].
 * before: the first one's record at the step before, NULL at the first step; h: its place in the
 * next row, for `continuing` of them. */
static void step_forward(float *records, const float *z, size_t n, const float *before, float *h,
                         size_t h_row, size_t continuing) {
    for (size_t e = 0; e < n * UNITS; e += FA_LANES) {
        size_t j = e / UNITS, u = e % UNITS;
        const float *from = z + j * PANEL + u;
        float *to = records + j * RECORD * UNITS + u;
        lanes i = load(from + IN * UNITS), f = load(from + FORGET * UNITS),
              g = load(from + GATE * UNITS), o = load(from + OUT * UNITS);
        activate(&i, &f, &g, &o);
        lanes c = i * g, p, q;
        if (before != NULL) c += f * load(before + (j * RECORD + CELL) * UNITS + u);
        tanh_parts(c, &p, &q);
        lanes tanh_c = p / q;
        store(to + IN * UNITS, i);
        store(to + FORGET * UNITS, f);
        store(to + GATE * UNITS, g);
        store(to + OUT * UNITS, o);
        store(to + CELL * UNITS, c);
        store(to + TANH_CELL * UNITS, tanh_c);
        if (j < continuing) store(h + j * h_row + u, o * tanh_c);
    }
}

/* h = o tanh c of sample j of a step, in the caller's layout. */
static void output_row(float *h, const lstm_memory *m, size_t row, size_t rows, size_t j,
                       size_t units) {
    for (size_t u = 0; u < units; u++) {
        const float *at = record(m, row, rows, u / UNITS, j) + u % UNITS;
        h[u] = at[OUT * UNITS] * at[TANH_CELL * UNITS];
    }
}

/* One step: `before` samples in the step before, `continuing` in the next. Before the first step h
 * is 0, so only x and 1 take part. */
static void forward_step(const lstm_memory *m, size_t row, size_t rows, size_t before,
                         size_t continuing) {
    _Alignas(64) float z[PIECE * PANEL];
    size_t skipped = before == 0 ? m->padded : 0;
    for (size_t b = 0; b < m->blocks; b++)
        for (size_t j = 0; j < rows; j += PIECE) {
            size_t n = rows - j < PIECE ? rows - j : PIECE;
            const strided a = {m->rows + (row + j) * m->row + skipped, m->row, 1};
            panel_product(n, m->depth - skipped, a, m->packed + (b * m->depth + skipped) * PANEL, z,
                          PANEL, false);
            step_forward(record(m, row, rows, b, j), z, n,
                         before == 0 ? NULL : record(m, row - before, before, b, j),
                         m->rows + (row + rows + j) * m->row + b * UNITS, m->row,
                         continuing > j ? continuing - j : 0);
        }
}

static fa_status lstm_forward(const fa__engine *engine, float *h, float *h_last, float *workspace,
                              const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    (void)engine;
    const lstm_memory m = lay_out(workspace, s);
    pack_weights(&m, s, w);
    for (size_t r = 0; r < s->total; r++) {
        float *row = m.rows + r * m.row;
        memcpy(row + m.padded, x + r * s->inputs, s->inputs * sizeof(float));
        row[m.depth - 1] = 1;
    }
    if (s->steps > 0) /* read by the weight gradient */
        for (size_t j = 0; j < s->rows[0]; j++)
            memset(m.rows + j * m.row, 0, m.padded * sizeof(float));
    for (size_t t = 0, row = 0; t < s->steps; row += s->rows[t++]) {
        size_t rows = s->rows[t], continuing = t + 1 < s->steps ? s->rows[t + 1] : 0;
        forward_step(&m, row, rows, t > 0 ? s->rows[t - 1] : 0, continuing);
        for (size_t j = 0; h != NULL && j < rows; j++)
            output_row(h + (row + j) * s->units, &m, row, rows, j, s->units);
        for (size_t j = continuing; h_last != NULL && j < rows; j++)
            output_row(h_last + j * s->units, &m, row, rows, j, s->units);
    }
    return FA_OK;
}

/* ---- Backward ---- */

/* The weights on [h | x], turned round: [panel of k][column of the gates][k]. */
static void pack_transposed(const lstm_memory *m, const fa__lstm_shape *s,
                            const fa__lstm_weights *w) {
    size_t H = s->units, I = s->inputs, columns = 4 * m->padded;
    memset(m->packed, 0, m->back * columns * sizeof(float));
    for (size_t gate = 0; gate < 4; gate++)
        for (size_t u = 0; u < H; u++) {
            size_t out = gate * H + u, column = (u / UNITS * 4 + gate) * UNITS + u % UNITS;
            float *at = m->packed + column * PANEL;
            for (size_t k = 0; k < H; k++)
                at[k / PANEL * columns * PANEL + k % PANEL] = w->wh[out * H + k];
            for (size_t i = 0; i < I; i++) {
                size_t k = m->padded + i;
                at[k / PANEL * columns * PANEL + k % PANEL] = w->wx[out * I + i];
            }
        }
}

/* d_z [n][PANEL] of some samples of a step for one block of units, and d_c to the gradient of the
 * cell before. before: as in step_forward. */
static void step_backward(float *d_z, float *d_c, size_t d_c_row, const float *d_h, size_t d_h_row,
                          const float *records, const float *before, size_t n) {
    for (size_t e = 0; e < n * UNITS; e += FA_LANES) {
        size_t j = e / UNITS, u = e % UNITS;
        const float *at = records + j * RECORD * UNITS + u;
        float *d_c_at = d_c + j * d_c_row + u, *to = d_z + j * PANEL + u;
        lanes i = load(at + IN * UNITS), f = load(at + FORGET * UNITS), g = load(at + GATE * UNITS),
              o = load(at + OUT * UNITS), tanh_c = load(at + TANH_CELL * UNITS),
              d = load(d_h + j * d_h_row + u);
        lanes c_before = {0};
        if (before != NULL) c_before = load(before + (j * RECORD + CELL) * UNITS + u);
        lanes d_cell = load(d_c_at) + d * o * (1.0f - tanh_c * tanh_c);
        store(to + IN * UNITS, d_cell * g * (i - i * i));
        store(to + FORGET * UNITS, d_cell * c_before * (f - f * f));
        store(to + GATE * UNITS, d_cell * i * (1.0f - g * g));
        store(to + OUT * UNITS, d * tanh_c * (o - o * o));
        store(d_c_at, d_cell * f);
    }
}

/* The backward pass goes through the packed rows from the last to the first. */
typedef struct backward {
    lstm_memory m;
    const fa__lstm_shape *s;
    size_t row, pending; /* d_z holds the rows row..row+pending */
    bool started;        /* the gradient has its first summand */
    float *d_x;          /* NULL: not wanted */
} backward;

/* The weight gradient takes up the rows that d_z holds. */
static void take_up(backward *p) {
    const lstm_memory *m = &p->m;
    const strided a = {m->rows + p->row * m->row, 1, m->row};
    for (size_t b = 0; b < m->blocks; b++)
        panel_product(m->depth, p->pending, a, m->d_z + ((b + 1) * HELD - p->pending) * PANEL,
                      m->gradient + b * m->depth * PANEL, PANEL, p->started);
    p->started = true;
    p->pending = 0;
}

/* n samples from j of step t, at most HELD: d_z, then the gradient of what they came from. */
static void backward_piece(backward *p, size_t t, size_t step_row, size_t j, size_t n) {
    const lstm_memory *m = &p->m;
    const fa__lstm_shape *s = p->s;
    size_t columns = 4 * m->padded;
    if (p->pending + n > HELD) take_up(p);
    p->pending += n;
    p->row = step_row + j;
    float *d_z = m->d_z + (HELD - p->pending) * PANEL, *d_h = m->d_h + j * m->back;
    for (size_t b = 0; b < m->blocks; b++)
        step_backward(d_z + b * HELD * PANEL, m->d_c + j * m->padded + b * UNITS, m->padded,
                      d_h + b * UNITS, m->back, record(m, step_row, s->rows[t], b, j),
                      t > 0 ? record(m, step_row - s->rows[t - 1], s->rows[t - 1], b, j) : NULL, n);
    size_t width = p->d_x != NULL ? m->back : t > 0 ? m->padded : 0;
    for (size_t k = 0; k < width; k += PANEL)
        for (size_t b = 0; b < m->blocks; b++) {
            const strided a = {d_z + b * HELD * PANEL, PANEL, 1};
            panel_product(n, PANEL, a, m->packed + (k / PANEL * columns + b * PANEL) * PANEL,
                          d_h + k, m->back, b > 0);
        }
    for (size_t i = 0; p->d_x != NULL && i < n; i++)
        memcpy(p->d_x + (p->row + i) * s->inputs, d_h + i * m->back + m->padded,
               s->inputs * sizeof(float));
}

/* The weight gradients out of their blocks. */
static void unpack_gradients(const fa__lstm_gradients *d, const lstm_memory *m,
                             const fa__lstm_shape *s) {
    size_t H = s->units, I = s->inputs;
    for (size_t gate = 0; gate < 4; gate++)
        for (size_t u = 0; u < H; u++) {
            size_t out = gate * H + u;
            const float *at = m->gradient + u / UNITS * m->depth * PANEL + gate * UNITS + u % UNITS;
            for (size_t k = 0; k < H; k++) d->wh[out * H + k] = at[k * PANEL];
            for (size_t k = 0; k < I; k++) d->wx[out * I + k] = at[(m->padded + k) * PANEL];
            d->b[out] = at[(m->depth - 1) * PANEL];
        }
}

static fa_status lstm_backward(const fa__engine *engine, const fa__lstm_gradients *d,
                               float *workspace, const float *d_h, const float *d_h_last,
                               const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    (void)engine, (void)x; /* x is in the workspace */
    backward p = {.m = lay_out(workspace, s), .s = s, .d_x = d->x};
    const lstm_memory *m = &p.m;
    size_t row = s->total;
    pack_transposed(m, s, w);
    memset(m->d_h, 0, s->samples * m->back * sizeof(float));
    memset(m->d_c, 0, s->samples * m->padded * sizeof(float));
    for (size_t t = s->steps; t-- > 0;) {
        size_t rows = s->rows[t], continuing = t + 1 < s->steps ? s->rows[t + 1] : 0;
        row -= rows;
        for (size_t j = 0; d_h != NULL && j < rows; j++)
            for (size_t u = 0; u < s->units; u++)
                m->d_h[j * m->back + u] += d_h[(row + j) * s->units + u];
        for (size_t j = continuing; d_h_last != NULL && j < rows; j++)
            for (size_t u = 0; u < s->units; u++)
                m->d_h[j * m->back + u] += d_h_last[j * s->units + u];
        for (size_t j = rows, n; j > 0; j -= n) { /* from the last to the first */
            n = (j - 1) % HELD + 1;
            backward_piece(&p, t, row, j - n, n);
        }
    }
    take_up(&p);
    unpack_gradients(d, m, s);
    return FA_OK;
}

/* ==== Batch normalisation ==== */

#include "engine/norm_body.h"

const fa__engine *FA_NATIVE_ENGINE(void) {
    static const fa__engine engine = {
        .name = "native",
        .text = "own kernels, AVX-512, AVX2 or portable",
        .gemm = gemm,
        .lstm_workspace = lstm_workspace,
        .lstm_forward = lstm_forward,
        .lstm_backward = lstm_backward,
        .norm_statistics = norm_statistics,
        .norm_apply = norm_apply,
        .norm_sums = norm_sums,
        .norm_back = norm_back,
        .images = &fa__native_images,
    };
    return &engine;
}
