/* A training step of a network for images as the trainer takes it: the batch in shards, which
 * meet at the cross-entropy; no component, no data set. */
#include "pieces/cnn.h"

#include "base/memory.h"
#include "base/threads.h"

#include <string.h>

enum { SIDE = 32, CHANNELS = 3, IMAGE = SIDE * SIDE * CHANNELS };

static const char figure4[] = "conv 64 3x3 relu, conv 64 3x3 relu, maxpool 2, "
                              "conv 128 3x3 relu, conv 128 3x3 relu, maxpool 2, "
                              "conv 256 3x3 relu, conv 256 3x3 relu, conv 256 3x3 relu, maxpool 2, "
                              "conv 256 3x3 relu, conv 128 3x3 relu, conv 8 1x1 relu, "
                              "linear 15 relu target, linear out";
static const char batchnorm[] =
    "conv 32 3x3 stride 2, batchnorm relu, conv 64 3x3, batchnorm relu, maxpool 2, "
    "conv 128 3x3, batchnorm relu, conv 128 3x3, batchnorm relu, maxpool 2, "
    "conv 256 3x3, batchnorm relu, globalpool, linear 15 relu target, linear out";

fa_status fa__cnn_open(fa__cnn *cnn, bool with_batchnorm, size_t batch, size_t shards,
                       const fa__engine *engine) {
    const fa__shape image = {FA__IMAGE, IMAGE, SIDE, SIDE, CHANNELS, 0};
    if (shards > batch)
        return fa__fail(FA_E_ARGUMENT, "cnn: %zu shards of %zu images: at most one an image",
                        shards, batch);
    cnn->batch = batch;
    cnn->engine = engine;
    cnn->adam = (fa__adam){.learning_rate = 0.0005, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    FA_TRY(fa__network_create(&cnn->network, with_batchnorm ? batchnorm : figure4, image,
                              fa__shape_vector(1)));
    FA_TRY(FA_NEW(cnn->d_logits, batch));
    FA_TRY(FA_NEW(cnn->labels, batch));
    for (size_t i = 0; i < batch; i++) cnn->labels[i] = i % 2;
    FA_TRY(FA_NEW_ZERO(cnn->shards, shards));
    cnn->n_shards = shards;
    return FA_OK;
}

void fa__cnn_close(fa__cnn *cnn) {
    for (size_t s = 0; s < cnn->n_shards; s++) fa__shard_free(&cnn->shards[s]);
    fa__free(cnn->shards);
    fa__free(cnn->labels);
    fa__free(cnn->d_logits);
    fa__network_free(cnn->network);
}

static size_t first_of(const fa__cnn *cnn, size_t shard) {
    return cnn->batch * shard / cnn->n_shards;
}

static fa_status forward(void *context, size_t s, size_t thread) {
    (void)thread;
    const fa__cnn *cnn = context;
    fa__shard *shard = &cnn->shards[s];
    size_t first = first_of(cnn, s), n = first_of(cnn, s + 1) - first;
    FA_TRY(fa__shard_shape(shard, cnn->network, cnn->engine, n, 0));
    memcpy(shard->activations[0].values, cnn->x + first * IMAGE, n * IMAGE * sizeof(float));
    FA_TRY(fa__shard_forward(shard, cnn->network, cnn->engine, cnn->parameters));
    memcpy(cnn->logits + first, fa__shard_outputs(shard, cnn->network)->values, n * sizeof(float));
    return FA_OK;
}

static fa_status backward(void *context, size_t s, size_t thread) {
    (void)thread;
    const fa__cnn *cnn = context;
    return fa__shard_backward(&cnn->shards[s], cnn->network, cnn->engine, cnn->parameters,
                              cnn->d_logits + first_of(cnn, s), NULL);
}

fa_status fa__cnn_step(fa__cnn *cnn) {
    double loss;
    size_t parameters = cnn->network->parameters;
    FA_TRY(fa__parallel(cnn->n_shards, forward, cnn));
    FA_TRY(fa_loss_cross_entropy(&loss, cnn->d_logits, cnn->logits, cnn->batch, 1, cnn->labels));
    FA_TRY(fa__parallel(cnn->n_shards, backward, cnn));
    memset(cnn->gradient, 0, parameters * sizeof *cnn->gradient);
    for (size_t s = 0; s < cnn->n_shards; s++) {
        size_t n = first_of(cnn, s + 1) - first_of(cnn, s);
        fa__shard_statistics(&cnn->shards[s], cnn->network, cnn->engine, cnn->parameters,
                             (float)n / (float)cnn->batch);
        fa__shard_add_gradient(&cnn->shards[s], cnn->network, cnn->gradient);
    }
    cnn->adam.m = cnn->m;
    cnn->adam.v = cnn->v;
    fa__adam_update(&cnn->adam, cnn->parameters, cnn->gradient, cnn->network->trained);
    fa__network_renew(cnn->network, cnn->parameters, cnn->gradient);
    return FA_OK;
}

double fa__cnn_flops(const fa__cnn *cnn) {
    double sum = 0;
    for (size_t i = 0; i < cnn->network->n_layers; i++) {
        const fa__layer *layer = &cnn->network->layers[i];
        const fa__parameter *weight = &layer->parameters[0];
        if (layer->n_parameters == 0 || weight->rank < 2) continue;
        double places =
            layer->out.form == FA__IMAGE ? (double)(layer->out.height * layer->out.width) : 1;
        sum += (i == 0 ? 2 : 3) * 2 * places * (double)weight->count;
    }
    return sum * (double)cnn->batch;
}
