/* A chain of layers on one block of parameters, and a shard on its way through it. */
#ifndef FA_NN_NETWORK_H
#define FA_NN_NETWORK_H

#include "nn/layer.h"

enum { FA__LAYERS_MAX = 64 };

typedef struct fa__network {
    size_t n_layers, target; /* target: index of the target layer */
    fa__layer layers[FA__LAYERS_MAX];
    fa__shape input;
    size_t steps;        /* of a series as a row, 0: none (fa__dataset_steps) */
    bool stretched;      /* to those, whatever it has */
    size_t outputs;      /* width of the last layer */
    bool reconstruction; /* an autoencoder: outputs have the form of the input */
    size_t given; /* the activation that its outputs are held against: 0, the input; of text 1, the
                     word vectors that the embedding makes */
    size_t fixed; /* first layers that stay as they are: 1 where the embedding does, else 0 */
    size_t parameters; /* floats of the block, of which the first ... */
    size_t learned;    /* ... are no buffers, ... */
    size_t dense;      /* ... do not belong to layers with add_gradient, ... */
    size_t trained;    /* ... have a gradient */
} fa__network;

/* Builds a network from its description, "lstm 128, linear 64 relu target, linear out": layers from
 * input to output, `out` standing for outputs.features, the last one making `outputs`, `target`
 * marking the layer that is forced apart and clustered (the last but one if none is marked). An
 * empty shape as outputs: an autoencoder, which makes its input again, an image as a vector, a text
 * as the series of its word vectors. (Were those trained as well, all would become one vector,
 * which is easy to make.) FA_E_RECIPE names the first layer that cannot be. */
fa_status fa__network_create(fa__network **out, const char *description, fa__shape input,
                             fa__shape outputs);
void fa__network_free(fa__network *network);

/* It has a layer that takes nothing but images, so an engine must have operations for them. */
bool fa__network_needs_images(const fa__network *network);

/* out: the same network, but that layer `layer` gives its images as [height, width, channels] in
 * place of the engine's own layout. Nothing of it is owned. */
void fa__network_plain_at(fa__network *out, const fa__network *network, size_t layer);

/* Initial parameters [parameters] from a seed; layer i draws from its own stream. */
void fa__network_init(const fa__network *network, float *parameters, fa__init init, uint64_t seed);

/* Weight decay (Loshchilov and Hutter 2019, apart from the gradient): weight matrices and kernels
 * times `factor`; biases, and the scales and shifts of batch norm, stay. */
void fa__network_decay(const fa__network *network, float *parameters, float factor);

/* The buffers after a step: running mean += 0.1 (the batch's - running mean), the batch's being
 * their part of the sum that fa__shard_add_gradient made. */
void fa__network_renew(const fa__network *network, float *parameters, const float *sum);

/* Parameter `index` of all layers in order; NULL past the last. */
const fa__parameter *fa__network_parameter(const fa__network *network, size_t index);

/* One shard: its input, what the layers keep of it, and the gradients on their way back. Memory
 * grows to the largest shard seen and is then reused. */
typedef struct fa__shard {
    fa__activation
        activations[FA__LAYERS_MAX + 1]; /* [0]: the input; [i + 1]: the output of layer i */
    float *workspaces[FA__LAYERS_MAX];
    float *arena, *d_in, *d_out, *gradient; /* gradient [dense] of this shard */
    size_t arena_capacity, d_capacity;
    float *scratch; /* shared by the layers, one after the other */
    size_t scratch_capacity;
    size_t *rows; /* [steps] of the packed series */
    size_t rows_capacity;
} fa__shard;

/* Makes room for a shard of `samples` samples; series have `steps` entries in shard->rows (grown by
 * fa__shard_rows before) that sum to `total`. The caller then fills activations[0].values. */
fa_status fa__shard_rows(fa__shard *shard, size_t steps);
fa_status fa__shard_shape(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                          size_t samples, size_t steps);
void fa__shard_free(fa__shard *shard);

/* In training: all layers, keeping what backward needs. */
fa_status fa__shard_forward(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                            const float *parameters);
/* In use: up to layer `layer`; the activations above it then hold nothing. */
fa_status fa__shard_use(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                        const float *parameters, size_t layer);
/* d_outputs (NULL: it stands in shard->d_out already) is the gradient of all outputs; d_target
 * [samples, target units] (NULL: zero) is added to what comes back from above; both borrowed.
 * fa__shard_add_gradient gives the result. */
fa_status fa__shard_backward(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                             const float *parameters, const float *d_outputs,
                             const float *d_target);

/* After backward: `share` (the shard's part of the batch) times the shard's statistics, for the
 * buffers, into shard->gradient behind the first `dense`. */
void fa__shard_statistics(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                          const float *parameters, float share);

/* Adds the gradient of all parameters, after backward, to sum [network->parameters], and the
 * statistics to the places of the buffers. */
void fa__shard_add_gradient(const fa__shard *shard, const fa__network *network, float *sum);
/* The part of it that is not in shard->gradient: of a layer with add_gradient, beyond the first
 * `dense`. */
void fa__shard_add_sparse(const fa__shard *shard, const fa__network *network, float *sum);

/* The same of the shards of other processes: the steps of their words, one shard after the other.
 */
typedef struct fa__sparse_gradient {
    size_t count;
    float *places; /* [count] the first layer's input */
    float *rows;   /* [count, fa__sparse_units] the gradient of its output */
} fa__sparse_gradient;

size_t fa__sparse_units(const fa__network *network);
void fa__shard_copy_sparse(float *places, float *rows, const fa__shard *shard,
                           const fa__network *network);
void fa__sparse_add(const fa__sparse_gradient *sparse, const fa__network *network, float *sum);

/* Outputs of the target layer [samples, features] and of the last layer, after forward. */
const fa__activation *fa__shard_target(const fa__shard *shard, const fa__network *network);
const fa__activation *fa__shard_outputs(const fa__shard *shard, const fa__network *network);

#endif
