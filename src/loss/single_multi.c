/* The two losses of the paper: L_single on the rows of a weight matrix (Eq. 5 and 6), L_multi on
 * the outputs of a layer, with labels (Eq. 8 and 9) or without (Eq. 10).
 *
 * Both are sums of one building block, F = sum_{i != j} f(i,j) over the rows of a group:
 *   L_single = F over all rows, because sum_{i<j} f(i,j) + f(j,i) visits each ordered pair once;
 *   L_multi  = sum over labels y of c_y (2 F_y + 2 m N_y), because the double sum visits it twice
 *              and f(i,i) = m for each of the N_y samples.
 */
#include "base/bytes.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/stop.h"
#include "loss/ring.h"
#include "loss/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ==== Groups ================================================================================ */

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
    fa__sort_by_label(work->rows, work->other, labels, n);
    for (size_t first = 0; first < n; first = fa__label_end(work->rows, labels, n, first))
        work->count++;
    FA_TRY(FA_NEW(work->groups, work->count));
    for (size_t first = 0, end, g = 0; first < n; first = end, g++) {
        end = fa__label_end(work->rows, labels, n, first);
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
    FA_CHECK(fa__pairwise_hinge(d_w, work.groups, 1, units, NULL));
    *loss = work.groups[0].loss;
done:
    workspace_free(&work);
    return status;
}

/* 1 / N_y^2 or 1 / sum_y N_y^2, by the norm, for a label with `count` samples. */
static double pair_weight(fa_pair_norm norm, size_t count, double all_pairs) {
    return 1 / (norm == FA_PAIR_NORM_LABEL ? (double)count * (double)count : all_pairs);
}

/* The scale of each group's gradient, which is that of its loss as well. */
static void weigh(workspace *work, fa_pair_norm norm) {
    double all_pairs = 0;
    for (size_t g = 0; g < work->count; g++)
        all_pairs += (double)work->groups[g].n * (double)work->groups[g].n;
    for (size_t g = 0; g < work->count; g++)
        work->groups[g].scale = 2 * pair_weight(norm, work->groups[g].n, all_pairs);
}

static double loss_of(const workspace *work) {
    double sum = 0;
    for (size_t g = 0; g < work->count; g++) {
        const fa__pair_group *group = &work->groups[g];
        double self = group->margin * (double)group->n; /* f(i,i) = m */
        sum += group->scale * (group->loss + self);
    }
    return sum;
}

/* ==== Pairs left out ======================================================================== */

static int by_rows(const void *a, const void *b) {
    const int32_t *x = a, *y = b;
    if (x[0] != y[0]) return (x[0] > y[0]) - (x[0] < y[0]);
    return (x[1] > y[1]) - (x[1] < y[1]);
}

/* The pairs that are in the sum, each once, the smaller row first: own [2 count] in order. Returns
 * how many. */
static size_t distinct_pairs(int32_t *own, const int32_t *pairs, size_t count,
                             const int32_t *labels) {
    size_t n = 0, kept = 0;
    if (count == 0) return 0;
    for (size_t p = 0; p < count; p++) {
        int32_t a = pairs[2 * p], b = pairs[2 * p + 1];
        if (a == b || (labels != NULL && labels[a] != labels[b])) continue;
        own[2 * n] = a < b ? a : b;
        own[2 * n + 1] = a < b ? b : a;
        n++;
    }
    qsort(own, n, 2 * sizeof *own, by_rows);
    for (size_t p = 0; p < n; p++) {
        if (kept > 0 && by_rows(own + 2 * p, own + 2 * kept - 2) == 0) continue;
        memmove(own + 2 * kept, own + 2 * p, 2 * sizeof *own);
        kept++;
    }
    return kept;
}

enum { LOOK = 1024 }; /* pairs between looks whether to stop */

/* What the sum has of those pairs, in double. A row whose every pair is left out gets exactly 0. */
typedef struct left_out {
    int32_t *pairs;
    double *scale;             /* [n] of the row's label */
    size_t *others;            /* [n] rows that the row still has a pair with */
    fa__pair_reference memory; /* d_z: the gradient of the pairs, before its scale */
} left_out;

static void left_out_free(left_out *out) {
    fa__free(out->pairs);
    fa__free(out->scale);
    fa__free(out->others);
    fa__pair_reference_free(&out->memory);
}

/* All that can fail. Free after failure too. */
static fa_status left_out_fill(left_out *out, const workspace *work, size_t n, size_t count) {
    const fa__pair_group *first = &work->groups[0];
    if (count == 0) return FA_OK;
    if (count > SIZE_MAX / (2 * sizeof *out->pairs))
        return fa__nomem(count, 2 * sizeof *out->pairs);
    FA_TRY(FA_NEW(out->pairs, 2 * count));
    FA_TRY(FA_NEW(out->scale, n));
    FA_TRY(FA_NEW(out->others, n));
    FA_TRY(fa__pair_reference_new(&out->memory, n, first->d));
    memset(out->memory.d_z, 0, n * first->d * sizeof(double));
    for (size_t g = 0; g < work->count; g++)
        for (size_t r = 0; r < work->groups[g].n; r++) {
            size_t i = work->groups[g].rows[r];
            out->scale[i] = work->groups[g].scale;
            out->others[i] = work->groups[g].n - 1;
        }
    return fa__softmax_rows(out->memory.log_p, out->memory.p, first->z, n, first->d);
}

static fa_status take_off(double *loss, float *d_h, left_out *out, const fa__pair_group *group,
                          size_t n, size_t count) {
    size_t d = group->d;
    double *g = out->memory.d_z;
    for (size_t p = 0; p < count; p++) {
        if (p % LOOK == LOOK - 1) FA_TRY(fa__stop_check());
        size_t i = (size_t)out->pairs[2 * p], j = (size_t)out->pairs[2 * p + 1];
        *loss -= out->scale[i] * fa__pair_hinge(g + i * d, g + j * d, &out->memory, group, i, j);
        out->others[i]--;
        out->others[j]--;
    }
    for (size_t i = 0; count > 0 && d_h != NULL && i < n; i++)
        for (size_t k = i * d; k < (i + 1) * d; k++)
            d_h[k] = out->others[i] > 0 ? fa__narrow((double)d_h[k] - out->scale[i] * g[k]) : 0;
    return FA_OK;
}

fa_status fa__loss_multi_pairs(double *loss, float *d_h, const float *h, size_t n, size_t d,
                               const int32_t *labels, const int32_t *pairs, size_t count,
                               const fa_loss_options *options, const fa__comm *comm) {
    fa_loss_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_pairs(pairs, count, n));
    fa_status status;
    workspace work;
    left_out out = {0};
    FA_CHECK(workspace_fill(&work, h, n, d, labels, &own));
    weigh(&work, own.norm);
    FA_CHECK(left_out_fill(&out, &work, n, count));
    FA_CHECK(fa__pairwise_hinge(d_h, work.groups, work.count, n, comm));
    double sum = loss_of(&work);
    count = distinct_pairs(out.pairs, pairs, count, labels);
    FA_CHECK(take_off(&sum, d_h, &out, &work.groups[0], n, count));
    *loss = sum;
done:
    workspace_free(&work);
    left_out_free(&out);
    return status;
}

fa_status fa_loss_multi_pairs(double *loss, float *d_h, const float *h, size_t n, size_t d,
                              const int32_t *labels, const int32_t *pairs, size_t count,
                              const fa_loss_options *options) {
    return fa__loss_multi_pairs(loss, d_h, h, n, d, labels, pairs, count, options, NULL);
}

fa_status fa_loss_multi(double *loss, float *d_h, const float *h, size_t n, size_t d,
                        const int32_t *labels, const fa_loss_options *options) {
    return fa_loss_multi_pairs(loss, d_h, h, n, d, labels, NULL, 0, options);
}

/* ==== Rows that lie on several ranks ======================================================== */

/* What a rank gives. */
typedef struct part {
    uint64_t rows, labels, gradient;
} part;

/* All rows of all ranks: who has which of them, and their labels. */
typedef struct parts {
    part *of;
    size_t *first; /* [ranks + 1] rows before those of a rank */
    int32_t *labels;
    bool gradient;
} parts;

static void parts_free(parts *all) {
    fa__free(all->of);
    fa__free(all->first);
    fa__free(all->labels);
}

/* A rank without rows needs neither labels nor a gradient. */
static fa_status compare_parts(const parts *all, size_t ranks) {
    size_t to = 0;
    while (to < ranks && all->of[to].rows == 0) to++;
    for (size_t r = to; r < ranks; r++) {
        const part *one = &all->of[r], *other = &all->of[to];
        if (one->rows == 0) continue;
        if (one->labels != other->labels)
            return fa__fail(FA_E_ARGUMENT,
                            "rank %zu gives %s, and rank %zu %s; give labels of all rows, or none",
                            r, one->labels ? "labels" : "no labels", to,
                            other->labels ? "does" : "none");
        if (one->gradient != other->gradient)
            return fa__fail(FA_E_ARGUMENT,
                            "rank %zu wants %s, and rank %zu %s; take d_h on all ranks, or NULL", r,
                            one->gradient ? "a gradient" : "no gradient", to,
                            other->gradient ? "does" : "none");
    }
    return FA_OK;
}

/* Free after failure too. */
static fa_status parts_meet(parts *all, size_t n, const float *d_h, const int32_t *labels,
                            const fa__comm *comm) {
    size_t ranks = comm->size;
    FA_TRY(FA_NEW(all->of, ranks));
    FA_TRY(FA_NEW(all->first, ranks + 1));
    all->of[comm->rank] = (part){n, labels != NULL, d_h != NULL};
    FA_TRY(fa__comm_gather(comm, all->of, NULL, ranks, sizeof *all->of));
    FA_TRY(compare_parts(all, ranks));
    bool with_labels = false;
    all->first[0] = 0;
    for (size_t r = 0; r < ranks; r++) {
        const part *one = &all->of[r];
        if (__builtin_add_overflow(all->first[r], (size_t)one->rows, &all->first[r + 1]))
            return fa__fail(FA_E_SHAPE, "all ranks together have more rows than a size_t counts");
        with_labels = with_labels || (one->rows > 0 && one->labels);
        all->gradient = all->gradient || (one->rows > 0 && one->gradient);
    }
    if (!with_labels) return FA_OK;
    FA_TRY(FA_NEW(all->labels, all->first[ranks]));
    if (n > 0) memcpy(all->labels + all->first[comm->rank], labels, n * sizeof *labels);
    return fa__comm_gather(comm, all->labels, all->first, ranks, sizeof *all->labels);
}

fa_status fa__loss_multi_ring(double *loss, float *d_h, const float *h, size_t n, size_t d,
                              const int32_t *labels, const fa_loss_options *options,
                              const fa__comm *comm) {
    fa_loss_options own;
    fa_status status;
    char text[FA__COMM_TEXT];
    parts all = {NULL, NULL, NULL, d_h != NULL};
    workspace work = {NULL, NULL, NULL, 0};
    bool alone = comm->size == 1;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    snprintf(text, sizeof text, "%zu columns, %016llx", d,
             (unsigned long long)fa__digest(&own, sizeof own));
    FA_TRY(fa__comm_same(comm, "columns or options of a loss", text, "give all ranks the same"));
    if (n > 0 || alone) FA_TRY(fa__check_matrix("h", h, n, d));
    if (!alone) FA_CHECK(parts_meet(&all, n, d_h, labels, comm));
    size_t rows = alone ? n : all.first[comm->size];
    if (rows == 0) FA_CHECK(fa__check_matrix("h", h, 0, d));
    FA_CHECK(workspace_fill(&work, h, rows, d, alone ? labels : all.labels, &own));
    weigh(&work, own.norm);
    if (alone)
        FA_CHECK(fa__pairwise_hinge(d_h, work.groups, work.count, n, NULL));
    else
        FA_CHECK(fa__pairwise_ring(d_h, all.gradient, work.groups, work.count, all.first, comm));
    *loss = loss_of(&work);
done:
    workspace_free(&work);
    parts_free(&all);
    return status;
}

fa_status fa_loss_multi_ring(double *loss, float *d_h, const float *h, size_t n, size_t d,
                             const int32_t *labels, const fa_loss_options *options) {
    const fa__comm *comm = fa__comm_world();
    return fa__comm_close(comm, fa__loss_multi_ring(loss, d_h, h, n, d, labels, options, comm));
}
