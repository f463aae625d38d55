/* KMeans on the input itself, beside the clusters of a run. */
#ifndef FORCED_APART_CLI_BASELINES_H
#define FORCED_APART_CLI_BASELINES_H

#include "forced_apart.h"

#include <jansson.h>

enum { BASELINES = 3 };

typedef struct baselines {
    size_t rows, k, components;     /* rows compared; clusters; components of the last one */
    double run;                     /* AMI_max of the run's clusters, on these rows */
    double ami[BASELINES];          /* the input as it is, standardised, its components */
    const char *without[BASELINES]; /* why there is no number; NULL: there is one */
} baselines;

/* Measures them for a run with hidden classes: its clusters and classes against KMeans with
 * as many clusters on the samples, on at most 5,000 rows spread evenly. split: NULL where the data
 * have no parts. */
fa_status baselines_measure(baselines *out, fa_run *run, const char *data, const char *split);

void baselines_print(const baselines *of);
json_t *baselines_json(const baselines *of);

#endif
