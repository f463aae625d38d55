/* Files out of a tar archive that lies in memory (the readers get it gunzipped). Nothing is ever
 * written to disk; libarchive does the parsing. */
#ifndef FA_FORMATS_TAR_H
#define FA_FORMATS_TAR_H

#include "formats/source.h"

#include <stdbool.h>

typedef struct fa__member {
    const char *name; /* wanted: the last part of its path; "": none */
    unsigned char
        *bytes; /* NULL: not in the archive; free with fa__free; ended by an uncounted 0 */
    size_t size;
} fa__member;

bool fa__tar_recognise(const fa__source *source);

/* True if the archive has a file of this name in any folder. */
bool fa__tar_has(const fa__source *source, const char *name);

/* Reads the wanted members. FA_E_FORMAT, naming the member, for a damaged or cut archive, an
 * absolute path, one with "..", or a name that is there twice. On failure none is left allocated.
 */
fa_status fa__tar_read(fa__member *members, size_t count, const fa__source *source);

#endif
