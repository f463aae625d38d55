/* A training step of the network of Figure 4, or of a smaller one with batch norm. */
#ifndef FA_PIECES_CNN_H
#define FA_PIECES_CNN_H

#include "nn/adam.h"
#include "nn/network.h"

typedef struct fa__cnn {
    fa__network *network;
    size_t batch, n_shards;
    fa__shard *shards;
    fa__adam adam;
    int32_t *labels; /* [batch] 0 1 0 1 ... */
    float *d_logits; /* [batch] */
    /* Borrowed: x [batch, 32, 32, 3], logits [batch], the others [network->parameters]. */
    float *x, *logits, *parameters, *gradient, *m, *v;
    const fa__engine *engine;
} fa__cnn;

/* Everything but what is borrowed. Close it where this fails, too. */
fa_status fa__cnn_open(fa__cnn *cnn, bool with_batchnorm, size_t batch, size_t shards,
                       const fa__engine *engine);
void fa__cnn_close(fa__cnn *cnn);

/* Forward, cross-entropy, backward, Adam. */
fa_status fa__cnn_step(fa__cnn *cnn);

/* Multiply-adds of a step's convolutions and linear layers as they are defined, each counted two;
 * no gradient goes into the images. */
double fa__cnn_flops(const fa__cnn *cnn);

#endif
