/* The tensor operations that layers are made of, behind one table, so that any two engines can be
 * compared in one process.
 *
 *   ref      plain C that follows the equations: the oracle
 *   native   our kernels, one body compiled for AVX-512, AVX2 and portable C: the default
 *   onednn   the matrix products by oneDNN (where it is built in)
 *
 * Every operation runs on the calling thread alone: parallelism is by shards, above this table.
 *
 * Letters: n samples, T steps, S packed rows (sum of lengths), I inputs, H units.
 */
#ifndef FA_ENGINE_ENGINE_H
#define FA_ENGINE_ENGINE_H

#include "base/status.h"

#include <stdbool.h>

/* c [m, n] = op(a) [m, k] . op(b) [k, n] + beta c, op the transpose where asked for; row-major with
 * leading dimensions (elements from row to row of the matrix as stored). beta is 0 or 1; with 0, c need
 * not be set before. */
typedef struct fa__gemm {
    bool a_transposed, b_transposed;
    size_t m, n, k;
    const float *a, *b;
    size_t lda, ldb;
    float *c;
    size_t ldc;
    float beta;
} fa__gemm;

/* Series of one shard, longest first, packed by time: step t holds rows[t] samples (rows[t + 1] <= rows[t]),
 * the samples 0..rows[t]-1 in order; S = sum of rows. No step is spent on padding. */
typedef struct fa__lstm_shape {
    size_t samples, steps, total; /* n, T, S */
    const size_t *rows;           /* [T] */
    size_t inputs, units;         /* I, H */
} fa__lstm_shape;

/* Gate blocks in the order i, f, g, o (Hochreiter and Schmidhuber 1997; forget gate by Gers 2000):
 *   i, f, o = sigmoid(wx x_t + wh h_{t-1} + b),  g = tanh(the same)
 *   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t),  h_{-1} = c_{-1} = 0 */
typedef struct fa__lstm_weights {
    const float *wx; /* [4H, I] */
    const float *wh; /* [4H, H] */
    const float *b;  /* [4H] */
} fa__lstm_weights;

typedef struct fa__lstm_gradients { /* overwritten */
    float *wx, *wh, *b;
    float *x; /* [S, I], NULL: not wanted */
} fa__lstm_gradients;

typedef struct fa__engine fa__engine;
struct fa__engine {
    const char *name;
    const char *text; /* one line for `info` */

    fa_status (*gemm)(const fa__gemm *g);

    /* Floats of workspace that forward fills and backward reads. */
    size_t (*lstm_workspace)(const fa__lstm_shape *s);
    /* h [S, H] at every step, h_last [n, H] at each sample's last step; either may be NULL. */
    fa_status (*lstm_forward)(const fa__engine *engine, float *h, float *h_last, float *workspace,
                              const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w);
    /* d_h [S, H] and d_h_last [n, H]: gradients of the two outputs, NULL: zero. The workspace is
     * consumed. */
    fa_status (*lstm_backward)(const fa__engine *engine, const fa__lstm_gradients *d, float *workspace,
                               const float *d_h, const float *d_h_last, const float *x,
                               const fa__lstm_shape *s, const fa__lstm_weights *w);
};

/* An engine by name, "auto" for the default. FA_E_UNAVAILABLE for one that was left out of the build,
 * naming the package; FA_E_ARGUMENT for an unknown name. Never another than the one asked for. */
fa_status fa__engine_find(const fa__engine **out, const char *name);

/* The engines of this build, the default first; NULL past the last. */
const fa__engine *fa__engine_at(size_t index);

/* One per file; each starts from the reference and replaces entries. */
const fa__engine *fa__engine_ref(void);
const fa__engine *fa__engine_native(void);
const fa__engine *fa__engine_onednn(void);
/* The version of the oneDNN built against. */
const char *fa__onednn_version(void);

#endif
