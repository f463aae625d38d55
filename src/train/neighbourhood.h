/* Positive pairs without views: a sample and one of its nearest neighbours of the same label. */
#ifndef FA_TRAIN_NEIGHBOURHOOD_H
#define FA_TRAIN_NEIGHBOURHOOD_H

#include "train/task.h"

typedef struct fa__neighbourhood {
    const size_t *samples; /* [n] that are trained on; borrowed */
    size_t k;
    int32_t *nearest; /* [n, k] places in samples, nearest first; -1 past the last */
    int32_t *place;   /* of each sample of the data in samples */
} fa__neighbourhood;

/* The k nearest of each sample that is trained on, among those with its coarse label (of all, where
 * there are no labels), in the input as the network sees it. FA_E_RECIPE where a sample is no
 * vector. Free with fa__neighbourhood_free, also after an error. */
fa_status fa__neighbourhood_find(fa__neighbourhood *found, const fa__task *task, size_t k);
void fa__neighbourhood_free(fa__neighbourhood *found);

/* One of a sample's neighbours, all with the same probability; the sample itself where it has none.
 * It depends on (seed, epoch, sample) alone. */
size_t fa__neighbourhood_draw(const fa__neighbourhood *found, uint64_t seed, size_t epoch,
                              size_t sample);

#endif
