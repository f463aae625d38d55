/* What a discovery compared, and why it chose. */
#ifndef FORCED_APART_CLI_CANDIDATES_H
#define FORCED_APART_CLI_CANDIDATES_H

#include "forced_apart.h"

#include <jansson.h>

void candidates_print(const fa_discovery *found);
json_t *candidates_json(const fa_discovery *found);

#endif
