/* Views of measured series: another stretch, run at another pace, by another sensor. */
#include "augment/augment.h"

#include "base/memory.h"

#include <math.h>

/* The pace of a view: speed 1 + height sin(2 pi turns u + phase) at u in [0, 1] of its time. */
typedef struct pace {
    double height, turns, phase;
} pace;

/* How far time has come at u, before it is brought back to 1 at the end. */
static double passed(const pace *p, double u) {
    const double pi = 3.14159265358979323846;
    double rate = 2 * pi * p->turns;
    return u - p->height / rate * (cos(rate * u + p->phase) - cos(p->phase));
}

static void channel_changes(double *gain, bool *dropped, fa__view_call *call, size_t features) {
    for (size_t k = 0, kept = 0; k < features; k++) {
        gain[k] = expm1(fa__view_within(call, fa__view_range(call, FA__RANGE_SCALE)));
        dropped[k] = fa__view_drops(call, kept, features - k);
        kept += !dropped[k];
    }
}

/* Between the steps before and after, linearly. */
static double value_at(const float *from, size_t features, size_t steps, double place) {
    double last = (double)(steps - 1);
    if (!(place > 0)) place = 0;
    if (place > last) place = last;
    size_t before = (size_t)place;
    double share = place - (double)before, a = (double)from[before * features];
    return share > 0 ? a + share * ((double)from[(before + 1) * features] - a) : a;
}

static fa_status make(float *out, size_t *steps, fa__view_call *call) {
    fa_status status = FA_OK;
    const fa_dataset *data = call->data;
    const fa__views *views = call->views;
    size_t features = data->features, first = data->values.offsets[call->sample];
    size_t given = data->values.offsets[call->sample + 1] - first;
    double share = 1 - fa__view_range(call, FA__RANGE_CROP) * fa__rng_uniform(&call->rng);
    size_t kept = (size_t)ceil(share * (double)given); /* >= 1: share > 0 */
    first += (size_t)fa__rng_below(&call->rng, given - kept + 1);
    double jitter = fa__view_range(call, FA__RANGE_JITTER), *gain = NULL;
    bool *dropped = NULL;
    pace p = {.height = fa__view_within(call, fa__view_range(call, FA__RANGE_WARP)),
              .turns = 0.5 + fa__rng_uniform(&call->rng)};
    p.phase = fa__view_within(call, 3.14159265358979323846);
    double whole = passed(&p, 1), last = (double)(kept - 1);
    FA_CHECK(FA_NEW(gain, features));
    FA_CHECK(FA_NEW(dropped, features));
    channel_changes(gain, dropped, call, features);
    for (size_t t = 0; t < kept; t++) {
        double place = (double)t;
        if (kept > 1) place += last * (passed(&p, place / last) / whole - place / last);
        for (size_t k = 0; k < features; k++) {
            double x = value_at(data->values.numbers + first * features + k, features, kept, place);
            if (gain[k] != 0) x += gain[k] * (x - (double)views->shift[k]);
            if (jitter > 0) x += jitter / (double)views->scale[k] * fa__rng_normal(&call->rng);
            *out++ = dropped[k] ? views->shift[k] : (float)x;
        }
    }
    *steps = kept;
done:
    fa__free(gain);
    fa__free(dropped);
    return status;
}

const fa__policy fa__policy_series = {.name = "series",
                                      .kind = FA_KIND_SERIES,
                                      .make = make,
                                      .growth = 1,
                                      .ranges = {{FA__RANGE_SCALE, 0.1, 3, "features scaled"},
                                                 {FA__RANGE_WARP, 0.3, 0.95, "at another pace"},
                                                 {FA__RANGE_CROP, 0.2, 0.99, "a stretch of it"},
                                                 {FA__RANGE_DROP, 0.1, 1, "features left out"},
                                                 {FA__RANGE_JITTER, 0.05, 1e6, "with noise"}}};
