/* Batch normalisation of the native engine, compiled with native_body.h once per SIMD level.
 *
 * Channels are taken GROUP at a time: an image's pixels pass once, with the group's numbers in
 * registers. Sums are of doubles, so that a large mean leaves the variance its digits. A group that
 * is not full, of a layout without blocks, goes channel by channel. */
enum { GROUP = 16, WIDE = FA_LANES / 2, WIDES = GROUP / WIDE };

typedef double wide __attribute__((vector_size(8 * WIDE)));
typedef double wide_at __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));
typedef float narrow __attribute__((vector_size(4 * WIDE)));
typedef float narrow_at __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));
typedef int narrow_mask __attribute__((vector_size(4 * WIDE)));

INLINE wide widen(narrow x) {
    return __builtin_convertvector(x, wide);
}

INLINE narrow narrow_load(const float *at) {
    return *(const narrow_at *)at;
}

/* x where it is not negative, else 0; NaN stays, to be found. */
INLINE narrow narrow_relu(narrow x) {
    return (narrow)(~(narrow_mask)(x < (narrow){0}) & (narrow_mask)x);
}

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
    if (count < GROUP) {
        for (size_t p = 0; p < r.pixels; p++)
            for (size_t l = 0; l < count; l++) {
                double v = (double)x[r.at + p * r.stride + l];
                sums[r.channel + l] += v;
                squares[r.channel + l] += v * v;
            }
        return;
    }
    wide sum[WIDES], square[WIDES];
    for (size_t v = 0; v < WIDES; v++) sum[v] = square[v] = (wide){0};
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t v = 0; v < WIDES; v++) {
            wide value = widen(narrow_load(x + r.at + p * r.stride + v * WIDE));
            sum[v] += value;
            square[v] += value * value;
        }
    for (size_t v = 0; v < WIDES; v++) {
        *(wide_at *)(sums + r.channel + v * WIDE) += sum[v];
        *(wide_at *)(squares + r.channel + v * WIDE) += square[v];
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
                      const float *offset, const bool relu) {
    if (count < GROUP) {
        for (size_t p = 0; p < r.pixels; p++)
            for (size_t l = 0; l < count; l++) {
                size_t i = r.at + p * r.stride + l;
                float v = factor[r.channel + l] * x[i] + offset[r.channel + l];
                y[i] = relu && v < 0 ? 0 : v;
            }
        return;
    }
    narrow f[WIDES], o[WIDES];
    for (size_t v = 0; v < WIDES; v++) {
        f[v] = narrow_load(factor + r.channel + v * WIDE);
        o[v] = narrow_load(offset + r.channel + v * WIDE);
    }
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t v = 0; v < WIDES; v++) {
            size_t i = r.at + p * r.stride + v * WIDE;
            narrow value = f[v] * narrow_load(x + i) + o[v];
            *(narrow_at *)(y + i) = relu ? narrow_relu(value) : value;
        }
}

static void norm_apply(float *y, const float *x, const float *factor, const float *offset,
                       const fa__batchnorm *n) {
    if (n->relu) {
        NORM_EACH(n, apply_run, y, x, factor, offset, true)
    } else {
        NORM_EACH(n, apply_run, y, x, factor, offset, false)
    }
}

INLINE void product_run(const size_t count, norm_run r, double *sums, double *products, float *d_y,
                        const float *x, const float *y, const double *mean, const bool relu) {
    if (count < GROUP) {
        for (size_t p = 0; p < r.pixels; p++)
            for (size_t l = 0; l < count; l++) {
                size_t i = r.at + p * r.stride + l;
                if (relu && !(y[i] > 0)) d_y[i] = 0;
                sums[r.channel + l] += (double)d_y[i];
                products[r.channel + l] += (double)d_y[i] * ((double)x[i] - mean[r.channel + l]);
            }
        return;
    }
    wide sum[WIDES], product[WIDES], middle[WIDES];
    for (size_t v = 0; v < WIDES; v++) {
        sum[v] = product[v] = (wide){0};
        middle[v] = *(const wide_at *)(mean + r.channel + v * WIDE);
    }
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t v = 0; v < WIDES; v++) {
            size_t i = r.at + p * r.stride + v * WIDE;
            narrow d = narrow_load(d_y + i);
            if (relu) {
                d = (narrow)((narrow_mask)(narrow_load(y + i) > (narrow){0}) & (narrow_mask)d);
                *(narrow_at *)(d_y + i) = d;
            }
            sum[v] += widen(d);
            product[v] += widen(d) * (widen(narrow_load(x + i)) - middle[v]);
        }
    for (size_t v = 0; v < WIDES; v++) {
        *(wide_at *)(sums + r.channel + v * WIDE) += sum[v];
        *(wide_at *)(products + r.channel + v * WIDE) += product[v];
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

INLINE void back_run(const size_t count, norm_run r, float *d_x, const float *d_y, const float *x,
                     const float *a, const float *b, const float *c) {
    if (count < GROUP) {
        for (size_t p = 0; p < r.pixels; p++)
            for (size_t l = 0; l < count; l++) {
                size_t i = r.at + p * r.stride + l, channel = r.channel + l;
                d_x[i] = a[channel] * d_y[i] + (b[channel] * x[i] + c[channel]);
            }
        return;
    }
    narrow a_[WIDES], b_[WIDES], c_[WIDES];
    for (size_t v = 0; v < WIDES; v++) {
        a_[v] = narrow_load(a + r.channel + v * WIDE);
        b_[v] = narrow_load(b + r.channel + v * WIDE);
        c_[v] = narrow_load(c + r.channel + v * WIDE);
    }
    for (size_t p = 0; p < r.pixels; p++)
        for (size_t v = 0; v < WIDES; v++) {
            size_t i = r.at + p * r.stride + v * WIDE;
            *(narrow_at *)(d_x + i) =
                a_[v] * narrow_load(d_y + i) + (b_[v] * narrow_load(x + i) + c_[v]);
        }
}

static void norm_back(float *d_x, const float *d_y, const float *x, const float *a, const float *b,
                      const float *c, const fa__batchnorm *n) {
    NORM_EACH(n, back_run, d_x, d_y, x, a, b, c)
}
