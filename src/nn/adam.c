/* Adam. */
#include "nn/adam.h"

#include <math.h>

void fa__adam_update(fa__adam *adam, float *parameters, const float *gradient, size_t n) {
    adam->step++;
    double t = (double)adam->step;
    double correct_m = 1 - pow(adam->beta1, t), correct_v = 1 - pow(adam->beta2, t);
    const float b1 = (float)adam->beta1, b2 = (float)adam->beta2;
    const float rate = (float)(adam->learning_rate / correct_m);
    const float scale = (float)(1 / sqrt(correct_v)), epsilon = (float)adam->epsilon;
    float *m = adam->m, *v = adam->v;
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        m[i] = b1 * m[i] + (1 - b1) * g;
        v[i] = b2 * v[i] + (1 - b2) * g * g;
        parameters[i] -= rate * m[i] / (sqrtf(v[i]) * scale + epsilon);
    }
}

double fa__norm(const float *gradient, size_t n) {
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (double)gradient[i] * (double)gradient[i];
    return sqrt(square);
}
