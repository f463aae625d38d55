/* Sorting rows so that near ones lie together, for bounds to decide their pairs (pairwise_prune.c).
 *
 * Rows are bisected along the entry that moves D most, again and again, down to leaves of FA__LEAF
 * rows: level by level, so that ranks which have a part of the rows each tell each other what they
 * have of a level at once: the extremes of every entry for some intervals, then, of all rows, the entry
 * along which theirs is bisected. The order is known to all of them.
 */
#include "base/assert.h"
#include "loss/pairwise_space.h"
#include "loss/rows.h"

#include <math.h>
#include <string.h>

enum {
    SORTED_LEAST = 4096, /* rows from which sorting is thought about */
    SAMPLE_SHARE = 4,    /* of the rows, every fourth is sorted to see what sorting would bring */
    SAMPLE_PAIRS = 48,   /* of leaves, */
    SAMPLE_ROWS = 4,     /* and rows of one of them */
    INTERVALS = 64       /* a batch of a large group; at least SAMPLE_PAIRS */
};

static const double decided_least = 0.2; /* share of the pairs from which bounds pay */

/* Rows s .. e - 1 of the order. */
typedef struct interval {
    size_t s, e;
} interval;

/* Rows of log p, of which this rank has those of from .. end - 1, and an order of all. */
typedef struct sorting {
    const fa__comm *comm;
    const float *l; /* [end - from, width] */
    size_t width, d, n, from, end;
    size_t *bounds;           /* [ranks + 1] rows before those of a rank */
    size_t *order;            /* [n] */
    float *column;            /* [n] the entry of each row that its interval is bisected along */
    interval *level, *deeper; /* [leaves] */
    size_t *entry;            /* [leaves] along which an interval of the level is bisected */
    size_t block, leaf;       /* rows */
    size_t batch;             /* intervals whose extremes are told at once */
    float *extremes;          /* [ranks, batch, 2, width] */
} sorting;

static const float *own_row(const sorting *t, size_t row) {
    return row >= t->from && row < t->end ? t->l + (row - t->from) * t->width : NULL;
}

/* ==== Bisection ============================================================================= */

/* low, high [width] of some rows of the order: of those that are here. */
static void find_extremes(const sorting *t, const interval *of, float *low, float *high) {
    for (size_t k = 0; k < t->width; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
    }
    for (size_t r = of->s; r < of->e; r++) {
        const float *row = own_row(t, t->order[r]);
        if (row == NULL) continue;
        for (size_t k = 0; k < t->width; k++) {
            low[k] = row[k] < low[k] ? row[k] : low[k];
            high[k] = row[k] > high[k] ? row[k] : high[k];
        }
    }
}

/* Those of the rows of all ranks, for up to a batch: at extremes [count, 2, width]. */
static fa_status meet_extremes(const sorting *t, const interval *of, size_t count) {
    size_t width = t->width, size = 2 * width * count;
    float *own = t->extremes + t->comm->rank * size;
    for (size_t i = 0; i < count; i++)
        find_extremes(t, &of[i], own + i * 2 * width, own + i * 2 * width + width);
    FA_TRY(fa__comm_gather(t->comm, t->extremes, NULL, t->comm->size, size * sizeof *own));
    for (size_t r = 1; r < t->comm->size; r++)
        for (size_t i = 0; i < size; i++) {
            float *at = &t->extremes[i], other = t->extremes[r * size + i];
            bool is_high = i / width % 2 == 1;
            if (is_high ? other > *at : other < *at) *at = other;
        }
    return FA_OK;
}

/* The entry along which rows differ most in what it adds to D. */
static size_t widest(const sorting *t, const float *low, const float *high) {
    size_t best = 0;
    float top = -1;
    for (size_t k = 0; k < t->d; k++) {
        float weight = expf(high[k]) * (high[k] - low[k]);
        if (weight > top) top = weight, best = k;
    }
    return best;
}

/* Orders s..e-1 so that no row before `middle` has a larger entry than one from there on. */
static void select_rows(const sorting *t, size_t s, size_t e, size_t middle) {
    const float *l = t->column;
    size_t *order = t->order, low = s, high = e - 1;
    while (low < high) {
        float pivot = l[order[low + (high - low) / 2]];
        size_t i = low, j = high;
        for (;;) {
            while (l[order[i]] < pivot) i++;
            while (pivot < l[order[j]]) j--;
            if (i >= j) break;
            size_t swap = order[i];
            order[i++] = order[j];
            order[j--] = swap;
        }
        if (middle <= j) /* rows up to j are not above the pivot, those behind not below */
            high = j;
        else
            low = j + 1;
    }
}

/* At whole blocks first, then at whole leaves of a block. */
static size_t middle_of(const sorting *t, const interval *of) {
    size_t rows = of->e - of->s, unit = rows > t->block ? t->block : t->leaf;
    return of->s + (rows + unit - 1) / unit / 2 * unit;
}

static fa_status bisect_level(const sorting *t, size_t count) {
    for (size_t first = 0; first < count; first += t->batch) {
        size_t some = count - first < t->batch ? count - first : t->batch;
        FA_TRY(meet_extremes(t, t->level + first, some));
        for (size_t i = 0; i < some; i++) {
            const float *low = t->extremes + i * 2 * t->width;
            t->entry[first + i] = widest(t, low, low + t->width);
        }
    }
    for (size_t i = 0; i < count; i++)
        for (size_t r = t->level[i].s; r < t->level[i].e; r++) {
            const float *row = own_row(t, t->order[r]);
            if (row != NULL) t->column[t->order[r]] = row[t->entry[i]];
        }
    FA_TRY(fa__comm_gather(t->comm, t->column, t->bounds, t->comm->size, sizeof *t->column));
    for (size_t i = 0; i < count; i++)
        select_rows(t, t->level[i].s, t->level[i].e, middle_of(t, &t->level[i]));
    return FA_OK;
}

static fa_status bisect(sorting *t) {
    size_t count = 0;
    for (size_t i = 0; i < t->n; i++) t->order[i] = i;
    if (t->n > t->leaf) t->level[count++] = (interval){0, t->n};
    while (count > 0) {
        size_t deeper = 0;
        FA_TRY(bisect_level(t, count));
        for (size_t i = 0; i < count; i++) {
            size_t middle = middle_of(t, &t->level[i]);
            const interval half[2] = {{t->level[i].s, middle}, {middle, t->level[i].e}};
            for (size_t h = 0; h < 2; h++)
                if (half[h].e - half[h].s > t->leaf) t->deeper[deeper++] = half[h];
        }
        interval *swap = t->level;
        t->level = t->deeper;
        t->deeper = swap;
        count = deeper;
    }
    return FA_OK;
}

/* ==== What sorting promises ================================================================= */

/* Of some rows of leaf p, for those that are here: how many bounds put on either side of the margin
 * for all rows of a leaf with these extremes. */
static void count_decided(const sorting *t, size_t p, const float *low, const float *high,
                          double margin, int64_t *active, int64_t *inactive) {
    size_t p0 = p * t->leaf, rows = t->leaf < SAMPLE_ROWS ? t->leaf : SAMPLE_ROWS;
    for (size_t r = 0; r < rows; r++) {
        const float *l = own_row(t, t->order[p0 + r * t->leaf / rows]);
        double value = -margin, reach = 0;
        for (size_t k = 0; l != NULL && k < t->width; k++) {
            double p_k = exp((double)l[k]), low_k = (double)low[k], high_k = (double)high[k];
            value += p_k * ((double)l[k] - (low_k + high_k) / 2);
            reach += p_k * (high_k - low_k) / 2;
        }
        *active += l != NULL && value + reach < 0;
        *inactive += l != NULL && value - reach > 0;
    }
}

static fa_status is_promising(bool *promising, const sorting *t, double margin) {
    size_t leaves = t->n / t->leaf, decided = 0, p[SAMPLE_PAIRS];
    interval q[SAMPLE_PAIRS];
    int64_t counts[2 * SAMPLE_PAIRS] = {0}, all[2 * SAMPLE_PAIRS], rows = SAMPLE_ROWS;
    if (t->leaf < SAMPLE_ROWS) rows = (int64_t)t->leaf;
    for (size_t s = 0; s < SAMPLE_PAIRS; s++) { /* pairs of leaves, spread evenly */
        size_t leaf = (s * 31 + s / 31) % leaves;
        p[s] = s * leaves / SAMPLE_PAIRS;
        q[s] = (interval){leaf * t->leaf, (leaf + 1) * t->leaf};
    }
    FA_TRY(meet_extremes(t, q, SAMPLE_PAIRS));
    for (size_t s = 0; s < SAMPLE_PAIRS; s++) {
        const float *low = t->extremes + s * 2 * t->width;
        count_decided(t, p[s], low, low + t->width, margin, &counts[2 * s], &counts[2 * s + 1]);
    }
    FA_TRY(fa__comm_sum_integers(t->comm, all, counts, 2 * SAMPLE_PAIRS));
    for (size_t s = 0; s < SAMPLE_PAIRS; s++)
        decided += all[2 * s] == rows || all[2 * s + 1] == rows;
    *promising = (double)decided >= decided_least * SAMPLE_PAIRS;
    return FA_OK;
}

/* ==== Sorting =============================================================================== */

typedef struct fill_job {
    const fa__pair_group *group;
    const fa__pair_space *space;
    float *l;
    size_t from, end, step,
        first; /* rows from .. end - 1, every step-th; z begins with row `first` */
} fill_job;

enum { FILL_ROWS = 64 };

static fa_status fill_task(void *context, size_t index, size_t thread) {
    const fill_job *job = context;
    const fa__pair_group *g = job->group;
    size_t width = job->space->width, from = job->from + index * FILL_ROWS;
    double *log_p = job->space->scratch[thread].exact, *p = log_p + width;
    for (size_t i = from; i < job->end && i < from + FILL_ROWS; i++) {
        float *l = job->l + (i - job->from) * width;
        job->space->kernel->softmax(log_p, p, g->z + (g->rows[i * job->step] - job->first) * g->d,
                                    g->d);
        for (size_t k = 0; k < width; k++) l[k] = (float)log_p[k];
    }
    return FA_OK;
}

/* Hands out parts of the memory; NULL: counts. */
static void *take(char *memory, size_t *used, size_t count, size_t size) {
    void *part = memory == NULL ? NULL : memory + *used;
    *used += fa__round_up(count * size, 64);
    return part;
}

/* For n rows, of which `own` are here; all: what the order of all is written to, and l before that. */
static size_t lay_out(sorting *t, float **l, size_t **all, char *memory, size_t n, size_t own,
                      size_t width, size_t ranks) {
    size_t used = 0, leaves = n / FA__LEAF + 2, bytes = own * width * sizeof **l;
    void *first = take(memory, &used, bytes > n * sizeof **all ? bytes : n * sizeof **all, 1);
    *l = first;
    *all = first;
    t->order = take(memory, &used, n, sizeof *t->order);
    t->column = take(memory, &used, n, sizeof *t->column);
    t->level = take(memory, &used, leaves, sizeof *t->level);
    t->deeper = take(memory, &used, leaves, sizeof *t->deeper);
    t->entry = take(memory, &used, leaves, sizeof *t->entry);
    t->bounds = take(memory, &used, ranks + 1, sizeof *t->bounds);
    t->batch = n < SORTED_LEAST ? 1 : INTERVALS;
    t->extremes = take(memory, &used, ranks * t->batch * 2 * width, sizeof *t->extremes);
    return used;
}

bool fa__pair_may_sort(const fa__pair_space *space, const fa__pair_group *group) {
    if (group->divergence != FA_DIVERGENCE_KL || space->way == FA__PAIR_TILES) return false;
    return space->way == FA__PAIR_BOUNDS || group->n >= SORTED_LEAST;
}

size_t fa__pair_sort_size(size_t n, size_t own, size_t width, size_t ranks) {
    sorting t;
    float *l;
    size_t *all;
    return lay_out(&t, &l, &all, NULL, n, own, width, ranks);
}

/* How many of the rows, which ascend, a rank before those with row `end` has. */
static size_t rows_before(const fa__pair_group *group, size_t end) {
    size_t low = 0, high = group->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (group->rows[middle] < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Log p of every step-th row, in order. */
static fa_status sort_some(sorting *t, float *l, const fa__pair_group *group,
                           const fa__pair_space *space, const size_t *given, size_t step) {
    size_t ranks = t->comm->size;
    t->n = (group->n + step - 1) / step;
    for (size_t r = 0; r <= ranks; r++)
        t->bounds[r] =
            ((given != NULL ? rows_before(group, given[r]) : r * group->n) + step - 1) / step;
    t->from = t->bounds[t->comm->rank];
    t->end = t->bounds[t->comm->rank + 1];
    const size_t first = given != NULL ? given[t->comm->rank] : 0, own = t->end - t->from;
    fill_job job = {group, space, l, t->from, t->end, step, first};
    double work = (double)own * (double)group->d * 64;
    FA_TRY(fa__loss_parallel(work, (own + FILL_ROWS - 1) / FILL_ROWS, fill_task, &job));
    return bisect(t);
}

fa_status fa__pair_sort(bool *sorted, const fa__pair_group *group, fa__pair_space *space,
                        size_t block_rows, const fa__comm *comm, const size_t *given) {
    size_t n = group->n, own = n, *all;
    float *l;
    sorting t = {.comm = comm, .width = space->width, .d = group->d, .block = SIZE_MAX};
    *sorted = false;
    if (!fa__pair_may_sort(space, group)) return FA_OK;
    if (given != NULL)
        own = rows_before(group, given[comm->rank + 1]) - rows_before(group, given[comm->rank]);
    size_t used = lay_out(&t, &l, &all, (char *)space->sums, n, own, t.width, comm->size);
    FA_ASSERT(used <= space->sums_size);
    t.l = l;
    if (space->way != FA__PAIR_BOUNDS) {
        t.leaf = FA__LEAF / SAMPLE_SHARE;
        FA_TRY(sort_some(&t, l, group, space, given, SAMPLE_SHARE));
        FA_TRY(is_promising(sorted, &t, group->margin));
        if (!*sorted) return FA_OK;
    }
    t.block = block_rows;
    t.leaf = FA__LEAF;
    FA_TRY(sort_some(&t, l, group, space, given, 1));
    for (size_t i = 0; i < n; i++) all[i] = group->rows[t.order[i]]; /* l is done with */
    memcpy(group->rows, all, n * sizeof *all);
    *sorted = true;
    return FA_OK;
}
