/* Starting values of weights. */
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>

static void fill_uniform(float *weights, size_t count, double bound, fa__rng *rng) {
    for (size_t i = 0; i < count; i++) weights[i] = (float)(bound * (2 * fa__rng_uniform(rng) - 1));
}

void fa__init_glorot(float *weights, size_t out, size_t in, fa__rng *rng) {
    fill_uniform(weights, out * in, sqrt(6.0 / (double)(out + in)), rng);
}

void fa__init_he(float *weights, size_t out, size_t in, fa__rng *rng) {
    fill_uniform(weights, out * in, sqrt(6.0 / (double)in), rng);
}

void fa__init_orthogonal(float *weights, size_t n, fa__rng *rng) {
    for (size_t i = 0; i < n; i++) {
        float *row = weights + i * n;
        for (;;) { /* a normal row less its parts along the rows above; a row that is nearly lost is
                      redrawn */
            for (size_t k = 0; k < n; k++) row[k] = (float)fa__rng_normal(rng);
            for (int twice = 0; twice < 2; twice++) /* once leaves rounding errors behind */
                for (size_t j = 0; j < i; j++) {
                    double dot = 0;
                    for (size_t k = 0; k < n; k++)
                        dot += (double)row[k] * (double)weights[j * n + k];
                    for (size_t k = 0; k < n; k++)
                        row[k] -= (float)(dot * (double)weights[j * n + k]);
                }
            double square = 0;
            for (size_t k = 0; k < n; k++) square += (double)row[k] * (double)row[k];
            if (!(square > 1e-6)) continue;
            for (size_t k = 0; k < n; k++) row[k] = (float)((double)row[k] / sqrt(square));
            break;
        }
    }
}

void fa__layer_declare(fa__layer *layer, const char *name, size_t rows, size_t columns) {
    fa__parameter *p = &layer->parameters[layer->n_parameters++];
    snprintf(p->name, sizeof p->name, "%s.%s", layer->type->name, name);
    p->rank = columns > 0 ? 2 : 1; /* columns 0: a vector */
    p->shape[0] = rows;
    p->shape[1] = columns;
    p->count = rows * (columns > 0 ? columns : 1);
}
