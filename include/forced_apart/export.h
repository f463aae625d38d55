/* Runs as files of other programs. */
#ifndef FORCED_APART_EXPORT_H
#define FORCED_APART_EXPORT_H

#include "forced_apart/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a model as an ONNX file (opset 13) that takes samples as they are and gives what
 * fa_model_embed does, but for the rounding of another program.
 *
 * inputs   "input"    samples [batch, ...] before scaling: vectors float [features]; images uint8
 *                     [height, width, channels]; series float [steps, features], their ends filled
 *                     up with any finite numbers; texts int64 [steps], the numbers of their first
 *                     words in the order of the text (0: a word that is not known), filled up with 0.
 *                     Double where the model takes a shift off its columns (fa_dataset_shift): the
 *                     numbers of the table, not what is left of them
 *          "lengths"  int64 [batch], the steps of each sample, 1 or more: series and texts alone
 * outputs  "embedding"       float [batch, fa_model_target_units]
 *          "logits"          float [batch, fa_model_outputs]; with `probabilities` in their place
 *          "probabilities"   their softmax, of one logit the sigmoid
 *          "reconstruction"  of an autoencoder, in place of logits: the input made again, as the
 *                            network sees it: scaled, of texts the word vectors, in the order that
 *                            it reads them; beyond the length of a sample it means nothing
 *
 * The file holds as metadata what it takes to make such input: columns (a name a line), schema,
 * vocabulary (a word a line, the first has number 1) and max_tokens, as model.safetensors does.
 *
 * Errors: FA_E_ARGUMENT NULL, probabilities of an autoencoder, or a model above the 2 GiB that such a
 *   file holds; FA_E_IO; FA_E_NOMEM. Atomic: the file is complete or absent. Memory: two copies of
 *   the parameters at most. Threads: safe. */
FA_API fa_status fa_export_onnx(const char *path, const fa_model *model, bool probabilities);

enum { FA_EXPORT_WITHOUT = 512 }; /* bytes of a remark */

/* Writes the folder of a run for TensorBoard, made where it is missing: the history as scalars, and
 * the embedding for the projector, of more than 10,000 rows as many drawn with a fixed seed, with
 * coarse label, the label that its cluster lies within (cluster.within), cluster, confidence, hidden
 * class and name of each. The names of its files are those of the run alone: what an earlier call wrote is
 * replaced.
 *
 * without  [FA_EXPORT_WITHOUT] overwritten: why names are missing, as the data cannot be read; "": they
 *          are not. NULL skips it
 * run      a finished run's folder
 *
 * Errors: FA_E_ARGUMENT NULL; FA_E_IO; else as fa_run_open and its functions. Each file is complete
 *   or absent. Threads: safe on different folders. */
FA_API fa_status fa_export_tensorboard(char *without, const char *folder, const char *run);

/* Writes the rows of a run as a table: id,x,y,cluster,confidence[,coarse][,within][,class][,name][,text], a
 * line a row.
 *
 * id      the row of the data as they were given, from 0 (fa_dataset_row)
 * x, y    along the two principal components of the embedding; of a single unit its value and 0
 * confidence  as fa_clusters_assign gives it
 * coarse  its name, or its number; empty: none
 * within  the label that the cluster lies within; where cluster.within is none there is no such column
 * name    fa_dataset_sample_name; text: the whole of it, where the data are texts
 *
 * without and errors as fa_export_tensorboard. Atomic: the file is complete or absent. */
FA_API fa_status fa_export_csv(char *without, const char *path, const char *run);

#ifdef __cplusplus
}
#endif
#endif
