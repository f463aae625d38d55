/* The map from the pixels of a view of an image into the image. */
#ifndef FA_AUGMENT_IMAGES_H
#define FA_AUGMENT_IMAGES_H

#include "augment/affine.h"

/* Pixel (x, y) of the view, centres at whole numbers, is the image at (left + (x' + 1/2) across -
 * 1/2, top + (y' + 1/2) along - 1/2), where (x', y') is (x, y) bent; x is mirrored last. */
typedef struct fa__image_map {
    fa__bend bend;
    double left, top, across, along;
    bool mirrored;
} fa__image_map;

/* out [height, width, channels], in [0, 255]. FA_E_NOMEM. */
fa_status fa__image_look_up(float *out, const unsigned char *image, const fa__image_map *map,
                            size_t height, size_t width, size_t channels);

#endif
