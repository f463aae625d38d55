/* Greedy k-means++ (Arthur, Vassilvitskii 2007): each next centre is a row drawn with probability
 * proportional to its squared distance from the centres so far, the best of q = 2 + log k draws.
 *
 * A potential is the sum over all rows of the squared distance to the nearest centre, in the scaled
 * coordinates of fa__points. Ranks compute those of their chunks; all of them draw, by the same numbers,
 * the chunk of a row, and the rank that has it the row.
 *
 * Letters: n rows, d coordinates, k centres, q candidates. */
#include "base/stop.h"
#include "base/threads.h"
#include "cluster/kmeans.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Row `row` as it is in the lanes (the scale is a power of 2: one rounding), in column `column` of `columns`. */
static void take_candidate(const fa__points *p, float *out, size_t column, size_t columns,
                           size_t row) {
    const float *x = fa__matrix_row(&p->all, row), scale = (float)p->scale;
    for (size_t j = 0; j < p->d; j++) out[j * columns + column] = x[j] * scale - p->shift[j];
}

/* The kernel takes a few candidates at once: those [*from, *from + *count) go together. */
static bool next_candidates(size_t candidates, size_t *from, size_t *count) {
    *from += *count;
    size_t left = candidates - *from;
    *count = left < FA__CANDIDATES_AT_ONCE ? left : FA__CANDIDATES_AT_ONCE;
    return left > 0;
}

static void set_candidate(fa__kmeans_group *g, size_t run, size_t candidate, size_t candidates,
                          size_t row) {
    const fa__points *p = g->points;
    float *own = g->candidate + run * g->candidates * p->d;
    size_t from = 0, count = 0;
    while (next_candidates(candidates, &from, &count))
        if (candidate < from + count) break;
    take_candidate(p, own + from * p->d, candidate - from, count, row);
    g->candidate_row[run * g->candidates + candidate] = row;
}

/* ==== Passes ==== */

typedef struct seeding {
    fa__kmeans_group *group;
    size_t candidates; /* of this pass, of each run */
    bool keep;         /* one candidate, a centre now: closest is brought up to date */
} seeding;

static double sum_of_lanes(const double *sums) {
    double sum = 0;
    for (size_t l = 0; l < FA__BLOCK; l++) sum += sums[l];
    return sum;
}

/* The blocks of a chunk, one after the other. */
static const float *lanes_of(const fa__kmeans_group *g, size_t task, size_t chunk) {
    const fa__points *p = g->points;
    size_t first = chunk * FA__CHUNK_BLOCKS, size = p->d * FA__BLOCK;
    float *scratch = g->scattered + task * fa__points_scratch(p);
    if (p->lanes != NULL) return p->lanes + first * size;
    for (size_t b = 0; b < FA__CHUNK_BLOCKS && first + b < p->blocks; b++)
        fa__points_block(p, first + b, scratch + b * size);
    return scratch;
}

/* Of a pass: partial [all_chunks, count, candidates]. */
static double *partial_of(const seeding *s, size_t chunk, size_t run) {
    return s->group->partial + (chunk * s->group->count + run) * s->candidates;
}

/* partial[chunk, run, candidate] = the potential of the chunk with the candidate added. */
static void try_in_chunk(const seeding *s, const float *lanes, size_t run, size_t chunk,
                         size_t from, size_t count) {
    const fa__kmeans_group *g = s->group;
    const fa__points *p = g->points;
    double sums[FA__CANDIDATES_AT_ONCE * FA__BLOCK] = {0};
    float least[FA__CANDIDATES_AT_ONCE * FA__BLOCK];
    const float *candidates = g->candidate + (run * g->candidates + from) * p->d;
    size_t block = chunk * FA__CHUNK_BLOCKS, end = block + FA__CHUNK_BLOCKS;
    for (; block < end && block < p->blocks; block++) {
        float *closest = g->runs[run].closest + block * FA__BLOCK;
        p->kernel->seed(least, sums, closest, lanes, candidates, count, p->d);
        lanes += p->d * FA__BLOCK;
        if (s->keep) memcpy(closest, least, FA__BLOCK * sizeof *closest);
    }
    double *partial = partial_of(s, p->first_chunk + chunk, run) + from;
    for (size_t t = 0; t < count; t++) partial[t] = sum_of_lanes(sums + t * FA__BLOCK);
}

static fa_status try_candidates(void *context, size_t task, size_t thread) {
    (void)thread;
    const seeding *s = context;
    size_t chunk, end;
    fa__points_share(s->group->points, task, &chunk, &end);
    for (; chunk < end; chunk++) {
        const float *lanes = lanes_of(s->group, task, chunk);
        for (size_t run = 0; run < s->group->count; run++) {
            size_t from = 0, count = 0;
            FA_TRY(fa__stop_check());
            while (next_candidates(s->candidates, &from, &count))
                try_in_chunk(s, lanes, run, chunk, from, count);
        }
    }
    return FA_OK;
}

static fa_status pass(seeding *s) {
    const fa__points *p = s->group->points;
    size_t size = s->group->count * s->candidates * sizeof(double);
    FA_TRY(fa__parallel(p->tasks, try_candidates, s));
    return fa__comm_gather(p->comm, s->group->partial, NULL, p->all_chunks, size);
}

static double potential(const seeding *s, size_t run, size_t candidate) {
    double sum = 0;
    for (size_t chunk = 0; chunk < s->group->points->all_chunks; chunk++)
        sum += partial_of(s, chunk, run)[candidate];
    return sum;
}

/* ==== Draws ==== */

/* The chunk in which a draw ends, and what of it is left there. Where rounding carries it past the end:
 * the last one that has a share, of which all is left. */
static size_t draw_chunk(double *left, const seeding *s, size_t run) {
    size_t chunk = 0, last = 0, chunks = s->group->points->all_chunks;
    for (; chunk < chunks; chunk++) {
        double part = *partial_of(s, chunk, run);
        if (*left < part || (chunk + 1 == chunks && part > 0)) return chunk;
        *left -= part;
        if (part > 0) last = chunk;
    }
    *left = (double)INFINITY;
    return last;
}

/* The row of a chunk in which a draw ends; past the end: the last row that has a share. */
static size_t draw_within(const fa__points *p, const fa__kmeans_run *r, size_t chunk, double left) {
    size_t i = chunk * FA__CHUNK, end = i + FA__CHUNK < p->n ? i + FA__CHUNK : p->n, last = i;
    for (; i < end; i++) {
        double part = (double)r->closest[i];
        if (left < part) return i;
        left -= part;
        if (part > 0) last = i;
    }
    return last;
}

/* A row drawn with probability closest / potential, where this rank has it, else 0; rank 0 has any row, where
 * every row lies on a centre. */
static int64_t draw_row(const seeding *s, size_t run, double total) {
    const fa__points *p = s->group->points;
    fa__kmeans_run *r = &s->group->runs[run];
    if (!(total > 0)) {
        int64_t any = (int64_t)fa__rng_below(&r->rng, p->all.n);
        return p->first_chunk == 0 ? any : 0;
    }
    double left = fa__rng_uniform(&r->rng) * total;
    size_t chunk = draw_chunk(&left, s, run);
    if (chunk < p->first_chunk || chunk >= p->first_chunk + p->chunks) return 0;
    return (int64_t)(p->first_chunk * FA__CHUNK + draw_within(p, r, chunk - p->first_chunk, left));
}

static void set_centre(fa__kmeans_group *g, size_t run, size_t c, size_t row) {
    const fa__points *p = g->points;
    memcpy(g->runs[run].centres + c * p->d, fa__matrix_row(&p->all, row), p->d * sizeof(float));
    set_candidate(g, run, 0, 1, row);
}

/* keep: the pass that brought the potentials up to date. */
static fa_status draw_candidates(const seeding *keep) {
    fa__kmeans_group *g = keep->group;
    size_t q = g->candidates;
    for (size_t run = 0; run < g->count; run++) {
        double total = potential(keep, run, 0);
        for (size_t t = 0; t < q; t++) g->drawn[run * q + t] = draw_row(keep, run, total);
    }
    FA_TRY(fa__comm_sum_integers(g->points->comm, g->drawn + g->count * q, g->drawn, g->count * q));
    for (size_t run = 0; run < g->count; run++)
        for (size_t t = 0; t < q; t++)
            set_candidate(g, run, t, q, (size_t)g->drawn[(g->count + run) * q + t]);
    return FA_OK;
}

/* The candidate that leaves the lowest potential becomes centre c. */
static void keep_best(const seeding *compare, size_t run, size_t c) {
    fa__kmeans_group *g = compare->group;
    size_t best = 0;
    double lowest = potential(compare, run, 0);
    for (size_t t = 1; t < g->candidates; t++) {
        double reached = potential(compare, run, t);
        if (reached < lowest) {
            lowest = reached;
            best = t;
        }
    }
    set_centre(g, run, c, g->candidate_row[run * g->candidates + best]);
}

fa_status fa__kmeans_seed(fa__kmeans_group *g) {
    const fa__points *p = g->points;
    for (size_t run = 0; run < g->count; run++) {
        fa__kmeans_run *r = &g->runs[run];
        for (size_t i = 0; i < p->blocks * FA__BLOCK; i++) r->closest[i] = i < p->n ? FLT_MAX : 0;
        set_centre(g, run, 0, (size_t)fa__rng_below(&r->rng, p->all.n));
    }
    for (size_t c = 1; c < g->k; c++) {
        seeding keep = {g, 1, true}, compare = {g, g->candidates, false};
        FA_TRY(pass(&keep));
        FA_TRY(draw_candidates(&keep));
        FA_TRY(pass(&compare));
        for (size_t run = 0; run < g->count; run++) keep_best(&compare, run, c);
    }
    return FA_OK;
}
