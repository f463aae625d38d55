/* Batch normalisation of the native engine, compiled with native_body.h once per SIMD level.
 *
 * Channels are taken GROUP at a time: an image's pixels pass once, with the group's numbers in
 * registers. Sums are of doubles, so that a large mean leaves the variance its digits. */
enum { GROUP = 16 };

/* The pixels of one group of channels of one sample. */
typedef struct norm_run {
    size_t at, channel, pixels,
        stride; /* at: its first float; stride: floats from pixel to pixel */
} norm_run;

INLINE norm_run norm_run_of(const fa__batchnorm *n, size_t sample, size_t channel) {
    size_t blocks = (n->channels + n->block - 1) / n->block, block = channel / n->block;
    return (norm_run){(sample * blocks + block) * n->pixels * n->block + channel % n->block,
                      channel, n->pixels, n->block};
}

/* Calls op for each group of each sample, with the number of its lanes a constant where it is full.
 */
#define NORM_EACH(n, op, ...)                                                                      \
    for (size_t first = 0, group = 0; first < fa__batchnorm_width(n); first += group) {            \
        group = (n)->block - first % (n)->block;                                                   \
        if (group > GROUP) group = GROUP;                                                          \
        for (size_t sample = 0; sample < (n)->samples; sample++) {                                 \
            const norm_run run = norm_run_of(n, sample, first);                                    \
            if (group == GROUP)                                                                    \
                op(GROUP, run, __VA_ARGS__);                                                       \
            else                                                                                   \
                op(group, run, __VA_ARGS__);                                                       \
        }                                                                                          \
    }

INLINE void sum_run(const size_t count, norm_run r, double *sums, double *squares, const float *x) {
    double sum[GROUP], square[GROUP];
    for (size_t l = 0; l < count; l++) sum[l] = square[l] = 0;
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t l = 0; l < count; l++) {
            double v = (double)x[r.at + p * r.stride + l];
            sum[l] += v;
            square[l] += v * v;
        }
    for (size_t l = 0; l < count; l++) {
        sums[r.channel + l] += sum[l];
        squares[r.channel + l] += square[l];
    }
}

static void norm_statistics(double *mean, double *variance, const float *x,
                            const fa__batchnorm *n) {
    size_t width = fa__batchnorm_width(n);
    double values = (double)n->samples * (double)n->pixels;
    memset(mean, 0, width * sizeof *mean);
    memset(variance, 0, width * sizeof *variance);
    NORM_EACH(n, sum_run, mean, variance, x)
    for (size_t c = 0; c < width; c++) {
        mean[c] /= values;
        variance[c] = variance[c] / values - mean[c] * mean[c];
        if (variance[c] < 0) variance[c] = 0; /* equal values, rounded */
    }
}

INLINE void apply_run(const size_t count, norm_run r, float *y, const float *x, const float *factor,
                      const float *offset, bool relu) {
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t l = 0; l < count; l++) {
            size_t i = r.at + p * r.stride + l;
            float v = factor[r.channel + l] * x[i] + offset[r.channel + l];
            y[i] = relu && v < 0 ? 0 : v; /* NaN stays, to be found */
        }
}

static void norm_apply(float *restrict y, const float *restrict x, const float *restrict factor,
                       const float *restrict offset, const fa__batchnorm *n) {
    if (n->relu) {
        NORM_EACH(n, apply_run, y, x, factor, offset, true)
    } else {
        NORM_EACH(n, apply_run, y, x, factor, offset, false)
    }
}

INLINE void product_run(const size_t count, norm_run r, double *sums, double *products,
                        float *restrict d_y, const float *restrict x, const float *restrict y,
                        const double *mean, bool relu) {
    double sum[GROUP], product[GROUP];
    for (size_t l = 0; l < count; l++) sum[l] = product[l] = 0;
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t l = 0; l < count; l++) {
            size_t i = r.at + p * r.stride + l;
            float d = relu && !(y[i] > 0) ? 0 : d_y[i];
            d_y[i] = d;
            sum[l] += (double)d;
            product[l] += (double)d * ((double)x[i] - mean[r.channel + l]);
        }
    for (size_t l = 0; l < count; l++) {
        sums[r.channel + l] += sum[l];
        products[r.channel + l] += product[l];
    }
}

static void norm_sums(double *sums, double *products, float *d_y, const float *x, const float *y,
                      const double *mean, const fa__batchnorm *n) {
    memset(sums, 0, fa__batchnorm_width(n) * sizeof *sums);
    memset(products, 0, fa__batchnorm_width(n) * sizeof *products);
    if (n->relu) {
        NORM_EACH(n, product_run, sums, products, d_y, x, y, mean, true)
    } else {
        NORM_EACH(n, product_run, sums, products, d_y, x, y, mean, false)
    }
}

INLINE void back_run(const size_t count, norm_run r, float *restrict d_x, const float *restrict d_y,
                     const float *restrict x, const float *restrict a, const float *restrict b,
                     const float *restrict c) {
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t l = 0; l < count; l++) {
            size_t i = r.at + p * r.stride + l, channel = r.channel + l;
            d_x[i] = a[channel] * d_y[i] + (b[channel] * x[i] + c[channel]);
        }
}

static void norm_back(float *d_x, const float *d_y, const float *x, const float *a, const float *b,
                      const float *c, const fa__batchnorm *n) {
    NORM_EACH(n, back_run, d_x, d_y, x, a, b, c)
}
