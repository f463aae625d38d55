/* Exact nearest neighbours within labels, each pair of rows looked at once.
 *
 * The rows of a label are cut into parts. In a round of a tournament no part plays twice, so a task
 * owns the lists of the two parts it compares, and nothing is shared. Products in float32 give a
 * lower bound of a pair's distance; only pairs that may enter a list are measured in double, so
 * what the lists end as depends on no order of the work.
 *
 * Letters: n rows of one label (in the public function: of all), d columns, k neighbours, i and j
 * two rows. */
#include "cluster/neighbours.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/stop.h"
#include "base/threads.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PART = 192, /* rows: a multiple of FA__BLOCK and of every kernel's widest tile */
    TILE_MOST = FA__INDEX_MASK + 1
};

/* The rows of one label, laid out. */
typedef struct search {
    const fa__points *points; /* mean and scale of all rows; its lanes are not used */
    const int32_t *rows;      /* [n] their numbers, ascending */
    size_t n, parts, width;
    float *lanes;   /* [parts * PART / FA__BLOCK, d, FA__BLOCK] centred and scaled */
    float *negated; /* [parts * PART / width, d, width] the same as columns, negative */
    float *half;    /* [parts * PART] below |row|^2 / 2 by what the float sum may be off */
    fa__nearest_lists lists;
    size_t round;
    size_t from, to; /* parts of this label that are this rank's; of others lists stay unfinished */
} search;

static bool is_own(const search *s, size_t part) {
    return part >= s->from && part < s->to;
}

static float limit_of(const search *s, size_t row) {
    return row < s->n ? fa__nearest_limit(&s->lists, s->points, s->rows[row]) : -INFINITY;
}

/* ==== Pairs ==== */

static void measure(const search *s, size_t row, size_t column, float *limit_row,
                    float *limit_column) {
    const fa__points *p = s->points;
    int32_t i = s->rows[row], j = s->rows[column];
    double squared = fa__squared_distance(fa__matrix_row(&p->rows, (size_t)i),
                                          fa__matrix_row(&p->rows, (size_t)j), p->d);
    fa__nearest_enter(&s->lists, i, j, squared);
    fa__nearest_enter(&s->lists, j, i, squared);
    *limit_row = limit_of(s, row);
    *limit_column = limit_of(s, column);
}

/* All pairs of two parts, or within one. */
static void compare(const search *s, size_t a, size_t b) {
    const size_t d = s->points->d, width = s->width;
    float limit_a[PART], own_b[PART], *limit_b = a == b ? limit_a : own_b;
    uint32_t bits[TILE_MOST];
    for (size_t r = 0; r < PART; r++) limit_a[r] = limit_of(s, a * PART + r);
    for (size_t r = 0; r < PART && a != b; r++) own_b[r] = limit_of(s, b * PART + r);
    for (size_t r = 0; r < PART; r += FA__BLOCK)
        for (size_t c = 0; c < PART; c += width) {
            const size_t row = a * PART + r, column = b * PART + c;
            if (row >= s->n || column >= s->n || row >= column + width) continue;
            s->points->kernel->near(bits, s->lanes + row * d, s->half + row, limit_a + r,
                                    s->negated + column * d, s->half + column, limit_b + c, d);
            for (size_t t = 0; t < width; t++)
                for (uint32_t left = bits[t]; left != 0; left &= left - 1) {
                    size_t at = (size_t)__builtin_ctz(left);
                    if (row + at >= column + t || column + t >= s->n) continue;
                    measure(s, row + at, column + t, &limit_a[r + at], &limit_b[c + t]);
                }
        }
}

/* Task t of a round: round 0 is each part by itself, then the circle method of a tournament, in
 * which part 0 stays where it is and the others move on by one a round. */
static fa_status play(void *context, size_t t, size_t thread) {
    const search *s = context;
    (void)thread;
    FA_TRY(fa__stop_check());
    if (s->round == 0) {
        if (is_own(s, t)) compare(s, t, t);
        return FA_OK;
    }
    size_t circle = (s->parts + 1) / 2 * 2 - 1; /* an odd number of parts leaves one out a round */
    size_t first = t == 0 ? circle : (s->round + t) % circle,
           second = (s->round + circle - t) % circle;
    if (first >= s->parts || second >= s->parts) return FA_OK;
    if (!is_own(s, first) && !is_own(s, second)) return FA_OK;
    compare(s, first < second ? first : second, first < second ? second : first);
    return FA_OK;
}

/* ==== Layout ==== */

static void lay_out_block(const search *s, size_t block) {
    const fa__points *p = s->points;
    const size_t d = p->d, first = block * FA__BLOCK;
    const double below = 1 - (double)(d + 8) * 0x1p-23;
    float *lanes = s->lanes + first * d;
    double square[FA__BLOCK] = {0};
    int32_t rows[FA__BLOCK]; /* past the end the last row again, which no limit lets in */
    for (size_t r = 0; r < FA__BLOCK; r++)
        rows[r] = s->rows[first + r < s->n ? first + r : s->n - 1];
    fa__points_gather(lanes, p, 0, rows);
    for (size_t j = 0; j < d; j++)
        for (size_t r = 0; r < FA__BLOCK; r++) {
            float value = lanes[j * FA__BLOCK + r];
            size_t column = first + r;
            square[r] += (double)value * (double)value;
            s->negated[column / s->width * s->width * d + j * s->width + column % s->width] =
                -value;
        }
    for (size_t r = 0; r < FA__BLOCK; r++)
        s->half[first + r] = first + r < s->n ? (float)(square[r] / 2 * below) : INFINITY;
}

/* A task lays out a whole part, which is whole tiles. */
static fa_status lay_out(void *context, size_t part, size_t thread) {
    (void)thread;
    FA_TRY(fa__stop_check());
    for (size_t b = 0; b < PART / FA__BLOCK; b++)
        lay_out_block(context, part * (PART / FA__BLOCK) + b);
    return FA_OK;
}

static fa_status search_label(search *s) {
    fa_status status = FA_OK;
    s->parts = (s->n - 1) / PART + 1;
    if (s->from >= s->parts || s->to == 0) return FA_OK;
    const size_t d = s->points->d, padded = s->parts * PART;
    s->lanes = s->negated = s->half = NULL;
    if (padded > SIZE_MAX / sizeof(float) / d) return fa__nomem(padded, d);
    FA_CHECK(FA_NEW(s->lanes, padded * d));
    FA_CHECK(FA_NEW(s->negated, padded * d));
    FA_CHECK(FA_NEW(s->half, padded));
    FA_CHECK(fa__parallel(s->parts, lay_out, s));
    for (s->round = 0; s->round < (s->parts + 1) / 2 * 2; s->round++)
        FA_CHECK(fa__parallel(s->round == 0 ? s->parts : (s->parts + 1) / 2, play, s));
done:
    fa__free(s->lanes);
    fa__free(s->negated);
    fa__free(s->half);
    return status;
}

/* ==== The whole ==== */

typedef struct labelled {
    int32_t label, row;
} labelled;

static int by_label(const void *a, const void *b) {
    const labelled *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static fa_status check(const int32_t *neighbours, const float *x, size_t n, size_t d, size_t k) {
    if (neighbours == NULL || x == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; neighbours are looked for in rows",
                        neighbours == NULL ? "neighbours" : "x");
    if (n == 0 || d == 0 || n > INT32_MAX)
        return fa__fail(FA_E_SHAPE,
                        "%zu x %zu: neighbours want 1 to %d rows of at least one column", n, d,
                        INT32_MAX);
    if (k == 0)
        return fa__fail(FA_E_ARGUMENT,
                        "k is 0; at least one neighbour must be asked for (10 works well)");
    return FA_OK;
}

/* ==== Ranks ==== */

/* Parts of all labels, one after the other in the order of the labels: each rank has a stretch. */
typedef struct dealing {
    const fa__comm *comm; /* NULL: all of them are one's own */
    size_t from, to, count;
    size_t *first; /* [count + 1] rows before a part */
} dealing;

static size_t label_end(const labelled *order, size_t n, size_t first) {
    size_t end = first + 1;
    while (end < n && order[end].label == order[first].label) end++;
    return end;
}

static fa_status deal(dealing *of, const fa__comm *comm, const labelled *order, size_t n,
                      size_t d) {
    double work = 0;
    *of = (dealing){.to = SIZE_MAX};
    for (size_t first = 0, end; first < n; first = end) {
        end = label_end(order, n, first);
        work += (double)(end - first) * (double)(end - first) * (double)d / 2;
        of->count += (end - first - 1) / PART + 1;
    }
    if (!fa__comm_is_worth(comm, work)) return FA_OK;
    of->comm = comm;
    FA_TRY(FA_NEW(of->first, of->count + 1));
    size_t part = 0;
    for (size_t first = 0, end; first < n; first = end) {
        end = label_end(order, n, first);
        for (size_t row = first; row < end; row += PART) of->first[part++] = row;
    }
    of->first[part] = n;
    fa__comm_range(&of->from, &of->to, comm, of->count);
    return FA_OK;
}

static fa_status lists_open(fa__nearest_lists *lists, size_t n, size_t k) {
    lists->k = k;
    if (k > SIZE_MAX / sizeof(double) / n) return fa__nomem(n, k);
    FA_TRY(FA_NEW(lists->squared, n * k));
    FA_TRY(FA_NEW(lists->nearest, n * k));
    for (size_t i = 0; i < n * k; i++) {
        lists->squared[i] = (double)INFINITY;
        lists->nearest[i] = -1;
    }
    return FA_OK;
}

/* Each label by the form that suits it. *recall: the mean over rows. */
static fa_status search_labels(double *recall, search *s, const labelled *order, size_t n,
                               const fa_neighbours_options *options, const dealing *parts,
                               const fa__comm *comm) {
    const int32_t *rows = s->rows;
    double found = 0;
    for (size_t first = 0, part = 0; first < n; first += s->n, part += (s->n - 1) / PART + 1) {
        double of_label = 1;
        bool done = false;
        s->rows = rows + first;
        s->n = label_end(order, n, first) - first;
        if (options != NULL && s->n > options->exact_up_to)
            FA_TRY(fa__neighbours_by_lists(&done, &of_label, &s->lists, s->points, s->rows, s->n,
                                           options, comm));
        found += of_label * (double)s->n;
        if (done) continue;
        s->from = parts->from > part ? parts->from - part : 0;
        s->to = parts->to > part ? parts->to - part : 0;
        FA_TRY(search_label(s));
    }
    *recall = found / (double)n;
    return FA_OK;
}

fa_status fa_neighbours(int32_t *neighbours, float *squared, const float *x, size_t n, size_t d,
                        const int32_t *labels, size_t k) {
    return fa__neighbours(neighbours, squared, NULL, x, n, d, labels, k, NULL, NULL);
}

fa_neighbours_options fa_neighbours_options_default(void) {
    return (fa_neighbours_options){
        .size = sizeof(fa_neighbours_options), .exact_up_to = 200000, .recall = 0.95};
}

fa_status fa_neighbours_approximate(int32_t *neighbours, float *squared, double *recall,
                                    const float *x, size_t n, size_t d, const int32_t *labels,
                                    size_t k, const fa_neighbours_options *options) {
    fa_neighbours_options own;
    if (options == NULL)
        return fa__fail(FA_E_ARGUMENT, "options is NULL; fa_neighbours_options_default makes some");
    FA_TRY(fa__options_take(&own, sizeof own, options, "fa_neighbours_options"));
    if (!(own.recall > 0 && own.recall <= 1))
        return fa__fail(FA_E_ARGUMENT,
                        "recall is %g; it must be above 0 and at most 1 (0.95 works well)",
                        own.recall);
    return fa__neighbours(neighbours, squared, recall, x, n, d, labels, k, &own, NULL);
}

fa_status fa__neighbours(int32_t *neighbours, float *squared, double *recall, const float *x,
                         size_t n, size_t d, const int32_t *labels, size_t k,
                         const fa_neighbours_options *options, const fa__comm *comm) {
    fa_status status = FA_OK;
    const fa__matrix x_rows = fa__matrix_of(x, n, d);
    fa__points points = {0};
    labelled *order = NULL;
    int32_t *rows = NULL;
    search s = {.points = &points};
    dealing parts = {0};
    double found;
    FA_TRY(check(neighbours, x, n, d, k));
    FA_CHECK(fa__points_measure(&points, &x_rows, fa__comm_self())); /* laid out by label */
    FA_CHECK(FA_NEW(order, n));
    FA_CHECK(FA_NEW(rows, n));
    FA_CHECK(lists_open(&s.lists, n, k));
    for (size_t i = 0; i < n; i++)
        order[i] = (labelled){labels != NULL ? labels[i] : 0, (int32_t)i};
    qsort(order, n, sizeof *order, by_label);
    for (size_t i = 0; i < n; i++) rows[i] = order[i].row;
    s.width = points.kernel->widest;
    s.rows = rows;
    FA_CHECK(deal(&parts, comm, order, n, d));
    FA_CHECK(search_labels(&found, &s, order, n, options, &parts, comm));
    if (parts.comm != NULL)
        FA_CHECK(fa__nearest_gather(&s.lists, rows, parts.first, parts.count, parts.comm));
    memcpy(neighbours, s.lists.nearest, n * k * sizeof *neighbours);
    for (size_t i = 0; squared != NULL && i < n * k; i++) squared[i] = (float)s.lists.squared[i];
    if (recall != NULL) *recall = found;
done:
    fa__points_free(&points);
    fa__free(order);
    fa__free(rows);
    fa__free(s.lists.squared);
    fa__free(s.lists.nearest);
    fa__free(parts.first);
    return status;
}
