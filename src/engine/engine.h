/* The tensor operations that layers are made of, behind one table, so that any two engines can be
 * compared in one process.
 *
 *   ref      plain C that follows the equations: the oracle
 *   native   our kernels, one body compiled for AVX-512, AVX2 and portable C: the default
 *   onednn   the matrix products by oneDNN (where it is built in)
 *
 * Images are oneDNN's in both; native has 3x3 convolutions and pooling of its own, and where the
 * processor has AMX all convolutions in bfloat16.
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

/* Convolution over images with k / 2 zeros around them, every s-th pixel of every s-th row:
 *   y[o, r, c] = b[o] + sum_i,p,q w[o, i, p, q] x[i, s r + p - k / 2, s c + q - k / 2], then ReLU
 * y has (height - 1) / s + 1 rows and likewise columns.
 *
 * Between two image operations images lie in the engine's own layout [n, channels / block, height,
 * width, block], zeros in channels that fill no block (fa__image_ops.block). plain_in, plain_out:
 * that end is [n, height, width, channels] instead. */
typedef struct fa__conv {
    size_t samples, height, width;  /* of x */
    size_t in, out, kernel, stride; /* channels; k, odd; s */
    bool relu, plain_in, plain_out;
    bool bfloat16; /* fa__engine_in_bfloat16 */
} fa__conv;

/* Pixels of a side of y for one of x. */
static inline size_t fa__conv_side(const fa__conv *c, size_t side) {
    return (side - 1) / c->stride + 1;
}

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
    bool bfloat16;    /* what fa__conv.bfloat16 has to be */

    /* Channels that lie side by side in its own layout. */
    size_t (*block)(size_t channels);

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

/* Channels and what fills their last block. */
static inline size_t fa__blocked(size_t channels, size_t block) {
    return (channels + block - 1) / block * block;
}

/* Batch normalisation of each channel (Ioffe and Szegedy 2015) over its M = samples * pixels
 * values: mean = 1/M sum x,   variance = 1/M sum (x - mean)^2 y = scale (x - mean) / sqrt(variance
 * + epsilon) + shift, then ReLU x, y [samples, channels / block, pixels, block], channels that fill
 * no block zero. */
typedef struct fa__batchnorm {
    size_t samples, channels, pixels, block;
    bool relu;
} fa__batchnorm;

static inline size_t fa__batchnorm_width(const fa__batchnorm *n) {
    return fa__blocked(n->channels, n->block);
}

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

    /* Of each channel, as all numbers of channels here [fa__batchnorm_width]. */
    void (*norm_statistics)(double *mean, double *variance, const float *x, const fa__batchnorm *n);
    /* y = factor x + offset, then ReLU. */
    void (*norm_apply)(float *y, const float *x, const float *factor, const float *offset,
                       const fa__batchnorm *n);
    /* sums[c] = sum d_y, products[c] = sum d_y (x - mean[c]), after ReLU's share went into d_y. */
    void (*norm_sums)(double *sums, double *products, float *d_y, const float *x, const float *y,
                      const double *mean, const fa__batchnorm *n);
    /* d_x = a d_y + b x + c, channel by channel. */
    void (*norm_back)(float *d_x, const float *d_y, const float *x, const float *a, const float *b,
                      const float *c, const fa__batchnorm *n);

    const fa__image_ops *images;
};

/* Floats of an image of so many pixels in the engine's own layout. */
size_t fa__own_floats(const fa__engine *engine, size_t pixels, size_t channels);

extern const fa__image_ops fa__ref_images;
/* oneDNN's, or where it is not built in: each entry is FA_E_UNAVAILABLE, naming the package. */
extern const fa__image_ops fa__onednn_images, fa__onednn_bfloat16_images;
/* The same, but 3x3 convolutions and pooling between layers by kernels of our own. */
extern const fa__image_ops fa__native_images;
/* Processor and oneDNN multiply bfloat16. */
bool fa__onednn_has_bfloat16(void);

/* An engine by name, "auto" for the default. FA_E_UNAVAILABLE for one that was left out of the
 * build, naming the package; FA_E_ARGUMENT for an unknown name. Never another than the one asked
 * for. */
fa_status fa__engine_find(const fa__engine **out, const char *name);

/* FA_E_UNAVAILABLE, naming the package and what works without it, for an engine whose operations on
 * images were left out of the build. */
fa_status fa__engine_takes_images(const fa__engine *engine);

/* The same engine, but that convolutions round what they multiply to bfloat16 (the upper half of a
 * float32, to nearest): x and w forward, d_y and w on the way to d_x. Sums and results are float32's.
 * The gradient of w is that of float32 by oneDNN's operations; by the tiles of AMX, which native has
 * where process and processor do (tiles.h), x and d_y are rounded for it, too. FA_E_UNAVAILABLE
 * where processor, build or engine has no such operations. */
fa_status fa__engine_in_bfloat16(fa__engine *out, const fa__engine *engine);

/* The engines of this build, the default first; NULL past the last. */
const fa__engine *fa__engine_at(size_t index);

/* One per file; each starts from the reference and replaces entries. */
const fa__engine *fa__engine_ref(void);
const fa__engine *fa__engine_native(void);
const fa__engine *fa__engine_onednn(void);
/* The version of oneDNN; NULL: not built in. */
const char *fa__onednn_version(void);
/* Around calls into oneDNN: it starts no OpenMP threads of its own for the calling thread, so that
 * results do not depend on where it is called, and a forked child never waits for threads that
 * stayed behind. restore takes what alone returned. */
int fa__onednn_alone(void);
void fa__onednn_restore(int before);

#endif
