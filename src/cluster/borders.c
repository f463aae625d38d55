/* Distances to centres. Letters: n rows, d columns, k clusters. */
#include "cluster/borders.h"

#include <math.h>

static double squared_distance(const float *x, const double *centre, size_t d) {
    double sum = 0;
    for (size_t j = 0; j < d; j++) {
        double away = (double)x[j] - centre[j];
        sum += away * away;
    }
    return sum;
}

/* The nearest centre of a row but for `but`: its squared distance, HUGE_VAL where there is none. */
static double nearest(int32_t *which, int32_t but, const float *x, size_t d, const double *centres,
                      const size_t *sizes, size_t k) {
    double least = HUGE_VAL;
    for (size_t c = 0; c < k; c++) {
        if ((int32_t)c == but || sizes[c] == 0) continue;
        double away = squared_distance(x, centres + c * d, d);
        if (*which >= 0 && !(away < least)) continue;
        least = away;
        *which = (int32_t)c;
    }
    return least;
}

void fa__borders(double *distance, double *confidence, int32_t *own, const float *x, size_t n,
                 size_t d, const double *centres, const size_t *sizes, size_t k) {
    for (size_t i = 0; i < n; i++) {
        const float *row = x + i * d;
        int32_t other = -1;
        double mine = own[i] < 0 ? nearest(&own[i], -1, row, d, centres, sizes, k)
                                 : squared_distance(row, centres + (size_t)own[i] * d, d);
        double next = nearest(&other, own[i], row, d, centres, sizes, k);
        distance[i] = sqrt(mine);
        confidence[i] = other < 0 ? 1 : mine < next ? 1 - sqrt(mine / next) : 0;
    }
}
