/* The images of many files as the pixels of one data set. */
#ifndef FA_FORMATS_IMAGE_ALBUM_H
#define FA_FORMATS_IMAGE_ALBUM_H

#include "formats/source.h"

/* Gives a new data set of images those of paths [count], in their order; `from` bytes of each are
 * passed over in what is said of all. Of options, resize and missing count: by "drop" an image that
 * cannot be read is left out, counted and named in the data set's origin, which is there then.
 *
 * Errors: FA_E_SHAPE, naming both, for images of different sizes without resize; those of
 * fa__image_read, of the first image; FA_E_IO; FA_E_NOMEM. Threads: images are decoded in parallel,
 * to the same bytes. Cost: each file is read twice, for its size and for its pixels. */
fa_status fa__album_read(fa_dataset *made, char *const *paths, size_t count, size_t from,
                         const fa_read_options *options);

#endif
