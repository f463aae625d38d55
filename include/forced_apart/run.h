/* What a training leaves behind: the run, its model and its clusters. */
#ifndef FORCED_APART_RUN_H
#define FORCED_APART_RUN_H

#include "forced_apart/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A trained network. */
typedef struct fa_model fa_model;
/* The clusters that a run found: centres, and the space that cluster.transform made. */
typedef struct fa_clusters fa_clusters;

/* ==== Runs ==== */

/* What lies in a run folder. The results, FA_RUN_SCORES to FA_RUN_ROWS, are all of the model beside
 * them. */
typedef enum fa_run_file {
    FA_RUN_RECIPE = 0,
    FA_RUN_HISTORY,
    FA_RUN_MODEL,      /* of the kept epoch */
    FA_RUN_CHECKPOINT, /* of the last epoch, to resume from */
    FA_RUN_SCORES,     /* written last: without it the run is not finished */
    FA_RUN_EMBEDDINGS, /* float32 [rows, units] */
    FA_RUN_CLUSTERS,   /* centres and their space */
    FA_RUN_ASSIGNMENT, /* int32 [rows]: the cluster of each row */
    FA_RUN_COARSE,     /* int32 [rows]: its coarse label, -1: none */
    FA_RUN_CLASSES,    /* int32 [rows]: its hidden class */
    FA_RUN_ROWS,       /* int32 [rows]: its sample in data.train */
    FA_RUN_FORMER,     /* int32 [samples of data.train]: what data.clusters of a discovery names */
    FA_RUN_FORMER_MODEL, /* and network.weights */
    FA_RUN_CANDIDATES,   /* of fa_discover */
    FA_RUN_TABLE,        /* of a report: fa_clusters_write_csv */
    FA_RUN_VECTORS,
    FA_RUN_METADATA,
    FA_RUN_REPORT,
    FA_RUN_EXPLORE,
    FA_RUN_FIGURES /* a folder */
} fa_run_file;
enum { FA_RUN_FILES = FA_RUN_FIGURES + 1 };

/* Its name below the folder, "recipe.ini", ...; NULL outside the enum. A static string. */
FA_API const char *fa_run_file_name(fa_run_file file);

/* A run from its folder, finished or not: reads recipe, history and scores now, the rest when it is
 * asked for. Errors: FA_E_IO no such folder, or one without a recipe; FA_E_FORMAT, FA_E_RECIPE a
 * damaged file, or scores of another model than the one that is there (the digest of its bytes
 * stands in the scores; those of older versions have none and are taken as they are), with what to
 * do; FA_E_NOMEM. Free with fa_run_free. One thread at a time on a run. */
FA_API fa_status fa_run_open(fa_run **out, const char *folder);
FA_API void fa_run_free(fa_run *run); /* NULL ok; with all that the functions below gave */

FA_API const char *fa_run_folder(const fa_run *run); /* NULL: in memory alone */
FA_API const fa_recipe *fa_run_recipe(const fa_run *run);
FA_API const fa_epoch *fa_run_history(const fa_run *run, size_t *epochs); /* NULL: no epoch yet */
/* has_scores is false for a run that is not finished; epochs alone is then set. */
FA_API const fa_train_result *fa_run_result(const fa_run *run);

/* Model and clusters, which belong to the run. Errors: FA_E_IO, also where the run has none yet,
 * with what makes them; FA_E_FORMAT, FA_E_NONFINITE a damaged file, or clusters of another model;
 * FA_E_NOMEM. */
FA_API fa_status fa_run_model(const fa_model **out, fa_run *run);
FA_API fa_status fa_run_clusters(const fa_clusters **out, fa_run *run);

/* The rows that were clustered: outputs of the clustered layer [n, units], which belong to the run.
 * Errors: FA_E_IO an unfinished run; FA_E_SHAPE, FA_E_FORMAT a damaged one; FA_E_NOMEM. */
FA_API fa_status fa_run_embeddings(const float **h, size_t *n, size_t *units, fa_run *run);

/* Of each of these rows one number, by FA_RUN_ASSIGNMENT, _COARSE, _CLASSES or _ROWS; *labels NULL
 * where a run has none (_ROWS: row i is sample i of the test set). Errors as above, and FA_E_LABEL
 * a cluster beyond k; FA_E_ARGUMENT. */
FA_API fa_status fa_run_labels(const int32_t **labels, fa_run *run, fa_run_file which);

/* ==== Models ==== */

/* Reads RUN/model.safetensors. Errors: FA_E_IO; FA_E_FORMAT for a file that is no model or whose
 * tensors do not fit its layers; FA_E_NONFINITE for a parameter that is not finite. Free with
 * fa_model_free. */
FA_API fa_status fa_model_open(fa_model **out, const char *run);
/* The bytes of model.safetensors; free with fa_free. The same model is the same bytes. Errors:
 * FA_E_ARGUMENT NULL; FA_E_NOMEM. Outputs untouched on error. */
FA_API fa_status fa_model_to_buffer(unsigned char **bytes, size_t *size, const fa_model *model);
/* The model of such bytes, which are copied; errors as fa_model_open. */
FA_API fa_status fa_model_from_buffer(fa_model **out, const void *bytes, size_t size);
FA_API void fa_model_free(fa_model *model);                 /* NULL ok */
FA_API size_t fa_model_target_units(const fa_model *model); /* width of the target layer */
/* 1: sigmoid, or the error of an autoencoder; else coarse classes. */
FA_API size_t fa_model_outputs(const fa_model *model);
FA_API size_t fa_model_parameters(const fa_model *model);
/* The name of input feature i, from 0, if it was trained on a table with a row of names; NULL:
 * none. Lives as long as the model. */
FA_API const char *fa_model_column_name(const fa_model *model, size_t i);
/* How the columns of the table it was trained on became features, for fa_read_options.schema of new
 * data; NULL: it was no table. Lives as long as the model. */
FA_API const char *fa_model_schema(const fa_model *model);
/* The engine that embeds, "native"; "ref", the slow reference, for layers for images in a build
 * without oneDNN. A static text. */
FA_API const char *fa_model_engine(const fa_model *model);

/* Embeds every sample of a data set: target-layer outputs [count, target units] and logits [count,
 * outputs], in its order; either may be NULL. The one output of an autoencoder is the
 * reconstruction error of the sample, ||X - Xhat||^2. A row does not depend on the other samples.
 * progress may be NULL; a stop by it is FA_E_STOPPED.
 * Errors: FA_E_SHAPE if the data are of another kind or width than the model takes; FA_E_NOMEM. The
 *   two outputs are not defined after an error.
 * Threads: safe on one model. Cost: one forward pass, without logits up to the target layer. */
FA_API fa_status fa_model_embed(float *embedding, float *logits, const fa_model *model,
                                const fa_dataset *dataset, fa_progress_fn progress, void *user);

/* In the place of a layer: the samples themselves, before data.scale (vectors, images, series as
 * fa_dataset_matrix has them). */
#define FA_LAYER_INPUT ((size_t)-1)

/* Outputs of one layer [count, units] for every sample: layer counts from 1 as in network.layers; 0
 * is the target layer. A layer that makes images gives [height, width, channels] as one row.
 * fa_model_layer_units sets *units, its width. FA_E_ARGUMENT if there is no such layer or it makes
 * a series; otherwise as fa_model_embed. */
FA_API fa_status fa_model_layer_units(size_t *units, const fa_model *model, size_t layer);
FA_API fa_status fa_model_embed_layer(float *rows, const fa_model *model, size_t layer,
                                      const fa_dataset *dataset, fa_progress_fn progress,
                                      void *user);

/* Test-time augmentation: the mean of what a model gives for an image over changes that its class
 * does not depend on, drawn as a training by the recipe has them (data.augment, or data.views and
 * views.*, train.seed). Less of a row depends on chance then.
 *
 * rows     [count, units]    of a layer that makes one vector an image, counted as above; NULL: not
 *          wanted. Both are not defined after an error.
 * logits   [count, outputs]  the mean of the logits; NULL: not wanted
 * changes  of each image, at least 1. Change c of image i depends on the seed, c and i alone, so
 *          those of one call are the first ones of a call for more. 16 do; the cost is theirs.
 *
 * Errors: FA_E_SHAPE the data hold no images, or such of another size; FA_E_ARGUMENT no change, or a
 *   layer that makes images; FA_E_RECIPE a recipe that changes no images; otherwise as
 *   fa_model_embed_layer. A sum beyond float32 is infinity.
 * Memory: 512 images and rows more. Cost: `changes` times fa_model_embed_layer. */
FA_API fa_status fa_model_embed_augmented(float *rows, float *logits, const fa_model *model,
                                          const fa_recipe *recipe, size_t layer,
                                          const fa_dataset *images, size_t changes,
                                          fa_progress_fn progress, void *user);

/* ==== Clusters ==== */

/* Reads RUN/clusters.safetensors. Errors: FA_E_IO, also where the run has none, with what makes
 * them; FA_E_FORMAT, FA_E_NONFINITE for a damaged file; FA_E_FORMAT where RUN/model.safetensors is
 * not the model that they were found with. Free with fa_clusters_free. */
FA_API fa_status fa_clusters_open(fa_clusters **out, const char *run);
/* The bytes of clusters.safetensors and back, as fa_model_to_buffer and fa_model_from_buffer. */
FA_API fa_status fa_clusters_to_buffer(unsigned char **bytes, size_t *size,
                                       const fa_clusters *clusters);
FA_API fa_status fa_clusters_from_buffer(fa_clusters **out, const void *bytes, size_t size);
/* Whether the outputs of a model may be assigned to clusters: FA_E_FORMAT where they were found
 * with another model, FA_E_SHAPE where its layer has another width. Clusters of older versions do
 * not say of which model they are. */
FA_API fa_status fa_clusters_check(const fa_clusters *clusters, const fa_model *model);
FA_API void fa_clusters_free(fa_clusters *clusters);          /* NULL ok */
FA_API size_t fa_clusters_count(const fa_clusters *clusters); /* those without a row included */
FA_API size_t fa_clusters_layer(const fa_clusters *clusters); /* for fa_model_embed_layer */

/* The coarse labels that the clusters lie within (cluster.within): how rows get theirs, how many
 * there are (0: over all rows), the one of a cluster (-1: over all rows, or no such cluster) and
 * the name of a label, by which it is found in other data (NULL: no such label; lives as the
 * clusters). The clusters of a label follow one another, in the order of labels. */
FA_API fa_within fa_clusters_within(const fa_clusters *clusters);
FA_API size_t fa_clusters_labels(const fa_clusters *clusters);
FA_API int32_t fa_clusters_label(const fa_clusters *clusters, int32_t cluster);
FA_API const char *fa_clusters_label_name(const fa_clusters *clusters, int32_t label);

/* Gives clusters the names in a file, such as a page of fa_explore_write saves: a table whose first
 * row names the columns `cluster` and `name`, a row a cluster at most. One that is not there, or
 * whose name is empty, has none. They stay with this object: no run folder and no bytes have them.
 *
 * Errors: FA_E_LABEL a cluster that is not there, or twice, with the line; FA_E_ARGUMENT one of the
 * columns is missing; FA_E_FORMAT no such table; FA_E_IO; FA_E_UNAVAILABLE without libcsv;
 * FA_E_NOMEM. The names are as before on error. fa_run_name_clusters: to those of a run. */
FA_API fa_status fa_clusters_read_names(fa_clusters *clusters, const char *path);
FA_API fa_status fa_run_name_clusters(fa_run *run, const char *path);

/* Whether names were read; that of a cluster, NULL: none. It lives until others are read. */
FA_API bool fa_clusters_named(const fa_clusters *clusters);
FA_API const char *fa_clusters_name(const fa_clusters *clusters, int32_t cluster);

/* Rows in the space that the centres lie in, cluster.transform as it was fitted in the run.
 *
 * out  [n, fa_clusters_columns]  overwritten
 * h    [n, d]  outputs of layer fa_clusters_layer; finite
 *
 * Errors: FA_E_ARGUMENT NULL; else as fa_transform_apply. Threads: safe. */
FA_API size_t fa_clusters_columns(const fa_clusters *clusters);
FA_API fa_status fa_clusters_space(float *out, const fa_clusters *clusters, const float *h,
                                   size_t n, size_t d);

/* Finds the nearest centre of rows, such as a model's outputs for new samples.
 *
 *   confidence_i = 1 - |x_i - own centre| / |x_i - next centre|
 *
 * assignment  [n]  0 to fa_clusters_count - 1; ties: the lowest; overwritten
 * distance    [n]  to that centre, in the space of cluster.transform; overwritten; NULL skips it
 * confidence  [n]  in [0, 1]: 0 on the border to another cluster, 1 on the centre, or where there
 *                  is one cluster alone; overwritten; NULL skips it
 * h           [n, d]  outputs of layer fa_clusters_layer; finite
 * labels      [n]  of clusters within labels: that of each row, whose clusters alone are looked at,
 *                  also for the next centre; all of them for a label below 0 (none) or one without
 *                  clusters. Not looked at for clusters over all rows, and may be NULL
 *
 * The rows of the run itself get the cluster that they have in its clusters.npy.
 * Errors: FA_E_ARGUMENT NULL; FA_E_LABEL a label that is not there, with its row; FA_E_SHAPE n is 0
 * or d not that of the layer; FA_E_NONFINITE; FA_E_NOMEM. Outputs untouched on error. Threads:
 * safe. Cost: O(n d k). */
FA_API fa_status fa_clusters_assign(int32_t *assignment, double *distance, double *confidence,
                                    const fa_clusters *clusters, const float *h, size_t n, size_t d,
                                    const int32_t *labels);

/* fa_kmeans_fit over the vectors of a data set. A folder of parts, and a file of more than 256 MiB,
 * are read where they lie, as often as there are passes, with the bytes that rows in memory give.
 *
 * data  of FA_KIND_VECTORS; borrowed
 *
 * Errors: FA_E_ARGUMENT data NULL or no vectors; else as fa_kmeans_fit.
 * Memory: as fa_kmeans_fit; of values that stay where they are 12 bytes a row, 8 more for each run
 *   beside another (at most 256 MB of them), and a block of rows a thread. */
FA_API fa_status fa_kmeans_fit_vectors(float *centroids, int32_t *assignment, double *inertia,
                                       const fa_dataset *data, const fa_kmeans_options *options);

/* Finds the clusters of samples: embeds them, and assigns them.
 *
 * assignment, distance, confidence  [n]  as fa_clusters_assign
 * labels   [n]  the label whose clusters were looked at; -1 for clusters over all rows;
 *               overwritten; NULL skips it
 * given    how many of these the data say themselves; overwritten; NULL skips it
 * data     with FA_WITHIN_GIVEN its coarse labels count, by their names (its classes where
 *          data.groups made labels of such, or they were the labels); a sample without one, or with
 *          one that the run did not know, has the label of its most probable cluster j,
 *            argmax_j  log p(y_j | sample) - ||x - centre_j||^2 / temperature
 *          by the network's p and the space of cluster.transform: a product of experts (Hinton
 *          2002). The temperature was found in training on the rows kept for validation, of 0.1,
 *          0.2, 0.4 and 0.8 times the mean squared distance of rows to their centres the one by
 *          which most of these have their own label, each row taken out of its own centre. Where
 *          those who get theirs by the distances are not more than those who lose it by the root of
 *          both, where no such row was clustered, and with FA_WITHIN_PREDICTED, it is the label of
 *          the largest logit. The confidence is that of the cluster within the label, not of the
 *          label
 *
 * Errors: as fa_clusters_check, fa_model_embed and fa_clusters_assign. Outputs untouched on error.
 * Memory: 24 bytes a sample, and the embedding, in its space, too, and logits of 65,536 of them.
 * Threads: safe. */
FA_API fa_status fa_clusters_find(int32_t *assignment, double *distance, double *confidence,
                                  int32_t *labels, size_t *given, const fa_clusters *clusters,
                                  const fa_model *model, const fa_dataset *data,
                                  fa_progress_fn progress, void *user);

/* Clustered rows as they go into a table. */
typedef struct fa_cluster_table {
    size_t n;
    const int32_t *samples;              /* [n] sample of each row; NULL: row i is sample i */
    const int32_t *coarse;               /* [n] coarse label, below 0: none; NULL: there are none */
    const int32_t *clusters;             /* [n] */
    const double *distance, *confidence; /* [n] as fa_clusters_assign gives them */
    const int32_t *classes;              /* [n] hidden classes; NULL: no such column */
    const fa_clusters *within; /* names the label that each cluster lies within, and the cluster;
                                  NULL, or clusters over all rows, or without names: no such column */
    /* The name of a label, which may stand in `scratch`; NULL: the number. A function that is NULL
     * names none. */
    const char *(*coarse_name)(const void *user, int32_t label, char scratch[80]);
    const char *(*class_name)(const void *user, int32_t class_, char scratch[80]);
    const void *user;
    const fa_dataset *data; /* the samples: their rows and names; NULL: not at hand */
} fa_cluster_table;

/* Writes clusters.csv: row,sample,coarse[,within],cluster[,cluster_name],distance,confidence[,class][,name],
 * a line a row: row is that of embeddings.npy; sample the row of the data as they were given, from 0, those
 * that were left out counted (fa_dataset_row); name what fa_dataset_sample_name says, of texts their
 * first words. Text is quoted, with all that it holds. Errors: FA_E_IO. Atomic: the file is complete
 * or absent. */
FA_API fa_status fa_clusters_write_csv(const char *path, const fa_cluster_table *table);

#ifdef __cplusplus
}
#endif
#endif
