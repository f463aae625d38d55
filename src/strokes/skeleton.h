/* From a grey image to the one-pixel-wide curve its pen may have drawn: threshold, two passes of
 * thinning, removal of specks. The stages are apart so that each can be tested. */
#ifndef FA_STROKES_SKELETON_H
#define FA_STROKES_SKELETON_H

#include "base/status.h"

/* The boards carry a frame of empty pixels, so that no neighbour needs a bounds check and position
 * y * stride + x has the 1-based coordinates x, y of the stroke files. */
typedef struct fa__skeleton {
    size_t height, width, stride; /* of the image; stride = width + 2 */
    uint8_t *ink;                 /* [height + 2, stride] 0 or 1: the pixels in hand */
    uint8_t *mark;                /* the same size; scratch, all 0 between calls */
    uint32_t *pixels;             /* [count] positions of the ink, row by row */
    size_t count;
    uint32_t *queue;         /* [height * width] scratch */
    ptrdiff_t neighbours[8]; /* offsets of the four edges N W E S, then the four corners */
} fa__skeleton;

/* Room for images of one size. Undo with fa__skeleton_clear, also after a failure. */
fa_status fa__skeleton_init(fa__skeleton *s, size_t height, size_t width);
void fa__skeleton_clear(fa__skeleton *s);

/* Ink = {pixel > T}; returns T: of 0, 25, ..., 225 the last before the first cut that leaves fewer
 * than half of the pixels above 0 or changes the number of their 4- or 8-connected components. */
int fa__skeleton_threshold(fa__skeleton *s, const uint8_t *image);

/* One sub-iteration (half 0 or 1) of Zhang and Suen's thinning, doi:10.1145/357994.358023, all
 * pixels at once; the image's outermost pixels stay. Returns how many pixels went. */
size_t fa__skeleton_thin_half(fa__skeleton *s, int half);

/* Two passes of two sub-iterations, or one if nothing more goes. */
void fa__skeleton_thin(fa__skeleton *s);

/* Removes the 8-connected components of one or two pixels. */
void fa__skeleton_remove_specks(fa__skeleton *s);

#endif
