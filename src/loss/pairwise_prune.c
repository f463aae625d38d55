/* Pairs decided by bounds: sorting rows so that near ones lie together, and the leaf_states of two
 * leaves.
 *
 * Rows are bisected along the entry that moves D most, again and again, down to leaves of FA__LEAF
 * rows. For a row i and a leaf, D(i,j) lies within sum_k p_ik h_k of its value for the middle of
 * the leaf's box, h being half the box.
 */
#include "base/memory.h"
#include "loss/pairwise_space.h"
#include "loss/rows.h"

#include <math.h>
#include <string.h>

enum {
    SORTED_LEAST = 4096, /* rows from which sorting is thought about */
    SAMPLE_SHARE = 4,    /* of the rows, every fourth is sorted to see what sorting would bring */
    SAMPLE_PAIRS = 48,   /* of leaves, */
    SAMPLE_ROWS = 4      /* and rows of one of them */
};

static const double decided_least = 0.2; /* share of the pairs from which bounds pay */

/* Rows of log p and an order of them. */
typedef struct sorting {
    const float *l; /* [., width] */
    size_t width, d;
    size_t *order;
    size_t block, leaf; /* rows */
    float *low, *high;  /* [width] scratch */
} sorting;

/* ==== Bisection ============================================================================= */

/* The entry along which rows s..e-1 of the order differ most in what it adds to D. */
static size_t widest(const sorting *t, size_t s, size_t e) {
    size_t best = 0;
    float top = -1;
    const float *first = t->l + t->order[s] * t->width;
    for (size_t k = 0; k < t->width; k++) t->low[k] = t->high[k] = first[k];
    for (size_t r = s + 1; r < e; r++) {
        const float *row = t->l + t->order[r] * t->width;
        for (size_t k = 0; k < t->width; k++) {
            t->low[k] = row[k] < t->low[k] ? row[k] : t->low[k];
            t->high[k] = row[k] > t->high[k] ? row[k] : t->high[k];
        }
    }
    for (size_t k = 0; k < t->d; k++) {
        float weight = expf(t->high[k]) * (t->high[k] - t->low[k]);
        if (weight > top) top = weight, best = k;
    }
    return best;
}

/* Orders s..e-1 so that no row before `middle` has a larger l_k than one from there on. */
static void select_rows(const sorting *t, size_t s, size_t e, size_t middle, size_t k) {
    const float *l = t->l + k;
    size_t *order = t->order, low = s, high = e - 1;
    while (low < high) {
        float pivot = l[order[low + (high - low) / 2] * t->width];
        size_t i = low, j = high;
        for (;;) {
            while (l[order[i] * t->width] < pivot) i++;
            while (pivot < l[order[j] * t->width]) j--;
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

/* Bisects at whole blocks first, then at whole leaves of a block. */
static void bisect(const sorting *t, size_t s, size_t e) {
    while (e - s > t->leaf) {
        size_t unit = e - s > t->block ? t->block : t->leaf;
        size_t units = (e - s + unit - 1) / unit, middle = s + units / 2 * unit;
        select_rows(t, s, e, middle, widest(t, s, e));
        bisect(t, s, middle);
        s = middle;
    }
}

/* ==== What sorting promises ================================================================= */

/* Whether bounds decide the pairs of some of the rows p0 .. with the leaf of the rows q0 .. q1-1.
 */
static bool is_decided(const sorting *t, size_t p0, size_t p1, size_t q0, size_t q1,
                       double margin) {
    size_t active = 0, inactive = 0, rows = p1 - p0 < SAMPLE_ROWS ? p1 - p0 : SAMPLE_ROWS;
    widest(t, q0, q1); /* leaves the box in low and high */
    for (size_t r = 0; r < rows; r++) {
        const float *l = t->l + t->order[p0 + r * (p1 - p0) / rows] * t->width;
        double value = -margin, reach = 0;
        for (size_t k = 0; k < t->d; k++) {
            double p = exp((double)l[k]), low = (double)t->low[k], high = (double)t->high[k];
            value += p * ((double)l[k] - (low + high) / 2);
            reach += p * (high - low) / 2;
        }
        active += value + reach < 0;
        inactive += value - reach > 0;
    }
    return active == rows || inactive == rows;
}

static bool is_promising(const sorting *t, size_t n, double margin) {
    size_t leaves = n / t->leaf, decided = 0;
    for (size_t s = 0; s < SAMPLE_PAIRS; s++) { /* pairs of leaves, spread evenly */
        size_t p = s * leaves / SAMPLE_PAIRS, q = (s * 31 + s / 31) % leaves;
        decided +=
            is_decided(t, p * t->leaf, (p + 1) * t->leaf, q * t->leaf, (q + 1) * t->leaf, margin);
    }
    return (double)decided >= decided_least * SAMPLE_PAIRS;
}

/* ==== Sorting =============================================================================== */

typedef struct fill_job {
    const fa__pair_group *group;
    const fa__pair_space *space;
    float *l;
    size_t step; /* every step-th row */
} fill_job;

enum { FILL_ROWS = 256 };

static fa_status fill_task(void *context, size_t index, size_t thread) {
    const fill_job *job = context;
    size_t width = job->space->width, end = (index + 1) * FILL_ROWS, n = job->group->n;
    double *log_p = job->space->scratch[thread].exact, *p = log_p + width;
    for (size_t i = index * FILL_ROWS; i < end && i < n; i++) {
        if (i % job->step != 0) continue;
        job->space->kernel->softmax(log_p, p, job->group->z + job->group->rows[i] * job->group->d,
                                    job->group->d);
        for (size_t k = 0; k < width; k++) job->l[i * width + k] = (float)log_p[k];
    }
    return FA_OK;
}

static void fill(const fill_job *job) {
    double work = (double)job->group->n * (double)job->group->d * 64 / (double)job->step;
    (void)fa__loss_parallel(work, (job->group->n + FILL_ROWS - 1) / FILL_ROWS, fill_task,
                            (void *)(uintptr_t)job);
}

bool fa__pair_sort(const fa__pair_group *group, fa__pair_space *space, size_t block_rows,
                   bool must) {
    size_t n = group->n, width = space->width;
    if (!must && n < SORTED_LEAST) return false;
    fill_job job = {group, space, (float *)(void *)space->sums, SAMPLE_SHARE};
    size_t *order = (size_t *)(void *)(job.l + n * width);
    float *low = space->scratch[0].rows[0];
    sorting t = {job.l, width,      group->d, order, SIZE_MAX, FA__LEAF / SAMPLE_SHARE,
                 low,   low + width};
    if (!must) {
        fill(&job);
        size_t sampled = (n + SAMPLE_SHARE - 1) / SAMPLE_SHARE;
        for (size_t i = 0; i < sampled; i++) order[i] = i * SAMPLE_SHARE;
        bisect(&t, 0, sampled);
        if (!is_promising(&t, sampled, group->margin)) return false;
    }
    job.step = 1;
    fill(&job);
    for (size_t i = 0; i < n; i++) order[i] = i;
    t.block = block_rows;
    t.leaf = FA__LEAF;
    bisect(&t, 0, n);
    /* The rows of the group in that order; l is done with. */
    size_t *rows = (size_t *)(void *)space->sums;
    for (size_t i = 0; i < n; i++) rows[i] = group->rows[order[i]];
    memcpy(group->rows, rows, n * sizeof *rows);
    return true;
}

/* ==== Leaf states
 * ================================================================================= */

/* The least that a sum of p_ik (l_ik - l_jk) can be, each factor by itself in its interval. */
bool fa__pair_is_far(const fa__pair_block *a, const fa__pair_block *b, size_t width,
                     double margin) {
    const float *l_a = a->box, *p_a = a->box + 2 * width, *l_b = b->box;
    double least = -margin, terms = margin;
    for (size_t k = 0; k < width; k++) {
        double middle = a->l_frame[k] - b->l_frame[k] + (double)l_a[k] - (double)l_b[k];
        double low = middle - (double)l_a[width + k] - (double)l_b[width + k];
        double p = a->p_frame[k] + (double)p_a[k], half = (double)p_a[width + k];
        double part = low * (low < 0 ? p + half : fmax(p - half, 0));
        least += part;
        terms += fabs(part);
    }
    return least > 1e-5 * terms; /* what is stored is rounded to float */
}

bool fa__pair_decide(const fa__pair_space *space, fa__pair_scratch *scratch,
                     const fa__pair_tiles *tiles, const fa__pair_block *a,
                     const fa__pair_block *b) {
    size_t width = space->width, leaves_a = fa__leaves(a->n), leaves_b = fa__leaves(b->n);
    bool any = false;
    for (size_t q = 0; q < leaves_b; q++) {
        float *middle = scratch->boxes + q * 2 * width, low, high;
        size_t first = q * FA__LEAF, left = b->n - first;
        space->kernel->box(middle, middle + width, b->l + first * width,
                           left < FA__LEAF ? left : FA__LEAF, width);
        for (size_t p = 0; p < leaves_a; p++) {
            size_t i0 = p * FA__LEAF, i1 = i0 + FA__LEAF;
            fa__leaf_state leaf_states = FA__LEAF_OPEN;
            space->kernel->bounds(&low, &high, tiles, i0, i1 < a->padded ? i1 : a->padded, middle,
                                  middle + width);
            if (low > 0) leaf_states = FA__LEAF_INACTIVE;
            if (high < 0) leaf_states = FA__LEAF_ACTIVE;
            if (a == b && p == q) leaf_states = FA__LEAF_OPEN; /* no row is its own pair */
            scratch->leaf_states[p * leaves_b + q] = (uint8_t)leaf_states;
            any |= leaf_states != FA__LEAF_INACTIVE;
        }
    }
    return any;
}
