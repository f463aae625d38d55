/* The two losses of the paper: L_single on the rows of a weight matrix (Eq. 5 and 6), L_multi on
 * the outputs of a layer, with labels (Eq. 8 and 9) or without (Eq. 10).
 *
 * Both are sums of one building block, F = sum_{i != j} f(i,j) over the rows of a group:
 *   L_single = F over all rows, because sum_{i<j} f(i,j) + f(j,i) visits each ordered pair once;
 *   L_multi  = sum over labels y of c_y (2 F_y + 2 m N_y), because the double sum visits it twice
 *              and f(i,i) = m for each of the N_y samples.
 */
#include "base/memory.h"
#include "loss/pairwise.h"
#include "loss/rows.h"

#include <math.h>
#include <stdlib.h>

static fa_status check_options(const fa_loss_options *options) {
    FA_TRY(fa__check_pointer("options", options));
    if (!(options->margin > 0 && isfinite(options->margin)))
        return fa__fail(FA_E_ARGUMENT,
                        "margin must be finite and > 0, got %g (0.1 to 1 suits L_multi, 5 to 10 "
                        "suits L_single)",
                        (double)options->margin);
    if (options->divergence != FA_DIVERGENCE_KL && options->divergence != FA_DIVERGENCE_JS)
        return fa__fail(FA_E_ARGUMENT,
                        "divergence must be FA_DIVERGENCE_KL (0) or FA_DIVERGENCE_JS (1), got %d",
                        (int)options->divergence);
    if (options->norm != FA_PAIR_NORM_LABEL && options->norm != FA_PAIR_NORM_GLOBAL)
        return fa__fail(FA_E_ARGUMENT,
                        "norm must be FA_PAIR_NORM_LABEL (0) or FA_PAIR_NORM_GLOBAL (1), got %d",
                        (int)options->norm);
    return FA_OK;
}

/* ==== Rows sorted by label ================================================================== */

typedef struct sample {
    int32_t label;
    size_t row; /* in the caller's matrix */
} sample;

/* By label, then by row: a total order, so that the result does not depend on the sort. */
static int compare_samples(const void *left, const void *right) {
    const sample *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* One past the last sample with the label of `first`. */
static size_t group_end(const sample *samples, size_t n, size_t first) {
    size_t end = first + 1;
    while (end < n && samples[end].label == samples[first].label) end++;
    return end;
}

/* All of one call's memory: n d doubles three times, and n samples. */
typedef struct workspace {
    sample *samples; /* [n] sorted */
    double *log_p;   /* [n, d] in the order of samples, as are the next two */
    double *p;
    double *d_z; /* NULL: no gradient wanted */
} workspace;

static void workspace_free(workspace *work) {
    fa__free(work->samples);
    fa__free(work->log_p);
    fa__free(work->p);
    fa__free(work->d_z);
}

/* labels NULL: all rows are one group, in their own order. Free after failure too. */
static fa_status workspace_fill(workspace *work, const float *z, size_t n, size_t d,
                                const int32_t *labels, int with_gradient) {
    *work = (workspace){NULL, NULL, NULL, NULL};
    FA_TRY(FA_NEW(work->samples, n));
    FA_TRY(FA_NEW(work->log_p, n * d));
    FA_TRY(FA_NEW(work->p, n * d));
    if (with_gradient) FA_TRY(FA_NEW(work->d_z, n * d));
    for (size_t i = 0; i < n; i++) work->samples[i] = (sample){labels == NULL ? 0 : labels[i], i};
    if (labels != NULL) qsort(work->samples, n, sizeof *work->samples, compare_samples);
    for (size_t i = 0; i < n; i++)
        fa__softmax(work->log_p + i * d, work->p + i * d, z + work->samples[i].row * d, d);
    return FA_OK;
}

/* F and its gradient for the samples first .. end-1. */
static fa_status hinge_of(double *loss, const workspace *work, size_t first, size_t end, size_t d,
                          const fa_loss_options *options) {
    fa__pair_group group = {.log_p = work->log_p + first * d,
                            .p = work->p + first * d,
                            .n = end - first,
                            .d = d,
                            .margin = (double)options->margin,
                            .divergence = options->divergence};
    return fa__pairwise_hinge(loss, work->d_z == NULL ? NULL : work->d_z + first * d, &group);
}

/* Puts the gradient of samples first .. end-1, times scale, where their rows are. */
static void store_gradient(float *d_h, const workspace *work, size_t first, size_t end, size_t d,
                           double scale) {
    for (size_t i = first; i < end; i++)
        for (size_t k = 0; k < d; k++)
            d_h[work->samples[i].row * d + k] = fa__narrow(scale * work->d_z[i * d + k]);
}

/* ==== The losses ============================================================================ */

fa_status fa_loss_single(double *loss, float *d_w, const float *w, size_t units, size_t inputs,
                         const fa_loss_options *options) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(check_options(options));
    FA_TRY(fa__check_matrix("w", w, units, inputs));
    fa_status status;
    workspace work;
    double sum;
    FA_CHECK(workspace_fill(&work, w, units, inputs, NULL, d_w != NULL));
    FA_CHECK(hinge_of(&sum, &work, 0, units, inputs, options));
    *loss = sum;
    if (d_w != NULL) store_gradient(d_w, &work, 0, units, inputs, 1);
done:
    workspace_free(&work);
    return status;
}

/* 1 / N_y^2 or 1 / sum_y N_y^2, by the norm, for a label with `count` samples. */
static double pair_weight(fa_pair_norm norm, size_t count, double all_pairs) {
    return 1 / (norm == FA_PAIR_NORM_LABEL ? (double)count * (double)count : all_pairs);
}

fa_status fa_loss_multi(double *loss, float *d_h, const float *h, size_t n, size_t d,
                        const int32_t *labels, const fa_loss_options *options) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(check_options(options));
    FA_TRY(fa__check_matrix("h", h, n, d));
    fa_status status;
    workspace work;
    FA_CHECK(workspace_fill(&work, h, n, d, labels, d_h != NULL));

    double all_pairs = 0, sum = 0;
    for (size_t first = 0, end; first < n; first = end) {
        end = group_end(work.samples, n, first);
        all_pairs += (double)(end - first) * (double)(end - first);
    }
    for (size_t first = 0, end; first < n; first = end) {
        end = group_end(work.samples, n, first);
        double hinge, count = (double)(end - first);
        FA_CHECK(hinge_of(&hinge, &work, first, end, d, options));
        double self = (double)options->margin * count; /* f(i,i) = m */
        sum += pair_weight(options->norm, end - first, all_pairs) * 2 * (hinge + self);
    }
    *loss = sum;
    /* Only now, when nothing can fail any more: outputs stay untouched on error. */
    for (size_t first = 0, end; d_h != NULL && first < n; first = end) {
        end = group_end(work.samples, n, first);
        store_gradient(d_h, &work, first, end, d,
                       2 * pair_weight(options->norm, end - first, all_pairs));
    }
done:
    workspace_free(&work);
    return status;
}
