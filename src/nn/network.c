/* Networks from their description, and shards through them. */
#define _POSIX_C_SOURCE 200809L /* strtok_r */
#include "nn/network.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name) &fa__layer_##name,
static const fa__layer_type *const layer_types[] = {FA__LAYER_TYPES(ROW)};
#undef ROW
enum { LAYER_TYPES = sizeof layer_types / sizeof layer_types[0], UNITS_MAX = 1 << 20 };

/* The share of a running mean that a batch renews, as in PyTorch. */
static const float momentum = 0.1f;

/* ==== The description ==== */

/* The word after the layer's name, and the one after that ("": none): *used of them are read. */
static fa_status read_word(size_t *used, fa__layer *layer, const char *word, const char *next,
                           size_t outputs) {
    const fa__layer_type *type = layer->type;
    char *end;
    unsigned long long units = strtoull(word, &end, 10);
    bool number = *end == '\0' && end != word && word[0] != '-' && !type->no_units;
    bool out = strcmp(word, "out") == 0 && type->takes_out;
    *used = 1;
    if (layer->units > 0 && (number || out))
        return fa__fail(FA_E_RECIPE, "the units stand there twice, the second time as '%s'", word);
    if (number && (units < 1 || units > UNITS_MAX))
        return fa__fail(FA_E_RECIPE, "units must be 1..%d, got %s", UNITS_MAX, word);
    if (number || out)
        layer->units = number ? (size_t)units : outputs;
    else if (strcmp(word, "target") == 0)
        layer->target = true;
    else if (strcmp(word, "relu") == 0 && type->takes_relu)
        layer->relu = true;
    else {
        *used = 0;
        if (type->read_word != NULL) FA_TRY(type->read_word(used, layer, word, next));
        if (*used == 0)
            return fa__fail(FA_E_RECIPE, "'%s' is no word for it (%s)", word, type->usage);
    }
    return FA_OK;
}

static fa_status no_such_layer(const char *word) {
    char names[256] = "";
    for (size_t i = 0, used = 0; i < LAYER_TYPES && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 layer_types[i]->name);
    return fa__fail(FA_E_RECIPE, "no layer is named '%s' (%s)", word, names);
}

static fa_status read_layer(fa__layer *layer, char *text, size_t outputs) {
    char *rest = NULL, *word = strtok_r(text, " \t", &rest);
    if (word == NULL) return fa__fail(FA_E_RECIPE, "nothing stands between two commas");
    for (size_t i = 0; i < LAYER_TYPES; i++)
        if (strcmp(word, layer_types[i]->name) == 0) layer->type = layer_types[i];
    if (layer->type == NULL) return no_such_layer(word);
    for (word = strtok_r(NULL, " \t", &rest); word != NULL;) {
        char *next = strtok_r(NULL, " \t", &rest);
        size_t used;
        FA_TRY(read_word(&used, layer, word, next != NULL ? next : "", outputs));
        word = used == 1 || next == NULL ? next : strtok_r(NULL, " \t", &rest);
    }
    if (layer->units == 0 && !layer->type->no_units)
        return fa__fail(FA_E_RECIPE, "the number of units is missing (%s)", layer->type->usage);
    return FA_OK;
}

static const char *forms_text(char out[FA__SHAPE_TEXT], unsigned forms) {
    snprintf(out, FA__SHAPE_TEXT, "%s%s%s%s%s", forms & FA__VECTOR ? "vectors" : "",
             forms & FA__VECTOR && forms & FA__SERIES ? " or " : "",
             forms & FA__SERIES ? "series" : "",
             forms & FA__IMAGE && forms & (FA__VECTOR | FA__SERIES) ? " or " : "",
             forms & FA__IMAGE ? "images" : "");
    return out;
}

/* Fits a layer to what comes from below and names its parameters. */
static fa_status place_layer(fa__network *network, size_t i, fa__shape in) {
    fa__layer *layer = &network->layers[i];
    if ((layer->type->takes & (unsigned)in.form) == 0) {
        char takes[FA__SHAPE_TEXT], found[FA__SHAPE_TEXT];
        return fa__fail(FA_E_RECIPE, "it takes %s, but what comes from below is %s%s",
                        forms_text(takes, layer->type->takes), fa__shape_text(found, &in),
                        in.form == FA__SERIES
                            ? " (an lstm without every_step makes one vector of a series)"
                            : "");
    }
    if (layer->type->takes_tokens != (in.vocabulary > 0)) {
        char found[FA__SHAPE_TEXT];
        return fa__fail(FA_E_RECIPE, "it takes %s, but what comes from below is %s%s",
                        layer->type->takes_tokens ? "text" : "numbers", fa__shape_text(found, &in),
                        in.vocabulary > 0 ? "; a network for text begins with 'embedding 100'"
                                          : "");
    }
    layer->in = in;
    FA_TRY(layer->type->plan(layer));
    for (size_t p = 0; p < layer->n_parameters; p++) {
        fa__parameter *parameter = &layer->parameters[p];
        char name[FA__PARAMETER_NAME];
        snprintf(name, sizeof name, "%zu.%.50s", i, parameter->name);
        memcpy(parameter->name, name, sizeof name);
    }
    return FA_OK;
}

/* Which part of the block a parameter belongs to. */
static size_t part_of(const fa__layer *layer, const fa__parameter *parameter) {
    return parameter->buffer ? 2 : layer->type->add_gradient != NULL ? 1 : 0;
}

/* Places in the block: first the dense ones in the order of the layers, so that a shard's gradient
 * need not hold the others, last what has no gradient. */
static void place_parameters(fa__network *network) {
    size_t *const ends[] = {&network->dense, &network->learned, &network->parameters};
    size_t at = 0;
    for (size_t part = 0; part < 3; part++) {
        for (size_t i = 0; i < network->n_layers; i++) {
            fa__layer *layer = &network->layers[i];
            for (size_t p = 0; p < layer->n_parameters; p++) {
                if (part_of(layer, &layer->parameters[p]) != part) continue;
                layer->parameters[p].offset = at;
                at += layer->parameters[p].count;
            }
        }
        *ends[part] = at;
    }
}

static fa_status find_target(fa__network *network, const fa__shape *outputs) {
    size_t marked = 0;
    char text[FA__SHAPE_TEXT], wanted[FA__SHAPE_TEXT];
    const fa__layer *last = &network->layers[network->n_layers - 1];
    if (network->n_layers < 2)
        return fa__fail(FA_E_RECIPE,
                        "at least two layers are needed: a target layer and one above it");
    network->target = network->n_layers - 2;
    for (size_t i = 0; i < network->n_layers; i++)
        if (network->layers[i].target) {
            network->target = i;
            marked++;
        }
    if (marked > 1)
        return fa__fail(FA_E_RECIPE, "%zu layers are marked target, one may be", marked);
    if (network->target + 1 == network->n_layers)
        return fa__fail(FA_E_RECIPE,
                        "the last layer cannot be the target: it makes the coarse decision");
    if (network->layers[network->target].out.form != FA__VECTOR)
        return fa__fail(FA_E_RECIPE,
                        "the target layer must make one vector a sample, this one makes %s",
                        fa__shape_text(text, &network->layers[network->target].out));
    bool decides = last->type == &fa__layer_linear || last->type == &fa__layer_logsumexp;
    if (!decides || !fa__shape_equal(&last->out, outputs) || last->relu)
        return fa__fail(
            FA_E_RECIPE, "the last layer must be 'linear out' that makes %s,%s this one makes %s%s",
            fa__shape_text(wanted, outputs),
            network->reconstruction ? "" : " or logsumexp of so many units for each label;",
            fa__shape_text(text, &last->out), last->relu ? " through relu" : "");
    if (network->target < network->given)
        return fa__fail(FA_E_RECIPE, "the embedding of an autoencoder cannot be its target layer");
    network->layers[network->target].target = true;
    network->outputs = outputs->features;
    return FA_OK;
}

static void set_own(fa__network *network, size_t below, bool own) {
    network->layers[below].out_own = own;
    if (below + 1 < network->n_layers) network->layers[below + 1].in_own = own;
}

/* A layer that keeps the layout is plain at both ends where it is at one. */
static void settle_layouts(fa__network *network) {
    for (size_t i = 0; i < network->n_layers; i++)
        if (network->layers[i].type->keeps_layout && !network->layers[i].in_own)
            set_own(network, i, false);
    for (size_t i = network->n_layers; i-- > 1;)
        if (network->layers[i].type->keeps_layout && !network->layers[i].out_own)
            set_own(network, i - 1, false);
}

/* Images between two layers that take them as images lie as the engine likes them. */
static void choose_layouts(fa__network *network) {
    for (size_t i = 0; i + 1 < network->n_layers; i++) {
        const fa__layer *above = &network->layers[i + 1];
        set_own(network, i,
                above->in.form == FA__IMAGE &&
                    (above->type->takes == FA__IMAGE || above->type->keeps_layout));
    }
    settle_layouts(network);
}

static fa_status read_description(fa__network *network, char *text, fa__shape outputs) {
    fa__shape shape = network->input;
    char *next = text;
    while (next != NULL) {
        char *part = next, *comma = strchr(next, ',');
        next = comma != NULL ? comma + 1 : NULL;
        if (comma != NULL) *comma = '\0';
        size_t i = network->n_layers;
        if (i == FA__LAYERS_MAX)
            return fa__fail(FA_E_RECIPE, "more than %d layers", FA__LAYERS_MAX);
        fa_status status = read_layer(&network->layers[i], part, outputs.features);
        if (status == FA_OK) status = place_layer(network, i, shape);
        if (status != FA_OK) return fa__fail_within(status, "layer %zu", i + 1);
        shape = network->layers[i].out;
        network->n_layers++;
        if (i + 1 == network->given) outputs = shape;
    }
    choose_layouts(network);
    return find_target(network, &outputs);
}

fa_status fa__network_create(fa__network **out, const char *description, fa__shape input,
                             fa__shape outputs) {
    fa_status status = FA_OK;
    fa__network *network = NULL;
    char *text = NULL;
    FA_CHECK(FA_NEW_ZERO(network, 1));
    network->input = input;
    network->reconstruction = outputs.features == 0;
    network->given = network->reconstruction && input.vocabulary > 0 ? 1 : 0;
    if (network->reconstruction)
        outputs = input.form == FA__SERIES ? fa__shape_series(input.features)
                                           : fa__shape_vector(input.features);
    text = fa__strdup(description);
    if (text == NULL) FA_CHECK(fa__nomem(strlen(description), 1));
    status = read_description(network, text, outputs);
    if (status != FA_OK) FA_CHECK(fa__fail_within(status, "network.layers = %s", description));
    place_parameters(network);
    const fa__layer *first = &network->layers[0];
    bool fixed = first->type == &fa__layer_embedding && first->settings[FA__EMBEDDING_FIXED];
    network->fixed = fixed || network->given > 0;
    network->trained = network->fixed > 0 ? network->dense : network->learned;
    *out = network;
    network = NULL;
done:
    fa__free(text);
    fa__free(network);
    return status;
}

void fa__network_plain_at(fa__network *out, const fa__network *network, size_t layer) {
    *out = *network;
    set_own(out, layer, false);
    settle_layouts(out);
}

void fa__network_free(fa__network *network) {
    fa__free(network);
}

bool fa__network_needs_images(const fa__network *network) {
    for (size_t i = 0; i < network->n_layers; i++)
        if (network->layers[i].type->takes == FA__IMAGE) return true;
    return false;
}

void fa__network_init(const fa__network *network, float *parameters, fa__init init, uint64_t seed) {
    for (size_t i = 0; i < network->n_layers; i++) {
        const fa__layer *layer = &network->layers[i];
        fa__rng rng;
        fa__rng_seed(&rng, seed, FA__STREAM_INIT, i);
        if (layer->type->init != NULL) layer->type->init(layer, parameters, init, &rng);
    }
}

void fa__network_decay(const fa__network *network, float *parameters, float factor) {
    const fa__parameter *p;
    for (size_t i = 0; (p = fa__network_parameter(network, i)) != NULL; i++) {
        if (p->rank < 2 || p->offset >= network->trained) continue;
        for (size_t k = 0; k < p->count; k++) parameters[p->offset + k] *= factor;
    }
}

void fa__network_renew(const fa__network *network, float *parameters, const float *sum) {
    for (size_t i = network->learned; i < network->parameters; i++)
        parameters[i] += momentum * (sum[i] - parameters[i]);
}

const fa__parameter *fa__network_parameter(const fa__network *network, size_t index) {
    for (size_t i = 0; i < network->n_layers; i++) {
        if (index < network->layers[i].n_parameters) return &network->layers[i].parameters[index];
        index -= network->layers[i].n_parameters;
    }
    return NULL;
}

/* ==== Shards ==== */

/* Grows a float buffer whose old content is not needed. */
static fa_status room(float **buffer, size_t *capacity, size_t needed) {
    if (needed <= *capacity && *buffer != NULL) return FA_OK;
    fa__free(*buffer);
    *capacity = 0;
    needed += needed / 4; /* the next batch may be a little longer */
    FA_TRY(FA_NEW(*buffer, needed));
    *capacity = needed;
    return FA_OK;
}

fa_status fa__shard_rows(fa__shard *shard, size_t steps) {
    size_t *rows = fa__grow(shard->rows, &shard->rows_capacity, steps, sizeof *rows);
    if (rows == NULL) return fa__nomem(steps, sizeof *rows);
    shard->rows = rows;
    return FA_OK;
}

static size_t aligned(size_t floats) {
    return (floats + 15) / 16 * 16;
}

/* What passes between two layers; values are placed later. */
static fa__activation activation_of(const fa__shape *shape, const fa__shard *shard, size_t samples,
                                    size_t steps) {
    fa__activation activation = {.samples = samples, .total = samples, .features = shape->features};
    if (shape->form != FA__SERIES) return activation;
    activation.steps = steps;
    activation.rows = shard->rows;
    activation.total = 0;
    for (size_t t = 0; t < steps; t++) activation.total += shard->rows[t];
    return activation;
}

static size_t workspace_of(const fa__layer *layer, const fa__engine *engine,
                           const fa__activation *in) {
    return layer->type->workspace != NULL ? aligned(layer->type->workspace(layer, engine, in)) : 0;
}

fa_status fa__shard_shape(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                          size_t samples, size_t steps) {
    size_t arena, widest = 0, scratch = 0, at = 0;
    shard->activations[0] = activation_of(&network->input, shard, samples, steps);
    arena = aligned(shard->activations[0].total * network->input.features);
    for (size_t i = 0; i < network->n_layers; i++) {
        const fa__layer *layer = &network->layers[i];
        fa__activation *out = &shard->activations[i + 1];
        *out = activation_of(&layer->out, shard, samples, steps);
        if (layer->out_own)
            out->features =
                fa__own_floats(engine, layer->out.height * layer->out.width, layer->out.channels);
        size_t floats = out->total * out->features, used = 0;
        if (floats > widest) widest = floats;
        arena += aligned(floats) + workspace_of(layer, engine, &shard->activations[i]);
        if (layer->type->scratch != NULL)
            used = layer->type->scratch(layer, engine, &shard->activations[i]);
        if (used > scratch) scratch = used;
    }
    FA_TRY(room(&shard->arena, &shard->arena_capacity, arena));
    if (widest > shard->d_capacity || shard->d_in == NULL) {
        size_t capacity = 0;
        fa__free(shard->d_out);
        shard->d_out = NULL;
        FA_TRY(room(&shard->d_out, &capacity, widest));
        shard->d_capacity = 0;
        FA_TRY(room(&shard->d_in, &shard->d_capacity, widest));
    }
    FA_TRY(room(&shard->scratch, &shard->scratch_capacity, scratch));
    if (shard->gradient == NULL)
        FA_TRY(
            FA_NEW_ZERO(shard->gradient, network->dense + network->parameters - network->learned));
    for (size_t i = 0; i <= network->n_layers; i++) {
        shard->activations[i].values = shard->arena + at;
        at += aligned(shard->activations[i].total * shard->activations[i].features);
        if (i == network->n_layers) break;
        shard->workspaces[i] = shard->arena + at;
        at += workspace_of(&network->layers[i], engine, &shard->activations[i]);
    }
    return FA_OK;
}

void fa__shard_free(fa__shard *shard) {
    fa__free(shard->arena);
    fa__free(shard->d_in);
    fa__free(shard->d_out);
    fa__free(shard->scratch);
    fa__free(shard->gradient);
    fa__free(shard->rows);
    memset(shard, 0, sizeof *shard);
}

static fa__pass pass_of(const fa__shard *shard, const fa__engine *engine, const float *parameters,
                        fa__mode mode, size_t i) {
    return (fa__pass){.engine = engine,
                      .mode = mode,
                      .parameters = parameters,
                      .gradient = shard->gradient,
                      .in = &shard->activations[i],
                      .out = &shard->activations[i + 1],
                      .workspace = shard->workspaces[i],
                      .scratch = shard->scratch};
}

static fa_status forward(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                         const float *parameters, fa__mode mode, size_t layers) {
    for (size_t i = 0; i < layers; i++) {
        const fa__layer *layer = &network->layers[i];
        const fa__pass pass = pass_of(shard, engine, parameters, mode, i);
        FA_TRY(layer->type->forward(layer, &pass));
    }
    return FA_OK;
}

fa_status fa__shard_forward(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                            const float *parameters) {
    return forward(shard, network, engine, parameters, FA__TRAIN, network->n_layers);
}

fa_status fa__shard_use(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                        const float *parameters, size_t layer) {
    return forward(shard, network, engine, parameters, FA__USE, layer + 1);
}

fa_status fa__shard_backward(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                             const float *parameters, const float *d_outputs,
                             const float *d_target) {
    size_t outputs = shard->activations[network->n_layers].total * network->outputs;
    if (d_outputs != NULL) memcpy(shard->d_out, d_outputs, outputs * sizeof(float));
    for (size_t i = network->n_layers; i-- > network->fixed;) {
        const fa__layer *layer = &network->layers[i];
        const fa__pass pass = pass_of(shard, engine, parameters, FA__TRAIN, i);
        size_t values = pass.out->total * pass.out->features;
        for (size_t v = 0; i == network->target && d_target != NULL && v < values; v++)
            shard->d_out[v] += d_target[v];
        FA_TRY(layer->type->backward(layer, &pass, i > network->fixed ? shard->d_in : NULL,
                                     shard->d_out));
        float *d = shard->d_out;
        shard->d_out = shard->d_in;
        shard->d_in = d;
    }
    return FA_OK;
}

void fa__shard_add_sparse(const fa__shard *shard, const fa__network *network, float *sum) {
    const fa__layer *first = &network->layers[0];
    /* The gradients change places after each layer, so what the first had as d_out is in d_in. */
    if (network->trained > network->dense)
        first->type->add_gradient(first, sum, &shard->activations[0], shard->d_in);
}

size_t fa__sparse_units(const fa__network *network) {
    return network->layers[0].out.features;
}

void fa__shard_copy_sparse(float *places, float *rows, const fa__shard *shard,
                           const fa__network *network) {
    size_t count = shard->activations[0].total;
    memcpy(places, shard->activations[0].values, count * sizeof *places);
    memcpy(rows, shard->d_in, count * fa__sparse_units(network) * sizeof *rows);
}

void fa__sparse_add(const fa__sparse_gradient *sparse, const fa__network *network, float *sum) {
    const fa__layer *first = &network->layers[0];
    const fa__activation in = {.total = sparse->count, .features = 1, .values = sparse->places};
    first->type->add_gradient(first, sum, &in, sparse->rows);
}

void fa__shard_add_gradient(const fa__shard *shard, const fa__network *network, float *sum) {
    const float *statistics = shard->gradient + network->dense;
    for (size_t i = 0; i < network->dense; i++) sum[i] += shard->gradient[i];
    for (size_t i = network->learned; i < network->parameters; i++) sum[i] += *statistics++;
    fa__shard_add_sparse(shard, network, sum);
}

void fa__shard_statistics(fa__shard *shard, const fa__network *network, const fa__engine *engine,
                          const float *parameters, float share) {
    for (size_t i = 0; i < network->n_layers; i++) {
        const fa__layer *layer = &network->layers[i];
        const fa__pass pass = pass_of(shard, engine, parameters, FA__TRAIN, i);
        if (layer->type->statistics != NULL)
            layer->type->statistics(layer, &pass, shard->gradient + network->dense,
                                    network->learned, share);
    }
}

const fa__activation *fa__shard_target(const fa__shard *shard, const fa__network *network) {
    return &shard->activations[network->target + 1];
}

const fa__activation *fa__shard_outputs(const fa__shard *shard, const fa__network *network) {
    return &shard->activations[network->n_layers];
}
