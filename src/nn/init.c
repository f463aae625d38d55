/* Starting values of weights. */
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void fill_uniform(float *weights, size_t count, double bound, fa__rng *rng) {
    for (size_t i = 0; i < count; i++) weights[i] = (float)(bound * (2 * fa__rng_uniform(rng) - 1));
}

void fa__init_glorot(float *weights, size_t out, size_t in, fa__rng *rng) {
    fill_uniform(weights, out * in, sqrt(6.0 / (double)(out + in)), rng);
}

void fa__init_he(float *weights, size_t out, size_t in, fa__rng *rng) {
    fill_uniform(weights, out * in, sqrt(6.0 / (double)in), rng);
}

/* `count` orthonormal vectors of `length` >= count elements: a normal vector less its parts along
 * those before; one that is nearly lost is redrawn. */
static void orthonormal(float *weights, size_t count, size_t length, size_t to_next, size_t stride,
                        fa__rng *rng) {
    for (size_t i = 0; i < count; i++) {
        float *v = weights + i * to_next;
        double square = 0;
        while (!(square > 1e-6)) {
            for (size_t k = 0; k < length; k++) v[k * stride] = (float)fa__rng_normal(rng);
            for (int twice = 0; twice < 2; twice++) /* once leaves rounding errors behind */
                for (size_t j = 0; j < i; j++) {
                    const float *u = weights + j * to_next;
                    double dot = 0;
                    for (size_t k = 0; k < length; k++)
                        dot += (double)v[k * stride] * (double)u[k * stride];
                    for (size_t k = 0; k < length; k++)
                        v[k * stride] -= (float)(dot * (double)u[k * stride]);
                }
            square = 0;
            for (size_t k = 0; k < length; k++)
                square += (double)v[k * stride] * (double)v[k * stride];
        }
        for (size_t k = 0; k < length; k++)
            v[k * stride] = (float)((double)v[k * stride] / sqrt(square));
    }
}

void fa__init_orthogonal(float *weights, size_t out, size_t in, fa__rng *rng) {
    if (out <= in)
        orthonormal(weights, out, in, in, 1, rng);
    else
        orthonormal(weights, in, out, 1, in, rng);
}

void fa__init_weights(float *weight, float *bias, size_t units, size_t inputs, size_t places,
                      bool relu, fa__init init, fa__rng *rng) {
    double outputs = (double)units * (double)places;
    memset(bias, 0, units * sizeof *bias);
    switch (init) {
    case FA__INIT_GLOROT:
        fill_uniform(weight, units * inputs, sqrt(6.0 / (outputs + (double)inputs)), rng);
        return;
    case FA__INIT_TORCH:
        fill_uniform(weight, units * inputs, 1 / sqrt((double)inputs), rng);
        fill_uniform(bias, units, 1 / sqrt((double)inputs), rng);
        return;
    case FA__INIT_ORTHOGONAL:
        fa__init_orthogonal(weight, units, inputs, rng);
        return;
    case FA__INIT_HE:
    case FA__INIT_IDENTITY:
        (relu ? fa__init_he : fa__init_glorot)(weight, units, inputs, rng);
    }
    if (init != FA__INIT_IDENTITY || places > 1 || units < inputs) return;
    memset(weight, 0, inputs * inputs * sizeof *weight);
    for (size_t i = 0; i < inputs; i++) weight[i * inputs + i] = 1;
}

fa__parameter *fa__layer_declare(fa__layer *layer, const char *name, size_t rows, size_t columns) {
    fa__parameter *p = &layer->parameters[layer->n_parameters++];
    snprintf(p->name, sizeof p->name, "%s.%s", layer->type->name, name);
    p->rank = columns > 0 ? 2 : 1;
    p->shape[0] = rows;
    p->shape[1] = columns;
    p->count = rows * (columns > 0 ? columns : 1);
    return p;
}
