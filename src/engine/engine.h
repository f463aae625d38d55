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
 * leading dimensions (elements from row to row of the matrix as stored). beta is 0 or 1; with 0, c
 * need not be set before. */
typedef struct fa__gemm {
    bool a_transposed, b_transposed;
    size_t m, n, k;
    const float *a, *b;
    size_t lda, ldb;
    float *c;
    size_t ldc;
    float beta;
} fa__gemm;

/* Series of one shard, longest first, packed by time: step t holds rows[t] samples (rows[t + 1] <=
 * rows[t]), the samples 0..rows[t]-1 in order; S = sum of rows. No step is spent on padding. */
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

/* Convolution over images, stride 1, zeros around them so that their size stays:
 *   y[o, r, c] = b[o] + sum_i,p,q w[o, i, p, q] x[i, r + p - k / 2, c + q - k / 2], then ReLU
 *
 * Between two image operations a flow lies in the engine's own layout: whatever it likes, in at
 * most fa__own_floats floats. plain_in, plain_out: that end is [n, height, width, channels]
 * instead. */
typedef struct fa__conv {
    size_t samples, height, width;
    size_t in, out, kernel; /* channels; k, odd */
    bool relu, plain_in, plain_out;
} fa__conv;

/* Largest value of each size x size window of each channel, windows side by side; rows and columns
 * that fill no window are left out. Layouts as in fa__conv. */
typedef struct fa__pool {
    size_t samples, height, width, channels, size;
    bool plain_in, plain_out;
} fa__pool;

/* What an engine has for images. scratch: as many floats as asked for, used within the call alone.
 */
typedef struct fa__image_ops {
    const char *name; /* who does it, for `info`; NULL: none of them is there */

    size_t (*conv_scratch)(const fa__conv *c);
    /* w [out, in, k, k], b [out]. */
    fa_status (*conv_forward)(float *y, const float *x, const float *w, const float *b,
                              const fa__conv *c, float *scratch);
    /* Overwrites d_x (NULL: not wanted), d_w, d_b. d_y is changed: ReLU's share goes into it. */
    fa_status (*conv_backward)(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                               const float *y, const float *w, const fa__conv *c, float *scratch);

    /* Floats that forward keeps for backward: where each largest value was (of equal ones, one). */
    size_t (*pool_workspace)(const fa__pool *p);
    size_t (*pool_scratch)(const fa__pool *p);
    fa_status (*pool_forward)(float *y, float *workspace, const float *x, const fa__pool *p,
                              float *scratch);
    fa_status (*pool_backward)(float *d_x, const float *d_y, const float *workspace,
                               const fa__pool *p, float *scratch);
} fa__image_ops;

/* Floats of an image in the layout that takes most: channels by sixteen. */
enum { FA__CHANNEL_BLOCK = 16 };
size_t fa__own_floats(size_t height, size_t width, size_t channels);

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
    fa_status (*lstm_backward)(const fa__engine *engine, const fa__lstm_gradients *d,
                               float *workspace, const float *d_h, const float *d_h_last,
                               const float *x, const fa__lstm_shape *s, const fa__lstm_weights *w);

    const fa__image_ops *images;
};

extern const fa__image_ops fa__ref_images;
/* oneDNN's, or where it is not built in: each entry is FA_E_UNAVAILABLE, naming the package. */
extern const fa__image_ops fa__onednn_images;

/* An engine by name, "auto" for the default. FA_E_UNAVAILABLE for one that was left out of the
 * build, naming the package; FA_E_ARGUMENT for an unknown name. Never another than the one asked
 * for. */
fa_status fa__engine_find(const fa__engine **out, const char *name);

/* FA_E_UNAVAILABLE, naming the package and what works without it, for an engine whose operations on
 * images were left out of the build. */
fa_status fa__engine_takes_images(const fa__engine *engine);

/* The engines of this build, the default first; NULL past the last. */
const fa__engine *fa__engine_at(size_t index);

/* One per file; each starts from the reference and replaces entries. */
const fa__engine *fa__engine_ref(void);
const fa__engine *fa__engine_native(void);
const fa__engine *fa__engine_onednn(void);
/* The version of the oneDNN built against. */
const char *fa__onednn_version(void);
/* Around calls into oneDNN: it starts no OpenMP threads of its own for the calling thread, so that
 * results do not depend on where it is called, and a forked child never waits for threads that
 * stayed behind. restore takes what alone returned. */
int fa__onednn_alone(void);
void fa__onednn_restore(int before);

#endif
