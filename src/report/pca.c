/* Placeholder for fa_pca_fit and fa_pca_apply; k is d here. */
#include "report/pca.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static void rotate(double *a, double *v, size_t d, size_t p, size_t q) {
    if (a[p * d + q] == 0) return;
    double theta = (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < d; i++) {
        double x = a[i * d + p], y = a[i * d + q];
        a[i * d + p] = c * x - s * y, a[i * d + q] = s * x + c * y;
    }
    for (size_t i = 0; i < d; i++) {
        double x = a[p * d + i], y = a[q * d + i];
        a[p * d + i] = c * x - s * y, a[q * d + i] = s * x + c * y;
        x = v[p * d + i], y = v[q * d + i];
        v[p * d + i] = c * x - s * y, v[q * d + i] = s * x + c * y;
    }
}

fa_status fa__pca_fit(double *mean, double *components, double *variance, double *ratio,
                      const float *x, size_t n, size_t d, size_t k) {
    double *a, total = 0;
    (void)variance, (void)k;
    FA_TRY(FA_NEW_ZERO(a, d * d));
    memset(mean, 0, d * sizeof *mean);
    for (size_t i = 0; i < n * d; i++) mean[i % d] += (double)x[i];
    for (size_t j = 0; j < d; j++) mean[j] /= (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < d; p++)
            for (size_t q = 0; q <= p; q++)
                a[p * d + q] += ((double)x[i * d + p] - mean[p]) * ((double)x[i * d + q] - mean[q]);
    for (size_t p = 0; p < d; p++)
        for (size_t q = 0; q < d; q++) {
            if (q < p) a[q * d + p] = a[p * d + q];
            components[p * d + q] = p == q;
        }
    for (int sweep = 0; sweep < 30; sweep++)
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++) rotate(a, components, d, p, q);
    for (size_t p = 0; p < d; p++) total += ratio[p] = a[p * d + p];
    for (size_t p = 0; p < d; p++) {
        size_t best = p;
        for (size_t q = p; q < d; q++)
            if (ratio[q] > ratio[best]) best = q;
        double r = ratio[p];
        ratio[p] = ratio[best], ratio[best] = r;
        for (size_t i = 0; i < d; i++) {
            double c = components[p * d + i];
            components[p * d + i] = components[best * d + i], components[best * d + i] = c;
        }
        ratio[p] = total > 0 ? ratio[p] / total : 0;
    }
    fa__free(a);
    return FA_OK;
}

fa_status fa__pca_apply(float *out, const float *x, size_t n, size_t d, const double *mean,
                        const double *components, size_t k) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++) {
            double sum = 0;
            for (size_t u = 0; u < d; u++)
                sum += ((double)x[i * d + u] - mean[u]) * components[j * d + u];
            out[i * k + j] = (float)sum;
        }
    return FA_OK;
}
