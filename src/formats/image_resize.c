/* Separable: first along the rows, then along the columns, in float between. */
#include "formats/image_resize.h"

#include "base/memory.h"

#include <math.h>

/* The inputs of one output along an axis: first .. first + count - 1, by their weights. */
typedef struct window {
    size_t first, count;
    const float *weights;
} window;

typedef struct axis {
    size_t outputs, most; /* most: inputs of one output */
    size_t *first, *count;
    float *weights; /* [outputs, most] */
} axis;

static void free_axis(axis *a) {
    fa__free(a->first);
    fa__free(a->count);
    fa__free(a->weights);
}

static window window_of(const axis *a, size_t j) {
    return (window){a->first[j], a->count[j], a->weights + j * a->most};
}

static fa_status make_axis(axis *a, size_t outputs, size_t inputs) {
    double scale = (double)inputs / (double)outputs, radius = scale > 1 ? scale : 1;
    a->outputs = outputs;
    a->most = (size_t)ceil(2 * radius) + 1;
    FA_TRY(FA_NEW_ZERO(a->first, outputs));
    FA_TRY(FA_NEW_ZERO(a->count, outputs));
    FA_TRY(FA_NEW_ZERO(a->weights, outputs * a->most));
    for (size_t j = 0; j < outputs; j++) {
        double centre = ((double)j + 0.5) * scale, sum = 0;
        double low = centre - radius - 0.5; /* the first input with weight is right of it */
        size_t i = low < 0 ? 0 : (size_t)low, used = 0;
        float *weights = a->weights + j * a->most;
        for (; i < inputs && (double)i + 0.5 < centre + radius; i++) {
            double weight = 1 - fabs((double)i + 0.5 - centre) / radius;
            if (weight <= 0) continue;
            if (used == 0) a->first[j] = i;
            weights[used++] = (float)weight;
            sum += weight;
        }
        a->count[j] = used;
        for (size_t k = 0; k < used; k++) weights[k] = (float)((double)weights[k] / sum);
    }
    return FA_OK;
}

/* rows [height, outputs, channels] of x [height, width, channels]. */
static void along_rows(float *rows, const axis *a, const unsigned char *x, const fa__image *from) {
    size_t channels = from->channels;
    for (size_t y = 0; y < from->height; y++)
        for (size_t j = 0; j < a->outputs; j++) {
            window w = window_of(a, j);
            const unsigned char *at = x + (y * from->width + w.first) * channels;
            for (size_t c = 0; c < channels; c++) {
                float sum = 0;
                for (size_t k = 0; k < w.count; k++)
                    sum += w.weights[k] * (float)at[k * channels + c];
                *rows++ = sum;
            }
        }
}

/* out [outputs, length] of rows [height, length]. */
static void along_columns(unsigned char *out, const axis *a, const float *rows, size_t length) {
    for (size_t j = 0; j < a->outputs; j++) {
        window w = window_of(a, j);
        const float *at = rows + w.first * length;
        for (size_t i = 0; i < length; i++) {
            float sum = 0;
            for (size_t k = 0; k < w.count; k++) sum += w.weights[k] * at[k * length + i];
            *out++ = (unsigned char)(fminf(sum, 255) + 0.5F);
        }
    }
}

fa_status fa__image_resize(unsigned char *out, const fa__image *to, const unsigned char *x,
                           const fa__image *from) {
    fa_status status = FA_OK;
    axis across = {0}, down = {0};
    float *rows = NULL;
    size_t length = to->width * to->channels;
    FA_CHECK(make_axis(&across, to->width, from->width));
    FA_CHECK(make_axis(&down, to->height, from->height));
    FA_CHECK(FA_NEW(rows, from->height * length));
    along_rows(rows, &across, x, from);
    along_columns(out, &down, rows, length);
done:
    fa__free(rows);
    free_axis(&across);
    free_axis(&down);
    return status;
}
