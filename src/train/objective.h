/* The training objective at the one gathered point of the shards: task plus component. */
#ifndef FA_TRAIN_OBJECTIVE_H
#define FA_TRAIN_OBJECTIVE_H

#include "recipe/recipe.h"

#include <stdbool.h>

typedef struct fa__component fa__component; /* train/component.h */
typedef struct fa__network fa__network;
typedef struct fa__comm fa__comm;

typedef struct fa__objective {
    const fa__component *component;
    fa_loss_options options;
    fa_information_options information;
    double temperature;      /* of InfoNCE */
    bool reconstruction;     /* the task is one, mixed by Eq. 11 */
    bool use_labels;         /* multi: Eq. 8, else Eq. 10; infonce alike */
    bool information_labels; /* of each label, else of all rows */
    bool has_pairs;          /* batches bring positive pairs */
    size_t clusters_most;    /* clusters of the label that has the most; 0: there are none */
    double weight;           /* once fully on; reconstruction: a of Eq. 11 */
    fa__hold hold;           /* the divergence of L_hold, or that there is none */
    double hold_weight;      /* once fully on */
    double start_epoch, ramp_epochs, end_epoch; /* the schedule of both; end_epoch 0: none */
} fa__objective;

/* The parts of the objective: their values, or their weights. */
typedef struct fa__terms {
    double task, component, hold;
} fa__terms;

/* What the parts count after `epochs` (with a fraction) of training. Component and hold: 0 up to
 * start_epoch, then growing to the full weight over ramp_epochs, and 0 again from end_epoch on. The
 * task: 1, in a reconstruction 1 - component. */
fa__terms fa__objective_weights(const fa__objective *objective, double epochs);

/* The sum of the values by their weights: what is minimised. */
double fa__objective_total(const fa__terms *weights, const fa__terms *values);

/* Whether keys of the recipe and network go together; FA_E_RECIPE names the keys. */
fa_status fa__objective_check(const fa__objective *objective, const fa__network *network);

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
    float *d_hold;        /* [n, d] scratch for L_hold; NULL without */
    double error;         /* reconstruction: the first part of Eq. 11 */
    const int32_t *pairs; /* [n_pairs, 2] positive pairs of rows; NULL: none */
    size_t n_pairs;
    const int32_t *clusters; /* [n] unit of the target layer, -1: none; NULL: there are none */
    size_t units;            /* of the target layer for each label, where there are clusters */
    const fa__comm *comm;    /* ranks that have all of this alike and share the work; NULL: none */
} fa__gathered;

/* values: the task's cross-entropy, or at->error; the component's and L_hold's before their weights
 * (0 where there is none). The gradients are those of the sum by the weights, but for the task's of
 * a reconstruction. */
fa_status fa__objective_eval(fa__terms *values, const fa__objective *objective,
                             const fa__terms *weights, const fa__gathered *at);

/* Share of the component's pairs inside its margin (fa_loss_active_pairs): of the rows of w for
 * L_single, of h by label for L_multi, on at most FA__PAIR_ROWS rows spread evenly; NaN for other
 * components. */
enum { FA__PAIR_ROWS = 512 };
fa_status fa__objective_active_pairs(double *share, const fa__objective *objective,
                                     const fa__gathered *at);

/* Share of rows whose coarse label is the one with the highest probability. */
double fa__accuracy(const float *logits, const int32_t *labels, size_t n, size_t c);

#endif
