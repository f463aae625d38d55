/* Adam, by blocks of parameters in parallel. */
#include "nn/adam.h"

#include "base/simd.h"
#include "base/threads.h"
#include "nn/adam_kernel.h"

#include <math.h>

/* Blocks depend on n alone, so that the sums over them do not depend on the threads; what fits one
 * block is not worth a thread. */
enum { BLOCK = 1 << 17, BLOCKS_MAX = 64 };

static size_t block_of(size_t n) {
    size_t even = n / BLOCKS_MAX + 1;
    return even > BLOCK ? even : BLOCK;
}

typedef struct update {
    fa__adam_range *run;
    fa__adam_step step;
    size_t n, block;
} update;

static fa_status update_block(void *context, size_t index, size_t thread) {
    (void)thread;
    const update *u = context;
    size_t from = index * u->block, to = u->n - from < u->block ? u->n : from + u->block;
    u->run(&u->step, from, to);
    return FA_OK;
}

void fa__adam_update(fa__adam *adam, float *parameters, const float *gradient, size_t n) {
    adam->step++;
    double t = (double)adam->step;
    double correct_m = 1 - pow(adam->beta1, t), correct_v = 1 - pow(adam->beta2, t);
    size_t block = block_of(n);
    fa__simd level = fa__simd_level();
    update u = {
        .run = FA__BY_SIMD(level, fa__adam_portable, fa__adam_avx2, fa__adam_avx512),
        .step = {.b1 = (float)adam->beta1,
                 .new1 = (float)(1 - adam->beta1), /* in double: a beta that rounds to 1 must */
                 .b2 = (float)adam->beta2,         /* still let the gradient in */
                 .new2 = (float)(1 - adam->beta2),
                 .rate = (float)(adam->learning_rate / correct_m),
                 .scale = (float)(1 / sqrt(correct_v)),
                 .epsilon = (float)adam->epsilon,
                 .m = adam->m,
                 .v = adam->v,
                 .parameters = parameters,
                 .gradient = gradient},
        .n = n,
        .block = block};
    (void)fa__parallel((n + block - 1) / block, update_block, &u); /* its tasks cannot fail */
}

typedef struct square_sum {
    const float *gradient;
    size_t n, block;
    double sums[BLOCKS_MAX];
} square_sum;

static fa_status sum_block(void *context, size_t index, size_t thread) {
    (void)thread;
    square_sum *s = context;
    size_t from = index * s->block, to = s->n - from < s->block ? s->n : from + s->block;
    double square = 0;
    for (size_t i = from; i < to; i++) square += (double)s->gradient[i] * (double)s->gradient[i];
    s->sums[index] = square;
    return FA_OK;
}

double fa__norm(const float *gradient, size_t n) {
    square_sum s = {.gradient = gradient, .n = n, .block = block_of(n)};
    size_t blocks = (n + s.block - 1) / s.block;
    double square = 0;
    (void)fa__parallel(blocks, sum_block, &s);
    for (size_t b = 0; b < blocks; b++) square += s.sums[b];
    return sqrt(square);
}
