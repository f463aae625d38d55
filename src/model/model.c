/* Trained networks: to bytes and back, embedding. */
#include "model/model.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/threads.h"
#include "data/column_names.h"
#include "model/reconstruction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "forced-apart model 2";
enum {
    MAX_TENSORS = FA__LAYERS_MAX * FA__LAYER_TENSORS + 3,
    UNITS_MAX = 1 << 20,
    METADATA_ALWAYS = 5,
    METADATA_MAX = METADATA_ALWAYS + 5, /* of a text three more, of a table two, of series two */
    INPUT_TEXT = 96,
    INPUT_MAX = UNITS_MAX /* of each size: the product of three fits size_t */
};

/* ==== To bytes and back ==== */

size_t fa__model_tensors(fa__tensor *out, const fa__network *network, const float *parameters) {
    const fa__parameter *p;
    size_t count = 0;
    for (; (p = fa__network_parameter(network, count)) != NULL; count++) {
        fa__tensor *t = &out[count];
        memset(t, 0, sizeof *t);
        memcpy(t->name, p->name, sizeof t->name);
        t->rank = p->rank;
        for (size_t k = 0; k < p->rank; k++) t->shape[k] = p->shape[k];
        t->data = parameters + p->offset;
    }
    return count;
}

/* A size in the metadata; 0 if it is none or beyond `most`. */
static size_t read_size(const char *text, unsigned long long most) {
    char *end;
    if (text[0] < '0' || text[0] > '9') return 0;
    unsigned long long value = strtoull(text, &end, 10);
    return *end == '\0' && value <= most ? (size_t)value : 0;
}

/* The input as the metadata have it: "series 4", "vectors 64", "images 32 32 3" or "text 20001"
 * (rows of the table of words). */
static void write_input(char out[INPUT_TEXT], const fa__shape *shape) {
    if (shape->form == FA__IMAGE)
        snprintf(out, INPUT_TEXT, "images %zu %zu %zu", shape->height, shape->width,
                 shape->channels);
    else if (shape->vocabulary > 0)
        snprintf(out, INPUT_TEXT, "text %zu", shape->vocabulary);
    else
        snprintf(out, INPUT_TEXT, "%s %zu", shape->form == FA__SERIES ? "series" : "vectors",
                 shape->features);
}

/* False for a text that write_input does not write. */
static bool read_input(fa__shape *shape, const char *text) {
    char again[INPUT_TEXT];
    const char *number = strchr(text, ' ');
    char *end;
    size_t sizes[3] = {0}, count = 0;
    if (number == NULL) return false;
    for (end = (char *)number; count < 3 && *end == ' '; count++) {
        unsigned long long size = strtoull(end + 1, &end, 10);
        if (size < 1 || size > INPUT_MAX) return false;
        sizes[count] = (size_t)size;
    }
    *shape = text[0] == 's' ? fa__shape_series(sizes[0]) : fa__shape_vector(sizes[0]);
    if (text[0] == 'i')
        *shape = (fa__shape){.form = FA__IMAGE,
                             .features = sizes[0] * sizes[1] * sizes[2],
                             .height = sizes[0],
                             .width = sizes[1],
                             .channels = sizes[2]};
    if (text[0] == 't') {
        *shape = fa__shape_series(1);
        shape->vocabulary = sizes[0];
    }
    write_input(again, shape);
    return strcmp(again, text) == 0;
}

fa_status fa_model_to_buffer(unsigned char **bytes, size_t *size, const fa_model *model) {
    if (bytes == NULL || size == NULL || model == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", model == NULL ? "model" : "bytes or size");
    fa__tensor tensors[MAX_TENSORS];
    char outputs[32], most[32], steps[32], input[INPUT_TEXT], *names = NULL;
    const fa__network *network = model->network;
    const fa__scaling *scaling = &model->scaling;
    const fa__vocabulary *vocabulary = &model->vocabulary;
    size_t count = fa__model_tensors(tensors, network, model->parameters);
    tensors[count++] = (fa__tensor){"input.shift", FA__F32, 1, {scaling->features}, scaling->shift};
    tensors[count++] = (fa__tensor){"input.scale", FA__F32, 1, {scaling->features}, scaling->scale};
    if (model->shift != NULL)
        tensors[count++] =
            (fa__tensor){"input.offset", FA__F64, 1, {network->input.features}, model->shift};
    snprintf(outputs, sizeof outputs, "%zu", network->outputs);
    write_input(input, &network->input);
    const char *metadata[METADATA_MAX][2] = {
        {"format", format_name},   {"task", network->reconstruction ? "reconstruction" : "labels"},
        {"layers", model->layers}, {"input", input},
        {"outputs", outputs},
    };
    size_t n = METADATA_ALWAYS;
    if (vocabulary->count > 0) {
        const char *const words[][2] = {{"vocabulary", vocabulary->text},
                                        {"max_tokens", most},
                                        {"order", vocabulary->backward ? "backward" : "forward"}};
        snprintf(most, sizeof most, "%zu", vocabulary->max_tokens);
        memcpy(metadata[n], words, sizeof words);
        n += sizeof words / sizeof *words;
    }
    if (model->columns.text != NULL) {
        FA_TRY(fa__columns_to_text(&names, model->columns.text, network->input.features));
        metadata[n][0] = "columns";
        metadata[n++][1] = names;
    }
    if (network->steps > 0) {
        snprintf(steps, sizeof steps, "%zu", network->steps);
        metadata[n][0] = "steps";
        metadata[n++][1] = steps;
        metadata[n][0] = "stretched";
        metadata[n++][1] = network->stretched ? "yes" : "no";
    }
    if (model->schema != NULL) {
        metadata[n][0] = "schema";
        metadata[n++][1] = model->schema;
    }
    fa_status status = fa__safetensors_to_buffer(bytes, size, tensors, count, metadata, n);
    fa__free(names);
    return status;
}

/* The tensor of a model that must be there in this shape, all finite. */
static fa_status find_tensor(const float **out, const fa__safetensors *file, const char *name,
                             size_t rank, const size_t *shape) {
    const fa__tensor *t = fa__safetensors_find(file, name);
    if (t == NULL) return fa__fail(FA_E_FORMAT, "the tensor %s is missing", name);
    bool fits = t->dtype == FA__F32 && t->rank == rank;
    for (size_t i = 0; fits && i < rank; i++) fits = t->shape[i] == shape[i];
    if (!fits)
        return fa__fail(FA_E_FORMAT, "the tensor %s has another shape than the layers ask for",
                        name);
    const float *values = t->data;
    size_t count = fa__tensor_count(t);
    size_t bad = fa__first_nonfinite(values, count);
    if (bad < count) return fa__fail(FA_E_NONFINITE, "%s: element %zu is not finite", name, bad);
    *out = values;
    return FA_OK;
}

static fa_status read_scaling(fa__scaling *scaling, const fa__safetensors *file, size_t features) {
    const float *shift = NULL, *scale = NULL;
    scaling->features = features;
    FA_TRY(find_tensor(&shift, file, "input.shift", 1, &features));
    FA_TRY(find_tensor(&scale, file, "input.scale", 1, &features));
    FA_TRY(FA_NEW(scaling->shift, features));
    FA_TRY(FA_NEW(scaling->scale, features));
    memcpy(scaling->shift, shift, features * sizeof *shift);
    memcpy(scaling->scale, scale, features * sizeof *scale);
    return FA_OK;
}

/* All tensors are found before there is memory for them: layers that the file does not hold could
 * ask for any amount. */
static fa_status read_parameters(fa_model *model, const fa__safetensors *file) {
    const float *values[MAX_TENSORS];
    const fa__parameter *p;
    for (size_t i = 0; (p = fa__network_parameter(model->network, i)) != NULL; i++)
        FA_TRY(find_tensor(&values[i], file, p->name, p->rank, p->shape));
    FA_TRY(FA_NEW(model->parameters, model->network->parameters));
    for (size_t i = 0; (p = fa__network_parameter(model->network, i)) != NULL; i++)
        memcpy(model->parameters + p->offset, values[i], p->count * sizeof *values[i]);
    return FA_OK;
}

static fa_status read_vocabulary(fa_model *model, const fa__safetensors *file, size_t count) {
    const char *text = fa__safetensors_metadata(file, "vocabulary");
    const char *most = fa__safetensors_metadata(file, "max_tokens");
    const char *order = fa__safetensors_metadata(file, "order");
    size_t max_tokens = most != NULL ? read_size(most, SIZE_MAX) : 0;
    if (text == NULL || max_tokens < 1)
        return fa__fail(FA_E_FORMAT, "its input is text, but vocabulary or max_tokens is missing");
    bool backward = order != NULL && strcmp(order, "backward") == 0;
    if (!backward && (order == NULL || strcmp(order, "forward") != 0))
        return fa__fail(FA_E_FORMAT, "its input is text, but its order is neither forward nor "
                                     "backward");
    FA_TRY(fa__vocabulary_read(&model->vocabulary, text, max_tokens));
    model->vocabulary.backward = backward;
    if (model->vocabulary.count != count)
        return fa__fail(FA_E_FORMAT, "its input is text of %zu words, its vocabulary has %zu",
                        count - 1, model->vocabulary.count - 1);
    return FA_OK;
}

/* What was taken off the values of the training data; absent: nothing. */
static fa_status read_offset(fa_model *model, const fa__safetensors *file, size_t features) {
    const fa__tensor *t = fa__safetensors_find(file, "input.offset");
    if (t == NULL) return FA_OK;
    if (t->dtype != FA__F64 || t->rank != 1 || t->shape[0] != features)
        return fa__fail(FA_E_FORMAT, "the tensor input.offset is not of %zu doubles", features);
    FA_TRY(FA_NEW(model->shift, features));
    memcpy(model->shift, t->data, features * sizeof *model->shift);
    for (size_t k = 0; k < features; k++)
        if (!isfinite(model->shift[k]))
            return fa__fail(FA_E_NONFINITE, "input.offset: element %zu is not finite", k);
    return FA_OK;
}

static fa_status read_model(fa_model *model, const fa__safetensors *file) {
    const char *format = fa__safetensors_metadata(file, "format");
    const char *layers = fa__safetensors_metadata(file, "layers");
    const char *input = fa__safetensors_metadata(file, "input");
    const char *outputs = fa__safetensors_metadata(file, "outputs");
    const char *task = fa__safetensors_metadata(file, "task"); /* absent: labels */
    if (format == NULL || strcmp(format, format_name) != 0 || layers == NULL || input == NULL ||
        outputs == NULL)
        return fa__fail(FA_E_FORMAT, "not a forced-apart model (its metadata do not say '%s')",
                        format_name);
    fa__shape shape;
    size_t n_outputs = read_size(outputs, UNITS_MAX);
    if (!read_input(&shape, input) || n_outputs < 1)
        return fa__fail(FA_E_FORMAT, "an input of '%s' and %s outputs cannot be", input, outputs);
    bool reconstruction = task != NULL && strcmp(task, "reconstruction") == 0;
    if (task != NULL && !reconstruction && strcmp(task, "labels") != 0)
        return fa__fail(FA_E_FORMAT, "a task of '%s' is not known (labels, reconstruction)", task);
    fa_status status =
        fa__network_create(&model->network, layers, shape,
                           reconstruction ? (fa__shape){0} : fa__shape_vector(n_outputs));
    if (status != FA_OK) return status == FA_E_RECIPE ? FA_E_FORMAT : status; /* the file's fault */
    if (model->network->outputs != n_outputs)
        return fa__fail(FA_E_FORMAT, "%s outputs cannot be: the input has %zu features", outputs,
                        shape.features);
    const char *steps = fa__safetensors_metadata(file, "steps"), /* absent: no rows */
        *stretched = fa__safetensors_metadata(file, "stretched");
    if (steps != NULL && shape.form == FA__SERIES)
        model->network->steps = read_size(steps, UNITS_MAX / shape.features);
    model->network->stretched = stretched != NULL && strcmp(stretched, "yes") == 0;
    model->layers = fa__strdup(layers);
    if (model->layers == NULL) return fa__nomem(strlen(layers) + 1, 1);
    FA_TRY(fa__engine_find(&model->engine, "auto"));
    if (fa__network_needs_images(model->network) && model->engine->images->name == NULL)
        model->engine = fa__engine_ref();
    FA_TRY(read_parameters(model, file));
    if (shape.vocabulary > 0) FA_TRY(read_vocabulary(model, file, shape.vocabulary));
    const char *columns = fa__safetensors_metadata(file, "columns");
    if (columns != NULL) FA_TRY(fa__columns_from_text(&model->columns, shape.features, columns));
    const char *schema = fa__safetensors_metadata(file, "schema");
    if (schema != NULL && (model->schema = fa__strdup(schema)) == NULL)
        return fa__nomem(strlen(schema) + 1, 1);
    FA_TRY(read_offset(model, file, shape.features));
    return read_scaling(&model->scaling, file, shape.form == FA__IMAGE ? 1 : shape.features);
}

fa_status fa__model_parse(fa_model **out, unsigned char *bytes, size_t size, const char *where) {
    fa_status status = FA_OK;
    fa__safetensors *file = NULL;
    fa_model *model = NULL;
    uint64_t digest = fa__digest(bytes, size);
    status = fa__safetensors_parse(&file, bytes, size, where);
    if (status != FA_OK) {
        fa__free(bytes);
        return status;
    }
    FA_CHECK(FA_NEW_ZERO(model, 1));
    model->digest = digest;
    status = read_model(model, file);
    if (status != FA_OK) FA_CHECK(fa__fail_within(status, "%s", where));
    *out = model;
    model = NULL;
done:
    fa__safetensors_free(file);
    fa_model_free(model);
    return status;
}

fa_status fa_model_from_buffer(fa_model **out, const void *bytes, size_t size) {
    unsigned char *copy;
    if (out == NULL || bytes == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", out == NULL ? "out" : "bytes");
    FA_TRY(FA_NEW(copy, size + 1));
    memcpy(copy, bytes, size);
    return fa__model_parse(out, copy, size, "model");
}

void fa_model_free(fa_model *model) {
    if (model == NULL) return;
    fa__network_free(model->network);
    fa__free(model->parameters);
    fa__scaling_free(&model->scaling);
    fa__vocabulary_free(&model->vocabulary);
    fa__names_free(&model->columns);
    fa__free(model->schema);
    fa__free(model->shift);
    fa__free(model->layers);
    fa__free(model);
}

size_t fa_model_target_units(const fa_model *model) {
    return model->network->layers[model->network->target].out.features;
}

fa_status fa_model_layer_units(size_t *units, const fa_model *model, size_t layer) {
    size_t index = 0;
    FA_TRY(fa__layer_by_number(&index, model->network, layer));
    *units = fa__layer_units(model->network, index);
    return FA_OK;
}

size_t fa_model_outputs(const fa_model *model) {
    return fa__embed_outputs(model->network);
}

size_t fa_model_parameters(const fa_model *model) {
    return model->network->learned;
}

const char *fa_model_column_name(const fa_model *model, size_t i) {
    return i < model->columns.count ? fa__names_at(&model->columns, i) : NULL;
}

const char *fa_model_schema(const fa_model *model) {
    return model->schema;
}

const char *fa_model_engine(const fa_model *model) {
    return model->engine->name;
}

/* ==== Embedding ==== */

enum {
    BLOCK = 64,
    BLOCKS_AT_ONCE = 64
}; /* samples that run together; blocks between two reports */

size_t fa__model_input_layer(const fa_model *model) {
    const fa__network *network = model->network;
    return network->fixed == 1 && network->layers[1].type == &fa__layer_mean ? 2 : 0;
}

size_t fa__embed_outputs(const fa__network *network) {
    return network->reconstruction ? 1 : network->outputs;
}

size_t fa__predicted_label(const float *logits, size_t c) {
    FA_ASSERT(c > 0);
    size_t best = 0;
    if (c == 1) return logits[0] > 0;
    for (size_t k = 1; k < c; k++)
        if (logits[k] > logits[best]) best = k;
    return best;
}

fa_status fa__layer_by_number(size_t *layer, const fa__network *network, size_t number) {
    char makes[FA__SHAPE_TEXT];
    if (number == FA_LAYER_INPUT) {
        if (network->input.form == FA__SERIES && network->steps == 0)
            return fa__fail(FA_E_ARGUMENT, "the input is %s, not one vector a sample",
                            fa__shape_text(makes, &network->input));
        *layer = FA_LAYER_INPUT;
        return FA_OK;
    }
    if (number > network->n_layers)
        return fa__fail(FA_E_ARGUMENT, "there is no layer %zu: those of the network are 1 to %zu",
                        number, network->n_layers);
    size_t index = number > 0 ? number - 1 : network->target;
    const fa__shape *out = &network->layers[index].out;
    if (out->form == FA__SERIES)
        return fa__fail(FA_E_ARGUMENT, "layer %zu (%s) makes %s, not one vector a sample", number,
                        network->layers[index].type->name, fa__shape_text(makes, out));
    *layer = index;
    return FA_OK;
}

size_t fa__layer_units(const fa__network *network, size_t index) {
    if (index != FA_LAYER_INPUT) return network->layers[index].out.features;
    return network->input.features * (network->steps > 0 ? network->steps : 1);
}

static fa_status copy_series(float *row, const fa__network *network, const fa_dataset *dataset,
                             size_t sample) {
    size_t steps;
    const float *series = fa_dataset_series(dataset, sample, &steps);
    if (steps != network->steps && !network->stretched)
        return fa__fail(FA_E_SHAPE, "series %zu has %zu steps; the clusters are of series of %zu",
                        sample, steps, network->steps);
    fa__series_stretch(row, network->steps, series, steps, dataset->features);
    return FA_OK;
}

/* The samples themselves, as the data have them: [n, d]. */
static fa_status copy_input(float *rows, const fa__network *network, const fa_dataset *dataset,
                            const size_t *samples, size_t n) {
    size_t d = fa__layer_units(network, FA_LAYER_INPUT);
    for (size_t i = 0; i < n; i++, rows += d) {
        size_t sample = samples != NULL ? samples[i] : i;
        if (dataset->kind == FA_KIND_SERIES) {
            FA_TRY(copy_series(rows, network, dataset, sample));
        } else if (dataset->kind == FA_KIND_IMAGES) {
            const unsigned char *pixels = fa__dataset_pixels(dataset, sample);
            for (size_t j = 0; j < d; j++) rows[j] = pixels[j];
        } else {
            memcpy(rows, fa__dataset_numbers(dataset, sample), d * sizeof *rows);
        }
    }
    return FA_OK;
}

typedef struct embedding {
    float *rows, *logits;
    fa__forward how;
    const fa_dataset *dataset;
    const size_t *samples; /* NULL: all */
    fa__row *order; /* [n] series: longest first; place: the row of the result; NULL: as samples */
    size_t n, first_block;
    fa__shard *shards; /* one a thread */
    bool in_order; /* row i of the result is that of order[i], to be put in its place afterwards */
} embedding;

/* Row i of the work; there may be more of them than fit into memory. */
static fa__row row_of(const embedding *e, size_t i) {
    if (e->order != NULL) return e->order[i];
    return fa__row_of(e->dataset, e->samples != NULL ? e->samples[i] : i, i);
}

static fa_status embed_block(void *context, size_t index, size_t thread) {
    embedding *e = context;
    size_t from = (e->first_block + index) * BLOCK, n = e->n - from < BLOCK ? e->n - from : BLOCK;
    fa__shard *shard = &e->shards[thread];
    const fa__forward *how = &e->how;
    fa__row rows[BLOCK];
    FA_TRY(fa__stop_check());
    for (size_t j = 0; j < n; j++) rows[j] = row_of(e, from + j);
    FA_TRY(fa__shard_fill(shard, how->network, how->engine, e->dataset, how->scaling, rows, n));
    /* Without logits what lies above, a whole decoder perhaps, is not run. */
    size_t last = e->logits == NULL ? how->layer : how->network->n_layers - 1;
    FA_TRY(fa__shard_use(shard, how->network, how->engine, how->parameters, last));
    const fa__activation *made = &shard->activations[how->layer + 1];
    const float *logits = fa__shard_outputs(shard, how->network)->values;
    size_t d = made->features, c = fa__embed_outputs(how->network);
    float errors[BLOCK];
    if (e->logits != NULL && how->network->reconstruction) {
        fa__reconstruction_errors(errors, shard, how->network);
        logits = errors;
    }
    for (size_t j = 0; j < n; j++) {
        size_t row = e->in_order ? from + j : rows[j].place;
        if (e->rows != NULL) memcpy(e->rows + row * d, made->values + j * d, d * sizeof(float));
        if (e->logits != NULL) memcpy(e->logits + row * c, logits + j * c, c * sizeof(float));
    }
    return FA_OK;
}

static fa_status embed_blocks(embedding *e, size_t from, size_t blocks, fa_progress_fn progress,
                              void *user, const char *phase) {
    for (e->first_block = from; e->first_block < blocks; e->first_block += BLOCKS_AT_ONCE) {
        size_t now =
            blocks - e->first_block < BLOCKS_AT_ONCE ? blocks - e->first_block : BLOCKS_AT_ONCE;
        FA_TRY(fa__parallel(now, embed_block, e));
        size_t done = (e->first_block + now) * BLOCK;
        fa_progress report = {
            .phase = phase, .done = done < e->n ? done : e->n, .total = e->n, .seconds_left = -1};
        if (progress != NULL && progress(user, &report) != 0)
            return fa__fail(FA_E_STOPPED, "stopped after %zu of %zu samples", report.done, e->n);
    }
    return FA_OK;
}

/* A matrix whose rows lie as e->order has them: each where it belongs. */
static void put_in_place(float *out, const float *made, const embedding *e, size_t width) {
    for (size_t i = 0; out != NULL && i < e->n; i++)
        memcpy(out + e->order[i].place * width, made + i * width, width * sizeof *out);
}

/* The blocks of this rank, then the rows of all. Which rank makes a row does not show in it. */
static fa_status embed_shared(embedding *e, fa_progress_fn progress, void *user,
                              const char *phase) {
    const fa__comm *comm = e->how.comm;
    fa_status status = FA_OK;
    float *rows = e->rows, *logits = e->logits;
    size_t from, end, blocks = (e->n + BLOCK - 1) / BLOCK, *first = NULL;
    size_t d = e->how.network->layers[e->how.layer].out.features,
           c = fa__embed_outputs(e->how.network);
    bool sorted = e->order != NULL;
    e->rows = sorted ? NULL : rows;
    e->logits = sorted ? NULL : logits;
    e->in_order = true;
    FA_CHECK(FA_NEW(first, blocks + 1));
    for (size_t b = 0; b <= blocks; b++) first[b] = b < blocks ? b * BLOCK : e->n;
    if (rows != NULL && sorted) FA_CHECK(FA_NEW(e->rows, e->n * d));
    if (logits != NULL && sorted) FA_CHECK(FA_NEW(e->logits, e->n * c));
    fa__comm_range(&from, &end, comm, blocks);
    FA_CHECK(embed_blocks(e, from, end, progress, user, phase));
    if (rows != NULL) FA_CHECK(fa__comm_gather(comm, e->rows, first, blocks, d * sizeof *rows));
    if (logits != NULL)
        FA_CHECK(fa__comm_gather(comm, e->logits, first, blocks, c * sizeof *logits));
    if (!sorted) goto done;
    put_in_place(rows, e->rows, e, d);
    put_in_place(logits, e->logits, e, c);
done:
    fa__free(first);
    if (sorted) fa__free(e->rows);
    if (sorted) fa__free(e->logits);
    return status;
}

fa_status fa__embed(float *rows, float *logits, const fa__forward *how, const fa_dataset *dataset,
                    const size_t *samples, size_t n, fa_progress_fn progress, void *user,
                    const char *phase) {
    FA_ASSERT(how->layer == FA_LAYER_INPUT || how->layer < how->network->n_layers);
    fa_status status = FA_OK;
    size_t threads = fa__threads();
    fa__row *scratch = NULL;
    fa__network plain;
    embedding e = {.rows = rows,
                   .logits = logits,
                   .how = *how,
                   .dataset = dataset,
                   .samples = samples,
                   .n = samples != NULL ? n : dataset->n};
    if (how->layer == FA_LAYER_INPUT) {
        if (rows != NULL) FA_TRY(copy_input(rows, how->network, dataset, samples, e.n));
        if (logits == NULL) return FA_OK;
        e.rows = NULL;
        e.how.layer = how->network->target;
    }
    fa__network_plain_at(&plain, how->network, e.how.layer);
    e.how.network = &plain;
    FA_CHECK(FA_NEW_ZERO(e.shards, threads));
    if (dataset->kind == FA_KIND_SERIES) {
        fa__row *order;
        FA_CHECK(FA_NEW(order, e.n));
        for (size_t i = 0; i < e.n; i++) order[i] = row_of(&e, i);
        e.order = order;
        FA_CHECK(FA_NEW(scratch, e.n));
        fa__sort_by_length(e.order, e.n, scratch);
    }
    if (how->comm != NULL && how->comm->size > 1)
        status = embed_shared(&e, progress, user, phase);
    else
        status = embed_blocks(&e, 0, (e.n + BLOCK - 1) / BLOCK, progress, user, phase);
done:
    for (size_t t = 0; e.shards != NULL && t < threads; t++) fa__shard_free(&e.shards[t]);
    fa__free(e.shards);
    fa__free(e.order);
    fa__free(scratch);
    return status;
}

fa_status fa__model_take(fa_dataset **made, const fa_model *model, const fa_dataset *dataset) {
    fa__shape wanted = model->network->input, found = fa__dataset_shape(dataset);
    char takes[FA__SHAPE_TEXT], is[FA__SHAPE_TEXT];
    size_t *places = NULL;
    *made = NULL;
    if (dataset->kind == FA_KIND_TEXT) {
        if (wanted.vocabulary > 0) return fa__vocabulary_encode(made, &model->vocabulary, dataset);
        return fa__fail(FA_E_SHAPE, "the model takes %s, the data are text",
                        fa__shape_text(takes, &wanted));
    }
    if (wanted.form == found.form) FA_TRY(fa__columns_find(&places, &model->columns, dataset));
    if (!fa__shape_equal(&wanted, &found))
        return fa__fail(FA_E_SHAPE, "the model takes %s, the data are %s",
                        fa__shape_text(takes, &wanted), fa__shape_text(is, &found));
    if (dataset->kind == FA_KIND_IMAGES ||
        (places == NULL && !fa__columns_shifted(model->shift, dataset)))
        return FA_OK;
    fa_status status = fa__columns_in_order(made, dataset, places, model->shift);
    fa__free(places);
    return status;
}

/* That all ranks embed the same samples by the same network: some of them are compared. */
static fa_status same_embedding(const fa__comm *comm, const fa_model *model, size_t layer,
                                const fa_dataset *dataset, size_t n, bool rows, bool logits) {
    char text[FA__COMM_TEXT];
    if (comm->size == 1) return FA_OK;
    const uint64_t how[] = {
        fa__digest(model->parameters, model->network->parameters * sizeof(float)), layer, rows,
        logits};
    snprintf(text, sizeof text, "%zu samples, %016llx, %016llx, %s", n,
             (unsigned long long)fa__dataset_glance(dataset),
             (unsigned long long)fa__digest(how, sizeof how), fa_simd_name());
    return fa__comm_same(comm, "data set or model", text, "give all ranks the same");
}

fa_status fa__model_embed(float *rows, float *logits, const fa_model *model, size_t layer,
                          const fa_dataset *dataset, const size_t *samples, size_t n,
                          fa_progress_fn progress, void *user) {
    fa__forward how = {.network = model->network,
                       .engine = model->engine,
                       .parameters = model->parameters,
                       .scaling = &model->scaling,
                       .comm = fa__comm_world()};
    fa_dataset *made = NULL;
    fa_status status = FA_OK;
    FA_CHECK(fa__layer_by_number(&how.layer, model->network, layer));
    FA_CHECK(same_embedding(how.comm, model, layer, dataset, samples != NULL ? n : dataset->n,
                            rows != NULL, logits != NULL));
    FA_CHECK(fa__model_take(&made, model, dataset));
    FA_CHECK(fa__embed(rows, logits, &how, made != NULL ? made : dataset, samples, n, progress,
                       user, "embed"));
done:
    fa_dataset_free(made);
    return fa__comm_close(how.comm, status);
}

fa_status fa_model_embed(float *embedding_, float *logits, const fa_model *model,
                         const fa_dataset *dataset, fa_progress_fn progress, void *user) {
    return fa__model_embed(embedding_, logits, model, 0, dataset, NULL, 0, progress, user);
}

fa_status fa_model_embed_layer(float *rows, const fa_model *model, size_t layer,
                               const fa_dataset *dataset, fa_progress_fn progress, void *user) {
    return fa__model_embed(rows, NULL, model, layer, dataset, NULL, 0, progress, user);
}
