/* Vectors in NumPy's formats, a matrix [n, d], and images, bytes [n, height, width(, channels)]: as
 * .npy, or in an .npz with their labels. */
#ifndef FA_FORMATS_MATRIX_H
#define FA_FORMATS_MATRIX_H

#include "base/file.h"
#include "formats/missing.h"
#include "formats/source.h"
#include "formats/npy.h"

/* A reader of data sets (registry.c): an .npy file, its classes beside it as
 * NAME-labels.npy or NAME-labels.txt. */
bool fa__matrix_recognise(const fa__source *source);
fa_status fa__matrix_read(fa_dataset **out, const fa__source *source,
                          const fa_read_options *options);

/* True if the elements are what the machine has as an array of float. */
bool fa__matrix_is_floats(const fa__npy *array);

/* The file of labels that lies beside "NAME.npy" or "NAME"; false: none. */
bool fa__matrix_labels_beside(char out[FA__PATH_MAX], const char *path);

/* What rounding to float32 loses of the values of an array, less the set's shift (fallen.h). */
fa_status fa__matrix_note(fa_dataset *set, const fa__npy *array);

/* Vectors out of an array [n, d]; NaN are missed, which stay until fa__missing_fill. source: where
 * the array was parsed from; if that is mapped and holds float32 as they lie in memory, they are
 * not copied: the data set is borrowed. NULL: they are copied. */
fa_status fa__matrix_take(fa_dataset **out, fa__missing *missed, const fa__npy *array,
                          const fa__source *source, const char *where);

/* Images out of an array of bytes [n, height, width] or [n, height, width, 1 or 3], in the same way;
 * FA_E_FORMAT, FA_E_SHAPE: another array of 3 or 4 dimensions. */
fa_status fa__matrix_images(fa_dataset **out, const fa__npy *array, const fa__source *source,
                            const char *where);

#endif
