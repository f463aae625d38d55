/* The costs that a component is added to: cross-entropy of a coarse task, and the reconstruction of
 * an autoencoder with its mix (Eq. 11). */
#include "base/floats.h"
#include "base/status.h"
#include "loss/rows.h"

#include <math.h>
#include <string.h>

/* ==== Cross-entropy ========================================================================= */

static fa_status check_labels(const int32_t *labels, size_t n, size_t classes) {
    FA_TRY(fa__check_pointer("labels", labels));
    for (size_t i = 0; i < n; i++)
        if (labels[i] < -1 || (labels[i] >= 0 && (uint64_t)labels[i] >= classes))
            return fa__fail(FA_E_LABEL,
                            "labels[%zu] is %ld; with these logits it must be 0..%zu, or -1 for a "
                            "row without a label",
                            i, (long)labels[i], classes - 1);
    return FA_OK;
}

/* One logit: -log sigmoid(z) for label 1, -log sigmoid(-z) for label 0. With t = +-z that is
 * log(1 + exp(-t)), and its slope in t is -1 / (1 + exp(t)); exp may overflow to infinity there,
 * which gives the right 0. */
static double sigmoid_row(float *d_z, float z, int32_t label, double scale) {
    double sign = label == 1 ? 1 : -1, t = sign * (double)z;
    if (d_z != NULL) *d_z = fa__narrow(-sign * scale / (1 + exp(t)));
    return fmax(-t, 0) + log1p(exp(-fabs(t)));
}

/* c logits: -log p_y; gradient p - onehot(y), where expm1 gives p_y - 1 its digits for p_y near 1.
 */
static double softmax_row(float *d_z, const float *z, size_t c, size_t y, double scale) {
    double max, log_sum = fa__log_sum_exp(&max, z, c);
    for (size_t k = 0; d_z != NULL && k < c; k++) {
        double log_p = (double)z[k] - max - log_sum;
        d_z[k] = fa__narrow(scale * (k == y ? expm1(log_p) : exp(log_p)));
    }
    return log_sum - ((double)z[y] - max);
}

fa_status fa_loss_cross_entropy(double *loss, float *d_logits, const float *logits, size_t n,
                                size_t c, const int32_t *labels) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("logits", logits, n, c));
    FA_TRY(check_labels(labels, n, c == 1 ? 2 : c));
    size_t labelled = 0;
    for (size_t i = 0; i < n; i++) labelled += labels[i] >= 0;
    double sum = 0, scale = labelled > 0 ? 1 / (double)labelled : 0;
    for (size_t i = 0; i < n; i++) {
        float *d_z = d_logits == NULL ? NULL : d_logits + i * c;
        if (labels[i] < 0) {
            if (d_z != NULL) memset(d_z, 0, c * sizeof *d_z);
            continue;
        }
        sum += c == 1 ? sigmoid_row(d_z, logits[i], labels[i], scale)
                      : softmax_row(d_z, logits + i * c, c, (size_t)labels[i], scale);
    }
    *loss = sum * scale;
    return FA_OK;
}

/* ==== Clusters within labels ================================================================ */

static fa_status check_clusters(const int32_t *clusters, size_t n, size_t d, size_t units) {
    FA_TRY(fa__check_pointer("clusters", clusters));
    if (units == 0 || d % units != 0)
        return fa__fail(FA_E_ARGUMENT,
                        "units is %zu: the %zu columns must be so many for each coarse label",
                        units, d);
    for (size_t i = 0; i < n; i++)
        if (clusters[i] < -1 || (clusters[i] >= 0 && (uint64_t)clusters[i] >= d))
            return fa__fail(FA_E_LABEL,
                            "clusters[%zu] is %ld; it must be 0..%zu, or -1 for a row without one",
                            i, (long)clusters[i], d - 1);
    return FA_OK;
}

fa_status fa_loss_clusters(double *loss, float *d_z, const float *z, size_t n, size_t d,
                           size_t units, const int32_t *clusters) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("z", z, n, d));
    FA_TRY(check_clusters(clusters, n, d, units));
    size_t clustered = 0;
    for (size_t i = 0; i < n; i++) clustered += clusters[i] >= 0;
    double sum = 0, scale = clustered > 0 ? 1 / (double)clustered : 0;
    if (d_z != NULL) memset(d_z, 0, n * d * sizeof *d_z);
    for (size_t i = 0; i < n; i++) {
        if (clusters[i] < 0) continue;
        size_t within = (size_t)clusters[i] % units, first = (size_t)clusters[i] - within;
        sum += softmax_row(d_z == NULL ? NULL : d_z + i * d + first, z + i * d + first, units,
                           within, scale);
    }
    *loss = sum * scale;
    return FA_OK;
}

/* ==== Reconstruction (Eq. 11, first part) =================================================== */

/* mean_i ||x_i - xhat_i||^2 */
fa_status fa_loss_reconstruction(double *loss, float *d_xhat, const float *x, const float *xhat,
                                 size_t n, size_t d) {
    double sum = 0;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("x", x, n, d));
    FA_TRY(fa__check_matrix("xhat", xhat, n, d));
    for (size_t i = 0; i < n * d; i++) {
        double difference = (double)xhat[i] - (double)x[i];
        sum += difference * difference;
        if (d_xhat != NULL) d_xhat[i] = fa__narrow(2 * difference / (double)n);
    }
    *loss = sum / (double)n;
    return FA_OK;
}
