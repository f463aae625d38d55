/* Neighbours by inverted lists: rows sorted by the nearest of some centres, those of a list compared with
 * those of the lists whose centres are nearest to its own.
 *
 * Nothing depends on the order of the work: a row's neighbours are the nearest, by (distance, number), of
 * the rows of its list's probes. One task writes the rows of one list.
 *
 * Letters: n rows of one label, d columns, k neighbours, l lists, p lists that are looked through. */
#include "cluster/neighbours.h"

#include "base/memory.h"
#include "base/sort.h"
#include "base/stop.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAD = 96,     /* slots of a list: a multiple of FA__BLOCK and of every kernel's widest tile */
    OF_LIST = 64, /* rows a list that centres are fitted on */
    SAMPLE = 512, /* rows that recall is measured on */
    ITERATIONS = 10
};

typedef struct lists {
    const fa__nearest_lists *found;
    const fa__points *points; /* mean and scale of all rows */
    const int32_t *rows;      /* [n] their numbers, ascending */
    size_t n, d, l, p, width;
    uint64_t seed;
    float *centres; /* [l, d] */
    int32_t *list;  /* [n] of each row */
    size_t *start;  /* [l + 1] slots before a list, of PAD or a multiple */
    int32_t *slot;  /* [start[l]] the row's number; -1: none */
    size_t *size;   /* [l] rows */
    float *lanes;   /* [start[l] / FA__BLOCK, d, FA__BLOCK] centred and scaled */
    float *negated; /* [start[l] / width, d, width] the same as columns, negative */
    float *half; /* [start[l]] below |row|^2 / 2 by what the float sum may be off; none: INFINITY */
    size_t first; /* list of this rank */
    /* What recall is measured by. */
    size_t *sample; /* [SAMPLE] places in rows */
    size_t *needed; /* [SAMPLE, k] lists to look through until one is met; 0: there is none */
    size_t sampled, first_sample; /* of this rank */
} lists;

/* ==== Lists ==== */

static const float *row_at(const lists *s, size_t place) {
    return fa__matrix_row(&s->points->rows, (size_t)s->rows[place]);
}

static void take_rows(float *out, const lists *s, const size_t *places, size_t count) {
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * s->d, row_at(s, places[i]), s->d * sizeof *out);
}

/* `count` of the n places, ascending, by the seed. */
static fa_status draw_places(size_t **out, const lists *s, size_t count, uint64_t index) {
    size_t *order;
    fa__rng rng;
    FA_TRY(FA_NEW(order, s->n));
    for (size_t i = 0; i < s->n; i++) order[i] = i;
    fa__rng_seed(&rng, s->seed, FA__STREAM_LISTS, index);
    fa__rng_order(&rng, order, s->n);
    qsort(order, count, sizeof *order, fa__by_size);
    *out = order;
    return FA_OK;
}

static fa_status fit_centres(lists *s, const fa__comm *comm) {
    fa_status status = FA_OK;
    size_t most = OF_LIST * s->l, count = s->n < most ? s->n : most, *places = NULL;
    float *x = NULL;
    fa_kmeans_options how = fa_kmeans_options_default();
    how.k = s->l;
    how.restarts = 1;
    how.max_iterations = ITERATIONS;
    how.seed = s->seed;
    FA_CHECK(draw_places(&places, s, count, 0));
    FA_CHECK(FA_NEW(x, count * s->d));
    FA_CHECK(FA_NEW(s->centres, s->l * s->d));
    take_rows(x, s, places, count);
    const fa__matrix drawn = fa__matrix_of(x, count, s->d);
    FA_CHECK(fa__kmeans_fit(s->centres, NULL, NULL, &drawn, &how, comm));
done:
    fa__free(places);
    fa__free(x);
    return status;
}

/* The list of each row, some rows at a time; of ranks each its part. */
static fa_status sort_rows(lists *s, const fa__comm *comm) {
    enum { AT_ONCE = 1 << 15 };
    fa_status status = FA_OK;
    float *x = NULL;
    size_t from, to, *places = NULL;
    fa__comm_range(&from, &to, comm, s->n);
    FA_CHECK(FA_NEW(s->list, s->n));
    FA_CHECK(FA_NEW(x, AT_ONCE * s->d));
    FA_CHECK(FA_NEW(places, AT_ONCE));
    for (size_t at = from; at < to; at += AT_ONCE) {
        size_t count = to - at < AT_ONCE ? to - at : AT_ONCE;
        for (size_t i = 0; i < count; i++) places[i] = at + i;
        take_rows(x, s, places, count);
        FA_CHECK(fa_kmeans_assign(s->list + at, NULL, x, count, s->d, s->centres, s->l));
    }
    FA_CHECK(fa__comm_gather(comm, s->list, NULL, s->n, sizeof *s->list));
done:
    fa__free(x);
    fa__free(places);
    return status;
}

static fa_status place_rows(lists *s) {
    size_t *at;
    FA_TRY(FA_NEW_ZERO(s->size, s->l));
    FA_TRY(FA_NEW_ZERO(s->start, s->l + 1));
    for (size_t i = 0; i < s->n; i++) s->size[s->list[i]]++;
    for (size_t a = 0; a < s->l; a++)
        s->start[a + 1] = s->start[a] + (s->size[a] + PAD - 1) / PAD * PAD;
    size_t slots = s->start[s->l];
    if (slots > SIZE_MAX / sizeof(float) / s->d) return fa__nomem(slots, s->d);
    FA_TRY(FA_NEW(s->slot, slots));
    FA_TRY(FA_NEW(s->lanes, slots * s->d));
    FA_TRY(FA_NEW(s->negated, slots * s->d));
    FA_TRY(FA_NEW(s->half, slots));
    memset(s->slot, 0xff, slots * sizeof *s->slot);
    FA_TRY(FA_NEW(at, s->l));
    memcpy(at, s->start, s->l * sizeof *at);
    for (size_t i = 0; i < s->n; i++) s->slot[at[s->list[i]]++] = s->rows[i];
    fa__free(at);
    return FA_OK;
}

static void lay_out_block(const lists *s, size_t first) {
    const size_t d = s->d, width = s->width;
    const double below = 1 - (double)(d + 8) * 0x1p-23;
    float *lanes = s->lanes + first * d;
    double square[FA__BLOCK] = {0};
    int32_t rows[FA__BLOCK]; /* an empty slot has some row, which no limit lets in */
    for (size_t r = 0; r < FA__BLOCK; r++)
        rows[r] = s->slot[first + r] >= 0 ? s->slot[first + r] : s->rows[0];
    fa__points_gather(lanes, s->points, 0, rows);
    for (size_t j = 0; j < d; j++)
        for (size_t r = 0; r < FA__BLOCK; r++) {
            float value = lanes[j * FA__BLOCK + r];
            size_t column = first + r;
            square[r] += (double)value * (double)value;
            s->negated[column / width * width * d + j * width + column % width] = -value;
        }
    for (size_t r = 0; r < FA__BLOCK; r++)
        s->half[first + r] = s->slot[first + r] >= 0 ? (float)(square[r] / 2 * below) : INFINITY;
}

static fa_status lay_out(void *context, size_t part, size_t thread) {
    (void)thread;
    FA_TRY(fa__stop_check());
    for (size_t b = 0; b < PAD; b += FA__BLOCK) lay_out_block(context, part * PAD + b);
    return FA_OK;
}

/* ==== The nearest lists ==== */

typedef struct near_list {
    double squared;
    size_t list;
} near_list;

static int by_distance(const void *a, const void *b) {
    const near_list *x = a, *y = b;
    if (x->squared != y->squared) return x->squared < y->squared ? -1 : 1;
    return (x->list > y->list) - (x->list < y->list);
}

/* All lists, the nearest to list a first: that is a, or one with the same centre. */
static void order_lists(near_list *order, const lists *s, size_t a) {
    for (size_t b = 0; b < s->l; b++) {
        order[b].squared =
            b == a ? -1 : fa__squared_distance(s->centres + a * s->d, s->centres + b * s->d, s->d);
        order[b].list = b;
    }
    qsort(order, s->l, sizeof *order, by_distance);
}

/* Lists that those of a look through: p, or more until they have k other rows. */
static size_t probes(const lists *s, const near_list *order, size_t p) {
    size_t rows = 0, count = 0;
    while (count < s->l && (count < p || rows <= s->found->k)) rows += s->size[order[count++].list];
    return count;
}

/* ==== Recall ==== */

/* The exact neighbours of a row of the sample, and the lists until they are met. */
static fa_status measure_row(void *context, size_t index, size_t thread) {
    (void)thread;
    const lists *s = context;
    fa_status status = FA_OK;
    index += s->first_sample;
    size_t k = s->found->k, row = s->sample[index];
    double *squared = NULL;
    int32_t *nearest = NULL;
    near_list *order = NULL;
    size_t *rank = NULL;
    FA_CHECK(FA_NEW(squared, k));
    FA_CHECK(FA_NEW(nearest, k));
    FA_CHECK(FA_NEW(order, s->l));
    FA_CHECK(FA_NEW(rank, s->l));
    const fa__nearest_lists own = {k, squared, nearest};
    for (size_t t = 0; t < k; t++) squared[t] = (double)INFINITY, nearest[t] = -1;
    for (size_t j = 0; j < s->n; j++) {
        if (j % 4096 == 0) FA_CHECK(fa__stop_check());
        if (j == row) continue;
        double distance = fa__squared_distance(row_at(s, row), row_at(s, j), s->d);
        if (distance < squared[k - 1] || nearest[k - 1] < 0)
            fa__nearest_enter(&own, 0, (int32_t)j, distance);
    }
    order_lists(order, s, (size_t)s->list[row]);
    for (size_t b = 0; b < s->l; b++) rank[order[b].list] = b + 1;
    for (size_t t = 0; t < k; t++)
        s->needed[index * k + t] = nearest[t] >= 0 ? rank[s->list[nearest[t]]] : 0;
done:
    fa__free(squared);
    fa__free(nearest);
    fa__free(order);
    fa__free(rank);
    return status;
}

/* The fewest lists that reach the recall on the sample. */
static fa_status choose_probes(lists *s, double *recall, double wanted, const fa__comm *comm) {
    size_t end, k = s->found->k, all = 0, met = 0, *count;
    s->sampled = s->n < SAMPLE ? s->n : SAMPLE;
    FA_TRY(draw_places(&s->sample, s, s->sampled, 1));
    FA_TRY(FA_NEW_ZERO(s->needed, s->sampled * k));
    fa__comm_range(&s->first_sample, &end, comm, s->sampled);
    FA_TRY(fa__parallel(end - s->first_sample, measure_row, s));
    FA_TRY(fa__comm_gather(comm, s->needed, NULL, s->sampled, k * sizeof *s->needed));
    FA_TRY(FA_NEW_ZERO(count, s->l + 1));
    for (size_t i = 0; i < s->sampled * k; i++) {
        count[s->needed[i]]++;
        all += s->needed[i] > 0;
    }
    for (s->p = 0; s->p < s->l && (s->p == 0 || (double)met < wanted * (double)all);)
        met += count[++s->p];
    *recall = all > 0 ? (double)met / (double)all : 1;
    fa__free(count);
    return FA_OK;
}

/* ==== Search ==== */

/* Rows of the block at slot `row` against the tile at slot `column`. */
static void compare_tile(const lists *s, size_t row, size_t column, float *limits) {
    const float none[FA__INDEX_MASK + 1] = {
        -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY,
        -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
    const fa__points *p = s->points;
    uint32_t bits[FA__INDEX_MASK + 1];
    p->kernel->near(bits, s->lanes + row * s->d, s->half + row, limits, s->negated + column * s->d,
                    s->half + column, none, s->d);
    for (size_t t = 0; t < s->width; t++)
        for (uint32_t left = bits[t]; left != 0; left &= left - 1) {
            size_t r = (size_t)__builtin_ctz(left);
            int32_t i = s->slot[row + r], j = s->slot[column + t];
            if (i < 0 || j < 0 || i == j) continue;
            double squared = fa__squared_distance(fa__matrix_row(&p->rows, (size_t)i),
                                                  fa__matrix_row(&p->rows, (size_t)j), s->d);
            fa__nearest_enter(s->found, i, j, squared);
            limits[r] = fa__nearest_limit(s->found, p, i);
        }
}

static fa_status search_list(void *context, size_t index, size_t thread) {
    (void)thread;
    const lists *s = context;
    size_t a = s->first + index;
    near_list *order;
    FA_TRY(FA_NEW(order, s->l));
    fa_status status = FA_OK;
    order_lists(order, s, a);
    size_t count = probes(s, order, s->p);
    for (size_t row = s->start[a]; row < s->start[a] + s->size[a]; row += FA__BLOCK) {
        float limits[FA__BLOCK];
        FA_CHECK(fa__stop_check());
        for (size_t r = 0; r < FA__BLOCK; r++)
            limits[r] = s->slot[row + r] >= 0
                            ? fa__nearest_limit(s->found, s->points, s->slot[row + r])
                            : -INFINITY;
        for (size_t b = 0; b < count; b++) {
            size_t at = s->start[order[b].list], end = at + s->size[order[b].list];
            for (; at < end; at += s->width) compare_tile(s, row, at, limits);
        }
    }
done:
    fa__free(order);
    return status;
}

/* Pairs that the lists compare, one way, against those of the exact search. */
static fa_status is_worth(bool *worth, const lists *s) {
    near_list *order;
    double pairs = 0;
    fa_status status;
    FA_CHECK(FA_NEW(order, s->l));
    for (size_t a = 0; a < s->l; a++) {
        FA_CHECK(fa__stop_check());
        order_lists(order, s, a);
        size_t rows = 0, count = probes(s, order, s->p);
        for (size_t b = 0; b < count; b++) rows += s->size[order[b].list];
        pairs += (double)s->size[a] * (double)rows;
    }
    *worth = pairs < (double)s->n * (double)s->n / 2;
done:
    fa__free(order);
    return status;
}

fa_status fa__neighbours_by_lists(bool *done, double *recall, const fa__nearest_lists *found,
                                  const fa__points *points, const int32_t *rows, size_t n,
                                  const fa_neighbours_options *options, const fa__comm *comm) {
    fa_status status = FA_OK;
    double measured;
    bool worth;
    size_t end;
    lists s = {.found = found,
               .points = points,
               .rows = rows,
               .n = n,
               .d = points->d,
               .l = (size_t)sqrt((double)n),
               .width = points->kernel->widest,
               .seed = options->seed};
    *done = false;
    if (s.l < 2 || !(options->recall < 1)) return FA_OK;
    if (!fa__comm_is_worth(comm, (double)n * (double)s.l * (double)s.d)) comm = fa__comm_self();
    FA_CHECK(fit_centres(&s, comm));
    FA_CHECK(sort_rows(&s, comm));
    FA_CHECK(place_rows(&s));
    FA_CHECK(choose_probes(&s, &measured, options->recall, comm));
    FA_CHECK(is_worth(&worth, &s));
    if (!worth) goto done;
    FA_CHECK(fa__parallel(s.start[s.l] / PAD, lay_out, &s));
    fa__comm_range(&s.first, &end, comm, s.l);
    FA_CHECK(fa__parallel(end - s.first, search_list, &s));
    FA_CHECK(fa__nearest_gather(found, s.slot, s.start, s.l, comm));
    *recall = measured;
    *done = true;
done:
    fa__free(s.centres);
    fa__free(s.list);
    fa__free(s.start);
    fa__free(s.slot);
    fa__free(s.size);
    fa__free(s.lanes);
    fa__free(s.negated);
    fa__free(s.half);
    fa__free(s.sample);
    fa__free(s.needed);
    return status;
}
