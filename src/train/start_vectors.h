/* What the embedding of texts starts from: text.vectors, data.scale. */
#ifndef FA_TRAIN_START_VECTORS_H
#define FA_TRAIN_START_VECTORS_H

#include "nn/network.h"
#include "train/task.h"

/* Overwrites the table of the first layer (no other takes text) within the block of parameters by
 * the vectors that text.vectors names, words without one keep their starting values; *found: how
 * many words have one. task->corpus is used up.
 *
 * With data.scale = common x_v becomes f (x_v - c), so that the mean y_i of the vectors of a text
 * has mean 0 over the texts that are trained on, and mean square 1:
 *
 *   c = sum_v w_v x_v / sum_v w_v        w_v = sum_i (1/T_i) #{t: word v at step t of text i}
 *   1/f^2 = (1/nd) sum_i ||y_i||^2       y_i = (1/T_i) sum_t (x_v - c), v at step t of text i
 *
 * over the words that have a vector; those without one, the unknown one among them, get 0. Where
 * all y_i are 0, f is 1. FA_E_RECIPE where the data are no text; else as fa__vectors_read and
 * fa__ppmi_vectors. */
fa_status fa__start_vectors(float *parameters, size_t *found, const fa_recipe *recipe,
                            fa__task *task, const fa__network *network);

#endif
