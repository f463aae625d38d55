/* From data to clusters in one call. */
#ifndef FORCED_APART_DISCOVER_H
#define FORCED_APART_DISCOVER_H

#include "forced_apart/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the coarse labels of a training come from. */
typedef enum fa_label_source {
    FA_LABELS_NONE = 0, /* nowhere: an autoencoder */
    FA_LABELS_GIVEN,    /* the data bring them (fa_dataset_set_coarse) */
    FA_LABELS_CLASSES,  /* the classes, where there is nothing else to train on */
    FA_LABELS_GROUPS    /* groups of the classes (data.groups) */
} fa_label_source;

/* "none", "given", "classes" or "groups"; NULL outside the enum. A static string. */
FA_API const char *fa_label_source_name(fa_label_source source);

typedef struct fa_discover_options {
    size_t size;          /* sizeof(fa_discover_options) */
    int label_free;       /* non-zero: use no labels, even if there are some; classes only score */
    size_t k;             /* clusters in all; 0: as many as hidden classes, without any: chosen */
    const char *clusters; /* in place of k: a value of cluster.k ("auto"); NULL: k */
    size_t epochs;        /* 0: by kind and number of the samples */
    uint64_t seed;        /* of split, network and order; the program's is 1 */
    size_t trainings;     /* of the network: 1; 2 by seed and seed + 1, whose agreement the choice
                             goes by; up to 9: of images in colour whose target layer is taken so
                             often again on its own clusters (loss.kind = clusters), in the place of
                             that layer; of what views teach by as many seeds, of which that of the
                             lowest loss is kept (of 2, too), which the run's recipe names; 0: 2 where
                             there is a choice, of images in colour 4 */
    size_t search;        /* settings of margin and weight of L_multi that are tried, up to 99; 0 */
    const double *tolerance; /* coarse validation accuracy (an autoencoder: share of the validation
                                loss) that one of them may cost, 0 to 1; NULL: 0.01 */
    const fa_recipe *recipe; /* where the data are and how they are read, for recipe.ini; NULL */
    const char *const *settings; /* [n_settings] "loss.margin=0.5": over all that is suggested */
    size_t n_settings;
    const fa_dataset *test; /* clustered in place of the data that are trained on; NULL */
    const char *folder;     /* of the run; NULL: nothing is written */
    int overwrite;          /* replace the run that is there */
    /* Called before each training with a few words on it; non-zero: stop. NULL: none. */
    int (*begin)(void *user, const char *training);
    fa_progress_fn progress;                      /* of all trainings; NULL: none */
    int (*plan)(void *user, const fa_plan *plan); /* of the first one; NULL: none */
    void *user;                                   /* of the three */
    /* Trainings that are compared first, e.g. "plain,multi,held,information,neighbours" (the last for
     * vectors and texts alone): the one whose two seeds agree best in the target layer, within the
     * labels if clusters lie there, is taken; of equal ones the first. Not with search. NULL: the one
     * that suits the data. */
    const char *methods;
} fa_discover_options;

enum { FA_CANDIDATE_TEXT = 32 };

/* A space and what KMeans found there. None of its signals knows the hidden classes; NaN: does not
 * apply, or was not measured. */
typedef struct fa_candidate {
    char space[FA_CANDIDATE_TEXT];    /* "input", "input-unit", "input-standard", "input-pca" (k
                                         whitened components, unit rows), "target", "below" (the
                                         layer below that) */
    char training[FA_CANDIDATE_TEXT]; /* "plain", "multi", "held", "information", "neighbours",
                                         "autoencoder", "clusters" of a trained space; else "" */
    char margin[16], weight[16];      /* of a setting that was searched; else "" */
    fa_within within; /* FA_WITHIN_GIVEN: within coarse labels, else over all rows */
    size_t k;
    double agreement;   /* AMI_max of two clusterings, of two halves of the rows, each told of all
                          rows; of trained spaces by two seeds. Within labels: the mean over them */
    double consistency; /* the same of each row and its 5 nearest in the input, the mean of its
                           forms; of those candidates that lie where clusters were asked for */
    double vote;  /* of forms of the input: the share of the rows whose coarse label most of their 5
                    nearest rows have, among all */
    double views; /* AMI_max of two views of each sample, by one clustering */
    double silhouette; /* of at most 2,000 rows; comparable among forms of the input alone */
    double stability;  /* as agreement, of one space */
    double accuracy, loss, active_pairs; /* of a training, on its validation split */
    int costly;                          /* it costs more of the coarse task than the tolerance */
    int chosen;
    int possible; /* it can be chosen: those that are not are measured to compare */
    /* AMI_max with the hidden classes, of at most 5,000 rows; of more the clusters of the run are made
     * anew, of all. The choice does not look at it. */
    double ami;
} fa_candidate;

/* What was found. */
typedef struct fa_discovery fa_discovery;

/* Finds the hidden classes inside coarse labels: looks at the data, trains a network that suits
 * their kind and size, clusters within the coarse labels in the space that serves best, and says
 * why.
 *
 *   images in colour     the labels alone, by convolutions with batch norm on images mirrored and moved
 *                        by chance; their pooled layer is clustered, and where that is taken the
 *                        network is trained again to tell these clusters apart, too, twice: from its
 *                        weights, for a twelfth of the epochs; of 20,000 and more anew
 *   other images, those without labels, pen strokes
 *                        L_information + L_hold on two views of each sample, with labels or without
 *   vectors              InfoNCE on nearest neighbours of the same label, a linear map that starts as
 *                        the identity; without labels an autoencoder
 *   texts                the same, without labels too, from the mean of each text's word vectors,
 *                        which are made from the texts (text.vectors = ppmi)
 *   series               L_multi; without labels an autoencoder
 *   no labels            clustered over all rows
 *
 * Samples may be clustered as they are (fa_dataset_matrix), texts as those means; in unit rows,
 * standardised, or as whitened components; or in the target layer. Of the forms of the input that of
 * the largest
 *
 *   consistency + 2 vote        (fa_candidate; without labels consistency + agreement / 4)
 *
 * is taken, but the usual one unless another has 0.02 more, or 1 / sqrt(n) of few samples n. Usual are
 * columns in units of their own standardised (they as they are where their vote is the higher one, or
 * they have 0.2 more), texts as they are or in unit rows, others as they are. The target layer is taken
 * instead where its consistency + agreement / 4 is higher by 0.005, or 1 / (4 sqrt(n)); of fewer than
 * 1,000 samples where its consistency is, by the margin above. Of 1,000 samples and more it is taken, too,
 * where two views of a sample taught it and its two seeds agree more than that form's halves, by 0.1;
 * or its seeds and its views agree by 0.7 each, and the views more than the form's by 0.1; and where
 * labels alone have taught it and it tells 0.1 more of those of rows held out than the vote of the
 * input. One seed, or an agreement that was not measured, leaves it out but for that. Of 5,000 features
 * (vectors whose columns are of one unit) and more that labels lie over, the layer of 512 of a network
 * that is held by neighbours is taken in place of all these ("below") where the nearest of one half of
 * them tell 0.02 more of the labels in the layer of a network that the other half taught than in any form
 * of the input, and it tells more labels of samples held out than the target layer's network does.
 * docs/discover.md has the figures that this rests on.
 *
 * out      free with fa_discovery_free
 * data     borrowed for the call; read once, whatever is tried
 * options  NULL: all defaults
 *
 * With options->folder it gets all files of fa_train, and candidates.csv. A stop by a callback is
 * FA_OK with fa_run_result()->stopped set if it came in the first training, which is then all there
 * is; FA_E_STOPPED in a later one. Errors: as fa_train; FA_E_ARGUMENT an option out of its range;
 * FA_E_RECIPE a setting that is none. *out untouched on error. Threads: as fa_threads_set allows;
 * the same bytes for any number. Cost: the trainings (options->trainings + options->search + 1,
 * two for each of options->methods, and of 5,000 features and more two of 2,500 and one more), and KMeans
 * on at most 5,000 rows for each candidate. */
FA_API fa_status fa_discover(fa_discovery **out, const fa_dataset *data,
                             const fa_discover_options *options);
FA_API void fa_discovery_free(fa_discovery *discovery); /* NULL ok; with all that it gave */

/* Model, clusters, history and scores of what was chosen; belongs to the discovery. */
FA_API fa_run *fa_discovery_run(const fa_discovery *discovery);
FA_API const fa_recipe *fa_discovery_recipe(const fa_discovery *discovery);

/* Clusters [n] of the samples, in their order (of the test set where one was given; data.limit
 * leaves some out: fa_run_labels with FA_RUN_ROWS), and how sure each is (fa_clusters_assign). */
FA_API const int32_t *fa_discovery_clusters(const fa_discovery *discovery, size_t *n);
FA_API const double *fa_discovery_confidence(const fa_discovery *discovery, size_t *n);

/* What was compared [count], and one sentence on why the chosen one was, and not the target layer or, where
 * that was, the best form of the input. */
FA_API const fa_candidate *fa_discovery_candidates(const fa_discovery *discovery, size_t *count);
FA_API const char *fa_discovery_why(const fa_discovery *discovery);

/* What fa_discover would take for the coarse labels of data. hidden: whether there are classes
 * beyond them. recipe NULL: none. */
FA_API fa_label_source fa_discover_labels(int *hidden, const fa_dataset *data,
                                          const fa_recipe *recipe, int label_free);

/* The recipe that fa_discover would train first; free with fa_recipe_free. Errors as there. */
FA_API fa_status fa_discover_recipe(fa_recipe **out, const fa_dataset *data,
                                    const fa_discover_options *options);

#ifdef __cplusplus
}
#endif
#endif
