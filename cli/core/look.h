/* A first look at data: what they are, and what their labels can be used for. */
#ifndef FORCED_APART_CLI_LOOK_H
#define FORCED_APART_CLI_LOOK_H

#include "forced_apart.h"

#include <jansson.h>
#include <stdbool.h>

typedef enum labels_from {
    LABELS_NONE = 0, /* an autoencoder */
    LABELS_GIVEN,    /* coarse labels that the data bring or a column holds */
    LABELS_CLASSES,  /* the classes, where there is nothing else to train on */
    LABELS_GROUPS    /* groups of the classes (data.groups) */
} labels_from;

typedef struct data_look {
    const char *path;
    fa_dataset *data;
    bool two_parts; /* a folder of a training and a test part; `data` is the first */
    labels_from labels;
    bool hidden; /* there are classes that the training is not told */
} data_look;

/* Reads data.train of a recipe, and tells what can be done with its labels: label_free, or what the
 * recipe says of them. FA_E_LABEL for data without labels unless label_free. */
fa_status look_at(data_look *out, const fa_recipe *recipe, bool label_free);
void look_close(data_look *look);

void look_print(const data_look *look);
json_t *look_json(const data_look *look);

#endif
