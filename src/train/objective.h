/* The training objective at the one gathered point of the shards: task plus component. */
#ifndef FA_TRAIN_OBJECTIVE_H
#define FA_TRAIN_OBJECTIVE_H

#include "base/status.h"

#include <stdbool.h>

/* In the order of loss.kind in the recipe's table. */
typedef enum fa__component {
    FA__NONE = 0,
    FA__SINGLE,
    FA__MULTI,
    FA__DECOV,
    FA__XCOV
} fa__component;

typedef struct fa__objective {
    fa__component component;
    fa_loss_options options;
    bool reconstruction;                        /* the task is one, mixed by Eq. 11 */
    bool use_labels;                            /* multi: Eq. 8, else Eq. 10 */
    double weight;                              /* once fully on; reconstruction: a of Eq. 11 */
    double start_epoch, ramp_epochs, end_epoch; /* its schedule; end_epoch 0: none */
} fa__objective;

/* The component's weight after `epochs` (with a fraction) of training: 0 up to start_epoch, then
 * growing to the full weight over ramp_epochs, and 0 again from end_epoch on. */
double fa__objective_weight(const fa__objective *objective, double epochs);

/* What the task's loss and gradient are multiplied by: 1, in a reconstruction 1 - weight. */
double fa__objective_share(const fa__objective *objective, double weight);

/* What meets: target outputs h [n, d], logits [n, c], coarse labels [n], and the target layer's
 * weights w [d, inputs]. In a reconstruction there are no logits (c is 0) and no labels: each shard
 * compares its own outputs with its input, which needs no other shard, and brings the error. */
typedef struct fa__gathered {
    size_t n, d, c, inputs;
    float *h, *logits;
    const float *w;
    const int32_t *labels;
    float *d_h, *d_logits,
        *d_w;             /* results: gradients of the whole objective; d_w by L_single alone */
    float *yhat, *d_yhat; /* [n, c] scratch for XCov; reconstruction: [n, d / 2], half of h, */
    float *rest, *d_rest; /* and [n, d - d / 2], the other half */
    double error;         /* reconstruction: the first part of Eq. 11 */
    const int32_t *pairs; /* [n_pairs, 2] rows that are views of one sample; NULL: none */
    size_t n_pairs;
} fa__gathered;

/* task = cross-entropy or at->error, before its share; component = its value before the weight (0
 * if there is none). The objective is share * task + weight * component. */
fa_status fa__objective_eval(double *task, double *component, const fa__objective *objective,
                             double weight, const fa__gathered *at);

/* Share of the component's pairs inside its margin (fa_loss_active_pairs): of the rows of w for
 * L_single, of h by label for L_multi, on at most FA__PAIR_ROWS rows spread evenly; NaN for other
 * components. */
enum { FA__PAIR_ROWS = 512 };
fa_status fa__objective_active_pairs(double *share, const fa__objective *objective,
                                     const fa__gathered *at);

/* Share of rows whose coarse label is the one with the highest probability. */
double fa__accuracy(const float *logits, const int32_t *labels, size_t n, size_t c);

#endif
