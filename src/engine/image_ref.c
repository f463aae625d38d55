/* The reference operations on images, as their equations read. Their own layout is the plain one,
 * [n, height, width, channels]. */
#include "engine/engine.h"

#include <string.h>

static size_t block(size_t channels) {
    return channels;
}

static size_t no_conv_scratch(const fa__conv *c) {
    (void)c;
    return 0;
}

/* Where the pixel lies that weight (p, q) meets for output (row, column); SIZE_MAX: beside the
 * image. */
static size_t source_pixel(const fa__conv *c, size_t n, size_t row, size_t column, size_t p,
                           size_t q) {
    size_t pad = c->kernel / 2; /* by which both are larger here */
    size_t r = row * c->stride + p, s = column * c->stride + q;
    if (r < pad || r - pad >= c->height || s < pad || s - pad >= c->width) return SIZE_MAX;
    return (n * c->height + r - pad) * c->width + s - pad;
}

static float output_at(const fa__conv *c, const float *x, const float *w, size_t n, size_t row,
                       size_t column, size_t o, float bias) {
    double sum = (double)bias;
    for (size_t p = 0; p < c->kernel; p++)
        for (size_t q = 0; q < c->kernel; q++) {
            size_t from = source_pixel(c, n, row, column, p, q);
            for (size_t i = 0; from != SIZE_MAX && i < c->in; i++)
                sum += (double)x[from * c->in + i] *
                       (double)w[((o * c->in + i) * c->kernel + p) * c->kernel + q];
        }
    return (float)sum;
}

static fa_status conv_forward(float *y, const float *x, const float *w, const float *b,
                              const fa__conv *c, float *scratch) {
    (void)scratch;
    for (size_t n = 0; n < c->samples; n++)
        for (size_t row = 0; row < fa__conv_side(c, c->height); row++)
            for (size_t column = 0; column < fa__conv_side(c, c->width); column++)
                for (size_t o = 0; o < c->out; o++, y++) {
                    *y = output_at(c, x, w, n, row, column, o, b[o]);
                    if (c->relu && *y < 0) *y = 0;
                }
    return FA_OK;
}

/* One output's share of all gradients. */
static void spread(float *d_x, float *d_w, float d, const float *x, const float *w,
                   const fa__conv *c, size_t n, size_t row, size_t column, size_t o) {
    for (size_t p = 0; p < c->kernel; p++)
        for (size_t q = 0; q < c->kernel; q++) {
            size_t at = source_pixel(c, n, row, column, p, q);
            for (size_t i = 0; at != SIZE_MAX && i < c->in; i++) {
                size_t weight = ((o * c->in + i) * c->kernel + p) * c->kernel + q;
                d_w[weight] += d * x[at * c->in + i];
                if (d_x != NULL) d_x[at * c->in + i] += d * w[weight];
            }
        }
}

static fa_status conv_backward(float *d_x, float *d_w, float *d_b, float *d_y, const float *x,
                               const float *y, const float *w, const fa__conv *c, float *scratch) {
    (void)scratch;
    size_t pixels = c->samples * c->height * c->width;
    if (d_x != NULL) memset(d_x, 0, pixels * c->in * sizeof(float));
    memset(d_w, 0, c->out * c->in * c->kernel * c->kernel * sizeof(float));
    memset(d_b, 0, c->out * sizeof(float));
    for (size_t n = 0; n < c->samples; n++)
        for (size_t row = 0; row < fa__conv_side(c, c->height); row++)
            for (size_t column = 0; column < fa__conv_side(c, c->width); column++)
                for (size_t o = 0; o < c->out; o++, y++, d_y++) {
                    if (c->relu && !(*y > 0)) *d_y = 0;
                    d_b[o] += *d_y;
                    spread(d_x, d_w, *d_y, x, w, c, n, row, column, o);
                }
    return FA_OK;
}

/* ==== Pooling: the workspace holds, for each output, the place of its value in its window ==== */

static size_t outputs_of(const fa__pool *p) {
    return p->samples * (p->height / p->size) * (p->width / p->size) * p->channels;
}

static size_t no_pool_scratch(const fa__pool *p) {
    (void)p;
    return 0;
}

/* Index of place `place` of the window that output `index` is taken from. */
static size_t window_at(const fa__pool *p, size_t index, size_t place) {
    size_t rows = p->height / p->size, columns = p->width / p->size;
    size_t channel = index % p->channels, column = index / p->channels % columns;
    size_t row = index / p->channels / columns % rows, n = index / p->channels / columns / rows;
    row = row * p->size + place / p->size;
    column = column * p->size + place % p->size;
    return ((n * p->height + row) * p->width + column) * p->channels + channel;
}

static fa_status pool_forward(float *y, float *workspace, const float *x, const fa__pool *p,
                              float *scratch) {
    (void)scratch;
    for (size_t i = 0; i < outputs_of(p); i++) {
        size_t best = 0;
        for (size_t place = 1; place < p->size * p->size; place++)
            if (x[window_at(p, i, place)] > x[window_at(p, i, best)]) best = place;
        y[i] = x[window_at(p, i, best)];
        workspace[i] = (float)best;
    }
    return FA_OK;
}

static fa_status pool_backward(float *d_x, const float *d_y, const float *workspace,
                               const fa__pool *p, float *scratch) {
    (void)scratch;
    memset(d_x, 0, p->samples * p->height * p->width * p->channels * sizeof(float));
    for (size_t i = 0; i < outputs_of(p); i++) d_x[window_at(p, i, (size_t)workspace[i])] = d_y[i];
    return FA_OK;
}

const fa__image_ops fa__ref_images = {
    .name = "ref",
    .block = block,
    .conv_scratch = no_conv_scratch,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .pool_workspace = outputs_of,
    .pool_scratch = no_pool_scratch,
    .pool_forward = pool_forward,
    .pool_backward = pool_backward,
};
