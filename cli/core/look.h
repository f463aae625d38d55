/* A first look at data: what they are, and what their labels can be used for. */
#ifndef FORCED_APART_CLI_LOOK_H
#define FORCED_APART_CLI_LOOK_H

#include "forced_apart.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct data_look {
    const char *path;
    fa_dataset *data, *test; /* test NULL: none */
    bool two_parts;          /* a folder of a training and a test part */
    fa_label_source labels;
    int hidden; /* there are classes that the training is not told */
} data_look;

/* Reads data.train and data.test of a recipe, and tells what can be done with the labels. Of a
 * folder of both parts data.test becomes the second. look_close, also on failure. */
fa_status look_at(data_look *out, fa_recipe *recipe, bool label_free);
void look_close(data_look *look);

void look_print(const data_look *look);
json_t *look_json(const data_look *look);

#endif
