/* Files that are not read, known by their first bytes: what they are, and how they become something
 * that is. */
#ifndef FA_FORMATS_FOREIGN_H
#define FA_FORMATS_FOREIGN_H

#include "formats/source.h"

/* "is a Parquet file; ..."; NULL: nothing known. */
const char *fa__foreign_advice(const fa__source *source);

#endif
