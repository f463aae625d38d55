/* The native kernels' one body. native_<level>.c defines FA_LANES (floats in a register),
 * FA_TILE_VECTORS and FA_TILE_ROWS (accumulators of a tile: they and one row of b stay in
 * registers) and FA_NATIVE_ENGINE, and includes this.
 *
 * A matrix product runs over panels of PANEL columns of b, packed to [k][PANEL] so that a block of
 * DEPTH of them lies in L1, and tiles of c that stay in registers for the whole block.
 *
 * The LSTM keeps its columns in blocks of UNITS hidden units, the four gates of a block side by
 * side, so a panel's product is followed at once by its gates, still in L1. Its inputs, a constant
 * 1 (whose weights are the bias) and the output before lie in one row [h_{t-1} | x_t | 1], so that
 * a step is one product and the weight gradient is one product over all steps.
 */
#include "engine/native.h"

#include <string.h>

enum {
    PANEL = 64,  /* columns of a packed panel of b: four gates of UNITS units */
    DEPTH = 128, /* rows of it that are used at a time: 32 KiB */
    UNITS = 16   /* hidden units of a block: one AVX-512 register */
};

typedef float lanes __attribute__((vector_size(4 * FA_LANES)));
typedef float lanes_at __attribute__((vector_size(4 * FA_LANES), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(4 * FA_LANES)));

#define INLINE static inline __attribute__((always_inline))

/* ==== Matrix product ======================================================================== */

/* a as the kernels see it: element (i, k) at data[i * row + k * depth]. */
typedef struct strided {
    const float *data;
    size_t row, depth;
} strided;

/* c [rows, FA_TILE_VECTORS * FA_LANES] (+)= a [rows, depth] . b [depth, ...], b with rows PANEL
 * apart. `rows` is a constant after inlining, so the accumulators are registers. */
INLINE void tile(const size_t rows, size_t depth, strided a, const float *b, float *c, size_t ldc,
                 bool accumulate) {
    lanes sum[FA_TILE_ROWS][FA_TILE_VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < FA_TILE_VECTORS; v++)
            if (accumulate)
                sum[i][v] = *(const lanes_at *)(c + i * ldc + v * FA_LANES);
            else
                sum[i][v] = (lanes){0};
    for (size_t k = 0; k < depth; k++) {
        lanes b_row[FA_TILE_VECTORS];
        for (size_t v = 0; v < FA_TILE_VECTORS; v++)
            b_row[v] = *(const lanes_at *)(b + k * PANEL + v * FA_LANES);
        for (size_t i = 0; i < rows; i++) {
            const float factor = a.data[i * a.row + k * a.depth];
            for (size_t v = 0; v < FA_TILE_VECTORS; v++) sum[i][v] += factor * b_row[v];
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < FA_TILE_VECTORS; v++)
            *(lanes_at *)(c + i * ldc + v * FA_LANES) = sum[i][v];
}

static void tile_of(size_t rows, size_t depth, strided a, const float *b, float *c, size_t ldc,
                    bool accumulate) {
    switch (rows) {
    case 1:
        tile(1, depth, a, b, c, ldc, accumulate);
        break;
    case 2:
        tile(2, depth, a, b, c, ldc, accumulate);
        break;
    case 3:
        tile(3, depth, a, b, c, ldc, accumulate);
        break;
    case 4:
        tile(4, depth, a, b, c, ldc, accumulate);
        break;
#if FA_TILE_ROWS > 4
    case 5:
        tile(5, depth, a, b, c, ldc, accumulate);
        break;
    case 6:
        tile(6, depth, a, b, c, ldc, accumulate);
        break;
#endif
    default:
        break;
    }
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
static void last_panel(const fa__gemm *g, strided a, size_t depth, const float *panel, size_t j,
                       size_t width, bool accumulate) {
    enum { ROWS = 24 };
    float buffer[ROWS * PANEL];
    for (size_t i = 0; i < g->m; i += ROWS) {
        size_t rows = g->m - i < ROWS ? g->m - i : ROWS;
        strided part = {a.data + i * a.row, a.row, a.depth};
        panel_product(rows, depth, part, panel, buffer, PANEL, false);
        for (size_t r = 0; r < rows; r++) {
            float *c = g->c + (i + r) * g->ldc + j;
            for (size_t v = 0; v < width; v++)
                c[v] = (accumulate ? c[v] : 0) + buffer[r * PANEL + v];
        }
    }
}

static fa_status gemm(const fa__gemm *g) {
    _Alignas(64) float panel[DEPTH * PANEL];
    const strided a = {g->a, g->a_transposed ? 1 : g->lda, g->a_transposed ? g->lda : 1};
    for (size_t j = 0; j < g->n; j += PANEL) {
        size_t width = g->n - j < PANEL ? g->n - j : PANEL;
        size_t k = 0;
        do { /* k == 0 still has to write c */
            size_t depth = g->k - k < DEPTH ? g->k - k : DEPTH;
            bool accumulate = k > 0 || g->beta != 0;
            strided part = {a.data + k * a.depth, a.row, a.depth};
            pack_panel(panel, g, k, depth, j, width);
            if (width == PANEL)
                panel_product(g->m, depth, part, panel, g->c + j, g->ldc, accumulate);
            else
                last_panel(g, part, depth, panel, j, width, accumulate);
            k += depth;
        } while (k < g->k);
    }
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

INLINE lanes load(const float *at) {
    return *(const lanes_at *)at;
}

INLINE void store(float *at, lanes value) {
    *(lanes_at *)at = value;
}

/* ==== LSTM ================================================================================== */

/* Sizes and places of the workspace. Units are padded to whole blocks; a padded unit has zero
 * weights, so its g and c are 0 and it moves nothing. */
typedef struct lstm_memory {
    size_t blocks, padded;     /* blocks of UNITS; padded = blocks * UNITS */
    size_t row;                /* floats of a row [h | x | 1], rounded up */
    size_t depth;              /* padded + I + 1, those in use */
    float *rows;               /* [S, row] */
    float *gates;              /* [S, blocks, 4, UNITS]; the backward pass turns them into d_z */
    float *cells, *tanh_cells; /* [S, padded] */
    float *packed; /* forward: [blocks][depth][PANEL]; backward: wh by panels, d of the weights */
    float *d_h, *d_c; /* [n, padded rounded up to panels], [n, padded] */
    size_t d_h_row;
    size_t floats; /* of the whole */
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
    m.d_h_row = round_up(m.padded, PANEL);
    size_t forward = m.blocks * m.depth * PANEL, backward = m.d_h_row * 4 * m.padded;
    float *at = workspace;
    m.rows = at;
    at += s->total * m.row;
    m.gates = at;
    at += s->total * 4 * m.padded;
    m.cells = at;
    at += s->total * m.padded;
    m.tanh_cells = at;
    at += s->total * m.padded;
    m.packed = at;
    at += round_up(forward > backward ? forward : backward, UNITS);
    m.d_h = at;
    at += s->samples * m.d_h_row;
    m.d_c = at;
    at += s->samples * m.padded;
    m.floats = (size_t)(at - workspace);
    return m;
}

static size_t lstm_workspace(const fa__lstm_shape *s) {
    float none;
    return lay_out(&none, s).floats;
}

/* The weight of gate `gate`, unit u on element k of a row [h | x | 1]. */
INLINE float weight(const fa__lstm_weights *w, const fa__lstm_shape *s, size_t padded, size_t gate,
                    size_t u, size_t k) {
    size_t out = gate * s->units + u;
    if (u >= s->units) return 0;
    if (k < padded) return k < s->units ? w->wh[out * s->units + k] : 0;
    return k < padded + s->inputs ? w->wx[out * s->inputs + k - padded] : w->b[out];
}

/* One step of one block of units for all its rows: activates the gates in place, makes c, tanh c
 * and h. */
static void step_block(const lstm_memory *m, size_t rows, size_t row, size_t before,
                       size_t continuing, size_t b, float *h_next) {
    for (size_t e = 0; e < rows * UNITS; e += FA_LANES) {
        size_t j = e / UNITS, u = b * UNITS + e % UNITS;
        float *gates = m->gates + ((row + j) * m->blocks + b) * 4 * UNITS + e % UNITS;
        lanes i = load(gates), f = load(gates + UNITS), g = load(gates + 2 * UNITS),
              o = load(gates + 3 * UNITS);
        activate(&i, &f, &g, &o);
        lanes c = i * g, p, q;
        if (before != SIZE_MAX) c += f * load(m->cells + (before + j) * m->padded + u);
        tanh_parts(c, &p, &q);
        lanes tanh_c = p / q;
        store(gates, i);
        store(gates + UNITS, f);
        store(gates + 2 * UNITS, g);
        store(gates + 3 * UNITS, o);
        store(m->cells + (row + j) * m->padded + u, c);
        store(m->tanh_cells + (row + j) * m->padded + u, tanh_c);
        if (j < continuing) store(h_next + j * m->row + u, o * tanh_c);
    }
}

/* h = o tanh c of one packed row, in the caller's layout. */
static void output_row(float *h, const lstm_memory *m, size_t row, size_t units) {
    for (size_t u = 0; u < units; u++)
        h[u] = m->gates[((row * m->blocks + u / UNITS) * 4 + 3) * UNITS + u % UNITS] *
               m->tanh_cells[row * m->padded + u];
}

static fa_status lstm_forward(const fa__engine *engine, float *h, float *h_last, float *workspace,
                              const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    (void)engine;
    const lstm_memory m = lay_out(workspace, s);
    for (size_t b = 0; b < m.blocks; b++)
        for (size_t k = 0; k < m.depth; k++)
            for (size_t v = 0; v < PANEL; v++)
                m.packed[(b * m.depth + k) * PANEL + v] =
                    weight(w, s, m.padded, v / UNITS, b * UNITS + v % UNITS, k);
    for (size_t r = 0; r < s->total; r++) {
        float *row = m.rows + r * m.row;
        memcpy(row + m.padded, x + r * s->inputs, s->inputs * sizeof(float));
        row[m.depth - 1] = 1;
    }
    size_t row = 0, before = SIZE_MAX;
    if (s->steps > 0)
        for (size_t j = 0; j < s->rows[0]; j++)
            memset(m.rows + j * m.row, 0, m.padded * sizeof(float));
    for (size_t t = 0; t < s->steps; t++) {
        size_t rows = s->rows[t], continuing = t + 1 < s->steps ? s->rows[t + 1] : 0;
        const strided a = {m.rows + row * m.row, m.row, 1};
        for (size_t b = 0; b < m.blocks; b++) {
            panel_product(rows, m.depth, a, m.packed + b * m.depth * PANEL,
                          m.gates + (row * m.blocks + b) * PANEL, m.blocks * PANEL, false);
            step_block(&m, rows, row, before, continuing, b, m.rows + (row + rows) * m.row);
        }
        for (size_t j = continuing; h_last != NULL && j < rows; j++)
            output_row(h_last + j * s->units, &m, row + j, s->units);
        before = row;
        row += rows;
    }
    for (size_t r = 0; h != NULL && r < s->total; r++)
        output_row(h + r * s->units, &m, r, s->units);
    return FA_OK;
}

/* Gates to d_z in place, d_c to the gradient of the cell before, for the rows of one step. */
static void step_backward(const lstm_memory *m, size_t rows, size_t row, size_t before) {
    for (size_t j = 0; j < rows; j++)
        for (size_t u = 0; u < m->padded; u += FA_LANES) {
            float *gates = m->gates + ((row + j) * m->blocks + u / UNITS) * 4 * UNITS + u % UNITS;
            float *d_c_at = m->d_c + j * m->padded + u;
            lanes i = load(gates), f = load(gates + UNITS), g = load(gates + 2 * UNITS),
                  o = load(gates + 3 * UNITS);
            lanes tanh_c = load(m->tanh_cells + (row + j) * m->padded + u);
            lanes d_h = load(m->d_h + j * m->d_h_row + u);
            lanes c_before = {0};
            if (before != SIZE_MAX) c_before = load(m->cells + (before + j) * m->padded + u);
            lanes d_c = load(d_c_at) + d_h * o * (1.0f - tanh_c * tanh_c);
            store(gates, d_c * g * (i - i * i));
            store(gates + UNITS, d_c * c_before * (f - f * f));
            store(gates + 2 * UNITS, d_c * i * (1.0f - g * g));
            store(gates + 3 * UNITS, d_h * tanh_c * (o - o * o));
            store(d_c_at, d_c * f);
        }
}

/* The weight gradients, one product over all rows, then out of the blocked layout. */
static fa_status gradients(const fa__lstm_gradients *d, const lstm_memory *m,
                           const fa__lstm_shape *s, const fa__lstm_weights *w) {
    size_t columns = 4 * m->padded;
    FA_TRY(gemm(&(fa__gemm){.a_transposed = true,
                            .m = m->depth,
                            .n = columns,
                            .k = s->total,
                            .a = m->rows,
                            .lda = m->row,
                            .b = m->gates,
                            .ldb = columns,
                            .c = m->packed,
                            .ldc = columns}));
    for (size_t gate = 0; gate < 4; gate++)
        for (size_t u = 0; u < s->units; u++) {
            size_t out = gate * s->units + u;
            const float *column = m->packed + (u / UNITS * 4 + gate) * UNITS + u % UNITS;
            for (size_t k = 0; k < s->units; k++) d->wh[out * s->units + k] = column[k * columns];
            for (size_t k = 0; k < s->inputs; k++)
                d->wx[out * s->inputs + k] = column[(m->padded + k) * columns];
            d->b[out] = column[(m->depth - 1) * columns];
        }
    if (d->x == NULL) return FA_OK;
    for (size_t v = 0; v < columns; v++) /* wx with its rows in the order of the gates' columns */
        for (size_t k = 0; k < s->inputs; k++)
            m->packed[v * s->inputs + k] = weight(w, s, m->padded, v / UNITS % 4,
                                                  v / PANEL * UNITS + v % UNITS, m->padded + k);
    return gemm(&(fa__gemm){.m = s->total,
                            .n = s->inputs,
                            .k = columns,
                            .a = m->gates,
                            .lda = columns,
                            .b = m->packed,
                            .ldb = s->inputs,
                            .c = d->x,
                            .ldc = s->inputs});
}

/* wh for d_h = d_z . wh: panels of PANEL units, [panel][column of the gates][unit]. */
static void pack_recurrent(const lstm_memory *m, const fa__lstm_shape *s,
                           const fa__lstm_weights *w) {
    size_t columns = 4 * m->padded;
    for (size_t p = 0; p < m->d_h_row / PANEL; p++)
        for (size_t v = 0; v < columns; v++)
            for (size_t k = 0; k < PANEL; k++)
                m->packed[(p * columns + v) * PANEL + k] =
                    p * PANEL + k < m->padded ? weight(w, s, m->padded, v / UNITS % 4,
                                                       v / PANEL * UNITS + v % UNITS, p * PANEL + k)
                                              : 0;
}

static fa_status lstm_backward(const fa__engine *engine, const fa__lstm_gradients *d,
                               float *workspace, const float *d_h, const float *d_h_last,
                               const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    (void)engine, (void)x; /* x is in the workspace */
    const lstm_memory m = lay_out(workspace, s);
    size_t row = s->total, columns = 4 * m.padded;
    pack_recurrent(&m, s, w);
    memset(m.d_h, 0, s->samples * m.d_h_row * sizeof(float));
    memset(m.d_c, 0, s->samples * m.padded * sizeof(float));
    for (size_t t = s->steps; t-- > 0;) {
        size_t rows = s->rows[t], continuing = t + 1 < s->steps ? s->rows[t + 1] : 0;
        row -= rows;
        for (size_t j = 0; j < rows; j++)
            for (size_t u = 0; u < s->units; u++) {
                if (d_h != NULL) m.d_h[j * m.d_h_row + u] += d_h[(row + j) * s->units + u];
                if (d_h_last != NULL && j >= continuing)
                    m.d_h[j * m.d_h_row + u] += d_h_last[j * s->units + u];
            }
        step_backward(&m, rows, row, t > 0 ? row - s->rows[t - 1] : SIZE_MAX);
        for (size_t p = 0; t > 0 && p < m.d_h_row / PANEL; p++)
            for (size_t k = 0; k < columns; k += DEPTH) {
                const strided a = {m.gates + row * columns + k, columns, 1};
                size_t depth = columns - k < DEPTH ? columns - k : DEPTH;
                panel_product(rows, depth, a, m.packed + (p * columns + k) * PANEL,
                              m.d_h + p * PANEL, m.d_h_row, k > 0);
            }
    }
    return gradients(d, &m, s, w);
}

const fa__engine *FA_NATIVE_ENGINE(void) {
    static const fa__engine engine = {
        .name = "native",
        .text = "own kernels, AVX-512, AVX2 or portable",
        .gemm = gemm,
        .lstm_workspace = lstm_workspace,
        .lstm_forward = lstm_forward,
        .lstm_backward = lstm_backward,
        .images = &fa__onednn_images,
    };
    return &engine;
}
