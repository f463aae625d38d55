/* The affine map and the wave. */
#include "augment/affine.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

fa__bend fa__bend_draw(fa__view_call *call, double centre_x, double centre_y, double size) {
    double angle = fa__view_within(call, fa__view_range(call, FA__RANGE_ROTATION)) * pi / 180;
    double shear = fa__view_within(call, fa__view_range(call, FA__RANGE_SHEAR));
    double sx = exp(fa__view_within(call, fa__view_range(call, FA__RANGE_SCALE)));
    double sy = exp(fa__view_within(call, fa__view_range(call, FA__RANGE_SCALE)));
    double c = cos(angle), s = sin(angle);
    fa__bend bend = {.m = {{c * sx, (c * shear - s) * sy}, {s * sx, (s * shear + c) * sy}},
                     .centre = {centre_x, centre_y},
                     .size = size > 1 ? size : 1};
    for (size_t axis = 0; axis < 2; axis++) {
        bend.shift[axis] = fa__view_within(call, fa__view_range(call, FA__RANGE_SHIFT));
        bend.height[axis] = fa__view_within(call, fa__view_range(call, FA__RANGE_WARP));
        bend.turns[axis] = 1.5 * fa__rng_uniform(&call->rng);
        bend.phase[axis] = 2 * pi * fa__rng_uniform(&call->rng);
    }
    return bend;
}

double fa__bend_wave(const fa__bend *bend, size_t axis, double away) {
    if (bend->height[axis] == 0) return 0;
    return bend->height[axis] *
           sin(2 * pi * bend->turns[axis] * away / bend->size + bend->phase[axis]);
}

void fa__bend_apply(double *x, double *y, const fa__bend *bend) {
    double away[2] = {*x - bend->centre[0], *y - bend->centre[1]}, to[2];
    for (size_t axis = 0; axis < 2; axis++) {
        /* Added to the move alone, so that no move leaves the point exactly where it was. */
        double turned = bend->m[axis][0] * away[0] + bend->m[axis][1] * away[1];
        to[axis] =
            turned - away[axis] + fa__bend_wave(bend, axis, away[1 - axis]) + bend->shift[axis];
    }
    *x += to[0];
    *y += to[1];
}
