/* What there is to say about a data set (data info, discover). */
#ifndef FORCED_APART_CLI_DESCRIBE_H
#define FORCED_APART_CLI_DESCRIBE_H

#include "forced_apart.h"

#include <jansson.h>
#include <stdbool.h>

/* Steps per sample of a series, or bytes of a text. */
typedef struct lengths {
    size_t least, median, most;
    double mean;
} lengths;

bool measure_lengths(lengths *out, const fa_dataset *data); /* false: out of memory */

/* [{"class": c, "count": n}, ...] in the order of the classes; null without classes. */
json_t *class_counts(const fa_dataset *data);

/* [{"label": c, "name": "...", "count": n}, ...], the last with label -1 where some have none; null
 * without coarse labels. */
json_t *coarse_counts(const fa_dataset *data);

#endif
