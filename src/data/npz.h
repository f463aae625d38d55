/* Ragged series in NumPy's .npz: a zip archive of points.npy [total, features], offsets.npy [n + 1]
 * and, where there are classes, labels.npy [n]. */
#ifndef FA_DATA_NPZ_H
#define FA_DATA_NPZ_H

#include "data/dataset.h"

#include <stdbool.h>

/* A reader of data sets (dataset.c). Sequences of length 0 are left out and counted as skipped. */
bool fa__npz_recognise(const fa__source *source);
fa_status fa__npz_read(fa_dataset **out, const fa__source *source, const fa_read_options *options);

#endif
