/* Positive pairs without views: a sample and one of its nearest neighbours of the same label. */
#ifndef FA_TRAIN_NEIGHBOURHOOD_H
#define FA_TRAIN_NEIGHBOURHOOD_H

#include "train/task.h"

typedef struct fa__neighbourhood {
    const fa__task *task; /* borrowed */
    size_t k;
    int32_t *nearest; /* [n_fit, k] places in task->fit, nearest first; -1 past the last */
    int32_t *place;   /* of each sample of data.train in task->fit */
    int32_t *labels;  /* [n_fit] */
    fa_neighbours_options how;
    double recall; /* of the last search, as fa_neighbours_approximate has it; NaN: none yet */
} fa__neighbourhood;

/* Room for the k nearest of each sample that is trained on, by a recipe; none is known yet. Free with
 * fa__neighbourhood_free, also after an error. */
fa_status fa__neighbourhood_open(fa__neighbourhood *neighbourhood, const fa__task *task,
                                 const fa_recipe *recipe);
void fa__neighbourhood_free(fa__neighbourhood *neighbourhood);

/* Finds them among the samples of the same coarse label (of all, where there are no labels) by rows
 * x [n_fit, d], row i for task->fit[i]. */
fa_status fa__neighbourhood_find(fa__neighbourhood *neighbourhood, const float *x, size_t d);

/* The same by the input as the network sees it; FA_E_RECIPE where a sample is no vector. */
fa_status fa__neighbourhood_find_by_input(fa__neighbourhood *neighbourhood);

/* One of a sample's neighbours, all with the same probability; the sample itself where it has none.
 * It depends on (seed, epoch, sample) alone. */
size_t fa__neighbourhood_draw(const fa__neighbourhood *neighbourhood, uint64_t seed, size_t epoch,
                              size_t sample);

#endif
