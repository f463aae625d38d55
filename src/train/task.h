/* What a recipe trains on: data, coarse labels, the split, and what is scored at the end. */
#ifndef FA_TRAIN_TASK_H
#define FA_TRAIN_TASK_H

#include "text/ppmi.h"
#include "text/vocabulary.h"
#include "model/batch.h"
#include "recipe/recipe.h"

typedef enum fa__task_set { FA__TASK_TRAIN = 0, FA__TASK_TEST, FA__TASK_SETS } fa__task_set;

typedef struct fa__task {
    fa__goal goal;
    const fa_dataset *train, *test; /* as the network takes them; test NULL: none */
    fa_dataset *own[FA__TASK_SETS]; /* those of them that are not the caller's */
    int32_t *classes,
        *classes_test; /* [n] classes, those of the test set by the names of train; NULL: none */
    int32_t *coarse, *coarse_test; /* [n] labels the network is trained on, -1 where a sample has
                                      none; reconstruction: NULL */
    int32_t
        *clusters; /* [n] within the coarse label of each sample 0, 1, ..., -1 where it has no label
                          or no cluster; NULL: there are none */
    size_t clusters_most; /* of the label that has the most */
    const int32_t *hidden,
        *hidden_test;      /* the fine classes; NULL where the classes are the coarse labels */
    size_t groups;         /* coarse labels in all, >= 2; reconstruction: 0 */
    size_t hidden_classes; /* 0: not known */
    size_t *fit, n_fit;    /* samples that are trained on */
    size_t *validation, n_validation; /* and those that choose the epoch */
    fa__scaling scaling;              /* fitted on `fit` */
    fa__vocabulary vocabulary;        /* of `fit`, where the data are text; else {0} */
    fa__corpus corpus;                /* `fit` as words, for text.vectors = ppmi; else {0} */
} fa__task;

/* Checks all of it by the recipe. train NULL: the recipe's data are read; else both are borrowed
 * and stay as they are. */
fa_status fa__task_open(fa__task *task, const fa_recipe *recipe, const fa_dataset *train,
                        const fa_dataset *test);
void fa__task_close(fa__task *task);

/* The clusters of the training samples for loss.kind = clusters: given [n], by any numbers, below 0:
 * none; NULL: those of data.clusters, if it names some. A number counts within its label. */
fa_status fa__task_clusters(fa__task *task, const fa_recipe *recipe, const int32_t *given);

/* The vocabulary of some texts by the recipe's text.*. */
fa_status fa__task_vocabulary(fa__vocabulary *out, const fa_recipe *recipe, const fa_dataset *texts,
                              const size_t *samples, size_t n);

/* What the last layer makes for this task: 1 output (sigmoid) for two groups, else one a group; an
 * empty shape for a reconstruction, which makes what its network takes. */
fa__shape fa__task_outputs(const fa__task *task);

#endif
