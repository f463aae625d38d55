/* Tensors by name into layers. */
#include "train/weights.h"

#include "base/floats.h"
#include "formats/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENSORS_MAX = FA__LAYERS_MAX * FA__LAYER_TENSORS, SHAPE_TEXT = 96 };

/* The last number used of features.N and classifier.N, one further. */
typedef struct torch_names {
    size_t conv, batchnorm, linear;
} torch_names;

/* Where the values of each parameter come from, until all are found. */
typedef struct sources {
    const fa__safetensors *file;
    const fa__network *network;
    bool torch; /* named as torchvision names VGG */
    torch_names next;
    struct {
        const fa__parameter *parameter;
        const float *values;
        const fa__shape *image; /* of the columns to reorder; NULL: none */
    } rows[TENSORS_MAX];
    size_t n;
} sources;

static const char *shape_text(char out[SHAPE_TEXT], size_t rank, const size_t *shape) {
    size_t used = (size_t)snprintf(out, SHAPE_TEXT, "[");
    for (size_t i = 0; i < rank; i++)
        used +=
            (size_t)snprintf(out + used, SHAPE_TEXT - used, "%s%zu", i > 0 ? ", " : "", shape[i]);
    snprintf(out + used, SHAPE_TEXT - used, "]");
    return out;
}

/* "features.7.weight" of a rank: its 7; SIZE_MAX: another name or rank. */
static size_t number_of(const fa__tensor *t, const char *group, size_t rank) {
    size_t length = strlen(group);
    char *end;
    if (strncmp(t->name, group, length) != 0 || t->rank != rank || t->name[length] < '0' ||
        t->name[length] > '9')
        return SIZE_MAX;
    unsigned long long number = strtoull(t->name + length, &end, 10);
    return strcmp(end, ".weight") == 0 ? (size_t)number : SIZE_MAX;
}

/* The lowest number from *next on of a weight of this rank in a group; *next is the one after. */
static bool next_number(size_t *number, size_t *next, const fa__safetensors *file,
                        const char *group, size_t rank) {
    *number = SIZE_MAX;
    for (size_t i = 0; i < fa__safetensors_count(file); i++) {
        size_t found = number_of(fa__safetensors_at(file, i), group, rank);
        if (found >= *next && found < *number) *number = found;
    }
    if (*number != SIZE_MAX) *next = *number + 1;
    return *number != SIZE_MAX;
}

/* What the names of a layer's tensors begin with in the file; false: it has no such layer. */
static bool begin_of(char out[FA__PARAMETER_NAME], sources *s, size_t i) {
    const fa__layer *layer = &s->network->layers[i];
    size_t number;
    if (!s->torch) {
        snprintf(out, FA__PARAMETER_NAME, "%zu.%s.", i, layer->type->name);
        for (size_t p = 0; p < layer->n_parameters; p++)
            if (fa__safetensors_find(s->file, layer->parameters[p].name) != NULL) return true;
        return false;
    }
    bool linear = layer->type == &fa__layer_linear, norm = layer->type == &fa__layer_batchnorm;
    const char *group = linear ? "classifier." : "features.";
    if (!linear && !norm && layer->type != &fa__layer_conv) return false;
    if (!next_number(&number,
                     linear ? &s->next.linear
                     : norm ? &s->next.batchnorm
                            : &s->next.conv,
                     s->file, group,
                     linear ? 2
                     : norm ? 1
                            : 4))
        return false;
    snprintf(out, FA__PARAMETER_NAME, "%s%zu.", group, number);
    return true;
}

/* A linear layer of other width than the file's stands where the file's classifier ends. */
static bool other_width(const fa__layer *layer, const fa__tensor *t) {
    return layer->type == &fa__layer_linear && t->rank == 2 && t->shape[0] != layer->units;
}

static fa_status find_tensor(const fa__tensor **out, const sources *s, size_t i,
                             const fa__parameter *p, const char *begin) {
    char name[2 * FA__PARAMETER_NAME], found[SHAPE_TEXT], wanted[SHAPE_TEXT];
    snprintf(name, sizeof name, "%s%s", begin, strrchr(p->name, '.') + 1);
    const fa__tensor *t = fa__safetensors_find(s->file, name);
    if (t == NULL)
        return fa__fail(FA_E_FORMAT, "%s is missing, other tensors of layer %zu (%s) are there",
                        name, i + 1, s->network->layers[i].type->name);
    if (t->dtype != FA__F32)
        return fa__fail(FA_E_FORMAT, "%s is not of 32-bit floats: convert it first", name);
    bool fits = t->rank == p->rank;
    for (size_t k = 0; fits && k < p->rank; k++) fits = t->shape[k] == p->shape[k];
    if (!fits && !other_width(&s->network->layers[i], t))
        return fa__fail(FA_E_SHAPE, "%s is %s, layer %zu (%s) takes %s: it sees %s", name,
                        shape_text(found, t->rank, t->shape), i + 1,
                        s->network->layers[i].type->name, shape_text(wanted, p->rank, p->shape),
                        fa__shape_text((char[FA__SHAPE_TEXT]){0}, &s->network->layers[i].in));
    size_t bad = fa__first_nonfinite(t->data, fa__tensor_count(t));
    if (bad < fa__tensor_count(t))
        return fa__fail(FA_E_NONFINITE, "%s: element %zu is not finite", name, bad);
    *out = t;
    return FA_OK;
}

/* Finds the tensors of layer i; *taken is false where the file's layers have ended before it. */
static fa_status find_layer(sources *s, bool *taken, size_t i) {
    const fa__layer *layer = &s->network->layers[i];
    char begin[FA__PARAMETER_NAME];
    *taken = begin_of(begin, s, i);
    for (size_t p = 0; *taken && p < layer->n_parameters; p++) {
        const fa__tensor *t = NULL;
        FA_TRY(find_tensor(&t, s, i, &layer->parameters[p], begin));
        *taken = !other_width(layer, t);
        if (!*taken) break;
        bool reorder = s->torch && t->rank == 2 && layer->in.form == FA__IMAGE;
        s->rows[s->n].parameter = &layer->parameters[p];
        s->rows[s->n].image = reorder ? &layer->in : NULL;
        s->rows[s->n++].values = t->data;
    }
    return FA_OK;
}

static fa_status find_all(sources *s) {
    size_t missing = SIZE_MAX;
    for (size_t i = 0; i < fa__safetensors_count(s->file); i++)
        if (number_of(fa__safetensors_at(s->file, i), "features.", 4) != SIZE_MAX) s->torch = true;
    for (size_t i = 0; i + 1 < s->network->n_layers; i++) {
        bool taken;
        if (s->network->layers[i].n_parameters == 0) continue;
        if (s->torch && missing != SIZE_MAX) break; /* named in order: nothing can be behind it */
        FA_TRY(find_layer(s, &taken, i));
        if (taken && missing != SIZE_MAX)
            return fa__fail(FA_E_FORMAT,
                            "layer %zu (%s) is there, layer %zu (%s) before it is not: the layers "
                            "taken must be the first of the network",
                            i + 1, s->network->layers[i].type->name, missing + 1,
                            s->network->layers[missing].type->name);
        if (!taken && missing == SIZE_MAX) missing = i;
    }
    if (s->n > 0) return FA_OK;
    const fa__tensor *first = fa__safetensors_at(s->file, 0);
    return fa__fail(
        FA_E_FORMAT,
        "none of its %zu tensors%s%s%s is of the first layer (%s): they are named as in "
        "a model.safetensors, or as torchvision names VGG's (features.0.weight)",
        fa__safetensors_count(s->file), first != NULL ? " (" : "", first != NULL ? first->name : "",
        first != NULL ? ", ...)" : "", fa__network_parameter(s->network, 0)->name);
}

/* Columns [channels, pixels] to [pixels, channels]. */
static void reorder(float *to, const float *from, size_t rows, const fa__shape *image) {
    size_t pixels = image->height * image->width;
    for (size_t r = 0; r < rows; r++, to += image->features, from += image->features)
        for (size_t p = 0; p < pixels; p++)
            for (size_t c = 0; c < image->channels; c++)
                to[p * image->channels + c] = from[c * pixels + p];
}

fa_status fa__weights_read(float *parameters, const fa__network *network, const char *path) {
    fa__safetensors *file;
    FA_TRY(fa__safetensors_read(&file, path));
    sources s = {.file = file, .network = network};
    fa_status status = find_all(&s);
    for (size_t i = 0; status == FA_OK && i < s.n; i++) {
        const fa__parameter *p = s.rows[i].parameter;
        if (s.rows[i].image != NULL)
            reorder(parameters + p->offset, s.rows[i].values, p->shape[0], s.rows[i].image);
        else
            memcpy(parameters + p->offset, s.rows[i].values, p->count * sizeof(float));
    }
    fa__safetensors_free(file);
    return status == FA_OK ? FA_OK : fa__fail_within(status, "%s", path);
}

void fa__weights_below_target(float *parameters, const fa__network *network, const float *others,
                              const fa__network *other) {
    const fa__parameter *p, *q;
    for (size_t i = 0; i < network->target && i < other->n_layers; i++)
        for (size_t k = 0; k < network->layers[i].n_parameters; k++) {
            p = &network->layers[i].parameters[k];
            q = &other->layers[i].parameters[k];
            if (k < other->layers[i].n_parameters && p->count == q->count &&
                strcmp(p->name, q->name) == 0)
                memcpy(parameters + p->offset, others + q->offset, p->count * sizeof(float));
        }
}
