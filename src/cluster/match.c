/* Which cluster is which class, and which neuron is the most active for which class.
 *
 * Letters: n items, k clusters, c classes, m = max(k, c) rows and columns of the assignment
 * problem. */
#include "base/floats.h"
#include "base/memory.h"

#include <string.h>

/* ==== Matching ==== */

/* The assignment problem by shortest augmenting paths (Kuhn 1955, in the form of Jonker and
 * Volgenant 1987). Potentials row[] and column[] keep cost - row - column >= 0. Index 0 is a
 * place for what is not assigned yet, so all of these arrays have m + 1 entries. */
typedef struct problem {
    size_t m, k, c;
    const size_t *counts; /* [k, c] */
    int64_t *row, *column, *least;
    size_t *row_of, *before; /* of each column: its row; the column before it on the path */
    unsigned char *seen;
} problem;

/* Overlap counts against us: the fewest lost items are the most agreeing ones. */
static int64_t cost(const problem *p, size_t i, size_t j) {
    return i <= p->k && j <= p->c ? -(int64_t)p->counts[(i - 1) * p->c + j - 1] : 0;
}

/* Finds the path from the unassigned row in place 0 to a free column; that column. */
static size_t find_path(problem *p) {
    size_t at = 0;
    for (size_t j = 0; j <= p->m; j++) p->least[j] = INT64_MAX, p->seen[j] = 0;
    do {
        size_t i = p->row_of[at], next = 0;
        int64_t step = INT64_MAX;
        p->seen[at] = 1;
        for (size_t j = 1; j <= p->m; j++) {
            if (p->seen[j]) continue;
            int64_t reduced = cost(p, i, j) - p->row[i] - p->column[j];
            if (reduced < p->least[j]) p->least[j] = reduced, p->before[j] = at;
            if (p->least[j] < step) step = p->least[j], next = j;
        }
        for (size_t j = 0; j <= p->m; j++) {
            if (p->seen[j])
                p->row[p->row_of[j]] += step, p->column[j] -= step;
            else if (p->least[j] != INT64_MAX)
                p->least[j] -= step;
        }
        at = next;
    } while (p->row_of[at] != 0);
    return at;
}

static void solve(problem *p) {
    for (size_t i = 1; i <= p->m; i++) {
        p->row_of[0] = i;
        size_t at = find_path(p);
        while (at != 0) {
            p->row_of[at] = p->row_of[p->before[at]];
            at = p->before[at];
        }
    }
}

fa_status fa_match_clusters(int32_t *match, size_t *agreed, const size_t *counts, size_t k,
                            size_t c) {
    fa_status status = FA_OK;
    if (match == NULL || counts == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; matching needs a table and a place for it",
                        match == NULL ? "match" : "counts");
    if (k == 0 || c == 0 || k > INT32_MAX || c > INT32_MAX)
        return fa__fail(FA_E_SHAPE, "a table of %zu clusters and %zu classes has no matching", k,
                        c);
    problem p = {.m = k > c ? k : c, .k = k, .c = c, .counts = counts};
    FA_CHECK(FA_NEW_ZERO(p.row, p.m + 1));
    FA_CHECK(FA_NEW_ZERO(p.column, p.m + 1));
    FA_CHECK(FA_NEW_ZERO(p.least, p.m + 1));
    FA_CHECK(FA_NEW_ZERO(p.row_of, p.m + 1));
    FA_CHECK(FA_NEW_ZERO(p.before, p.m + 1));
    FA_CHECK(FA_NEW_ZERO(p.seen, p.m + 1));
    solve(&p);
    size_t sum = 0;
    for (size_t i = 0; i < k; i++) match[i] = -1;
    for (size_t j = 1; j <= c; j++) {
        size_t i = p.row_of[j];
        if (i > k || counts[(i - 1) * c + j - 1] == 0) continue;
        match[i - 1] = (int32_t)(j - 1);
        sum += counts[(i - 1) * c + j - 1];
    }
    if (agreed != NULL) *agreed = sum;
done:
    fa__free(p.row);
    fa__free(p.column);
    fa__free(p.least);
    fa__free(p.row_of);
    fa__free(p.before);
    fa__free(p.seen);
    return status;
}

/* ==== Activation ==== */

/* The largest entry (ties: the lowest index), or d where all entries are equal and d > 1. */
static size_t most_active(const float *h, size_t d) {
    size_t best = 0, differs = d == 1;
    for (size_t u = 1; u < d; u++) {
        differs |= h[u] != h[0];
        if (h[u] > h[best]) best = u;
    }
    return differs ? best : d;
}

fa_status fa_activation_counts(size_t *counts, size_t *silent, const float *h, size_t n, size_t d,
                               const int32_t *classes, size_t c) {
    if (counts == NULL || h == NULL || classes == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; counting needs counts, h and classes",
                        counts == NULL ? "counts" : (h == NULL ? "h" : "classes"));
    if (n == 0 || d == 0 || c == 0)
        return fa__fail(FA_E_SHAPE, "%zu rows of %zu units in %zu classes: nothing to count", n, d,
                        c);
    for (size_t i = 0; i < n; i++)
        if (classes[i] < 0 || (size_t)classes[i] >= c)
            return fa__fail(FA_E_LABEL, "row %zu is in class %d; with c = %zu they are 0 to %zu", i,
                            (int)classes[i], c, c - 1);
    FA_TRY(fa__check_finite("h", h, n, d));
    memset(counts, 0, d * c * sizeof *counts);
    size_t quiet = 0;
    for (size_t i = 0; i < n; i++) {
        size_t unit = most_active(h + i * d, d);
        if (unit < d)
            counts[unit * c + (size_t)classes[i]]++;
        else
            quiet++;
    }
    if (silent != NULL) *silent = quiet;
    return FA_OK;
}
