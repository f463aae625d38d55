/* Seeded random numbers: xoshiro256++ (Blackman and Vigna 2019), started by SplitMix64.
 * A generator belongs to (seed, stream, index), so what one consumer draws never moves another. */
#ifndef FA_BASE_RNG_H
#define FA_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct fa__rng {
    uint64_t state[4];
} fa__rng;

/* Who draws. The numbers are part of what a seed means: never renumber. */
typedef enum fa__stream {
    FA__STREAM_INIT = 1,       /* index: layer */
    FA__STREAM_SPLIT = 2,      /* validation split */
    FA__STREAM_SHUFFLE = 3,    /* index: epoch */
    FA__STREAM_KMEANS = 4,     /* index: restart */
    FA__STREAM_STROKES = 5,    /* index: split << 32 | image */
    FA__STREAM_SYNTH = 6,      /* index: split << 32 | sample */
    FA__STREAM_SWEEP = 7,      /* index: 0 the rows, b subsample b - 1, k << 32 | r a start,
                                  ~0 the points of a figure */
    FA__STREAM_AUGMENT = 8,    /* index: epoch << 32 | sample; see fa__rng_seed_view */
    FA__STREAM_LIMIT = 9,      /* samples of data.limit */
    FA__STREAM_VECTORS = 10,   /* index: 0; word vectors, always of seed 0 */
    FA__STREAM_VIEW = 11,      /* index: view above 0; see fa__rng_seed_view */
    FA__STREAM_NEIGHBOUR = 12, /* index: epoch << 32 | sample */
    FA__STREAM_SHARE = 13,     /* index: label */
    FA__STREAM_JUDGED = 14,    /* index: 0 rows that discover judges on, h its half h - 1 */
    FA__STREAM_LISTS = 15 /* index: 0 rows that lists are fitted on, 1 that recall is measured on */
} fa__stream;

void fa__rng_seed(fa__rng *rng, uint64_t seed, fa__stream stream, uint64_t index);
/* What view `view` of a sample draws in an epoch. View 0 draws from FA__STREAM_AUGMENT itself. */
void fa__rng_seed_view(fa__rng *rng, uint64_t seed, size_t epoch, size_t sample, size_t view);
uint64_t fa__rng_next(fa__rng *rng);
uint64_t fa__rng_below(fa__rng *rng,
                       uint64_t bound); /* uniform in [0, bound), no bias; bound >= 1 */
double fa__rng_uniform(fa__rng *rng);   /* [0, 1), 53 bits */
double fa__rng_normal(fa__rng *rng);    /* mean 0, variance 1 */
void fa__rng_shuffle(fa__rng *rng, size_t *items, size_t n);
/* 0 .. n-1 shuffled: its first m are m of n drawn without return. */
void fa__rng_order(fa__rng *rng, size_t *items, size_t n);

#endif
