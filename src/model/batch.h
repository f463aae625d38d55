/* Batches: which samples go to which shard, and their values packed for the network. */
#ifndef FA_MODEL_BATCH_H
#define FA_MODEL_BATCH_H

#include "data/dataset.h"
#include "nn/network.h"

/* What a network sees of a value x of feature k: (x - shift[k]) * scale[k]. */
typedef struct fa__scaling {
    size_t features;
    float *shift, *scale; /* [features] */
} fa__scaling;

/* By the recipe's rule: "standard" (fitted on these samples; a constant feature gets scale 1), one
 * factor, or one factor for each feature. */
fa_status fa__scaling_fit(fa__scaling *scaling, const char *rule, const fa_dataset *dataset,
                          const size_t *samples, size_t n);
void fa__scaling_free(fa__scaling *scaling);

/* Shape of a data set's samples as a network takes them. */
fa__shape fa__dataset_shape(const fa_dataset *dataset);

/* Steps of sample i; 1 where there is no time axis. */
size_t fa__dataset_steps(const fa_dataset *dataset, size_t i);

/* Sorts sample indices, longest first; equal lengths keep their order. scratch [n]. */
void fa__sort_by_length(const fa_dataset *dataset, size_t *samples, size_t n, size_t *scratch);

/* Spreads samples that are sorted by length over shards, to and fro (0 1 2 2 1 0 ...), so that the
 * shards carry about the same work: sharded [n] holds shard 0's samples, then shard 1's, each
 * longest first; shard s is sharded[first[s]]..sharded[first[s + 1]]. first [shards + 1]. */
void fa__split_into_shards(size_t *sharded, size_t *first, const size_t *samples, size_t n,
                           size_t shards);

/* Light augmentation of images: each is mirrored left to right with probability 1/2 and moved by -4
 * to 4 pixels each way, uniformly; what comes in at the border is 0 as the network sees it (the
 * mean, where data.scale is standard). What sample i gets in an epoch depends on (seed, epoch, i)
 * alone. */
typedef struct fa__augment {
    uint64_t seed;
    size_t epoch;
} fa__augment;

/* Shapes a shard for these samples (longest first) and fills in its input. augment: images only;
 * NULL: as they are. */
fa_status fa__shard_fill(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                         const fa_dataset *dataset, const fa__scaling *scaling,
                         const fa__augment *augment, const size_t *samples, size_t n);

#endif
