/* lstm: a series to its state after the last step, or to the state at every step. */
#include "nn/layer.h"

#include <string.h>

enum { INPUT, RECURRENT, BIAS };
enum { EVERY_STEP = FA__LSTM_EVERY_STEP }; /* settings */

static fa_status read_word(size_t *used, fa__layer *layer, const char *word, const char *next) {
    (void)next;
    if (strcmp(word, "every_step") == 0) *used = layer->settings[EVERY_STEP] = 1;
    return FA_OK;
}

static fa_status plan(fa__layer *layer) {
    layer->out = layer->settings[EVERY_STEP] ? fa__shape_series(layer->units)
                                             : fa__shape_vector(layer->units);
    fa__layer_declare(layer, "weight_input", 4 * layer->units, layer->in.features);
    fa__layer_declare(layer, "weight_recurrent", 4 * layer->units, layer->units);
    fa__layer_declare(layer, "bias", 4 * layer->units, 0);
    return FA_OK;
}

/* Its own way, whatever the other layers do. */
static void init(const fa__layer *layer, float *parameters, fa__init init, fa__rng *rng) {
    (void)init;
    size_t units = layer->units, inputs = layer->in.features;
    float *bias = parameters + layer->parameters[BIAS].offset;
    for (size_t gate = 0; gate < 4; gate++) { /* each gate is a layer of its own */
        fa__init_glorot(parameters + layer->parameters[INPUT].offset + gate * units * inputs, units,
                        inputs, rng);
        fa__init_orthogonal(parameters + layer->parameters[RECURRENT].offset + gate * units * units,
                            units, units, rng);
        /* Forget gate bias 1, so that the state outlives the first steps: Jozefowicz et al. 2015.
         */
        for (size_t u = 0; u < units; u++) bias[gate * units + u] = gate == 1 ? 1.0f : 0.0f;
    }
}

static fa__lstm_shape shape_of(const fa__layer *layer, const fa__activation *in) {
    return (fa__lstm_shape){.samples = in->samples,
                            .steps = in->steps,
                            .total = in->total,
                            .rows = in->rows,
                            .inputs = in->features,
                            .units = layer->units};
}

static fa__lstm_weights weights_of(const fa__layer *layer, const float *parameters) {
    return (fa__lstm_weights){parameters + layer->parameters[INPUT].offset,
                              parameters + layer->parameters[RECURRENT].offset,
                              parameters + layer->parameters[BIAS].offset};
}

static size_t workspace(const fa__layer *layer, const fa__engine *engine,
                        const fa__activation *in) {
    const fa__lstm_shape shape = shape_of(layer, in);
    return engine->lstm_workspace(&shape);
}

static fa_status forward(const fa__layer *layer, const fa__pass *p) {
    const fa__lstm_shape shape = shape_of(layer, p->in);
    const fa__lstm_weights weights = weights_of(layer, p->parameters);
    return p->engine->lstm_forward(p->engine, layer->settings[EVERY_STEP] ? p->out->values : NULL,
                                   layer->settings[EVERY_STEP] ? NULL : p->out->values,
                                   p->workspace, p->in->values, &shape, &weights);
}

static fa_status backward(const fa__layer *layer, const fa__pass *p, float *d_in, float *d_out) {
    const fa__lstm_shape shape = shape_of(layer, p->in);
    const fa__lstm_weights weights = weights_of(layer, p->parameters);
    const fa__lstm_gradients gradients = {p->gradient + layer->parameters[INPUT].offset,
                                          p->gradient + layer->parameters[RECURRENT].offset,
                                          p->gradient + layer->parameters[BIAS].offset, d_in};
    return p->engine->lstm_backward(
        p->engine, &gradients, p->workspace, layer->settings[EVERY_STEP] ? d_out : NULL,
        layer->settings[EVERY_STEP] ? NULL : d_out, p->in->values, &shape, &weights);
}

const fa__layer_type fa__layer_lstm = {
    .name = "lstm",
    .usage = "lstm UNITS [every_step]",
    .takes = FA__SERIES,
    .read_word = read_word,
    .plan = plan,
    .init = init,
    .workspace = workspace,
    .forward = forward,
    .backward = backward,
};
