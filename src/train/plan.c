/* Sizes of data and network as texts and numbers. */
#include "train/plan.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)FA_PLAN_LAYERS == (int)FA__LAYERS_MAX, "a plan holds every layer");

static void shape_of(char out[FA_PLAN_TEXT], const fa__shape *shape) {
    if (shape->form == FA__IMAGE)
        snprintf(out, FA_PLAN_TEXT, "%zu x %zu x %zu", shape->height, shape->width,
                 shape->channels);
    else if (shape->vocabulary > 0)
        snprintf(out, FA_PLAN_TEXT, "words of %zu", shape->vocabulary);
    else
        snprintf(out, FA_PLAN_TEXT, "%s%zu", shape->form == FA__SERIES ? "steps x " : "",
                 shape->features);
}

/* The part of a description up to the next comma, blanks made single; returns what follows. */
static const char *next_layer(char out[FA_PLAN_TEXT], const char *description) {
    size_t length = strcspn(description, ","), used = 0;
    for (size_t i = 0; i < length && used + 1 < FA_PLAN_TEXT; i++) {
        bool blank = description[i] == ' ' || description[i] == '\t';
        if (!blank || (used > 0 && out[used - 1] != ' '))
            out[used++] = blank ? ' ' : description[i];
    }
    while (used > 0 && out[used - 1] == ' ') used--;
    out[used] = '\0';
    return description + length + (description[length] == ',');
}

void fa__plan_make(fa_plan *plan, const fa__task *task, const fa__network *network,
                   const char *description) {
    *plan = (fa_plan){.fit = task->n_fit,
                      .validation = task->n_validation,
                      .coarse_labels = task->groups,
                      .hidden_classes = task->hidden_classes,
                      .words = task->vocabulary.count > 0 ? task->vocabulary.count - 1 : 0,
                      .n_layers = network->n_layers,
                      .parameters = network->learned};
    shape_of(plan->takes, &network->input);
    for (size_t i = 0; i < network->n_layers; i++) {
        const fa__layer *layer = &network->layers[i];
        fa_plan_layer *row = &plan->layers[i];
        description = next_layer(row->text, description);
        shape_of(row->makes, &layer->out);
        for (size_t p = 0; p < layer->n_parameters; p++)
            row->parameters += layer->parameters[p].buffer ? 0 : layer->parameters[p].count;
        row->target = i == network->target;
    }
}
