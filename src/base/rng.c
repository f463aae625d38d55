/* xoshiro256++ and what is drawn from it. */
#include "base/rng.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *x) {
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void fa__rng_seed(fa__rng *rng, uint64_t seed, fa__stream stream, uint64_t index) {
    /* Each part is hashed before it meets the next, so (1, 2) and (2, 1) are unrelated. */
    uint64_t x = seed;
    x = splitmix64(&x) ^ (uint64_t)stream;
    x = splitmix64(&x) ^ index;
    for (int i = 0; i < 4; i++) rng->state[i] = splitmix64(&x);
}

static uint64_t rotate_left(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

uint64_t fa__rng_next(fa__rng *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

void fa__rng_seed_view(fa__rng *rng, uint64_t seed, size_t epoch, size_t sample, size_t view) {
    fa__rng_seed(rng, seed, FA__STREAM_AUGMENT, (uint64_t)epoch << 32 | (uint64_t)sample);
    if (view > 0) fa__rng_seed(rng, fa__rng_next(rng), FA__STREAM_VIEW, view);
}

uint64_t fa__rng_below(fa__rng *rng, uint64_t bound) {
    /* Reject the lowest 2^64 mod bound values: the rest divides evenly. */
    uint64_t reject = (0 - bound) % bound, x;
    do x = fa__rng_next(rng);
    while (x < reject);
    return x % bound;
}

double fa__rng_uniform(fa__rng *rng) {
    return (double)(fa__rng_next(rng) >> 11) * 0x1p-53;
}

double fa__rng_normal(fa__rng *rng) {
    /* Box-Muller; 1 - uniform is in (0, 1], so the logarithm is finite. The second value is
     * dropped: a generator without memory is easier to reason about than one call saved. */
    double radius = sqrt(-2 * log(1 - fa__rng_uniform(rng)));
    return radius * cos(6.283185307179586 * fa__rng_uniform(rng));
}

void fa__rng_shuffle(fa__rng *rng, size_t *items, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)fa__rng_below(rng, i), item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

void fa__rng_order(fa__rng *rng, size_t *items, size_t n) {
    for (size_t i = 0; i < n; i++) items[i] = i;
    fa__rng_shuffle(rng, items, n);
}
