/* Batches: which rows go to which shard, and their values packed for the network. */
#ifndef FA_MODEL_BATCH_H
#define FA_MODEL_BATCH_H

#include "data/dataset.h"
#include "nn/network.h"

/* What a network sees of a value x of feature k: (x - shift[k]) * scale[k]. */
typedef struct fa__scaling {
    size_t features;
    float *shift, *scale; /* [features] */
} fa__scaling;

/* By the recipe's rule: "standard" (fitted on these samples; a constant feature gets scale 1), "common" (the same
 * means, one factor that makes the mean variance 1), one factor, or one factor for each feature. */
fa_status fa__scaling_fit(fa__scaling *scaling, const char *rule, const fa_dataset *dataset,
                          const size_t *samples, size_t n);
void fa__scaling_free(fa__scaling *scaling);

/* Shape of a data set's samples as a network takes them. */
fa__shape fa__dataset_shape(const fa_dataset *dataset);

/* A row of a batch: a sample, or a view of it. */
typedef struct fa__row {
    size_t sample, view;
    size_t place;        /* of the sample in its batch */
    size_t steps;        /* 1 where there is no time axis */
    const float *values; /* [steps, features], before scaling; NULL: the pixels of the data */
} fa__row;

/* The row of a sample as it is. */
fa__row fa__row_of(const fa_dataset *dataset, size_t sample, size_t place);

/* Sorts rows, longest first; equal lengths keep their order. scratch [n]. */
void fa__sort_by_length(fa__row *rows, size_t n, fa__row *scratch);

/* Spreads rows that are sorted by length over shards, to and fro (0 1 2 2 1 0 ...), so that the
 * shards carry about the same work: sharded [n] holds shard 0's rows, then shard 1's, each longest
 * first; shard s is sharded[first[s]]..sharded[first[s + 1]]. first [shards + 1]. */
void fa__split_into_shards(fa__row *sharded, size_t *first, const fa__row *rows, size_t n,
                           size_t shards);

/* The pairs (a, b) of rows that are views 0 and 1 of one sample, in the order of their places:
 * pairs [n / 2, 2]. */
void fa__pair_views(int32_t *pairs, const fa__row *rows, size_t n);

/* Shapes a shard for these rows (longest first) and fills in its input. */
fa_status fa__shard_fill(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                         const fa_dataset *dataset, const fa__scaling *scaling, const fa__row *rows,
                         size_t n);

#endif
