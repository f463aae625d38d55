/* The reference engine: every operation as its equation reads, to check the others against. The
 * LSTM is written over the engine's own matrix product, so an engine that only brings that has an
 * LSTM too. */
#include "engine/engine_ref.h"

#include <math.h>
#include <string.h>

static fa_status gemm(const fa__gemm *g) {
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            double sum = 0;
            for (size_t k = 0; k < g->k; k++) {
                float a = g->a_transposed ? g->a[k * g->lda + i] : g->a[i * g->lda + k];
                float b = g->b_transposed ? g->b[j * g->ldb + k] : g->b[k * g->ldb + j];
                sum += (double)a * (double)b;
            }
            float *c = &g->c[i * g->ldc + j];
            *c = (float)(sum + (g->beta != 0 ? (double)*c : 0.0));
        }
    return FA_OK;
}

/* ==== LSTM ==== */

/* The workspace, in floats: gates [S, 4H] (activated; the backward pass turns them into d_z), cells
 * [S, H], h [S, H], and for the backward pass d_h [n, H], d_c [n, H]. */
typedef struct lstm_memory {
    float *gates, *cells, *h, *d_h, *d_c;
} lstm_memory;

size_t fa__ref_lstm_workspace(const fa__lstm_shape *s) {
    return s->total * 6 * s->units + 2 * s->samples * s->units;
}

static lstm_memory lay_out(float *workspace, const fa__lstm_shape *s) {
    lstm_memory memory;
    memory.gates = workspace;
    memory.cells = memory.gates + s->total * 4 * s->units;
    memory.h = memory.cells + s->total * s->units;
    memory.d_h = memory.h + s->total * s->units;
    memory.d_c = memory.d_h + s->samples * s->units;
    return memory;
}

static float sigmoid(float x) {
    return (float)(1 / (1 + exp(-(double)x)));
}

/* Activates one row of gates and makes the next cell and output; c_before NULL: 0. */
static void step_row(float *gates, float *cell, float *h, const float *c_before, size_t units) {
    for (size_t u = 0; u < units; u++) {
        float *i = &gates[u], *f = &gates[units + u], *g = &gates[2 * units + u],
              *o = &gates[3 * units + u];
        *i = sigmoid(*i);
        *f = sigmoid(*f);
        *g = tanhf(*g);
        *o = sigmoid(*o);
        cell[u] = *f * (c_before != NULL ? c_before[u] : 0) + *i * *g;
        h[u] = *o * tanhf(cell[u]);
    }
}

fa_status fa__ref_lstm_forward(const fa__engine *engine, float *h, float *h_last, float *workspace,
                               const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w) {
    lstm_memory memory = lay_out(workspace, s);
    size_t H = s->units, before = 0, row = 0; /* first packed row of step t - 1 and t */
    for (size_t r = 0; r < s->total; r++)
        memcpy(memory.gates + r * 4 * H, w->b, 4 * H * sizeof(float));
    FA_TRY(engine->gemm(&(fa__gemm){.b_transposed = true,
                                    .m = s->total,
                                    .n = 4 * H,
                                    .k = s->inputs,
                                    .a = x,
                                    .lda = s->inputs,
                                    .b = w->wx,
                                    .ldb = s->inputs,
                                    .c = memory.gates,
                                    .ldc = 4 * H,
                                    .beta = 1}));
    for (size_t t = 0; t < s->steps; t++) {
        if (t > 0)
            FA_TRY(engine->gemm(&(fa__gemm){.b_transposed = true,
                                            .m = s->rows[t],
                                            .n = 4 * H,
                                            .k = H,
                                            .a = memory.h + before * H,
                                            .lda = H,
                                            .b = w->wh,
                                            .ldb = H,
                                            .c = memory.gates + row * 4 * H,
                                            .ldc = 4 * H,
                                            .beta = 1}));
        for (size_t j = 0; j < s->rows[t]; j++) {
            float *out = memory.h + (row + j) * H;
            step_row(memory.gates + (row + j) * 4 * H, memory.cells + (row + j) * H, out,
                     t > 0 ? memory.cells + (before + j) * H : NULL, H);
            bool last = t + 1 == s->steps || j >= s->rows[t + 1];
            if (last && h_last != NULL) memcpy(h_last + j * H, out, H * sizeof(float));
        }
        before = row;
        row += s->rows[t];
    }
    if (h != NULL) memcpy(h, memory.h, s->total * H * sizeof(float));
    return FA_OK;
}

/* Turns the activated gates of one row into d_z and d_c into the gradient of the cell before. */
static void step_row_backward(float *gates, float *d_c, const float *d_h, const float *cell,
                              const float *c_before, size_t units) {
    for (size_t u = 0; u < units; u++) {
        float i = gates[u], f = gates[units + u], g = gates[2 * units + u],
              o = gates[3 * units + u];
        float tanh_c = tanhf(cell[u]);
        float d = d_c[u] + d_h[u] * o * (1 - tanh_c * tanh_c);
        gates[u] = d * g * i * (1 - i);
        gates[units + u] = d * (c_before != NULL ? c_before[u] : 0) * f * (1 - f);
        gates[2 * units + u] = d * i * (1 - g * g);
        gates[3 * units + u] = d_h[u] * tanh_c * o * (1 - o);
        d_c[u] = d * f;
    }
}

/* The gradients that need all steps at once, from d_z [S, 4H]. */
static fa_status weight_gradients(const fa__engine *engine, const fa__lstm_gradients *d,
                                  const float *d_z, const float *h, const float *x,
                                  const fa__lstm_shape *s, const fa__lstm_weights *w) {
    size_t H = s->units, row = 0, before = 0;
    memset(d->b, 0, 4 * H * sizeof(float));
    for (size_t r = 0; r < s->total; r++)
        for (size_t u = 0; u < 4 * H; u++) d->b[u] += d_z[r * 4 * H + u];
    FA_TRY(engine->gemm(&(fa__gemm){.a_transposed = true,
                                    .m = 4 * H,
                                    .n = s->inputs,
                                    .k = s->total,
                                    .a = d_z,
                                    .lda = 4 * H,
                                    .b = x,
                                    .ldb = s->inputs,
                                    .c = d->wx,
                                    .ldc = s->inputs}));
    memset(d->wh, 0, 4 * H * H * sizeof(float));
    for (size_t t = 0; t < s->steps; t++) {
        if (t > 0)
            FA_TRY(engine->gemm(&(fa__gemm){.a_transposed = true,
                                            .m = 4 * H,
                                            .n = H,
                                            .k = s->rows[t],
                                            .a = d_z + row * 4 * H,
                                            .lda = 4 * H,
                                            .b = h + before * H,
                                            .ldb = H,
                                            .c = d->wh,
                                            .ldc = H,
                                            .beta = 1}));
        before = row;
        row += s->rows[t];
    }
    if (d->x == NULL) return FA_OK;
    return engine->gemm(&(fa__gemm){.m = s->total,
                                    .n = s->inputs,
                                    .k = 4 * H,
                                    .a = d_z,
                                    .lda = 4 * H,
                                    .b = w->wx,
                                    .ldb = s->inputs,
                                    .c = d->x,
                                    .ldc = s->inputs});
}

fa_status fa__ref_lstm_backward(const fa__engine *engine, const fa__lstm_gradients *d,
                                float *workspace, const float *d_h, const float *d_h_last,
                                const float *x, const fa__lstm_shape *s,
                                const fa__lstm_weights *w) {
    lstm_memory memory = lay_out(workspace, s);
    size_t H = s->units, row = s->total;
    memset(memory.d_h, 0, s->samples * H * sizeof(float));
    memset(memory.d_c, 0, s->samples * H * sizeof(float));
    for (size_t t = s->steps; t-- > 0;) {
        size_t rows = s->rows[t], ended = t + 1 == s->steps ? 0 : s->rows[t + 1];
        row -= rows;
        for (size_t j = 0; j < rows; j++) {
            float *d_out = memory.d_h + j * H;
            for (size_t u = 0; u < H; u++) {
                if (d_h != NULL) d_out[u] += d_h[(row + j) * H + u];
                if (d_h_last != NULL && j >= ended) d_out[u] += d_h_last[j * H + u];
            }
            const float *c_before = t > 0 ? memory.cells + (row - s->rows[t - 1] + j) * H : NULL;
            step_row_backward(memory.gates + (row + j) * 4 * H, memory.d_c + j * H, d_out,
                              memory.cells + (row + j) * H, c_before, H);
        }
        if (t > 0)
            FA_TRY(engine->gemm(&(fa__gemm){.m = rows,
                                            .n = H,
                                            .k = 4 * H,
                                            .a = memory.gates + row * 4 * H,
                                            .lda = 4 * H,
                                            .b = w->wh,
                                            .ldb = H,
                                            .c = memory.d_h,
                                            .ldc = H}));
    }
    return weight_gradients(engine, d, memory.gates, memory.h, x, s, w);
}

const fa__engine *fa__engine_ref(void) {
    static const fa__engine engine = {
        .name = "ref",
        .text = "plain C, the oracle for the others",
        .gemm = gemm,
        .lstm_workspace = fa__ref_lstm_workspace,
        .lstm_forward = fa__ref_lstm_forward,
        .lstm_backward = fa__ref_lstm_backward,
        .norm_statistics = fa__ref_norm_statistics,
        .norm_apply = fa__ref_norm_apply,
        .norm_sums = fa__ref_norm_sums,
        .norm_back = fa__ref_norm_back,
        .images = &fa__ref_images,
    };
    return &engine;
}
