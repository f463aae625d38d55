/* What bends the plane in a view of strokes or of an image: one affine map, and a wave. */
#ifndef FA_AUGMENT_AFFINE_H
#define FA_AUGMENT_AFFINE_H

#include "augment/augment.h"

/* p = (x, y) goes to centre + shift + M (p - centre) + wave(p), where M = R(rotation) [1 shear; 0
 * 1] diag(exp scale_x, exp scale_y), and the wave moves x by height[0] sin(2 pi turns[0] (y -
 * centre_y) / size + phase[0]), y likewise along x. */
typedef struct fa__bend {
    double m[2][2], centre[2], shift[2];
    double height[2], turns[2], phase[2], size;
} fa__bend;

/* Drawn from rotation (degrees), scale (natural logarithm of the factor of each axis), shear, shift
 * and warp (height of the wave; up to 1.5 turns over `size`). */
fa__bend fa__bend_draw(fa__view_call *call, double centre_x, double centre_y, double size);

/* What the wave adds to one axis at a point that is `away` from the centre along the other. */
double fa__bend_wave(const fa__bend *bend, size_t axis, double away);

void fa__bend_apply(double *x, double *y, const fa__bend *bend);

#endif
