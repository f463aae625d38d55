/* The inner loops of Adam, compiled once per SIMD level from adam_body.h. */
#ifndef FA_NN_ADAM_KERNEL_H
#define FA_NN_ADAM_KERNEL_H

#include <stddef.h>

/* One update of all parameters. rate = learning rate / (1 - beta1^t), scale = 1 / sqrt(1 -
 * beta2^t); new1, new2 = 1 - b1, 1 - b2 as made in double. */
typedef struct fa__adam_step {
    float b1, new1, b2, new2, rate, scale, epsilon;
    float *m, *v, *parameters;
    const float *gradient;
} fa__adam_step;

/* Updates the parameters from..to-1. */
typedef void fa__adam_range(const fa__adam_step *s, size_t from, size_t to);

fa__adam_range fa__adam_portable, fa__adam_avx2, fa__adam_avx512;

#endif
