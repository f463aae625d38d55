/* Adam's one body. adam_<level>.c defines KERNEL and includes this; the compiler does the rest: a
 * square root and a division for each parameter take longer than its memory, as long as that is
 * cached. */
#include "nn/adam_kernel.h"

#include <math.h>

void KERNEL(const fa__adam_step *s, size_t from, size_t to) {
    const float b1 = s->b1, new1 = s->new1, b2 = s->b2, new2 = s->new2;
    const float rate = s->rate, scale = s->scale, epsilon = s->epsilon;
    const float *gradient = s->gradient;
    float *m = s->m, *v = s->v, *parameters = s->parameters;
    for (size_t i = from; i < to; i++) {
        float g = gradient[i];
        m[i] = b1 * m[i] + new1 * g;
        v[i] = b2 * v[i] + new2 * g * g;
        parameters[i] -= rate * m[i] / (sqrtf(v[i]) * scale + epsilon);
    }
}
