/* Files out of a tar archive that lies in memory (the readers get it gunzipped). Nothing is ever
 * written to disk. */
#ifndef FA_FORMATS_TAR_H
#define FA_FORMATS_TAR_H

#include "base/file.h"
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

/* One member after the other: begin with a zeroed entry. POSIX ustar and pax, GNU's long names and
 * large sizes. Source: IEEE Std 1003.1-2017, pax. */
typedef struct fa__tar_entry {
    char path[FA__PATH_MAX];
    bool file;                 /* a plain one */
    const unsigned char *data; /* [size], in the archive */
    size_t size;
    size_t next; /* where the next header lies */
} fa__tar_entry;

/* *found false: at the end. FA_E_FORMAT where the archive is damaged or cut. */
fa_status fa__tar_next(fa__tar_entry *entry, bool *found, const fa__source *source);

/* Its last part. */
const char *fa__tar_name(const fa__tar_entry *entry);

#endif
