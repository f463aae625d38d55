/* Pieces of work inside the library, which no public function does alone, for bench/run: it loads
 * libforced_apart_bench, the library with these beside it. Neither is installed. */
#ifndef FA_PIECES_BENCH_H
#define FA_PIECES_BENCH_H

#include "forced_apart/status.h"

#ifdef __cplusplus
extern "C" {
#endif
/* A piece of work, set up once to be timed. */
typedef struct fa_bench fa_bench;

/* Sets up a piece of work from its name and sizes:
 *
 *   "fma ROUNDS"        multiply-adds in registers and nothing else, on every thread: the limit
 *   "gemm M N K"        c [M, N] = a [M, K] . b [K, N] by the default engine, rows shared among
 *                       the threads
 *   "lstm BATCH STEPS INPUTS UNITS SHARDS"   forward, and backward from a gradient of the last
 *                       output to all weights, as a training step does it: shard by shard, then
 *                       the shards' gradients added up
 *   "cnn BATCH SHARDS"  a training step of the network of Figure 4 (the recipe cifar10) on images
 *                       of 32 x 32 pixels, image i of label i mod 2: forward, cross-entropy,
 *                       backward, one update by Adam with rate 0.0005
 *   "cnn-batchnorm BATCH SHARDS"   the same of conv 32 stride 2, 64, pool, 128, 128, pool, 256, all
 *                       3x3 with batch norm and ReLU, global pool, linear 15 relu, linear 1
 *   "cnn-bfloat16 BATCH SHARDS", "cnn-batchnorm-bfloat16 BATCH SHARDS"   with network.precision =
 *                       bfloat16; FA_E_UNAVAILABLE on a processor without it
 *   "adam N"            one update of N parameters
 *   "all-pairs N D LABELS"   fa_loss_multi by KL, margin 1, row i of label i mod LABELS, with every
 *                       pair computed: without the bounds that leave out blocks
 *
 * out     free with fa_bench_free
 * Errors: FA_E_ARGUMENT for an unknown name, or sizes that are missing, too many or out of range;
 *   FA_E_NOMEM. *out untouched on error. The number of threads is that of fa_threads_get now. */
FA_API fa_status fa_bench_open(fa_bench **out, const char *work);

/* Does it once. Errors: FA_E_NOMEM; FA_E_UNAVAILABLE for cnn where nothing that was built in does
 * convolutions. One call at a time on a bench. */
FA_API fa_status fa_bench_run(fa_bench *bench);

/* Floating-point operations of one run (a multiply-add counts two; lstm: those of its matrix
 * products; cnn, cnn-batchnorm: those of their convolutions as they are defined, though fewer are done; adam: twelve
 * a parameter). */
FA_API double fa_bench_flops(const fa_bench *bench);

/* The numbers it works on, by name, to give to a peer or to compare; *count is set. They live as
 * long as the bench and may be changed between runs. NULL for another name.
 *
 *   fma        sum
 *   gemm       a, b, c
 *   lstm       x (shard by shard [STEPS, samples, INPUTS]), last and d_last [BATCH, UNITS], weights
 *              and gradient: wx [4 UNITS, INPUTS], wh [4 UNITS, UNITS], b [4 UNITS], gates i f g o
 *   cnn        x [BATCH, 32, 32, 3], logits [BATCH]; parameters, gradient, m, v: layer by layer
 *              weight [units, channels, 3, 3] or [units, inputs] (inputs row by row, channels
 *              innermost), then bias [units]
 *   cnn-batchnorm   the same, after each convolution's bias the weight and bias of its batch norm;
 *              at the end the running mean and variance of each, layer by layer
 *   adam       parameters, gradient, m, v
 *   all-pairs  h, gradient, loss */
FA_API float *fa_bench_array(const fa_bench *bench, const char *name, size_t *count);

FA_API void fa_bench_free(fa_bench *bench); /* NULL ok */

#ifdef __cplusplus
}
#endif
#endif
