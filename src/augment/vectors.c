/* Views of vectors: noise, and features that are not told. */
#include "augment/augment.h"

static fa_status make(float *out, size_t *steps, fa__view_call *call) {
    const fa__views *views = call->views;
    size_t features = call->data->features;
    const float *x = fa__dataset_numbers(call->data, call->sample);
    double jitter = fa__view_range(call, FA__RANGE_JITTER);
    for (size_t k = 0, kept = 0; k < features; k++) {
        bool dropped = fa__view_drops(call, kept, features - k);
        double noise = jitter > 0 ? jitter * fa__rng_normal(&call->rng) : 0;
        out[k] = x[k];
        if (noise != 0) out[k] = (float)((double)x[k] + noise / (double)views->scale[k]);
        if (dropped) out[k] = views->shift[k];
        kept += !dropped;
    }
    *steps = 1;
    return FA_OK;
}

const fa__policy fa__policy_vectors = {.name = "vectors",
                                       .kind = FA_KIND_VECTORS,
                                       .make = make,
                                       .growth = 1,
                                       .ranges = {{FA__RANGE_DROP, 0.1, 1, "features left out"},
                                                  {FA__RANGE_JITTER, 0.1, 1e6, "with noise"}}};
