/* The scores of a run, with the normaliser of each named. */
#ifndef FORCED_APART_CLI_SCORES_H
#define FORCED_APART_CLI_SCORES_H

#include "forced_apart.h"

#include <jansson.h>

/* A normaliser of mutual information and the name that AMI and NMI get from it. */
typedef struct normaliser {
    fa_mean mean;
    const char *name; /* AMI_name, NMI_name */
    const char *text;
} normaliser;

enum { NORMALISERS = 4 };
extern const normaliser normalisers[NORMALISERS]; /* in the order of fa_mean */

void scores_print(const fa_scores *scores);
json_t *scores_json(const fa_scores *scores);

#endif
