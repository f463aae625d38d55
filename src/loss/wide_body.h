/* Vectors of WIDE doubles, which the file that is compiled for a SIMD level defines. */
#include <stddef.h>
#include <string.h>

typedef double W __attribute__((vector_size(8 * WIDE)));
typedef double W_at __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));
typedef long long WI __attribute__((vector_size(8 * WIDE)));
typedef float W_float __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE W wide(const double *at) {
    return *(const W_at *)at;
}

INLINE W widen(const float *at) {
    return __builtin_convertvector(*(const W_float *)at, W);
}

INLINE void store_wide(double *at, W value) {
    *(W_at *)at = value;
}

INLINE void narrow(float *at, W value) {
    *(W_float *)at = __builtin_convertvector(value, W_float);
}

INLINE W wide_choose(WI which, W yes, W no) {
    return (W)((which & (WI)yes) | (~which & (WI)no));
}

/* By halves, so that an addition waits for few others. */
INLINE double wide_sum(W v) {
    double part[WIDE];
    store_wide(part, v);
    for (size_t half = WIDE / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

/* exp x for x <= 0 by 2^n (1 + r + ... + r^13 / 13!), |r| <= log(2) / 2: 1 ulp or so. Below -708,
 * the edge of normal numbers, 0. */
INLINE W exponential(W x) {
    static const double inverse[] = {1.0,
                                     1.0,
                                     1 / 2.0,
                                     1 / 6.0,
                                     1 / 24.0,
                                     1 / 120.0,
                                     1 / 720.0,
                                     1 / 5040.0,
                                     1 / 40320.0,
                                     1 / 362880.0,
                                     1 / 3628800.0,
                                     1 / 39916800.0,
                                     1 / 479001600.0,
                                     1 / 6227020800.0};
    const double high = 0x1.62e42fefap-1, low = 0x1.cf79abc9e3b39p-40; /* log 2 */
    const double to_integer = 0x1.8p52;
    WI lost = x < -708.0;
    x = wide_choose(lost, (W){0} - 708.0, x);
    W shifted = x * 1.4426950408889634 + to_integer, n = shifted - to_integer;
    W r = (x - n * high) - n * low, sum = (W){0} + inverse[13];
    for (size_t t = 13; t-- > 0;) sum = sum * r + inverse[t];
    W scaled = (W)((WI)sum + ((WI)shifted << 52));
    return (W)(~lost & (WI)scaled);
}
