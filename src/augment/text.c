/* Views of texts, as the numbers of their words: a stretch of one, without some words, others
 * exchanged with their neighbours. */
#include "augment/augment.h"

#include <math.h>

static fa_status make(float *out, size_t *steps, fa__view_call *call) {
    size_t first = call->data->values.offsets[call->sample], made = 0;
    size_t given = call->data->values.offsets[call->sample + 1] - first;
    double share = 1 - fa__view_range(call, FA__RANGE_CROP) * fa__rng_uniform(&call->rng);
    size_t window = (size_t)ceil(share * (double)given); /* >= 1: share > 0 */
    first += (size_t)fa__rng_below(&call->rng, given - window + 1);
    for (size_t i = 0; i < window; i++)
        if (!fa__view_drops(call, made, window - i))
            out[made++] = call->data->values.numbers[first + i];
    for (size_t i = 0; i + 1 < made; i++) {
        if (!fa__view_chance(call, fa__view_range(call, FA__RANGE_REORDER))) continue;
        float word = out[i];
        out[i] = out[i + 1];
        out[++i] = word;
    }
    *steps = made;
    return FA_OK;
}

const fa__policy fa__policy_text = {.name = "text",
                                    .kind = FA_KIND_TEXT,
                                    .make = make,
                                    .growth = 1,
                                    .ranges = {{FA__RANGE_CROP, 0.2, 0.99, "a stretch of it"},
                                               {FA__RANGE_DROP, 0.1, 1, "words left out"},
                                               {FA__RANGE_REORDER, 0.1, 1, "words exchanged"}}};
