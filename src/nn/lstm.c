/* lstm: a series to its state after the last step, or to the state at every step. */
#include "nn/layer.h"

#include <string.h>

enum { INPUT, RECURRENT, BIAS };

static fa_status read_word(bool *known, fa__layer *layer, const char *word) {
    if (strcmp(word, "every_step") == 0) *known = layer->every_step = true;
    return FA_OK;
}

static fa_status plan(fa__layer *layer) {
    layer->out =
        layer->every_step ? fa__shape_series(layer->units) : fa__shape_vector(layer->units);
    fa__layer_declare(layer, "weight_input", 4 * layer->units, layer->in.features);
    fa__layer_declare(layer, "weight_recurrent", 4 * layer->units, layer->units);
    fa__layer_declare(layer, "bias", 4 * layer->units, 0);
    return FA_OK;
}

static void init(const fa__layer *layer, float *parameters, fa__rng *rng) {
    size_t units = layer->units, inputs = layer->in.features;
    float *bias = parameters + layer->parameters[BIAS].offset;
    for (size_t gate = 0; gate < 4; gate++) { /* each gate is a layer of its own */
        fa__init_glorot(parameters + layer->parameters[INPUT].offset + gate * units * inputs, units,
                        inputs, rng);
        fa__init_orthogonal(parameters + layer->parameters[RECURRENT].offset + gate * units * units,
                            units, rng);
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

/* The widest engine decides, so that a shard's memory does not depend on the engine. */
static size_t workspace(const fa__layer *layer, const fa__activation *in) {
    const fa__lstm_shape shape = shape_of(layer, in);
    const fa__engine *engine;
    size_t most = 0;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        size_t floats = engine->lstm_workspace(&shape);
        if (floats > most) most = floats;
    }
    return most;
}

static fa_status forward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                         const fa__activation *in, const fa__activation *out, float *workspace_) {
    const fa__lstm_shape shape = shape_of(layer, in);
    const fa__lstm_weights weights = weights_of(layer, parameters);
    return engine->lstm_forward(engine, layer->every_step ? out->values : NULL,
                                layer->every_step ? NULL : out->values, workspace_, in->values,
                                &shape, &weights);
}

static fa_status backward(const fa__layer *layer, const fa__engine *engine, const float *parameters,
                          float *gradient, const fa__activation *in, const fa__activation *out,
                          float *d_in, float *d_out, float *workspace_) {
    (void)out;
    const fa__lstm_shape shape = shape_of(layer, in);
    const fa__lstm_weights weights = weights_of(layer, parameters);
    const fa__lstm_gradients gradients = {gradient + layer->parameters[INPUT].offset,
                                          gradient + layer->parameters[RECURRENT].offset,
                                          gradient + layer->parameters[BIAS].offset, d_in};
    return engine->lstm_backward(engine, &gradients, workspace_, layer->every_step ? d_out : NULL,
                                 layer->every_step ? NULL : d_out, in->values, &shape, &weights);
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
