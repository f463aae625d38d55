/* Batch normalisation as its equations read, a channel after the other. */
#include "engine/engine_ref.h"

/* Where value `value` of 0..M-1 of a channel lies. */
static size_t place(const fa__batchnorm *n, size_t channel, size_t value) {
    size_t blocks = fa__batchnorm_width(n) / n->block, block = channel / n->block;
    size_t sample = value / n->pixels, pixel = value % n->pixels;
    return ((sample * blocks + block) * n->pixels + pixel) * n->block + channel % n->block;
}

void fa__ref_norm_statistics(double *mean, double *variance, const float *x,
                             const fa__batchnorm *n) {
    size_t values = n->samples * n->pixels;
    for (size_t c = 0; c < fa__batchnorm_width(n); c++) {
        double sum = 0, square = 0;
        for (size_t v = 0; v < values; v++) sum += (double)x[place(n, c, v)];
        mean[c] = sum / (double)values;
        for (size_t v = 0; v < values; v++) {
            double apart = (double)x[place(n, c, v)] - mean[c];
            square += apart * apart;
        }
        variance[c] = square / (double)values;
    }
}

void fa__ref_norm_apply(float *y, const float *x, const float *factor, const float *offset,
                        const fa__batchnorm *n) {
    for (size_t c = 0; c < fa__batchnorm_width(n); c++)
        for (size_t v = 0; v < n->samples * n->pixels; v++) {
            size_t i = place(n, c, v);
            y[i] = factor[c] * x[i] + offset[c];
            if (n->relu && y[i] < 0) y[i] = 0;
        }
}

void fa__ref_norm_sums(double *sums, double *products, float *d_y, const float *x, const float *y,
                       const double *mean, const fa__batchnorm *n) {
    for (size_t c = 0; c < fa__batchnorm_width(n); c++) {
        sums[c] = products[c] = 0;
        for (size_t v = 0; v < n->samples * n->pixels; v++) {
            size_t i = place(n, c, v);
            if (n->relu && !(y[i] > 0)) d_y[i] = 0;
            sums[c] += (double)d_y[i];
            products[c] += (double)d_y[i] * ((double)x[i] - mean[c]);
        }
    }
}

void fa__ref_norm_back(float *d_x, const float *d_y, const float *x, const float *a, const float *b,
                       const float *c, const fa__batchnorm *n) {
    for (size_t channel = 0; channel < fa__batchnorm_width(n); channel++)
        for (size_t v = 0; v < n->samples * n->pixels; v++) {
            size_t i = place(n, channel, v);
            d_x[i] = a[channel] * d_y[i] + b[channel] * x[i] + c[channel];
        }
}
