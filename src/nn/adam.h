/* Adam (Kingma and Ba 2015) on one block of parameters. */
#ifndef FA_NN_ADAM_H
#define FA_NN_ADAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct fa__adam {
    double learning_rate, beta1, beta2, epsilon;
    uint64_t step; /* updates done */
    float *m, *v;  /* [n] first and second moments, zero at the start */
} fa__adam;

/* m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 * parameters -= learning_rate * m_hat / (sqrt(v_hat) + epsilon), both moments corrected for their
 * start. */
void fa__adam_update(fa__adam *adam, float *parameters, const float *gradient, size_t n);

/* L2 norm of a gradient, summed in a fixed order; NaN or infinite where a value is. */
double fa__norm(const float *gradient, size_t n);

#endif
