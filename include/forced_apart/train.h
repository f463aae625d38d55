/* Recipes and training. */
#ifndef FORCED_APART_TRAIN_H
#define FORCED_APART_TRAIN_H

#include "forced_apart/cluster.h"
#include "forced_apart/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Recipes ==== */

/* What to train on what: every key, its type, default and text stand in one table. */
typedef struct fa_recipe fa_recipe;

typedef enum fa_value_type {
    FA_VALUE_TEXT = 1,       /* free text */
    FA_VALUE_CHOICE,         /* one of the words of `allowed`, which stand there between '|' */
    FA_VALUE_NUMBER,         /* low to high */
    FA_VALUE_WHOLE,          /* a whole number, low to high */
    FA_VALUE_WHOLE_OR_AUTO,  /* the same, or the word auto */
    FA_VALUE_NUMBER_OR_AUTO, /* low to high, or the word auto */
    FA_VALUE_CLUSTERS,       /* a whole number, auto, or one for each of some names: a=4, b=6 */
} fa_value_type;

typedef struct fa_recipe_key {
    const char *name; /* "section.key", as in --set loss.margin=0.5 */
    fa_value_type type;
    double low, high;          /* of a number: its range; else 0 */
    bool above_low;            /* low itself is not in it */
    const char *default_value; /* as text */
    const char *allowed;       /* "> 0", "kl|js", ... */
    const char *text;          /* one line */
    /* Without which it has no effect, or NULL: "loss.kind=single|multi" (one of these words),
     * "data.views!=none" (none of them), alternatives with " or " between. The word empty is no text, one
     * that ends with '*' a beginning. */
    const char *needs;
} fa_recipe_key;

/* The table of keys, *count entries; static storage. */
FA_API const fa_recipe_key *fa_recipe_keys(size_t *count);

/* A recipe with all defaults; free with fa_recipe_free. Errors: FA_E_NOMEM. */
FA_API fa_status fa_recipe_create(fa_recipe **out);

/* A recipe from an .ini file: `[section]`, `key = value`, comments after ';' at the start of a
 * line. Keys that it does not set keep their defaults. Errors: FA_E_IO, FA_E_NOMEM; FA_E_RECIPE
 * naming file and line for an unknown key, one that stands there twice, a value out of its range,
 * or a line that is none of these. Free with fa_recipe_free. */
FA_API fa_status fa_recipe_read(fa_recipe **out, const char *path);

/* Sets one key ("loss.margin") from text, which is copied. Errors: FA_E_RECIPE for an unknown key
 * (naming the nearest) or a value out of range (naming the range and one that works); the recipe is
 * then as before. */
FA_API fa_status fa_recipe_set(fa_recipe *recipe, const char *key, const char *value);

/* The value of a key as text, or NULL for an unknown key; valid until the key is set again. */
FA_API const char *fa_recipe_get(const fa_recipe *recipe, const char *key);

/* Why a key has no effect as the others are set: "data.views is none; it needs data.views!=none". It has
 * none either where what it needs is set and has no effect itself.
 *
 * out  free with fa_free; NULL: it has one. Whether the data are such that it has, as columns are of
 *      tables alone, is not asked
 *
 * Errors: FA_E_RECIPE an unknown key; FA_E_ARGUMENT NULL; FA_E_NOMEM. out untouched on error. */
FA_API fa_status fa_recipe_idle(char **out, const fa_recipe *recipe, const char *key);

/* Writes every key with its value as .ini; the file is complete or absent. Errors: FA_E_IO. */
FA_API fa_status fa_recipe_write(const fa_recipe *recipe, const char *path);

/* The same text in memory, ended by 0; free with fa_free. Errors: FA_E_ARGUMENT NULL;
 * FA_E_NOMEM. */
FA_API fa_status fa_recipe_to_text(char **out, const fa_recipe *recipe);

/* A recipe from such a text; as fa_recipe_read but for files. */
FA_API fa_status fa_recipe_from_text(fa_recipe **out, const char *text);

FA_API void fa_recipe_free(fa_recipe *recipe); /* NULL ok */

/* Reads a data set as a recipe says: columns, missing values.
 *
 * out    free with fa_dataset_free
 * name   a path, or a name below the data folder (fa_data_path); NULL: data.train
 * split  as in fa_read_options
 *
 * Errors: as fa_data_path and fa_dataset_read; FA_E_RECIPE data.train is empty. */
FA_API fa_status fa_recipe_read_data(fa_dataset **out, const fa_recipe *recipe, const char *name,
                                     const char *split);

/* Sets network, component, epochs, batch and cluster.transform to what suits data, by their kind
 * and size alone, that of data.limit where one is set (docs/guide.md tells the rule): an MLP for
 * vectors, convolutions for images, an LSTM for series, for texts an embedding that starts from
 * their own word vectors, and an LSTM; of short ones it reads 24 words, backward. For images in
 * colour with labels batch norm, data.augment = flip-crop, weight decay, a small start and
 * train.keep = last. No other key is changed.
 *
 * label_free  an autoencoder (train.task = reconstruction, Eq. 10 and 11)
 *
 * Errors: FA_E_ARGUMENT NULL; FA_E_NOMEM. */
FA_API fa_status fa_recipe_suggest(fa_recipe *recipe, const fa_dataset *data, bool label_free);

/* ==== Views ==== */

/* Views of samples, as a training by this recipe puts them into its batches (data.views, views.*,
 * train.seed): what the policies change, and how far, docs/training.md tells.
 *
 * out      a data set of the same kind: its sample (i * epochs + e) * 2 + v is view v (0 or 1) of
 *          samples[i] in epoch e. Pixels are rounded; texts are the words that the network knows,
 *          parted by blanks, "?" for others. Its fa_dataset_note names the policy and its ranges.
 *          Free with fa_dataset_free.
 * samples  [n] from 0, below the number of samples
 * epochs   of which views are made, from the first; at least 1
 *
 * What is fitted on the training split in a training (data.scale, the vocabulary) is fitted on all
 * of data.
 * Errors: FA_E_RECIPE a policy that is not for data of this kind or form, or makes none, a range
 *   that it does not have, or a data.scale that does not fit; FA_E_ARGUMENT no sample or epoch, or
 *   one that is not there; FA_E_NONFINITE a view out of the range of floats; FA_E_FORMAT a text
 *   that is no UTF-8; FA_E_UNAVAILABLE texts without utf8proc; FA_E_NOMEM. out untouched on error.
 * Threads: as fa_threads_set allows, with the same bytes. Cost: one pass over the data. */
FA_API fa_status fa_views_make(fa_dataset **out, const fa_recipe *recipe, const fa_dataset *data,
                               const size_t *samples, size_t n, size_t epochs);

/* ==== Training ==== */

/* One row of history.csv. */
typedef struct fa_epoch {
    size_t epoch;               /* 1, 2, ... */
    double task_loss;           /* cross-entropy or reconstruction error, mean over the epoch */
    double component;           /* value of loss.kind before its weight */
    double component_weight;    /* weight in force at the end of the epoch */
    double accuracy;            /* coarse, on the training batches; a reconstruction: NaN */
    double validation_loss;     /* as task_loss, on the validation split */
    double validation_accuracy; /* a reconstruction: NaN */
    double gradient_norm;       /* mean over batches, before clipping */
    double dead_units;   /* share of target-layer units that are 0 for every validation sample */
    double seconds;      /* wall time so far; the one column that is not deterministic */
    double active_pairs; /* fa_loss_active_pairs after the epoch: L_multi's on the validation split,
                            L_single's on the target layer's weights, 512 rows of them spread evenly
                            where there are more; NaN for other components */
    double hold;         /* L_hold before its weight; NaN without */
} fa_epoch;

typedef struct fa_progress {
    const char *phase; /* "train" or "embed" */
    size_t epoch, epochs;
    size_t done, total; /* samples within the phase */
    double samples_per_second;
    double seconds_left;      /* of the training; < 0: not known */
    const fa_epoch *finished; /* non-NULL once an epoch: its row of the history */
} fa_progress;

/* Return non-zero to stop after the batch in hand; the run is then finished off with the best epoch
 * so far, stays usable and can be resumed. */
typedef int (*fa_progress_fn)(void *user, const fa_progress *progress);

enum { FA_PLAN_LAYERS = 64, FA_PLAN_TEXT = 96, FA_PLAN_VIEWS = 512 };

typedef struct fa_plan_layer {
    char text[FA_PLAN_TEXT];  /* as in network.layers: "conv 64 3x3 relu" */
    char makes[FA_PLAN_TEXT]; /* shape of its output: "28 x 28 x 64", "steps x 128", "64" */
    size_t parameters;
    bool target; /* the layer that is forced apart and clustered */
} fa_plan_layer;

/* What a training will be: known once its data were read and its network fits them. */
typedef struct fa_plan {
    size_t fit, validation;   /* samples that are trained on, and that choose the epoch */
    size_t clustered;         /* samples that are clustered at the end */
    size_t clusters;          /* into how many; 0: chosen then */
    size_t coarse_labels;     /* 0: an autoencoder */
    size_t hidden_classes;    /* 0: none known */
    size_t words;             /* text: words of the vocabulary; else 0 */
    char takes[FA_PLAN_TEXT]; /* shape of a sample as the first layer gets it */
    size_t n_layers, parameters;
    fa_plan_layer layers[FA_PLAN_LAYERS];
    /* How samples are changed in training, which is taken to be no matter of class (data.views,
     * data.augment); "": they stay as they are. */
    char views[FA_PLAN_VIEWS];
} fa_plan;

typedef struct fa_model fa_model; /* run.h */

typedef struct fa_train_options {
    size_t size;             /* sizeof(fa_train_options) */
    fa_progress_fn progress; /* NULL: none */
    /* Called once, before anything is written; the plan lives for the call. Non-zero: go no
     * further, which is FA_E_STOPPED. NULL: none. */
    int (*plan)(void *user, const fa_plan *plan);
    void *user;
    const char *folder; /* of the run, made with its parents; NULL: nothing is written */
    bool resume;        /* continue from the checkpoint of the folder */
    bool overwrite; /* replace a run that is there; without it and resume that is FA_E_ARGUMENT */
    /* loss.kind = clusters: [samples of data.train] the cluster of each, by any numbers, below 0: none;
     * the same number within two coarse labels is two clusters. NULL: those of data.clusters. */
    const int32_t *clusters;
    /* A model that the layers below the target layer start from, where they are alike; the others start as
     * network.init says. Borrowed for the call. NULL: network.weights. */
    const fa_model *start;
} fa_train_options;

/* The coarse labels that no cluster reaches beyond, cluster.within. */
typedef enum fa_within {
    FA_WITHIN_NONE = 0, /* KMeans over all rows, as in the paper's tables */
    FA_WITHIN_GIVEN,    /* a row's own label; the predicted one where it has none */
    FA_WITHIN_PREDICTED /* the largest logit of the network */
} fa_within;

/* "none", "given" or "predicted"; NULL outside the enum. A static string. */
FA_API const char *fa_within_name(fa_within within);

typedef struct fa_scores {
    size_t n, k;
    double accuracy;       /* coarse, on the scored split; NaN if it has no coarse labels */
    double reconstruction; /* mean ||X - Xhat||^2 on the scored split; NaN but for autoencoders */
    bool has_truth;        /* hidden classes were there: the next fields are set */
    double ami_max, nmi_geometric, ari;
    double inertia;
} fa_scores;

typedef struct fa_train_result {
    size_t epochs;                               /* run in all */
    size_t best_epoch;                           /* the one kept */
    double validation_loss, validation_accuracy; /* of that epoch; NaN where there is none */
    double active_pairs;                         /* the same; see fa_epoch */
    bool stopped;                                /* the callback asked for it */
    size_t words;                                /* text: words of the vocabulary; else 0 */
    size_t words_with_vectors;                   /* those that text.vectors had; 0 without it */
    bool has_scores;
    const char *split; /* what was scored: "test", "all" (of data.train) or "validation" */
    fa_scores scores;
    bool has_validation;  /* the validation split was scored beside it: the next field is set */
    fa_scores validation; /* by which a setting can be chosen without the others */
    bool has_choice;      /* cluster.k = auto: the next field is set */
    fa_sweep_choice choice;
    fa_within within; /* whether the clusters lie within coarse labels; scores are over all rows */
    /* loss.positives = neighbours: the recall of the last search (fa_neighbours_approximate), 1: exact;
     * NaN where none was made, and of a run that was read from its folder. */
    double neighbours_recall;
} fa_train_result;

/* What a training made: model, clusters, history, scores (run.h has its parts). */
typedef struct fa_run fa_run;

/* Trains a network by a recipe and scores KMeans on its target layer.
 *
 *   minimise  cross-entropy(coarse labels) + weight(t) * component        docs/method.md
 *
 * or, with train.task = reconstruction, an autoencoder without any labels (Forced Apart, Eq. 11),
 *
 *   minimise  (1 - weight(t)) * mean_i ||X_i - Xhat_i||^2 + weight(t) * component
 *
 * where X_i is a sample as the network sees it (after data.scale), all its steps and features.
 *
 * out      overwritten with the run, free with fa_run_free; NULL: the folder alone is wanted
 * recipe   not modified
 * train    the samples to train on; NULL: data.train and data.test are read as the recipe says. A
 *          data set given here brings its labels with it; the recipe's keys of files, columns and
 *          missing values are then not looked at
 * test     the samples to embed, cluster and score at the end, with train alone; NULL: cluster.rows
 *          of train
 * options  NULL: no folder, no callback
 *
 * With options->folder it gets recipe.ini, history.csv, model.safetensors (the kept epoch),
 * checkpoint.safetensors (the last one), and of the test split (by cluster.rows of all of
 * data.train, or of the validation split where there is no test split) embeddings.npy,
 * clusters.npy, clusters.safetensors (centres and their space), coarse.npy, classes.npy (labels
 * where known), rows.npy (without a test split: the sample of each row) and scores.json, in the
 * end. Each file is complete or absent. History and checkpoint are renewed after every epoch, the
 * model after every epoch that is the best so far. Results that lie there, and the tables and the
 * page of a report, are removed before the first file of a model that is not theirs is written: at
 * no moment does a new model lie beside old results.
 *
 * A stop asked for by the callback is FA_OK with fa_run_result()->stopped set; the run is then
 * scored with the best epoch so far and can be resumed. Resuming gives the bytes of a run that was
 * never stopped.
 *
 * Errors: FA_E_RECIPE, FA_E_LABEL, FA_E_SHAPE, FA_E_ARGUMENT for what cannot be trained, before
 *   anything is written; FA_E_NONFINITE for a loss or gradient out of range, naming epoch, batch,
 *   layer and the likely cause (the checkpoint of the epoch before stays); FA_E_IO, FA_E_FORMAT,
 *   FA_E_NOMEM, FA_E_UNAVAILABLE (an engine that is not built in, or layers for images without
 *   oneDNN by another engine than ref). out is untouched on error.
 * Threads: as fa_threads_set allows; the result does not depend on them. One call at a time on a
 *   folder: a second, from this process or another, is FA_E_IO before it reads or writes anything. */
FA_API fa_status fa_train(fa_run **out, const fa_recipe *recipe, const fa_dataset *train,
                          const fa_dataset *test, const fa_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
