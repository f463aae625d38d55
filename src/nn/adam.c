/* Adam. */
#include "nn/adam.h"

#include "base/threads.h"

#include <math.h>

enum { PIECE = 1 << 14 }; /* parameters of a parallel task */

typedef struct update {
    float *parameters, *m, *v;
    const float *gradient;
    size_t n;
    float b1, new1, b2, new2, rate, scale, epsilon;
} update;

static fa_status update_piece(void *context, size_t index, size_t thread) {
    (void)thread;
    const update *u = context;
    size_t first = index * PIECE, end = u->n - first < PIECE ? u->n : first + PIECE;
    for (size_t i = first; i < end; i++) {
        float g = u->gradient[i], m = u->b1 * u->m[i] + u->new1 * g,
              v = u->b2 * u->v[i] + u->new2 * g * g;
        u->m[i] = m;
        u->v[i] = v;
        u->parameters[i] -= u->rate * m / (sqrtf(v) * u->scale + u->epsilon);
    }
    return FA_OK;
}

void fa__adam_update(fa__adam *adam, float *parameters, const float *gradient, size_t n) {
    adam->step++;
    double t = (double)adam->step;
    double correct_m = 1 - pow(adam->beta1, t), correct_v = 1 - pow(adam->beta2, t);
    /* 1 - beta in double: a beta that rounds to 1 must still let the gradient in. */
    update u = {.parameters = parameters,
                .m = adam->m,
                .v = adam->v,
                .gradient = gradient,
                .n = n,
                .b1 = (float)adam->beta1,
                .new1 = (float)(1 - adam->beta1),
                .b2 = (float)adam->beta2,
                .new2 = (float)(1 - adam->beta2),
                .rate = (float)(adam->learning_rate / correct_m),
                .scale = (float)(1 / sqrt(correct_v)),
                .epsilon = (float)adam->epsilon};
    (void)fa__parallel((n + PIECE - 1) / PIECE, update_piece, &u); /* a piece cannot fail */
}

double fa__norm(const float *gradient, size_t n) {
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (double)gradient[i] * (double)gradient[i];
    return sqrt(square);
}
