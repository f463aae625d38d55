/* Folders of image files, a folder a class. */
#ifndef FA_FORMATS_IMAGE_FOLDER_H
#define FA_FORMATS_IMAGE_FOLDER_H

#include "formats/source.h"

#include <stdbool.h>

/* A reader of data sets (registry.c): CLASS/FILE, or train/CLASS/FILE and test/CLASS/FILE. */
fa_status fa__image_folder_look(bool *known, const fa__source *source);
fa_status fa__image_folder_read(fa_dataset **out, const fa__source *source,
                                const fa_read_options *options);

#endif
