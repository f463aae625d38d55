/* The IDX format of MNIST and its kin: a big-endian header of magic and sizes, then bytes. */
#ifndef FA_FORMATS_IDX_H
#define FA_FORMATS_IDX_H

#include "base/file.h"
#include "formats/source.h"

#include <stdbool.h>

/* Two zero bytes at the start: IDX, or meant to be. */
bool fa__idx_recognise(const unsigned char *bytes, size_t size);

/* Images 0x00000803 (unsigned bytes, [n, height, width]) without classes; `where` names the source
 * in messages. stay: the pixels are not copied, the bytes outlive the data set. */
fa_status fa__idx_images_parse(fa_dataset **out, const unsigned char *bytes, size_t size, bool stay,
                               const char *where);

/* Labels 0x00000801 (unsigned bytes, [n]). Free *out with fa__free. */
fa_status fa__idx_labels_parse(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                               const char *where);

/* A data set reader (dataset.h): images, and their labels from the file of the official name
 * beside them. */
fa_status fa__idx_read(fa_dataset **out, const fa__source *source, const fa_read_options *options);

/* In a folder of IDX files, as MNIST's are fetched, the images of the split (train or test; NULL:
 * the only one); "": it holds none. */
fa_status fa__idx_in_folder(char out[FA__PATH_MAX], const char *folder, const char *split);

#endif
