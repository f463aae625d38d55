/* The one body of the rows' kernels. rows_<level>.c defines KERNEL and WIDE and includes this. */
#include "loss/rows_kernel.h"
#include "loss/wide_body.h"

#include <float.h>
#include <math.h>

/* What is left of a row may be less than a vector: the rest is 0. */
INLINE W take(const double *at, size_t left) {
    if (left >= WIDE) return wide(at);
    double part[WIDE] = {0};
    memcpy(part, at, left * sizeof *at);
    return wide(part);
}

INLINE void put(double *at, W value, size_t left) {
    if (left >= WIDE) {
        store_wide(at, value);
        return;
    }
    double part[WIDE];
    store_wide(part, value);
    memcpy(at, part, left * sizeof *at);
}

INLINE void put_float(float *at, W value, size_t left) {
    const W most = (W){0} + (double)FLT_MAX;
    value = wide_choose(value > most, most, wide_choose(value < -most, -most, value));
    if (left >= WIDE) {
        narrow(at, value);
        return;
    }
    float part[WIDE];
    narrow(part, value);
    memcpy(at, part, left * sizeof *at);
}

INLINE W take_float(const float *at, size_t left, float rest) {
    if (left >= WIDE) return widen(at);
    float part[WIDE];
    for (size_t v = 0; v < WIDE; v++) part[v] = v < left ? at[v] : rest;
    return widen(part);
}

static double largest(const float *z, size_t d) {
    W high = (W){0} + (double)z[0];
    for (size_t k = 0; k < d; k += WIDE) {
        W here = take_float(z + k, d - k, z[0]);
        high = wide_choose(here > high, here, high);
    }
    double most = high[0];
    for (size_t v = 1; v < WIDE; v++) most = high[v] > most ? high[v] : most;
    return most;
}

/* The largest entry, of equal ones one, is kept out of the sum, as in fa__softmax. */
static void softmax(double *log_p, double *p, const float *z, size_t d) {
    const double high = largest(z, d);
    W all = {0}, tops = {0};
    for (size_t k = 0; k < d; k += WIDE) {
        W x = take_float(z + k, d - k, -FLT_MAX) - high, e = exponential(x);
        put(log_p + k, x, d - k);
        put(p + k, e, d - k);
        tops += wide_choose(x == 0, (W){0} + 1.0, (W){0});
        all += wide_choose(x == 0, (W){0}, e);
    }
    const double others = wide_sum(all) + (wide_sum(tops) - 1);
    const double log_sum = log1p(others), share = 1 / (1 + others);
    for (size_t k = 0; k < d; k += WIDE) {
        put(log_p + k, take(log_p + k, d - k) - log_sum, d - k);
        put(p + k, take(p + k, d - k) * share, d - k);
    }
}

/* ==== Information =========================================================================== */

static double entropy(const double *p, const double *log_p, size_t d) {
    W sum = {0};
    for (size_t k = 0; k < d; k += WIDE) sum -= take(p + k, d - k) * take(log_p + k, d - k);
    return wide_sum(sum);
}

static void add(double *sum, const double *row, size_t d) {
    for (size_t k = 0; k < d; k += WIDE)
        put(sum + k, take(sum + k, d - k) + take(row + k, d - k), d - k);
}

static void information(float *out, const double *p, const double *log_p, const double *s,
                        double of_row, double scale, size_t d) {
    W sum = {0};
    for (size_t k = 0; k < d; k += WIDE) sum += take(p + k, d - k) * take(s + k, d - k);
    const double off = wide_sum(sum) + of_row;
    for (size_t k = 0; k < d; k += WIDE) {
        W pull = take(s + k, d - k) - take(log_p + k, d - k) - off;
        put_float(out + k, scale * take(p + k, d - k) * pull, d - k);
    }
}

static void store(float *out, const double *x, double scale, size_t count) {
    for (size_t k = 0; k < count; k += WIDE)
        put_float(out + k, scale * take(x + k, count - k), count - k);
}

/* ==== Pairs that are held together ========================================================== */

/* sum_k (p_ak - p_bk)(l_ak - l_bk): no term is below 0, so nothing cancels.
 * dD(a,b)/dz_ak = p_ak (l_ak - l_bk - D(a,b)),   dD(b,a)/dz_ak = p_ak - p_bk, and b by symmetry. */
static double kl(double *g_a, double *g_b, const double *p_a, const double *l_a, const double *p_b,
                 const double *l_b, size_t d) {
    W ab = {0}, ba = {0}, sum = {0};
    for (size_t k = 0; k < d; k += WIDE) {
        W ratio = take(l_a + k, d - k) - take(l_b + k, d - k);
        W a = take(p_a + k, d - k), b = take(p_b + k, d - k);
        ab += a * ratio;
        ba -= b * ratio;
        sum += (a - b) * ratio;
    }
    const double of_a = wide_sum(ab), of_b = wide_sum(ba);
    for (size_t k = 0; k < d; k += WIDE) {
        W ratio = take(l_a + k, d - k) - take(l_b + k, d - k);
        W a = take(p_a + k, d - k), b = take(p_b + k, d - k), apart = a - b;
        put(g_a + k, take(g_a + k, d - k) + (a * (ratio - of_a) + apart), d - k);
        put(g_b + k, take(g_b + k, d - k) - (b * (ratio + of_b) + apart), d - k);
    }
    return wide_sum(sum);
}

/* r = log(p / m), m = (p + q) / 2. With s = (m - p) / (m + p) = (q - p) / (3 p + q), which is above
 * -1/3, -r = log((1 + s) / (1 - s)) = 2 s (1 + R), R = s^2/3 + s^4/5 + ...; for s <= 1/3 seventeen
 * terms give all digits, and beyond, where p is e times smaller, r is that of the other side and
 * log(p / q). What the entry adds to D is taken as p r + (q - p) / 2, whose second part sums to 0
 * over a row: of first-order terms that cancel it makes the second-order ones that do not, and these
 * are (q - p) s / 2 - 2 p s R. */
typedef struct to_mixture {
    W r, term;
    WI far;
} to_mixture;

INLINE to_mixture side_of(W p, W q) {
    W whole = 3 * p + q, apart = q - p, least = (W){0} + DBL_MIN; /* both may be 0 */
    W s = apart / wide_choose(whole < least, least, whole);
    W near = wide_choose(s > 0.34, (W){0} + 0.34, s), y = near * near, rest = {0};
    for (int t = 17; t > 0; t--) rest = y * (rest + 1.0 / (2 * t + 1));
    return (to_mixture){-2 * near * (1 + rest), apart * near / 2 - 2 * p * near * rest, s > 0.34};
}

/* The side of p again, where it is the far one: log_ratio = log(p / q). */
INLINE void finish_far(to_mixture *side, const to_mixture *other, W p, W q, W log_ratio) {
    side->r = wide_choose(side->far, other->r + log_ratio, side->r);
    side->term = wide_choose(side->far, p * side->r + (q - p) / 2, side->term);
}

/* K_a + K_b with K_a = sum_k p_ak r_ak, so D = (K_a + K_b) / 2; 2 dD/dz_ak = p_ak (r_ak - K_a). */
static double js(double *g_a, double *g_b, const double *p_a, const double *l_a, const double *p_b,
                 const double *l_b, size_t d) {
    W k_a = {0}, k_b = {0};
    for (size_t k = 0; k < d; k += WIDE) {
        W a = take(p_a + k, d - k), b = take(p_b + k, d - k);
        W log_ratio = take(l_a + k, d - k) - take(l_b + k, d - k);
        to_mixture of_a = side_of(a, b), of_b = side_of(b, a), before = of_a;
        finish_far(&of_a, &of_b, a, b, log_ratio);
        finish_far(&of_b, &before, b, a, -log_ratio);
        put(g_a + k, take(g_a + k, d - k) + a * of_a.r, d - k);
        put(g_b + k, take(g_b + k, d - k) + b * of_b.r, d - k);
        k_a += of_a.term;
        k_b += of_b.term;
    }
    const double of_a = wide_sum(k_a), of_b = wide_sum(k_b);
    for (size_t k = 0; k < d; k += WIDE) {
        put(g_a + k, take(g_a + k, d - k) - take(p_a + k, d - k) * of_a, d - k);
        put(g_b + k, take(g_b + k, d - k) - take(p_b + k, d - k) * of_b, d - k);
    }
    return of_a + of_b;
}

const fa__rows_kernel KERNEL = {
    .softmax = softmax,
    .entropy = entropy,
    .add = add,
    .information = information,
    .store = store,
    .hold = {kl, js},
};
