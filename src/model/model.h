/* A trained network: what is needed to embed, in memory and as bytes. */
#ifndef FA_MODEL_MODEL_H
#define FA_MODEL_MODEL_H

#include "comm/comm.h"
#include "formats/safetensors.h"
#include "text/vocabulary.h"
#include "model/batch.h"

struct fa_model {
    fa__network *network;
    const fa__engine *engine;
    float *parameters; /* [network->parameters] */
    fa__scaling scaling;
    fa__vocabulary vocabulary; /* {0}: not for text */
    double *shift;             /* what was taken off the input features; NULL: nothing */
    char *schema;              /* how the columns of its table were read; NULL: it was none */
    fa__names columns;         /* of the input features; none: they have none */
    char *layers;              /* as in network.layers */
    uint64_t digest;           /* of the bytes that it was read from (fa__digest); 0: of none */
};

/* The parameters as named tensors, pointing into `parameters`; out [count of parameters]. Returns
 * the count. */
size_t fa__model_tensors(fa__tensor *out, const fa__network *network, const float *parameters);

/* From bytes that fa__alloc gave, which it takes over also on failure. `where` names them in
 * messages. */
fa_status fa__model_parse(fa_model **out, unsigned char *bytes, size_t size, const char *where);

/* Width of a layer by its index, or of the input (FA_LAYER_INPUT). */
size_t fa__layer_units(const fa__network *network, size_t index);

/* The layer, counted from 1, whose outputs are the input in rows of one width: the mean over a text of
 * word vectors that stay as they are. 0: none. */
size_t fa__model_input_layer(const fa_model *model);

/* Floats a sample that fa__embed gives as logits: the outputs, or 1 for an autoencoder. */
size_t fa__embed_outputs(const fa__network *network);

/* The coarse label of the largest of c logits (ties: the lowest); of one, whether it is above 0. */
size_t fa__predicted_label(const float *logits, size_t c);

/* fa_model_embed for one layer: both in one pass. samples [n] of the data; NULL: all. */
fa_status fa__model_embed(float *rows, float *logits, const fa_model *model, size_t layer,
                          const fa_dataset *dataset, const size_t *samples, size_t n,
                          fa_progress_fn progress, void *user);

/* What the model reads of the data: words as their numbers, the columns of a table in the order it
 * was trained on. *made: a data set of its own, or NULL where they are read as they are. */
fa_status fa__model_take(fa_dataset **made, const fa_model *model, const fa_dataset *dataset);

/* A network as it is run forward; all borrowed. */
typedef struct fa__forward {
    const fa__network *network;
    const fa__engine *engine;
    const float *parameters;
    const fa__scaling *scaling;
    size_t layer;         /* whose outputs are the embedding: one vector or one image a sample */
    const fa__comm *comm; /* whose ranks share the samples; NULL: this process embeds all */
} fa__forward;

/* Layer `number` of a network, counted from 1, or 0 for the target layer: its index in *layer.
 * FA_E_ARGUMENT if there is no such layer or it makes a series. */
fa_status fa__layer_by_number(size_t *layer, const fa__network *network, size_t number);

/* Outputs of the layer and logits (NULL: not wanted) for `n` samples of a data set (NULL: all of
 * it, n ignored), row i for samples[i]. The one logit of an autoencoder is the reconstruction error
 * of the sample, ||X - Xhat||^2. Blocks of samples of like length run in parallel, and every rank
 * gets all rows: that takes the memory of the result once more. */
fa_status fa__embed(float *embedding, float *logits, const fa__forward *how,
                    const fa_dataset *dataset, const size_t *samples, size_t n,
                    fa_progress_fn progress, void *user, const char *phase);

#endif
