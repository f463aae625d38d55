/* A folder of part-0.npy, part-1.npy, ...: one matrix in several files, which stay where they are. */
#ifndef FA_FORMATS_PARTS_H
#define FA_FORMATS_PARTS_H

#include "formats/source.h"

/* A reader of data sets (registry.c). Its classes lie beside FOLDER as FOLDER-labels.npy or
 * FOLDER-labels.txt. */
fa_status fa__parts_look(bool *known, const fa__source *source);
fa_status fa__parts_read(fa_dataset **out, const fa__source *source,
                         const fa_read_options *options);

#endif
