/* embedding: a series of token ids to a series of vectors, rows of a table W [vocabulary, units].
 *
 *   y_t = W[x_t]        dL/dW[v] = sum over all steps t with x_t = v of dL/dy_t
 *
 * A batch touches a few thousand rows of a large table, so its gradient never becomes a table of
 * each shard's own: it is added to the sum over shards row by row. A fixed table has none. */
#include "nn/layer.h"

#include <string.h>

enum { TABLE };
enum { FIXED = FA__EMBEDDING_FIXED }; /* settings */

static fa_status read_word(size_t *used, fa__layer *layer, const char *word, const char *next) {
    (void)next;
    if (strcmp(word, "fixed") == 0) *used = layer->settings[FIXED] = 1;
    return FA_OK;
}

static fa_status plan(fa__layer *layer) {
    layer->out = fa__shape_series(layer->units);
    fa__layer_declare(layer, "table", layer->in.vocabulary, layer->units);
    return FA_OK;
}

/* Normal with standard deviation 0.1, the size of trained word vectors: a step of Adam at 0.002 is
 * then 2 % of a value, so that what was learned soon outweighs the draw. */
static void init(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng) {
    (void)init;
    const fa__parameter *p = &layer->parameters[TABLE];
    for (size_t i = 0; i < p->count; i++)
        parameters[p->offset + i] = (float)(0.1 * fa__rng_normal(rng));
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const float *table = p->parameters + layer->parameters[TABLE].offset;
    for (size_t r = 0; r < p->in->total; r++)
        memcpy(p->out->values + r * layer->units, table + (size_t)p->in->values[r] * layer->units,
               layer->units * sizeof *table);
    return FA_OK;
}

/* Ids have no gradient, and the table's is added up by add_gradient. */
static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    (void)layer, (void)p, (void)d_in, (void)d_out;
    return FA_OK;
}

/* In the order of the packed steps. */
static void add_gradient(const fa__layer *layer, float *sum, const fa__activation *in,
                         const float *d_out) {
    float *d_table = sum + layer->parameters[TABLE].offset;
    for (size_t r = 0; r < in->total; r++, d_out += layer->units) {
        float *row = d_table + (size_t)in->values[r] * layer->units;
        for (size_t u = 0; u < layer->units; u++) row[u] += d_out[u];
    }
}

const fa__layer_type fa__layer_embedding = {
    .name = "embedding",
    .usage = "embedding UNITS [fixed]",
    .takes = FA__SERIES,
    .takes_tokens = true,
    .read_word = read_word,
    .plan = plan,
    .init = init,
    .forward = forward,
    .backward = backward,
    .add_gradient = add_gradient,
};
