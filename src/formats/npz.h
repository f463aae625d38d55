/* NumPy's .npz, a zip archive of arrays. Ragged series: points.npy [total, features] and
 * offsets.npy [n + 1]. Vectors [n, features], or images of bytes [n, height, width(, channels)]:
 * x.npy, X, data, images, features, embeddings, or one without a name. All with classes in
 * labels.npy, y, target, classes or fine [n], and coarse labels in coarse.npy [n]; these may be
 * absent. x_train.npy or train_x.npy, and so on, are of one split.
 */
#ifndef FA_FORMATS_NPZ_H
#define FA_FORMATS_NPZ_H

#include "formats/source.h"

#include <stdbool.h>

/* A reader of data sets (registry.c). Sequences of length 0 are left out and counted as skipped. */
bool fa__npz_recognise(const fa__source *source);
fa_status fa__npz_read(fa_dataset **out, const fa__source *source, const fa_read_options *options);

#endif
