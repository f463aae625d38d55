/* The two losses of the paper: L_single on the rows of a weight matrix (Eq. 5 and 6), L_multi on
 * the outputs of a layer, with labels (Eq. 8 and 9) or without (Eq. 10).
 *
 * Both are sums of one building block, F = sum_{i != j} f(i,j) over the rows of a group:
 *   L_single = F over all rows, because sum_{i<j} f(i,j) + f(j,i) visits each ordered pair once;
 *   L_multi  = sum over labels y of c_y (2 F_y + 2 m N_y), because the double sum visits it twice
 *              and f(i,i) = m for each of the N_y samples.
 */
#include "base/memory.h"
#include "base/options.h"
#include "loss/pairwise.h"
#include "loss/rows.h"

#include <math.h>

/* The caller's options as this version knows them, each in its range. */
static fa_status take_options(fa_loss_options *own, const fa_loss_options *given) {
    FA_TRY(fa__check_pointer("options", given));
    FA_TRY(fa__options_take(own, sizeof *own, given, "fa_loss_options"));
    if (!(own->margin > 0 && isfinite(own->margin)))
        return fa__fail(FA_E_ARGUMENT,
                        "margin must be finite and > 0, got %g (0.1 to 1 suits L_multi, 5 to 10 "
                        "suits L_single)",
                        (double)own->margin);
    if (own->divergence != FA_DIVERGENCE_KL && own->divergence != FA_DIVERGENCE_JS)
        return fa__fail(FA_E_ARGUMENT,
                        "divergence must be FA_DIVERGENCE_KL (0) or FA_DIVERGENCE_JS (1), got %d",
                        (int)own->divergence);
    if (own->norm != FA_PAIR_NORM_LABEL && own->norm != FA_PAIR_NORM_GLOBAL)
        return fa__fail(FA_E_ARGUMENT,
                        "norm must be FA_PAIR_NORM_LABEL (0) or FA_PAIR_NORM_GLOBAL (1), got %d",
                        (int)own->norm);
    return FA_OK;
}

/* ==== Rows by label ========================================================================= */

/* rows [n] = the rows in order of their labels, alike ones in order of their own: a radix sort, by
 * the 8 bits of a byte at a time; bytes that all labels share cost nothing. other [n] is scratch.
 */
static void sort_rows(size_t *rows, size_t *other, const int32_t *labels, size_t n) {
    size_t *from = rows, *to = other;
    for (size_t i = 0; i < n; i++) rows[i] = i;
    for (unsigned shift = 0; labels != NULL && shift < 32; shift += 8) {
        size_t begin[257] = {0};
        for (size_t i = 0; i < n; i++) begin[((uint32_t)labels[i] >> shift & 255) + 1]++;
        if (begin[((uint32_t)labels[0] >> shift & 255) + 1] == n) continue;
        for (size_t v = 0; v < 256; v++) begin[v + 1] += begin[v];
        for (size_t i = 0; i < n; i++)
            to[begin[(uint32_t)labels[from[i]] >> shift & 255]++] = from[i];
        size_t *swap = from;
        from = to;
        to = swap;
    }
    for (size_t i = 0; from != rows && i < n; i++) rows[i] = from[i];
}

/* One past the last of the rows with the label of `first`. */
static size_t group_end(const size_t *rows, const int32_t *labels, size_t n, size_t first) {
    size_t end = first + 1;
    if (labels == NULL) return n;
    while (end < n && labels[rows[end]] == labels[rows[first]]) end++;
    return end;
}

/* All of one call's memory but what fa__pairwise_hinge takes. */
typedef struct workspace {
    size_t *rows, *other; /* [n] by label; [n] scratch */
    fa__pair_group *groups;
    size_t count;
} workspace;

static void workspace_free(workspace *work) {
    fa__free(work->rows);
    fa__free(work->other);
    fa__free(work->groups);
}

/* labels NULL: all rows are one group, in their own order. Free after failure too. */
static fa_status workspace_fill(workspace *work, const float *z, size_t n, size_t d,
                                const int32_t *labels, const fa_loss_options *options) {
    *work = (workspace){NULL, NULL, NULL, 0};
    FA_TRY(FA_NEW(work->rows, n));
    if (labels != NULL) FA_TRY(FA_NEW(work->other, n));
    sort_rows(work->rows, work->other, labels, n);
    for (size_t first = 0; first < n; first = group_end(work->rows, labels, n, first))
        work->count++;
    FA_TRY(FA_NEW(work->groups, work->count));
    for (size_t first = 0, end, g = 0; first < n; first = end, g++) {
        end = group_end(work->rows, labels, n, first);
        work->groups[g] = (fa__pair_group){.z = z,
                                           .rows = work->rows + first,
                                           .n = end - first,
                                           .d = d,
                                           .margin = (double)options->margin,
                                           .divergence = options->divergence,
                                           .scale = 1};
    }
    return FA_OK;
}

/* ==== The losses ============================================================================ */

fa_status fa_loss_single(double *loss, float *d_w, const float *w, size_t units, size_t inputs,
                         const fa_loss_options *options) {
    fa_loss_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    FA_TRY(fa__check_matrix("w", w, units, inputs));
    fa_status status;
    workspace work;
    FA_CHECK(workspace_fill(&work, w, units, inputs, NULL, &own));
    FA_CHECK(fa__pairwise_hinge(d_w, work.groups, 1, units));
    *loss = work.groups[0].loss;
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
    fa_loss_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    FA_TRY(fa__check_matrix("h", h, n, d));
    fa_status status;
    workspace work;
    FA_CHECK(workspace_fill(&work, h, n, d, labels, &own));

    double all_pairs = 0, sum = 0;
    for (size_t g = 0; g < work.count; g++)
        all_pairs += (double)work.groups[g].n * (double)work.groups[g].n;
    for (size_t g = 0; g < work.count; g++)
        work.groups[g].scale = 2 * pair_weight(own.norm, work.groups[g].n, all_pairs);
    FA_CHECK(fa__pairwise_hinge(d_h, work.groups, work.count, n));
    for (size_t g = 0; g < work.count; g++) {
        const fa__pair_group *group = &work.groups[g];
        double self = group->margin * (double)group->n; /* f(i,i) = m */
        sum += group->scale * (group->loss + self);
    }
    *loss = sum;
done:
    workspace_free(&work);
    return status;
}
