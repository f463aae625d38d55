/* Images brought to another size. */
#ifndef FA_FORMATS_IMAGE_RESIZE_H
#define FA_FORMATS_IMAGE_RESIZE_H

#include "formats/image_file.h"

/* out [to.height, to.width, channels] = the image x [from.height, from.width, channels], bilinear:
 * along each axis, output j is the mean of the inputs i weighted by max(0, 1 - |i + 1/2 - c| / r),
 * c = (j + 1/2) s, s = inputs / outputs, r = max(s, 1). So an image that shrinks is averaged over
 * what each new pixel covers, and one that grows is interpolated; what lies outside has no weight.
 * The ratio of the sides is not kept. FA_E_NOMEM. */
fa_status fa__image_resize(unsigned char *out, const fa__image *to, const unsigned char *x,
                           const fa__image *from);

#endif
