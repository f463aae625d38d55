/* How many clusters? KMeans for each k of a range, judged without labels.
 *
 * Letters: m rows looked at of n, d columns; k clusters; R restarts, B subsamples. For each k there
 * are R single runs on all m rows and B fits on a subsample each; a run is a row of `clusters`, and
 * -1 marks what the subsample does not hold. Ranks take turns with the runs, of which those of a large k and of
 * subsamples last longest. */
#include "cluster/sweep.h"

#include "cluster/kmeans.h"
#include "cluster/silhouette.h"

#include "base/floats.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "base/rng.h"
#include "base/sort.h"
#include "base/stop.h"
#include "base/threads.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kaufman and Rousseeuw 1990, table 4: silhouettes above 0.7 are a strong structure, above 0.5 a
 * reasonable one, above 0.25 a weak one that may be an artefact. Stability: 0.8 is the cut of
 * Tibshirani and Walther 2005 for their like. */
static const double strong_silhouette = 0.7, reasonable_silhouette = 0.5, weak_silhouette = 0.25;
static const double firm_stability = 0.9, fair_stability = 0.8;
/* Another k within this share of the best score is as good. */
static const double tie = 0.95;

enum { RUNS_MAX = 1000 };

typedef struct sweep {
    const fa_sweep_options *o;
    const fa__comm *comm;
    size_t n, d, m, s; /* s: rows of the silhouette, the first s of the m */
    size_t held;       /* rows of a subsample */
    size_t runs;       /* R + B */
    size_t count;      /* of k */
    float *x;          /* [m, d] */
    int32_t *truth;    /* [m] or NULL */
    float *distances;  /* [s, s] */
    size_t *subsample; /* [B, held], ascending */
    int32_t *clusters; /* [(R + B) count, m] in the order of place_of */
    double *inertia;   /* [(R + B) count] likewise; of single runs */
    size_t first;      /* place of this rank's first run */
    size_t first_row;  /* of this rank's distances */
    fa_sweep_row *rows;
} sweep;

const char *fa_confidence_name(fa_confidence confidence) {
    static const char *const names[] = {[FA_CONFIDENCE_LOW] = "low",
                                        [FA_CONFIDENCE_MEDIUM] = "medium",
                                        [FA_CONFIDENCE_HIGH] = "high"};
    return (unsigned)confidence < sizeof names / sizeof *names ? names[confidence] : NULL;
}

fa_sweep_options fa_sweep_options_default(void) {
    return (fa_sweep_options){.size = sizeof(fa_sweep_options),
                              .k_low = 2,
                              .k_high = 20,
                              .restarts = 5,
                              .subsamples = 5,
                              .share = 0.8,
                              .rows = 4000,
                              .silhouette_rows = 2000};
}

/* ==== Rows ==== */

/* `count` of 0..n-1 drawn without return, ascending; the draw with this index. order: [n] scratch.
 */
static void draw(size_t *out, size_t count, size_t *order, size_t n, uint64_t seed,
                 uint64_t index) {
    fa__rng rng;
    fa__rng_seed(&rng, seed, FA__STREAM_SWEEP, index);
    fa__rng_order(&rng, order, n);
    memcpy(out, order, count * sizeof *out);
    qsort(out, count, sizeof *out, fa__by_size);
}

/* The m rows: a draw of their own, in an order that makes its first s a draw too. */
static fa_status take_rows(sweep *w, const float *x, const int32_t *truth) {
    fa_status status = FA_OK;
    size_t *order;
    FA_TRY(FA_NEW(order, w->n));
    fa__rng rng;
    fa__rng_seed(&rng, w->o->seed, FA__STREAM_SWEEP, 0);
    fa__rng_order(&rng, order, w->n);
    for (size_t i = 0; i < w->m; i++) {
        memcpy(w->x + i * w->d, x + order[i] * w->d, w->d * sizeof *x);
        if (truth != NULL) w->truth[i] = truth[order[i]];
    }
    for (size_t b = 0; b < w->o->subsamples; b++) {
        FA_CHECK(fa__stop_check());
        draw(w->subsample + b * w->held, w->held, order, w->m, w->o->seed, b + 1);
    }
done:
    fa__free(order);
    return status;
}

static fa_status distances_of_row(void *context, size_t i, size_t thread) {
    (void)thread;
    sweep *w = context;
    FA_TRY(fa__stop_check());
    i += w->first_row;
    for (size_t j = 0; j < w->s; j++) {
        double sum = 0;
        for (size_t c = 0; c < w->d; c++) {
            double away = (double)w->x[i * w->d + c] - (double)w->x[j * w->d + c];
            sum += away * away;
        }
        w->distances[i * w->s + j] = (float)sqrt(sum);
    }
    return FA_OK;
}

/* ==== Runs ==== */

/* Unit run * count + row is the unit / size-th of rank unit % size, and each rank's lie together. */
static size_t place_of(const sweep *w, size_t row, size_t run) {
    size_t unit = run * w->count + row, from, to;
    fa__comm owner = *w->comm;
    owner.rank = unit % owner.size;
    fa__comm_range(&from, &to, &owner, w->runs * w->count);
    return from + unit / owner.size;
}

static int32_t *run_of(const sweep *w, size_t row, size_t run) {
    return w->clusters + place_of(w, row, run) * w->m;
}

static double *inertia_of(const sweep *w, size_t row, size_t run) {
    return w->inertia + place_of(w, row, run);
}

static fa_kmeans_options how(const sweep *w, size_t row, size_t run, size_t restarts) {
    fa_kmeans_options options = fa_kmeans_options_default();
    fa__rng rng;
    fa__rng_seed(&rng, w->o->seed, FA__STREAM_SWEEP, ((uint64_t)w->rows[row].k << 32) | (run + 1));
    options.k = w->rows[row].k;
    options.restarts = restarts;
    options.seed = fa__rng_next(&rng);
    return options;
}

static fa_status fit_subsample(sweep *w, size_t row, size_t b) {
    fa_status status = FA_OK;
    float *part = NULL;
    int32_t *assigned = NULL, *out = run_of(w, row, w->o->restarts + b);
    const size_t *held = w->subsample + b * w->held;
    fa_kmeans_options options = how(w, row, w->o->restarts + b, w->o->restarts);
    FA_CHECK(FA_NEW(part, w->held * w->d));
    FA_CHECK(FA_NEW(assigned, w->held));
    for (size_t i = 0; i < w->held; i++)
        memcpy(part + i * w->d, w->x + held[i] * w->d, w->d * sizeof *part);
    const fa__matrix rows = fa__matrix_of(part, w->held, w->d);
    FA_CHECK(fa__kmeans_fit(NULL, assigned, NULL, &rows, &options, NULL));
    for (size_t i = 0; i < w->m; i++) out[i] = -1;
    for (size_t i = 0; i < w->held; i++) out[held[i]] = assigned[i];
done:
    fa__free(part);
    fa__free(assigned);
    return status;
}

static fa_status one_run(void *context, size_t index, size_t thread) {
    (void)thread;
    sweep *w = context;
    size_t unit = index * w->comm->size + w->comm->rank, row = unit % w->count,
           run = unit / w->count;
    if (run >= w->o->restarts) return fit_subsample(w, row, run - w->o->restarts);
    fa_kmeans_options options = how(w, row, run, 1);
    const fa__matrix rows = fa__matrix_of(w->x, w->m, w->d);
    return fa__kmeans_fit(NULL, run_of(w, row, run), inertia_of(w, row, run), &rows, &options,
                          NULL);
}

/* Distances and runs, each rank its part; all have them all. */
static fa_status work_together(sweep *w) {
    const fa__comm *all = w->comm, *near = all; /* who shares the distances */
    size_t end, units = w->count * w->runs;
    if (!fa__comm_can_share(all, w->s, (double)w->s * (double)w->s * (double)w->d))
        near = fa__comm_self();
    fa__comm_range(&w->first_row, &end, near, w->s);
    FA_TRY(fa__parallel(end - w->first_row, distances_of_row, w));
    FA_TRY(fa__comm_gather(near, w->distances, NULL, w->s, w->s * sizeof *w->distances));
    fa__comm_range(&w->first, &end, all, units);
    FA_TRY(fa__parallel(end - w->first, one_run, w));
    FA_TRY(fa__comm_gather(all, w->clusters, NULL, units, w->m * sizeof *w->clusters));
    return fa__comm_gather(all, w->inertia, NULL, units, sizeof *w->inertia);
}

/* ==== Judging ==== */

/* ARI on the rows that both runs hold; u, v: [m] scratch. */
static fa_status agreement(double *ari, const sweep *w, const int32_t *a, const int32_t *b,
                           int32_t *u, int32_t *v) {
    size_t both = 0;
    for (size_t i = 0; i < w->m; i++) {
        if (a[i] < 0 || b[i] < 0) continue;
        u[both] = a[i];
        v[both++] = b[i];
    }
    return fa_score_ari(ari, u, v, both);
}

/* Mean and standard deviation of the agreement of all pairs of runs first..last-1. */
static fa_status stability(double *mean, double *deviation, const sweep *w, size_t row,
                           size_t first, size_t last, int32_t *u, int32_t *v) {
    double sum = 0, squares = 0, pairs = 0;
    for (size_t a = first; a < last; a++)
        for (size_t b = first; b < a; b++) {
            double ari;
            FA_TRY(fa__stop_check());
            FA_TRY(agreement(&ari, w, run_of(w, row, a), run_of(w, row, b), u, v));
            sum += ari;
            squares += ari * ari;
            pairs++;
        }
    *mean = sum / pairs;
    double variance = squares / pairs - *mean * *mean;
    *deviation = variance > 0 ? sqrt(variance) : 0;
    return FA_OK;
}

static fa_status silhouette(double *out, const sweep *w, const int32_t *clusters, size_t k) {
    fa_status status = FA_OK;
    double *sums = NULL, total = 0;
    size_t *sizes = NULL;
    FA_CHECK(FA_NEW(sums, k));
    FA_CHECK(FA_NEW_ZERO(sizes, k));
    for (size_t i = 0; i < w->s; i++) sizes[clusters[i]]++;
    for (size_t i = 0; i < w->s; i++) {
        const float *row = w->distances + i * w->s;
        FA_CHECK(fa__stop_check());
        for (size_t c = 0; c < k; c++) sums[c] = 0;
        for (size_t j = 0; j < w->s; j++) sums[clusters[j]] += (double)row[j];
        total += fa__silhouette_of_row(sums, sizes, k, (size_t)clusters[i]);
    }
    *out = total / (double)w->s;
done:
    fa__free(sums);
    fa__free(sizes);
    return status;
}

/* AMI_max of each restart against the truth: mean, lowest and highest. */
static fa_status against_truth(fa_sweep_row *to, const sweep *w, size_t row) {
    double sum = 0, low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t r = 0; r < w->o->restarts; r++) {
        double ami;
        FA_TRY(fa__stop_check());
        FA_TRY(fa_score_ami(&ami, w->truth, run_of(w, row, r), w->m, FA_MEAN_MAX));
        sum += ami;
        low = ami < low ? ami : low;
        high = ami > high ? ami : high;
    }
    to->ami = sum / (double)w->o->restarts;
    to->ami_low = low;
    to->ami_high = high;
    return FA_OK;
}

static fa_status judge(void *context, size_t row, size_t thread) {
    (void)thread;
    fa_status status = FA_OK;
    sweep *w = context;
    fa_sweep_row *to = &w->rows[row];
    int32_t *u = NULL, *v = NULL;
    size_t best = 0;
    double ignored;
    FA_CHECK(FA_NEW(u, w->m));
    FA_CHECK(FA_NEW(v, w->m));
    for (size_t r = 1; r < w->o->restarts; r++)
        if (*inertia_of(w, row, r) < *inertia_of(w, row, best)) best = r;
    to->inertia = *inertia_of(w, row, best) / (double)w->m;
    to->ami = to->ami_low = to->ami_high = (double)NAN;
    FA_CHECK(silhouette(&to->silhouette, w, run_of(w, row, best), to->k));
    FA_CHECK(stability(&to->restart_stability, &ignored, w, row, 0, w->o->restarts, u, v));
    FA_CHECK(
        stability(&to->stability, &to->stability_deviation, w, row, w->o->restarts, w->runs, u, v));
    if (w->truth != NULL) FA_CHECK(against_truth(to, w, row));
done:
    fa__free(u);
    fa__free(v);
    return status;
}

/* ==== Choosing ==== */

static double score_of(const fa_sweep_row *row) {
    return row->silhouette > 0 && row->stability > 0 ? row->silhouette * row->stability : 0;
}

static const char *describe(double silhouette) {
    if (silhouette > reasonable_silhouette)
        return silhouette > strong_silhouette ? "well apart" : "apart";
    return silhouette > weak_silhouette ? "weakly apart" : "hardly apart";
}

fa_status fa_sweep_choose(fa_sweep_choice *choice, const fa_sweep_row *rows, size_t count,
                          size_t beyond) {
    const fa_sweep_row *best = NULL, *rival = NULL;
    if (choice == NULL || rows == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; choosing k needs rows and a place for it",
                        choice == NULL ? "choice" : "rows");
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(rows[i].silhouette) || !isfinite(rows[i].stability))
            return fa__fail(FA_E_NONFINITE, "k = %zu has silhouette %g and stability %g", rows[i].k,
                            rows[i].silhouette, rows[i].stability);
        if (rows[i].k > beyond && (best == NULL || score_of(&rows[i]) > score_of(best)))
            best = &rows[i];
    }
    if (best == NULL)
        return fa__fail(FA_E_ARGUMENT, "none of the %zu rows has k above %zu", count, beyond);
    for (size_t i = 0; i < count; i++)
        if (rows[i].k > beyond && &rows[i] != best && score_of(&rows[i]) >= tie * score_of(best) &&
            (rival == NULL || score_of(&rows[i]) > score_of(rival)))
            rival = &rows[i];
    bool at_end = best == &rows[count - 1] && count > 1;
    fa_sweep_choice made = {.k = best->k, .confidence = FA_CONFIDENCE_LOW};
    if (rival == NULL && !at_end && best->silhouette > reasonable_silhouette &&
        best->stability >= fair_stability)
        made.confidence = best->silhouette > strong_silhouette && best->stability >= firm_stability
                              ? FA_CONFIDENCE_HIGH
                              : FA_CONFIDENCE_MEDIUM;
    static const char *const sure[] = {"not sure", "fairly sure", "sure"};
    char doubt[96] = "";
    if (rival != NULL)
        snprintf(doubt, sizeof doubt, "; k = %zu is as good", rival->k);
    else if (at_end)
        snprintf(doubt, sizeof doubt, "; it is the largest k tried, so try larger ones");
    fa__format(
        made.why, sizeof made.why,
        "k = %zu, %s: the clusters are %s (silhouette %.2f) and come out %s on other parts of "
        "the data (mean ARI %.2f)%s",
        best->k, sure[made.confidence], describe(best->silhouette), best->silhouette,
        best->stability >= firm_stability   ? "the same"
        : best->stability >= fair_stability ? "nearly the same"
                                            : "otherwise",
        best->stability, doubt);
    *choice = made;
    return FA_OK;
}

/* ==== The sweep ==== */

static fa_status check(const fa_sweep_options *o, const float *x, size_t n, size_t d) {
    if (x == NULL) return fa__fail(FA_E_ARGUMENT, "x is NULL; a sweep needs rows");
    if (n == 0 || d == 0) return fa__fail(FA_E_SHAPE, "%zu x %zu: a sweep needs rows", n, d);
    if (o->restarts < 2 || o->subsamples < 2 || o->restarts > RUNS_MAX || o->subsamples > RUNS_MAX)
        return fa__fail(
            FA_E_ARGUMENT,
            "restarts and subsamples must be 2 to %d, to be compared, got %zu and %zu (5 "
            "works well)",
            RUNS_MAX, o->restarts, o->subsamples);
    if (!(o->share > 0.5 && o->share <= 1))
        return fa__fail(FA_E_ARGUMENT,
                        "share must be above 0.5, so that subsamples overlap, and at most 1, got "
                        "%g (0.8 works well)",
                        o->share);
    return fa__check_finite("x", x, n, d);
}

/* Multiply-adds of one pass of every run over its rows. */
static double work_of(const sweep *w) {
    double k = (double)(w->o->k_low + w->o->k_high) / 2 * (double)w->count;
    double runs =
        (double)w->o->restarts * ((double)w->m + (double)w->o->subsamples * (double)w->held);
    return runs * k * (double)w->d;
}

static fa_status open_sweep(sweep *w, const float *x, const int32_t *truth) {
    const fa_sweep_options *o = w->o;
    size_t count = w->count;
    FA_TRY(FA_NEW(w->x, w->m * w->d));
    if (truth != NULL) FA_TRY(FA_NEW(w->truth, w->m));
    w->distances = fa__alloc(w->s, w->s * sizeof *w->distances);
    if (w->distances == NULL) return fa__nomem(w->s, w->s * sizeof *w->distances);
    FA_TRY(FA_NEW(w->subsample, o->subsamples * w->held));
    w->clusters = fa__alloc(count * w->runs, w->m * sizeof *w->clusters);
    if (w->clusters == NULL) return fa__nomem(count * w->runs, w->m * sizeof *w->clusters);
    FA_TRY(FA_NEW_ZERO(w->inertia, count * w->runs));
    FA_TRY(FA_NEW_ZERO(w->rows, count));
    for (size_t i = 0; i < count; i++) w->rows[i].k = o->k_low + i;
    return take_rows(w, x, truth);
}

fa_status fa_sweep_run(fa_sweep_row *rows, const float *x, size_t n, size_t d, const int32_t *truth,
                       const fa_sweep_options *options) {
    return fa__sweep_run(rows, x, n, d, truth, options, fa__comm_self());
}

fa_status fa__sweep_run(fa_sweep_row *rows, const float *x, size_t n, size_t d,
                        const int32_t *truth, const fa_sweep_options *options,
                        const fa__comm *comm) {
    fa_status status = FA_OK;
    if (rows == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", rows == NULL ? "rows" : "options");
    fa_sweep_options own;
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_sweep_options"));
    FA_TRY(check(&own, x, n, d));
    sweep w = {.o = &own, .n = n, .d = d, .runs = own.restarts + own.subsamples};
    w.m = own.rows > 0 && own.rows < n ? own.rows : n;
    w.s = own.silhouette_rows > 0 && own.silhouette_rows < w.m ? own.silhouette_rows : w.m;
    w.held = (size_t)(own.share * (double)w.m);
    w.count = own.k_high - own.k_low + 1;
    if (own.k_low < 2 || own.k_high < own.k_low || own.k_high > w.held)
        return fa__fail(FA_E_ARGUMENT,
                        "k from %zu to %zu: 2 to %zu can be tried (the rows of a subsample)",
                        own.k_low, own.k_high, w.held);
    w.comm = fa__comm_can_share(comm, w.count * w.runs, work_of(&w)) ? comm : fa__comm_self();
    FA_CHECK(open_sweep(&w, x, truth));
    FA_CHECK(work_together(&w));
    FA_CHECK(fa__parallel(w.count, judge, &w));
    memcpy(rows, w.rows, w.count * sizeof *rows);
done:
    fa__free(w.x);
    fa__free(w.truth);
    fa__free(w.distances);
    fa__free(w.subsample);
    fa__free(w.clusters);
    fa__free(w.inertia);
    fa__free(w.rows);
    return status;
}
