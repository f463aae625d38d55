/* Trying settings of the component, judged by what needs no hidden classes. */
#ifndef FORCED_APART_CLI_SEARCH_H
#define FORCED_APART_CLI_SEARCH_H

#include "forced_apart.h"

#include <stdbool.h>

enum { SEARCH_MAX = 99 };

typedef struct search_options {
    size_t settings;  /* 1 to SEARCH_MAX; the plain network comes on top */
    double tolerance; /* coarse accuracy, or share of the loss, that one may cost */
    bool overwrite;
} search_options;

/* Trains the plain network and the settings into OUT/search/0, 1, ..., writes OUT/search.csv, and
 * sets the winner's margin and weight in the recipe. Exit code. */
int search_run(fa_recipe *recipe, const char *out, const search_options *how);

#endif
