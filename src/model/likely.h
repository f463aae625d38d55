/* The coarse label of rows that say none, by the network and by where they lie.
 *
 *   argmax_j  log p(y_j | x_i) - ||x_i - centre_j||^2 / temperature
 *
 * over the clusters j, y_j the label of each: a product of experts (Hinton 2002), the network and
 * Gaussians of one variance about the centres. */
#ifndef FA_MODEL_LIKELY_H
#define FA_MODEL_LIKELY_H

#include "base/status.h"

/* Clusters within labels; all borrowed. Those without a row are passed over. */
typedef struct fa__centres {
    const double *centres; /* [k, d] */
    const int64_t *sizes;  /* [k] */
    const size_t *first;   /* [l + 1] clusters first[y] .. first[y + 1] - 1 are those of label y */
    size_t l, d;
} fa__centres;

/* In the place of labels [n] below 0 the likely ones; ties: the lowest. A temperature of 0: those of
 * the network alone.
 *
 * x       [n, d]
 * logits  [n, c]  c is l, or 1 where l is 2 (a sigmoid) */
fa_status fa__likely_labels(int32_t *labels, const fa__centres *clusters, double temperature,
                            const float *x, const float *logits, size_t n, size_t c);

/* The temperature by rows whose labels are known and which the network was not trained on: of 0.1,
 * 0.2, 0.4 and 0.8 times `spread`, the mean squared distance of all rows to their centres, the one by
 * which most of them have their own label (ties: the largest). 0 where those who have it by the
 * distances alone are not more than those who lose it by sqrt(both), as chance would part them. Each
 * row is taken out of the centre of its own cluster.
 *
 * rows  [n] which of x, logits, labels (below 0: not known) and assignment they are */
fa_status fa__likely_temperature(double *temperature, const fa__centres *clusters, double spread,
                                 const float *x, const float *logits, size_t c,
                                 const int32_t *labels, const int32_t *assignment,
                                 const size_t *rows, size_t n);

#endif
