/* A run: what a training made, in memory, in a folder, or both. */
#ifndef FA_RUN_RUN_H
#define FA_RUN_RUN_H

#include "base/status.h"
#include "run/files.h"

/* Labels of the scored rows, in the order of their files. */
enum { FA__RUN_LABELS = FA_RUN_ROWS - FA_RUN_ASSIGNMENT + 1 };

struct fa_run {
    char folder[FA__PATH_MAX]; /* "": in memory alone */
    fa_recipe *recipe;
    fa_epoch *history; /* [epochs] */
    size_t epochs;
    fa_train_result result;
    uint64_t digest; /* of the model that the results are of; 0: not known */

    /* Read when they are asked for; of a training they are there from the start. */
    fa_model *model;
    fa_clusters *clusters;
    float *embeddings; /* [result.scores.n, units] */
    size_t units;
    int32_t *labels[FA__RUN_LABELS]; /* [result.scores.n]; NULL: there are none, or not read yet */
    bool looked[FA__RUN_LABELS];     /* for the file of these labels */
};

/* An empty one. folder NULL: in memory alone. The recipe is copied. */
fa_status fa__run_create(fa_run **out, const char *folder, const fa_recipe *recipe);

/* Writes a run that is in memory alone into a folder, in the place of the one that is there, and makes
 * the run that of the folder. It cannot be resumed. */
fa_status fa__run_save(fa_run *run, const char *folder);

/* What data.clusters and network.weights of a recipe name, into a folder: the clusters [n] of a former
 * training, and its model. NULL: that one is not written. */
fa_status fa__run_write_former(const char *folder, const int32_t *clusters, size_t n,
                               const fa_model *model);

/* Writes the results into the folder of the run, the scores last. */
fa_status fa__run_write_results(const fa_run *run);

#endif
