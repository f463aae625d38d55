/* The expectation of mutual information for given class sizes.
 *
 * For classes of sizes a and b among n items the overlap x is hypergeometric with mean mu = a b /
 * n, and the pair adds E[x log(x / mu)] / n to the expectation. What makes it fast and exact:
 *   - a pair of sizes is computed once, however many pairs of classes have it, and (a, b) is (b,
 * a);
 *   - the probabilities follow from their mode outwards by the ratio of neighbours, unnormalised,
 * and are divided by their sum: no factorial is needed, so none can lose digits;
 *   - as E[x] = mu, E[x log(x / mu)] = E[g(x)] with g(x) = x log(x / mu) - x + mu >= 0: all terms
 * of one sign, nothing cancels, and the tails may be cut where they no longer count. */
#include "cluster/expected_mi.h"

#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"

#include <math.h>

/* A size with the number of classes of u and of v that have it. */
typedef struct size_pair {
    double size, times_u, times_v;
} size_pair;

/* log 0 (as 0, met only as 0 log 0) to log(LOGS - 1). */
enum { LOGS = 4096 };

/* From this mean on, x / mu is so near 1 that the difference of two logarithms would lose digits.
 */
static const double large_mean = LOGS / 2;

/* A term below this share of the sum is no longer counted; about 50 such may follow, at most. */
static const double negligible = 1e-18;

typedef struct expectation {
    const size_pair *sizes; /* [count], ascending */
    size_t count;
    double n;
    double *rows; /* [count]: what the pairs (i, j >= i) add, times n */
    double logs[LOGS];
} expectation;

/* What the sums over one hypergeometric distribution have reached. */
typedef struct moment {
    const double *logs;
    double mu, log_mu;
    double weights; /* sum of w(x) */
    double terms;   /* sum of w(x) g(x) */
} moment;

/* Adds overlap x with weight w; false once what lies beyond x is negligible. */
static inline int moment_add(moment *m, double x, double w) {
    double log_ratio;
    if (m->mu >= large_mean)
        log_ratio = log1p((x - m->mu) / m->mu);
    else
        log_ratio = (x < LOGS ? m->logs[(size_t)x] : log(x)) - m->log_mu;
    double term = w * (x * log_ratio - (x - m->mu));
    m->weights += w;
    m->terms += term;
    return w > negligible || term > negligible * m->terms;
}

/* E[x log(x / mu)] of the overlap of two classes of sizes a and b. */
static double expected_term(const expectation *e, double a, double b) {
    double rest = e->n - a - b; /* items in neither class are rest + x */
    double low = rest < 0 ? -rest : 0, high = fmin(a, b);
    double mode = floor((a + 1) * (b + 1) / (e->n + 2));
    mode = fmin(fmax(mode, low), high); /* rounding may put it one off */
    moment m = {.logs = e->logs, .mu = a * b / e->n};
    m.log_mu = log(m.mu);
    double w = 1;
    moment_add(&m, mode, w);
    for (double x = mode; x < high;) {
        w *= (a - x) * (b - x) / ((x + 1) * (rest + x + 1));
        x += 1;
        if (!moment_add(&m, x, w)) break;
    }
    w = 1;
    for (double x = mode; x > low;) {
        w *= x * (rest + x) / ((a - x + 1) * (b - x + 1));
        x -= 1;
        if (!moment_add(&m, x, w)) break;
    }
    return m.terms / m.weights;
}

static fa_status expect_row(void *context, size_t i, size_t thread) {
    (void)thread;
    expectation *e = context;
    const size_pair *s = e->sizes, *row = &s[i];
    double sum = 0;
    FA_TRY(fa__stop_check());
    for (size_t j = i; j < e->count; j++) {
        double times = row->times_u * s[j].times_v;
        if (j > i) times += row->times_v * s[j].times_u;
        if (times > 0) sum += times * expected_term(e, row->size, s[j].size);
    }
    e->rows[i] = sum;
    return FA_OK;
}

/* The sizes of both sides in one ascending list; returns their number. */
static size_t merge_sizes(size_pair *out, const fa__tally *u, const fa__tally *v) {
    size_t count = 0, i = 0, j = 0;
    while (i < u->count || j < v->count) {
        uint32_t a = i < u->count ? u->entries[i].size : UINT32_MAX;
        uint32_t b = j < v->count ? v->entries[j].size : UINT32_MAX;
        size_pair *next = &out[count++];
        *next = (size_pair){.size = a < b ? a : b};
        if (a <= b) next->times_u = u->entries[i++].times;
        if (b <= a) next->times_v = v->entries[j++].times;
    }
    return count;
}

fa_status fa__expected_mi(double *out, const fa__contingency *contingency) {
    const fa__tally *u = &contingency->u, *v = &contingency->v;
    size_pair *sizes = NULL;
    expectation *e = NULL;
    fa_status status;
    FA_CHECK(FA_NEW(sizes, u->count + v->count));
    FA_CHECK(FA_NEW_ZERO(e, 1));
    e->sizes = sizes;
    e->count = merge_sizes(sizes, u, v);
    e->n = (double)contingency->n;
    FA_CHECK(FA_NEW(e->rows, e->count));
    size_t last = (size_t)fmin(sizes[e->count - 1].size, LOGS - 1);
    for (size_t x = 1; x <= last; x++) e->logs[x] = log((double)x);
    FA_CHECK(fa__parallel(e->count, expect_row, e));
    double sum = 0;
    for (size_t i = 0; i < e->count; i++) sum += e->rows[i];
    *out = sum / e->n;
done:
    if (e != NULL) fa__free(e->rows);
    fa__free(e);
    fa__free(sizes);
    return status;
}
