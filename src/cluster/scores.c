/* Agreement of two labelings: AMI, NMI (Vinh, Epps, Bailey 2010) and ARI (Hubert, Arabie 1985).
 *
 * Letters: n items; a_i, b_j sizes of the classes of u and v; n_ij of their overlaps. All three
 * scores are sums over sizes only, each distinct size taken once in ascending order, so that
 * renaming classes or exchanging u and v changes no bit. */
#include "cluster/contingency.h"
#include "cluster/expected_mi.h"

#include <float.h>
#include <math.h>

/* ==== Entropies ==== */

typedef struct information {
    double h_u, h_v; /* entropies, nats */
    double mutual;   /* I(U, V) */
} information;

/* sum of s log s over the parts. In long double where the machine has it: the difference of such
 * sums is small when the labelings are nearly independent or nearly of one class. */
static long double sum_of_logs(const fa__tally *tally) {
    long double sum = 0;
    for (size_t i = 0; i < tally->count; i++) {
        long double size = tally->entries[i].size;
        sum += (long double)tally->entries[i].times * size * logl(size);
    }
    return sum;
}

/* H(U) = log n - 1/n sum_i a_i log a_i;  I(U, V) = H(U) + H(V) - H(U, V). */
static information information_of(const fa__contingency *c) {
    long double n = (long double)c->n, n_log_n = n * logl(n);
    long double u = sum_of_logs(&c->u), v = sum_of_logs(&c->v), both = sum_of_logs(&c->cells);
    long double mutual = (both - u) + (n_log_n - v);
    /* Independent labelings leave rounding here, of either sign; they share nothing. */
    if (mutual < 8 * LDBL_EPSILON * n_log_n) mutual = 0;
    return (information){(double)((n_log_n - u) / n), (double)((n_log_n - v) / n),
                         (double)(mutual / n)};
}

static double mean_of(double x, double y, fa_mean mean) {
    switch (mean) {
    case FA_MEAN_GEOMETRIC:
        return sqrt(x * y);
    case FA_MEAN_ARITHMETIC:
        return (x + y) / 2;
    case FA_MEAN_MIN:
        return fmin(x, y);
    case FA_MEAN_MAX:
        break;
    }
    return fmax(x, y);
}

/* ==== Checks ==== */

static fa_status check_labels(double *out, const int32_t *u, const int32_t *v, size_t n) {
    if (out == NULL || u == NULL || v == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL; a score needs out, u and v",
                        out == NULL ? "out" : (u == NULL ? "u" : "v"));
    if (n == 0) return fa__fail(FA_E_SHAPE, "no items: n is 0, a score needs at least 1");
    if (n > UINT32_MAX)
        return fa__fail(FA_E_SHAPE, "%zu items: a score takes at most %lu", n,
                        (unsigned long)UINT32_MAX);
    return FA_OK;
}

static fa_status check_mean(fa_mean mean) {
    if ((unsigned)mean > FA_MEAN_MIN)
        return fa__fail(FA_E_ARGUMENT,
                        "mean %d is none of FA_MEAN_MAX, _GEOMETRIC, _ARITHMETIC, _MIN", (int)mean);
    return FA_OK;
}

/* The same partition up to names: each class of one side is one class of the other. */
static int is_same_partition(const fa__contingency *c) {
    return c->cells.parts == c->u.parts && c->cells.parts == c->v.parts;
}

/* ==== Scores ==== */

fa_status fa_score_nmi(double *out, const int32_t *u, const int32_t *v, size_t n, fa_mean mean) {
    FA_TRY(check_labels(out, u, v, n));
    FA_TRY(check_mean(mean));
    fa__contingency c;
    FA_TRY(fa__contingency_make(&c, u, v, n));
    information i = information_of(&c);
    if (is_same_partition(&c))
        *out = 1;
    else if (i.mutual <= 0)
        *out = 0; /* one class on a side included: no division by its entropy, 0 */
    else
        *out = fmin(i.mutual / mean_of(i.h_u, i.h_v, mean), 1);
    fa__contingency_free(&c);
    return FA_OK;
}

fa_status fa_score_ami(double *out, const int32_t *u, const int32_t *v, size_t n, fa_mean mean) {
    FA_TRY(check_labels(out, u, v, n));
    FA_TRY(check_mean(mean));
    fa__contingency c;
    FA_TRY(fa__contingency_make(&c, u, v, n));
    fa_status status = FA_OK;
    if (is_same_partition(&c)) {
        *out = 1;
    } else if (c.u.parts == 1 || c.v.parts == 1) {
        *out = 0;
    } else if (c.u.parts == n || c.v.parts == n) {
        /* Every labeling of the other sizes shares its whole entropy with singletons: I = E{I} =
         * the smaller entropy, exactly. */
        *out = mean == FA_MEAN_MIN ? 1 : 0;
    } else {
        double expected;
        FA_CHECK(fa__expected_mi(&expected, &c));
        information i = information_of(&c);
        *out = fmin((i.mutual - expected) / (mean_of(i.h_u, i.h_v, mean) - expected), 1);
    }
done:
    fa__contingency_free(&c);
    return status;
}

/* sum of s^2 over the parts: at most n^2, below 2^64. */
static uint64_t sum_of_squares(const fa__tally *tally) {
    uint64_t sum = 0;
    for (size_t i = 0; i < tally->count; i++)
        sum += (uint64_t)tally->entries[i].size * tally->entries[i].size * tally->entries[i].times;
    return sum;
}

fa_status fa_score_ari(double *out, const int32_t *u, const int32_t *v, size_t n) {
    FA_TRY(check_labels(out, u, v, n));
    fa__contingency c;
    FA_TRY(fa__contingency_make(&c, u, v, n));
    uint64_t both = sum_of_squares(&c.cells), in_u = sum_of_squares(&c.u),
             in_v = sum_of_squares(&c.v), all = (uint64_t)n * n;
    /* Ordered pairs of items: together in both, in one only, in none. */
    double together = (double)(both - n), only_u = (double)(in_u - both),
           only_v = (double)(in_v - both), apart = (double)(all - in_u - in_v + both);
    if (is_same_partition(&c))
        *out = 1;
    else
        *out = 2 * (together * apart - only_u * only_v) /
               ((together + only_u) * (only_u + apart) + (together + only_v) * (only_v + apart));
    fa__contingency_free(&c);
    return FA_OK;
}
