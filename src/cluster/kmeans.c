/* KMeans: Lloyd's iteration from several k-means++ starts.
 *
 * Every row goes to its nearest centre in exact terms: float32 scores decide where they are surely
 * far enough apart, double distances where not. Sums of rows are kept as integers, so the order in
 * which threads add them does not matter and moving a row out undoes moving it in. Hence the same
 * bytes for any number of threads and any SIMD level.
 *
 * Letters: n rows, d coordinates, k centres. */
#include "cluster/kmeans.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/stop.h"
#include "base/threads.h"
#include "comm/same.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Runs that advance together, at most. */
enum { GROUP_MOST = 16 };

/* Rows that a run labels before the next run has its turn: few enough to stay in a near cache, and
 * with so many products at most that a stop is seen soon. */
enum { SPAN = 2048, SPAN_PRODUCTS = 1 << 28 };

/* ==== Tiles: the centres as the kernels take them ==== */

static fa_status tiles_make(fa__kmeans_tiles *t, const fa__kmeans_kernel *kernel, size_t k,
                            size_t d) {
    t->tiles = (k - 1) / kernel->widest + 1;
    t->width = (k - 1) / t->tiles + 1; /* as even as can be */
    FA_TRY(FA_NEW_ZERO(t->retreat, k < 16 ? 16 : k + 1));
    FA_TRY(FA_NEW_ZERO(t->half, t->tiles * t->width));
    return FA_NEW_ZERO(t->negated, t->tiles * t->width * d);
}

static void tiles_free(fa__kmeans_tiles *t) {
    fa__free(t->retreat);
    fa__free(t->half);
    fa__free(t->negated);
}

/* The slack covers, for two scores |c|^2 / 2 - x . c of at most |c|^2 / 2 + |x| |c| each: d
 * products and sums rounded one by one, coordinates of x and c rounded to float32, the index in the
 * low bits. Centres so far outside the rows that a score could overflow leave every row to double.
 */
static void tiles_fill(fa__kmeans_tiles *t, const fa__points *p, const float *centres, size_t k) {
    double longest = 0;
    for (size_t c = 0; c < t->tiles * t->width; c++) {
        float *negated = t->negated + c / t->width * p->d * t->width + c % t->width;
        double squares = 0;
        for (size_t j = 0; j < p->d && c < k; j++) {
            float value = (float)(((double)centres[c * p->d + j] - p->mean[j]) * p->scale);
            negated[j * t->width] = -value;
            squares += (double)value * (double)value;
        }
        t->half[c] = c < k ? (float)(squares / 2) : FLT_MAX;
        if (!(squares <= longest)) longest = squares;
    }
    double unit = (double)FLT_EPSILON / 2;
    double relative = (2 * (double)p->d + 8) * unit * 1.1 + (FA__INDEX_MASK + 1) * 2 * unit;
    t->row_slack = (float)(2 * relative * sqrt(longest) * 1.001);
    t->slack = (float)(2 * relative * longest / 2 * 1.001 + (double)p->d * (double)FLT_MIN);
    if (!(longest < 1e30)) t->slack = INFINITY;
    t->margin = (float)((p->longest + sqrt(longest)) * 0x1p-20);
}

/* ==== Runs ==== */

static void run_free(fa__kmeans_run *r) {
    tiles_free(&r->tiles);
    fa__free(r->centres);
    fa__free(r->moves);
    fa__free(r->sums);
    fa__free(r->label);
    fa__free(r->lead);
}

/* Length of fa__kmeans_run.sums with its counts. */
static size_t sums_size(const fa__kmeans_group *g) {
    return (g->k + 1) * (g->points->d + 1);
}

static fa_status run_make(fa__kmeans_run *r, const fa__points *p, size_t k) {
    r->active = r->fresh = true;
    FA_TRY(tiles_make(&r->tiles, p->kernel, k, p->d));
    FA_TRY(FA_NEW(r->centres, k * p->d));
    FA_TRY(FA_NEW_ZERO(r->moves, k));
    FA_TRY(FA_NEW_ZERO(r->sums, (k + 1) * (p->d + 1)));
    r->counts = r->sums + (k + 1) * p->d;
    FA_TRY(FA_NEW(r->label, p->blocks * FA__BLOCK));
    FA_TRY(FA_NEW(r->lead, p->blocks * FA__BLOCK));
    r->closest = r->lead;
    return FA_OK;
}

static void group_free(fa__kmeans_group *g) {
    for (size_t run = 0; g->runs != NULL && run < g->count; run++) run_free(&g->runs[run]);
    fa__free(g->runs);
    fa__free(g->changes);
    fa__free(g->moved);
    fa__free(g->scattered);
    fa__free(g->partial);
    fa__free(g->candidate);
    fa__free(g->candidate_row);
    fa__free(g->drawn);
    fa__free(g->told);
}

static fa_status group_make(fa__kmeans_group *g, const fa__points *p, size_t k, size_t count) {
    *g = (fa__kmeans_group){.points = p, .k = k, .count = count};
    g->candidates = 2 + (size_t)log((double)k);
    FA_TRY(FA_NEW_ZERO(g->runs, count));
    for (size_t run = 0; run < count; run++) FA_TRY(run_make(&g->runs[run], p, k));
    FA_TRY(FA_NEW_ZERO(g->changes, p->tasks * count * sums_size(g)));
    FA_TRY(FA_NEW(g->moved, p->tasks * count));
    FA_TRY(FA_NEW(g->scattered, p->tasks * fa__points_scratch(p)));
    FA_TRY(FA_NEW(g->partial, p->all_chunks * count * g->candidates));
    FA_TRY(FA_NEW(g->candidate, count * g->candidates * p->d));
    FA_TRY(FA_NEW(g->candidate_row, count * g->candidates));
    FA_TRY(FA_NEW(g->drawn, 2 * count * g->candidates));
    return FA_NEW(g->told, p->comm->size > 1 ? 2 * (sums_size(g) + 1) : 0);
}

/* ==== Labelling ==== */

static int32_t nearest_in_double(const float *x, const float *centres, size_t k, size_t d) {
    int32_t nearest = 0;
    double least = fa__squared_distance(x, centres, d);
    for (size_t c = 1; c < k; c++) {
        double distance = fa__squared_distance(x, centres + c * d, d);
        if (distance < least) {
            least = distance;
            nearest = (int32_t)c;
        }
    }
    return nearest;
}

/* What a task works on. */
typedef struct worker {
    const fa__kmeans_group *group;
    fa__kmeans_run *run;
    int64_t *changes; /* as run.sums, in this task */
    float *scattered; /* [d, FA__BLOCK] */
    size_t moved;
} worker;

/* Row i has the nearest centre `label`: moves it there. */
static void set_label(worker *w, size_t i, int32_t label) {
    const fa__points *p = w->group->points;
    int32_t *own = &w->run->label[i];
    if (label == *own) return;
    int64_t *counts = w->changes + (w->group->k + 1) * p->d;
    p->kernel->move(w->changes + (size_t)*own * p->d, w->changes + (size_t)label * p->d,
                    fa__matrix_row(&p->rows, i), p->mean, p->integer, p->d);
    counts[*own]--;
    counts[label]++;
    *own = label;
    w->moved++;
}

/* Label of row i where float32 was not sure. */
static int32_t decide(const worker *w, size_t i) {
    const fa__points *p = w->group->points;
    return nearest_in_double(fa__matrix_row(&p->rows, i), w->run->centres, w->group->k, p->d);
}

/* Labels all rows of a block. */
static void label_block(worker *w, size_t block) {
    const fa__points *p = w->group->points;
    size_t first = block * FA__BLOCK;
    int32_t label[FA__BLOCK];
    fa__nearest found = p->kernel->nearest(label, w->run->lead + first, w->run->label + first,
                                           fa__points_block(p, block, w->scattered),
                                           p->norms + first, &w->run->tiles, p->d);
    uint32_t rest = found.moved | found.unsure;
    if (p->n - first < FA__BLOCK) rest &= (1u << (p->n - first)) - 1;
    for (; rest != 0; rest &= rest - 1) {
        unsigned r = (unsigned)__builtin_ctz(rest);
        set_label(w, first + r, found.unsure >> r & 1 ? decide(w, first + r) : label[r]);
    }
}

/* Labels `count` <= FA__BLOCK scattered rows, counted from row `first`. */
static void label_scattered(worker *w, size_t first, int32_t *rows, size_t count) {
    const fa__points *p = w->group->points;
    int32_t label[FA__BLOCK], old[FA__BLOCK], *labels = w->run->label + first;
    float lead[FA__BLOCK], norms[FA__BLOCK], *leads = w->run->lead + first;
    for (size_t r = count; r < FA__BLOCK; r++) rows[r] = rows[0];
    for (size_t r = 0; r < FA__BLOCK; r++) {
        old[r] = labels[rows[r]];
        norms[r] = p->norms[first + (size_t)rows[r]];
    }
    fa__points_gather(w->scattered, p, first, rows);
    fa__nearest found =
        p->kernel->nearest(label, lead, old, w->scattered, norms, &w->run->tiles, p->d);
    for (size_t r = 0; r < count; r++) leads[rows[r]] = lead[r];
    uint32_t rest = found.moved | found.unsure;
    if (count < FA__BLOCK) rest &= (1u << count) - 1;
    for (; rest != 0; rest &= rest - 1) {
        unsigned r = (unsigned)__builtin_ctz(rest);
        size_t i = first + (size_t)rows[r];
        set_label(w, i, found.unsure >> r & 1 ? decide(w, i) : label[r]);
    }
}

/* Labels the rows of the blocks [block, end), at most SPAN rows, as far as their nearest centre is
 * in doubt. Gathering a row costs about as much as labelling it: where most are in doubt, all are
 * labelled where they lie. */
static void label_span(worker *w, size_t block, size_t end) {
    const fa__points *p = w->group->points;
    size_t first = block * FA__BLOCK, rows = (end - block) * FA__BLOCK, count = rows;
    int32_t open[SPAN + FA__BLOCK];
    if (!w->run->fresh)
        count = p->kernel->retreat(open, w->run->lead + first, w->run->label + first, rows,
                                   &w->run->tiles, w->group->k);
    if (count > rows / 2) {
        for (; block < end; block++) label_block(w, block);
        return;
    }
    while (count > 0 && first + (size_t)open[count - 1] >= p->n) count--; /* padding */
    for (size_t i = 0; i < count; i += FA__BLOCK)
        label_scattered(w, first, open + i, count - i < FA__BLOCK ? count - i : FA__BLOCK);
}

static fa_status label_rows(void *context, size_t task, size_t thread) {
    (void)thread;
    fa__kmeans_group *g = context;
    const fa__points *p = g->points;
    size_t chunk, end;
    fa__points_share(p, task, &chunk, &end);
    size_t block = chunk * FA__CHUNK_BLOCKS;
    end = end * FA__CHUNK_BLOCKS < p->blocks ? end * FA__CHUNK_BLOCKS : p->blocks;
    size_t *moved = g->moved + task * g->count;
    memset(moved, 0, g->count * sizeof *moved);
    double rows = SPAN_PRODUCTS / ((double)g->k * (double)p->d);
    size_t span = rows >= SPAN ? SPAN / FA__BLOCK : rows > FA__BLOCK ? (size_t)rows / FA__BLOCK : 1;
    while (block < end) {
        size_t next = end - block < span ? end : block + span;
        for (size_t run = 0; run < g->count; run++) {
            if (!g->runs[run].active) continue;
            FA_TRY(fa__stop_check());
            worker w = {.group = g,
                        .run = &g->runs[run],
                        .changes = g->changes + (task * g->count + run) * sums_size(g),
                        .scattered = g->scattered + task * fa__points_scratch(p)};
            label_span(&w, block, next);
            moved[run] += w.moved;
        }
        block = next;
    }
    return FA_OK;
}

/* Adds what the tasks of this rank changed; returns how many rows moved. */
static size_t add_changes(int64_t *sums, fa__kmeans_group *g, size_t run) {
    size_t size = sums_size(g), moved = 0;
    for (size_t task = 0; task < g->points->tasks; task++) {
        size_t here = g->moved[task * g->count + run];
        if (here == 0) continue;
        moved += here;
        int64_t *changes = g->changes + (task * g->count + run) * size;
        for (size_t i = 0; i < size; i++) sums[i] += changes[i];
        memset(changes, 0, size * sizeof *changes);
    }
    return moved;
}

/* Brings the sums and counts of a run up to date; *moved: how many rows moved. */
static fa_status collect_changes(size_t *moved, fa__kmeans_group *g, size_t run) {
    const fa__comm *comm = g->points->comm;
    fa__kmeans_run *r = &g->runs[run];
    if (comm->size == 1) {
        *moved = add_changes(r->sums, g, run);
        return FA_OK;
    }
    size_t size = sums_size(g);
    int64_t *own = g->told, *all = own + size + 1;
    memset(own, 0, size * sizeof *own);
    own[size] = (int64_t)add_changes(own, g, run);
    FA_TRY(fa__comm_sum_integers(comm, all, own, size + 1));
    for (size_t i = 0; i < size; i++) r->sums[i] += all[i];
    *moved = (size_t)all[size];
    return FA_OK;
}

/* ==== Centres ==== */

/* A lead shrinks by at most the move of the row's own centre and the longest move of another one.
 * Rounded up, with what the subtraction itself may round. moves: [k], |move| of each centre. */
static void set_retreat(fa__kmeans_tiles *t, const fa__points *p, const double *moves, size_t k) {
    double longest = 0, second = 0, rounding = (double)t->margin / 8;
    size_t who = 0;
    for (size_t c = 0; c < k; c++) {
        if (moves[c] > longest) {
            second = longest;
            longest = moves[c];
            who = c;
        } else if (moves[c] > second) {
            second = moves[c];
        }
    }
    for (size_t c = 0; c < k; c++) {
        double lost = (moves[c] + (c == who ? second : longest)) * p->scale;
        t->retreat[c] = (float)(lost * (1 + 0x1p-20) + rounding);
    }
}

/* Moves the centres to the means of their rows; returns the sum of their squared moves. */
static double move_centres(const fa__kmeans_group *g, fa__kmeans_run *r) {
    const fa__points *p = g->points;
    double shift = 0;
    for (size_t c = 0; c < g->k; c++) {
        double weight = (double)r->counts[c] * p->integer, square = 0;
        for (size_t j = 0; j < p->d && r->counts[c] > 0; j++) {
            float *centre = &r->centres[c * p->d + j];
            float mean = (float)(p->mean[j] + (double)r->sums[c * p->d + j] / weight);
            double gap = (double)mean - (double)*centre;
            square += gap * gap;
            *centre = mean;
        }
        shift += square;
        r->moves[c] = sqrt(square);
    }
    tiles_fill(&r->tiles, p, r->centres, g->k);
    set_retreat(&r->tiles, p, r->moves, g->k);
    return shift;
}

/* What follows a labelling pass: done, or new centres and on. */
static fa_status advance(fa__kmeans_group *g, size_t run, bool last, double tolerance) {
    fa__kmeans_run *r = &g->runs[run];
    size_t moved, given;
    FA_TRY(collect_changes(&moved, g, run));
    r->fresh = false;
    if (moved == 0 || (r->finishing && last)) {
        r->active = false;
        return FA_OK;
    }
    FA_TRY(fa__kmeans_fill_empty(&given, g, r));
    if (r->finishing && given == 0) {
        r->active = false;
        return FA_OK;
    }
    double shift = move_centres(g, r);
    r->finishing = last || (given == 0 && shift <= tolerance * g->points->variance);
    return FA_OK;
}

/* ==== A group of runs, start to end ==== */

static fa_status sum_inertia(void *context, size_t task, size_t thread) {
    (void)thread;
    const fa__kmeans_group *g = context;
    const fa__points *p = g->points;
    size_t chunk, end;
    fa__points_share(p, task, &chunk, &end);
    for (; chunk < end; chunk++)
        for (size_t run = 0; run < g->count; run++) {
            const fa__kmeans_run *r = &g->runs[run];
            FA_TRY(fa__stop_check());
            size_t i = chunk * FA__CHUNK, stop = i + FA__CHUNK < p->n ? i + FA__CHUNK : p->n;
            double sum = 0;
            for (; i < stop; i++)
                sum += fa__squared_distance(fa__matrix_row(&p->rows, i),
                                            r->centres + (size_t)r->label[i] * p->d, p->d);
            g->partial[(p->first_chunk + chunk) * g->count + run] = sum;
        }
    return FA_OK;
}

static fa_status group_run(fa__kmeans_group *g, const fa_kmeans_options *o, size_t first_restart) {
    const fa__points *p = g->points;
    for (size_t run = 0; run < g->count; run++)
        fa__rng_seed(&g->runs[run].rng, o->seed, FA__STREAM_KMEANS, first_restart + run);
    FA_TRY(fa__kmeans_seed(g));
    for (size_t run = 0; run < g->count; run++) {
        fa__kmeans_run *r = &g->runs[run];
        for (size_t i = 0; i < p->blocks * FA__BLOCK; i++) r->label[i] = (int32_t)g->k;
        tiles_fill(&r->tiles, p, r->centres, g->k);
    }
    size_t active = g->count;
    for (size_t pass = 1; active > 0; pass++) {
        FA_TRY(fa__parallel(p->tasks, label_rows, g));
        active = 0;
        for (size_t run = 0; run < g->count; run++) {
            if (!g->runs[run].active) continue;
            FA_TRY(advance(g, run, pass >= o->max_iterations, o->tolerance));
            active += g->runs[run].active;
        }
    }
    FA_TRY(fa__parallel(p->tasks, sum_inertia, g));
    FA_TRY(
        fa__comm_gather(p->comm, g->partial, NULL, p->all_chunks, g->count * sizeof *g->partial));
    for (size_t run = 0; run < g->count; run++) {
        g->runs[run].inertia = 0;
        for (size_t chunk = 0; chunk < p->all_chunks; chunk++)
            g->runs[run].inertia += g->partial[chunk * g->count + run];
    }
    return FA_OK;
}

/* Runs that advance together: at most this many, and no more than fit into about as much memory as
 * the rows take; a little, where these are not in memory. No result depends on it; ranks take what
 * the first one can. */
static size_t group_size(const fa__points *p, size_t k, size_t restarts) {
    const double enough = 64 << 20;
    double rows = p->lanes != NULL ? (double)p->n * (double)p->d * sizeof(float) : 4 * enough;
    double run = (double)p->n * (sizeof(int32_t) + sizeof(float)) +
                 (double)(p->tasks + 1) * (double)k * (double)p->d * sizeof(int64_t);
    double fitting = fmax(rows, enough) / run;
    return (size_t)fmax(1, fmin(fmin(fitting, GROUP_MOST), (double)restarts));
}

/* ==== Public ==== */

fa_kmeans_options fa_kmeans_options_default(void) {
    return (fa_kmeans_options){.size = sizeof(fa_kmeans_options),
                               .restarts = 10,
                               .max_iterations = 300,
                               .tolerance = 1e-4};
}

static fa_status check_sizes(size_t n, size_t d, size_t k) {
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "x is [%zu, %zu]; it needs at least one row and one column", n,
                        d);
    if (k == 0) return fa__fail(FA_E_ARGUMENT, "k is 0; it must be at least 1");
    if (k > INT32_MAX)
        return fa__fail(FA_E_ARGUMENT, "k is %zu; assignments hold at most %d clusters", k,
                        INT32_MAX);
    size_t room = SIZE_MAX / 64; /* for n + padding rows or k centres of d doubles */
    if (n > room / d || k > room / d) return fa__nomem(n > k ? n : k, d * sizeof(float));
    return FA_OK;
}

static fa_status check_options(const fa_kmeans_options *o, size_t n, size_t d) {
    FA_TRY(check_sizes(n, d, o->k));
    if (o->k > n)
        return fa__fail(FA_E_ARGUMENT, "k is %zu but x has %zu rows; k must be 1..%zu", o->k, n, n);
    if (o->restarts == 0)
        return fa__fail(FA_E_ARGUMENT, "restarts is 0; it must be at least 1 (10 works well)");
    if (o->max_iterations == 0)
        return fa__fail(FA_E_ARGUMENT,
                        "max_iterations is 0; it must be at least 1 (300 works well)");
    if (!(o->tolerance >= 0 && isfinite(o->tolerance)))
        return fa__fail(FA_E_ARGUMENT,
                        "tolerance is %g; it must be finite and >= 0 (1e-4 works well)",
                        o->tolerance);
    return FA_OK;
}

/* The best run so far, in memory of its own until the whole fit has succeeded. */
typedef struct best_run {
    float *centres;
    int32_t *label;
    double inertia;
} best_run;

static void keep_if_better(best_run *best, fa__kmeans_group *g) {
    for (size_t run = 0; run < g->count; run++) {
        fa__kmeans_run *r = &g->runs[run];
        if (best->label != NULL && !(r->inertia < best->inertia)) continue;
        fa__free(best->centres);
        fa__free(best->label);
        *best = (best_run){r->centres, r->label, r->inertia};
        r->centres = NULL;
        r->label = NULL;
    }
}

fa_status fa_kmeans_fit(float *centroids, int32_t *assignment, double *inertia, const float *x,
                        size_t n, size_t d, const fa_kmeans_options *options) {
    if (x == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; KMeans needs x and options",
                        x == NULL ? "x" : "options");
    const fa__matrix rows = fa__matrix_of(x, n, d);
    return fa__kmeans_fit_together(centroids, assignment, inertia, &rows, options);
}

fa_status fa__kmeans_fit_together(float *centroids, int32_t *assignment, double *inertia,
                                  const fa__matrix *rows, const fa_kmeans_options *options) {
    const fa__comm *comm = fa__comm_world();
    fa_kmeans_options own;
    fa_status status = fa__options_take(&own, sizeof own, options, "fa_kmeans_options");
    if (status == FA_OK) status = fa__same_rows(comm, rows, fa__digest(&own, sizeof own));
    if (status == FA_OK)
        status = fa__kmeans_fit(centroids, assignment, inertia, rows, options, comm);
    return fa__comm_close(comm, status);
}

/* The labels of the rows of all ranks, each rank's chunks one after the other. */
static fa_status gather_labels(int32_t *assignment, const fa__points *p, const int32_t *label) {
    int32_t *all;
    if (assignment == NULL) return FA_OK;
    if (p->comm->size == 1) {
        memcpy(assignment, label, p->n * sizeof *assignment);
        return FA_OK;
    }
    FA_TRY(FA_NEW(all, p->all_chunks * FA__CHUNK));
    memcpy(all + p->first_chunk * FA__CHUNK, label, p->n * sizeof *all);
    fa_status status = fa__comm_gather(p->comm, all, NULL, p->all_chunks, FA__CHUNK * sizeof *all);
    if (status == FA_OK) memcpy(assignment, all, p->all.n * sizeof *assignment);
    fa__free(all);
    return status;
}

fa_status fa__kmeans_fit(float *centroids, int32_t *assignment, double *inertia,
                         const fa__matrix *rows, const fa_kmeans_options *options,
                         const fa__comm *comm) {
    size_t n = rows->n, d = rows->d;
    fa_kmeans_options own;
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_kmeans_options"));
    FA_TRY(check_options(&own, n, d));
    size_t k = own.k;
    double work = (double)n * (double)k * (double)d * (double)own.restarts;
    fa__points points = {0};
    fa__kmeans_group group = {0};
    best_run best = {0};
    fa_status status;
    if (!fa__comm_can_share(comm, n / FA__CHUNK, work)) comm = fa__comm_self();
    FA_CHECK(fa__points_make(&points, rows, comm));
    size_t together = group_size(&points, k, own.restarts);
    FA_CHECK(fa__comm_broadcast(comm, &together, sizeof together));
    for (size_t done_runs = 0; done_runs < own.restarts; done_runs += together) {
        size_t left = own.restarts - done_runs;
        FA_CHECK(group_make(&group, &points, k, left < together ? left : together));
        FA_CHECK(group_run(&group, &own, done_runs));
        keep_if_better(&best, &group);
        group_free(&group);
        group = (fa__kmeans_group){0};
    }
    FA_CHECK(gather_labels(assignment, &points, best.label));
    if (centroids != NULL) memcpy(centroids, best.centres, k * d * sizeof *centroids);
    if (inertia != NULL) *inertia = best.inertia;
done:
    group_free(&group);
    fa__points_free(&points);
    fa__free(best.centres);
    fa__free(best.label);
    return status;
}

/* ==== New rows ==== */

typedef struct assignment_pass {
    const fa__points *points;
    const fa__kmeans_tiles *tiles;
    const float *centroids;
    size_t k;
    int32_t *assignment;
    float *squared_distance;
} assignment_pass;

static fa_status assign_chunk(void *context, size_t chunk, size_t thread) {
    (void)thread;
    const assignment_pass *a = context;
    const fa__points *p = a->points;
    int32_t label[FA__BLOCK];
    float lead[FA__BLOCK];
    size_t block = chunk * FA__CHUNK_BLOCKS, end = block + FA__CHUNK_BLOCKS;
    for (; block < p->blocks && block < end; block++) {
        size_t first = block * FA__BLOCK;
        FA_TRY(fa__stop_check());
        static const int32_t none[FA__BLOCK];
        fa__nearest found = p->kernel->nearest(label, lead, none, p->lanes + first * p->d,
                                               p->norms + first, a->tiles, p->d);
        for (size_t r = 0; r < FA__BLOCK && first + r < p->n; r++) {
            const float *x = fa__matrix_row(&p->rows, first + r);
            if (found.unsure >> r & 1) label[r] = nearest_in_double(x, a->centroids, a->k, p->d);
            a->assignment[first + r] = label[r];
            if (a->squared_distance != NULL)
                a->squared_distance[first + r] =
                    (float)fa__squared_distance(x, a->centroids + (size_t)label[r] * p->d, p->d);
        }
    }
    return FA_OK;
}

fa_status fa_kmeans_assign(int32_t *assignment, float *squared_distance, const float *x, size_t n,
                           size_t d, const float *centroids, size_t k) {
    if (assignment == NULL || x == NULL || centroids == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; assigning needs assignment, x and centroids",
                        assignment == NULL ? "assignment" : (x == NULL ? "x" : "centroids"));
    FA_TRY(check_sizes(n, d, k));
    for (size_t i = 0; i < k * d; i++)
        if (!isfinite(centroids[i]))
            return fa__fail(FA_E_NONFINITE,
                            "centroids[%zu, %zu] is %g; every value must be finite: fit again",
                            i / d, i % d, (double)centroids[i]);
    const fa__matrix rows = fa__matrix_of(x, n, d);
    fa__points points = {0};
    fa__kmeans_tiles tiles = {0};
    fa_status status;
    FA_CHECK(fa__points_make(&points, &rows, fa__comm_self()));
    FA_CHECK(tiles_make(&tiles, points.kernel, k, d));
    tiles_fill(&tiles, &points, centroids, k);
    assignment_pass pass = {&points, &tiles, centroids, k, assignment, squared_distance};
    FA_CHECK(fa__parallel(points.chunks, assign_chunk, &pass));
done:
    fa__points_free(&points);
    tiles_free(&tiles);
    return status;
}
