/* What policies draw. */
#include "augment/augment.h"

double fa__view_range(const fa__view_call *call, fa__range range) {
    return call->views->ranges[range];
}

double fa__view_within(fa__view_call *call, double most) {
    return most * (2 * fa__rng_uniform(&call->rng) - 1);
}

bool fa__view_chance(fa__view_call *call, double probability) {
    return fa__rng_uniform(&call->rng) < probability;
}

bool fa__view_drops(fa__view_call *call, size_t kept, size_t left) {
    return fa__view_chance(call, fa__view_range(call, FA__RANGE_DROP)) && (kept > 0 || left > 1);
}
