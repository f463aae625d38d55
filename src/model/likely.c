/* The coarse label of rows that say none, by the network and by where they lie.
 *
 * Letters: n rows, d columns of the space, k clusters, l labels, c logits of a row, t the
 * temperature. */
#include "model/likely.h"

#include "base/memory.h"
#include "model/model.h"

#include <math.h>
#include <stdbool.h>

/* Temperatures tried, as shares of the mean squared distance of rows to their centres. */
static const double shares[] = {0.1, 0.2, 0.4, 0.8};
enum { SHARES = sizeof shares / sizeof *shares };

/* Of one output, a sigmoid, the logit of the first label is 0. */
static double logit_of(const float *logits, size_t c, size_t y) {
    return c > 1 ? (double)logits[y] : y == 1 ? (double)logits[0] : 0;
}

/* least [l]: the squared distance of a row to the nearest centre of each label. `own` < k: its
 * cluster, whose centre it is taken out of, as one that it has not drawn to itself. */
static void distances(double *least, const fa__centres *clusters, const float *x, size_t own) {
    size_t d = clusters->d;
    for (size_t y = 0; y < clusters->l; y++) {
        least[y] = HUGE_VAL;
        for (size_t j = clusters->first[y]; j < clusters->first[y + 1]; j++) {
            double size = (double)clusters->sizes[j], away = 0;
            if (size < (j == own ? 2 : 1)) continue;
            for (size_t q = 0; q < d; q++) {
                double by = (double)x[q] - clusters->centres[j * d + q];
                away += by * by;
            }
            if (j == own) away *= size / (size - 1) * (size / (size - 1));
            if (away < least[y]) least[y] = away;
        }
    }
}

/* argmax_y logit_y - least_y / t; ties: the lowest. */
static size_t likely_label(const double *least, const float *logits, size_t c, size_t l, double t) {
    size_t best = l;
    double most = -HUGE_VAL;
    for (size_t y = 0; y < l; y++) {
        double likely = logit_of(logits, c, y) - least[y] / t;
        if (!(likely > most)) continue;
        most = likely;
        best = y;
    }
    return best < l ? best : fa__predicted_label(logits, c);
}

fa_status fa__likely_labels(int32_t *labels, const fa__centres *clusters, double temperature,
                            const float *x, const float *logits, size_t n, size_t c) {
    size_t l = clusters->l;
    double *least;
    FA_TRY(FA_NEW(least, l));
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * c;
        if (labels[i] >= 0) continue;
        if (temperature > 0) distances(least, clusters, x + i * clusters->d, SIZE_MAX);
        labels[i] = (int32_t)(temperature > 0 ? likely_label(least, z, c, l, temperature)
                                              : fa__predicted_label(z, c));
    }
    fa__free(least);
    return FA_OK;
}

fa_status fa__likely_temperature(double *temperature, const fa__centres *clusters, double spread,
                                 const float *x, const float *logits, size_t c,
                                 const int32_t *labels, const int32_t *assignment,
                                 const size_t *rows, size_t n) {
    size_t rightly[SHARES] = {0}, wrongly[SHARES] = {0};
    double *least, most = 0;
    *temperature = 0;
    if (!(spread > 0)) return FA_OK;
    FA_TRY(FA_NEW(least, clusters->l));
    for (size_t i = 0; i < n; i++) {
        size_t row = rows[i], label = (size_t)labels[row];
        const float *z = logits + row * c;
        if (labels[row] < 0) continue;
        bool network = fa__predicted_label(z, c) == label;
        distances(least, clusters, x + row * clusters->d, (size_t)assignment[row]);
        for (size_t s = 0; s < SHARES; s++) {
            bool both = likely_label(least, z, c, clusters->l, shares[s] * spread) == label;
            rightly[s] += both && !network;
            wrongly[s] += network && !both;
        }
    }
    for (size_t s = 0; s < SHARES; s++) {
        double gain = (double)rightly[s] - (double)wrongly[s];
        if (!(gain > sqrt((double)rightly[s] + (double)wrongly[s])) || gain < most) continue;
        most = gain;
        *temperature = shares[s] * spread;
    }
    fa__free(least);
    return FA_OK;
}
