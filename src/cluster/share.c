/* Sharing clusters out over labels: the mean of equal shares and of those of least inertia.
 *
 * Letters: n rows, d columns, l labels, y one of them, k clusters in all; e and g as in the header.
 */
#include "cluster/kmeans.h"
#include "cluster/within.h"

#include "base/floats.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/rng.h"
#include "base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Starts of a fit, the rows of a label that are looked at, and up to where its inertia is taken at
 * every number of clusters; above, at every eighth more. */
enum { STARTS = 2, ROWS = 4000, EVERY = 16, EIGHTH = 8 };

typedef struct label {
    size_t rows;
    bool capped; /* it has no more rows than its equal share */
    float *x;    /* [seen, d] the rows looked at */
    size_t seen;
    size_t g;       /* clusters it was given, of least inertia */
    size_t next;    /* the number of clusters at the end of the line that g lies on */
    double inertia; /* there */
    double fall;    /* of the inertia by one cluster more, on that line */
} label;

typedef struct share {
    const float *x;
    size_t d, k, l;
    fa__by_label by;
    fa_kmeans_options options;
    label *labels;     /* [l] */
    size_t free, left; /* labels that are not capped, and the clusters that they share equally */
} share;

/* ==== Equal shares ==== */

static fa_status equal_shares(share *s) {
    size_t rows = s->by.start[s->l], used = 0;
    for (size_t y = 0; y < s->l; y++) {
        s->labels[y].rows = s->by.start[y + 1] - s->by.start[y];
        used += s->labels[y].rows > 0;
    }
    if (s->k < used || s->k > rows)
        return fa__fail(FA_E_ARGUMENT,
                        "k is %zu, to be shared by %zu labels of %zu rows; it must be %zu to %zu, "
                        "one each at least",
                        s->k, used, rows, used, rows);
    s->free = used;
    s->left = s->k;
    for (bool more = true; more;) {
        more = false;
        for (size_t y = 0; y < s->l; y++) {
            label *at = &s->labels[y];
            if (at->rows == 0 || at->capped || at->rows > s->left / s->free) continue;
            at->capped = more = true;
            s->left -= at->rows;
            s->free--;
        }
    }
    return FA_OK;
}

/* ==== Least inertia ==== */

/* A draw of the rows, where they are many: as many as no share can need. */
static fa_status take_rows(share *s, size_t y) {
    fa_status status = FA_OK;
    label *at = &s->labels[y];
    size_t equal = at->capped ? at->rows : s->left / s->free + 1,
           most = 4 * equal > ROWS ? 4 * equal : ROWS;
    size_t *order = NULL;
    at->seen = at->rows < most ? at->rows : most;
    FA_CHECK(FA_NEW(order, at->rows));
    for (size_t i = 0; i < at->rows; i++) order[i] = i;
    if (at->seen < at->rows) {
        fa__rng rng;
        fa__rng_seed(&rng, s->options.seed, FA__STREAM_SHARE, y);
        fa__rng_order(&rng, order, at->rows);
        qsort(order, at->seen, sizeof *order, fa__by_size);
    }
    for (size_t i = 0; i < at->seen; i++) order[i] = s->by.rows[s->by.start[y] + order[i]];
    FA_CHECK(FA_NEW(at->x, at->seen * s->d));
    fa__rows_gather(at->x, s->x, s->d, order, at->seen);
done:
    fa__free(order);
    return status;
}

/* The inertia of all rows of a label by those looked at; more clusters never have more of it. */
static fa_status inertia_of(double *inertia, share *s, const label *at, size_t k) {
    fa_kmeans_options how = s->options;
    how.k = k;
    how.restarts = STARTS;
    const fa__matrix rows = fa__matrix_of(at->x, at->seen, s->d);
    FA_TRY(fa__kmeans_fit(NULL, NULL, inertia, &rows, &how, NULL));
    *inertia *= (double)at->rows / (double)at->seen;
    return FA_OK;
}

/* The line from g on: to the next number of clusters that is looked at. */
static fa_status next_line(share *s, label *at) {
    size_t more = at->next < EVERY ? 1 : at->next / EIGHTH;
    double inertia;
    at->fall = -1; /* there is none: it cannot take more */
    if (at->next == at->seen) return FA_OK;
    if (at->next + more > at->seen) more = at->seen - at->next;
    FA_TRY(inertia_of(&inertia, s, at, at->next + more));
    if (!(inertia < at->inertia)) inertia = at->inertia;
    at->fall = (at->inertia - inertia) / (double)more;
    at->inertia = inertia;
    at->next += more;
    return FA_OK;
}

static fa_status least_inertia(share *s) {
    size_t given = 0;
    for (size_t y = 0; y < s->l; y++) {
        label *at = &s->labels[y];
        if (at->rows == 0) continue;
        at->g = at->next = 1;
        given++;
    }
    for (size_t y = 0; y < s->l && given < s->k; y++) {
        label *at = &s->labels[y];
        if (at->rows == 0) continue;
        FA_TRY(take_rows(s, y));
        FA_TRY(inertia_of(&at->inertia, s, at, 1));
        FA_TRY(next_line(s, at));
    }
    for (; given < s->k; given++) {
        label *best = NULL;
        for (size_t y = 0; y < s->l; y++) {
            label *at = &s->labels[y];
            if (at->rows > 0 && at->fall >= 0 && (best == NULL || at->fall > best->fall)) best = at;
        }
        if (++best->g == best->next) FA_TRY(next_line(s, best));
    }
    return FA_OK;
}

/* ==== The mean ==== */

/* In whole numbers of 1 / unit, so that nothing is rounded before it is meant to be. An equal share
 * is at least 1 and at most the rows, and so is their mean; one more only goes to a share that is
 * no whole number. */
static void round_shares(size_t *k_of, size_t *rest, const share *s) {
    size_t among = s->free > 0 ? s->free : 1, unit = 2 * among, given = 0;
    for (size_t y = 0; y < s->l; y++) {
        const label *at = &s->labels[y];
        size_t twice = (at->capped ? at->rows * among : s->left) + at->g * among;
        if (at->rows == 0) twice = 0;
        k_of[y] = twice / unit;
        rest[y] = twice % unit;
        given += k_of[y];
    }
    for (; given < s->k; given++) {
        size_t best = 0;
        for (size_t y = 1; y < s->l; y++)
            if (rest[y] > rest[best]) best = y;
        k_of[best]++;
        rest[best] = 0;
    }
}

fa_status fa_kmeans_share(size_t *k_of, const float *x, size_t n, size_t d, const int32_t *labels,
                          size_t l, const fa_kmeans_options *options) {
    fa_status status = FA_OK;
    share s = {.x = x, .d = d, .l = l};
    size_t *shares = NULL, *rest = NULL;
    if (k_of == NULL || x == NULL || options == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; sharing clusters out needs k_of, x and options",
                        k_of == NULL ? "k_of" : (x == NULL ? "x" : "options"));
    FA_TRY(fa__options_take(&s.options, sizeof s.options, options, "fa_kmeans_options"));
    if (d == 0) return fa__fail(FA_E_SHAPE, "d is 0; there must be columns");
    FA_TRY(fa__by_label_make(&s.by, labels, n, l));
    s.k = s.options.k;
    FA_CHECK(FA_NEW_ZERO(s.labels, l));
    FA_CHECK(FA_NEW(shares, l));
    FA_CHECK(FA_NEW(rest, l));
    FA_CHECK(fa__check_finite("x", x, n, d));
    FA_CHECK(equal_shares(&s));
    FA_CHECK(least_inertia(&s));
    round_shares(shares, rest, &s);
    memcpy(k_of, shares, l * sizeof *k_of);
done:
    for (size_t y = 0; s.labels != NULL && y < l; y++) fa__free(s.labels[y].x);
    fa__free(s.labels);
    fa__free(shares);
    fa__free(rest);
    fa__by_label_free(&s.by);
    return status;
}
