/* Adam. */
#include "nn/adam.h"

#include <math.h>

void fa__adam_update(fa__adam *adam, float *parameters, const float *gradient, size_t n) {
    adam->step++;
    double t = (double)adam->step;
    double correct_m = 1 - pow(adam->beta1, t), correct_v = 1 - pow(adam->beta2, t);
    /* 1 - beta in double: a beta that rounds to 1 must still let the gradient in. */
    const float b1 = (float)adam->beta1, new1 = (float)(1 - adam->beta1);
    const float b2 = (float)adam->beta2, new2 = (float)(1 - adam->beta2);
    const float rate = (float)(adam->learning_rate / correct_m);
    const float scale = (float)(1 / sqrt(correct_v)), epsilon = (float)adam->epsilon;
    float *m = adam->m, *v = adam->v;
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        m[i] = b1 * m[i] + new1 * g;
        v[i] = b2 * v[i] + new2 * g * g;
        parameters[i] -= rate * m[i] / (sqrtf(v[i]) * scale + epsilon);
    }
}

double fa__norm(const float *gradient, size_t n) {
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (double)gradient[i] * (double)gradient[i];
    return sqrt(square);
}
