/* Training: steps, epochs, validation, and the state that a checkpoint keeps. */
#ifndef FA_TRAIN_TRAINER_H
#define FA_TRAIN_TRAINER_H

#include "augment/augment.h"
#include "comm/comm.h"
#include "nn/adam.h"
#include "run/checkpoint.h"
#include "train/balance.h"
#include "train/neighbourhood.h"
#include "train/objective.h"
#include "train/task.h"

/* What a step's gradient is added up from (train/gradients.h). */
typedef struct fa__gradients {
    fa__tree tree;   /* the shards of this rank that are through */
    float **buffers; /* [n_buffers] micro-batches: all memory for gradients of shards */
    size_t n_buffers, room;
    size_t *first; /* [n_shards + 1] steps of words, which pass between ranks; NULL: none do */
    fa__sparse_gradient sparse;
} fa__gradients;

typedef struct fa__trainer {
    const fa__task *task;
    const fa__network *network;
    const fa__engine *engine;
    fa__engine step_engine; /* the same in network.precision, for the steps */
    const fa__comm *comm;
    fa__objective objective;
    uint64_t seed;
    size_t epochs, batch, n_shards;
    size_t micro_batch; /* samples that go through the network at once; 0: a batch */
    double learning_rate, weight_decay, clip;
    bool cosine, balanced;
    fa__views views;                       /* what a sample is in training */
    bool by_neighbours;                    /* its second row is a neighbour */
    size_t neighbours_layer, renew_epochs; /* found by a layer, counted from 1; 0: by the input */
    fa__neighbourhood neighbourhood;
    fa__keep keep;

    /* The state: what a checkpoint holds. */
    float *parameters, *best; /* [network->parameters] */
    fa__adam adam;
    size_t epoch;      /* epochs finished */
    size_t best_epoch; /* 0: none yet */
    fa_epoch *history; /* [epoch], room for `epochs` */

    /* Of the batch in hand, all in shard order. */
    float *gradient;
    fa__shard *shards;     /* [n_slots] */
    size_t n_slots;        /* shards in memory at once: n_shards, or those of a micro-batch */
    size_t wave, wave_end; /* the shards in hand */
    fa__gradients sums;
    fa__balance balance; /* where balanced */
    size_t *order, *first;
    size_t n_rows; /* of the batch: views.count of each sample */
    fa__row *rows, *scratch, *sharded;
    fa__made *made; /* [n_shards] the views of so many parts of rows */
    int32_t *labels, *pairs;
    int32_t *clusters; /* units of the target layer; NULL: there are none */
    fa__gathered gathered;
    float *gathered_memory;
    double *errors;    /* [n_shards] reconstruction: of each shard */
    fa__terms weights; /* in the step in hand */

    float *validation_target, *validation_logits;
    int32_t *validation_labels;

    fa_progress_fn progress;
    void *user;
    double started,
        before; /* clock at the start of this process's part; seconds of the parts before */
    size_t started_epoch;
} fa__trainer;

/* Everything allocated, parameters initialised, epoch 0. The task, network and engine are borrowed.
 */
fa_status fa__trainer_open(fa__trainer *trainer, const fa_recipe *recipe, const fa__task *task,
                           const fa__network *network, const fa__engine *engine);
void fa__trainer_close(fa__trainer *trainer);

/* The state that a checkpoint holds, its arrays the trainer's; and taking over what a checkpoint
 * gave of it. */
fa__state fa__trainer_state(const fa__trainer *trainer);
fa_status fa__trainer_resume(fa__trainer *trainer, const fa__state *state);

/* Trains one epoch and validates it: FA_OK with one more row in the history, FA_E_STOPPED if the
 * callback asked for it (the parameters are then in the middle of the epoch; the history is as
 * before). */
fa_status fa__trainer_epoch(fa__trainer *trainer);

#endif
