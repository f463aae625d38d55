/* Series in the .ts form of the UCR and UEA archives: a head of @words, then a line a case, its
 * dimensions between colons, values between commas, the class last.
 * https://www.aeon-toolkit.org/en/stable/api_reference/file_specifications/ts.html */
#ifndef FA_FORMATS_TS_SERIES_H
#define FA_FORMATS_TS_SERIES_H

#include "formats/source.h"

/* A reader of data sets (registry.c). */
bool fa__ts_recognise(const fa__source *source);
fa_status fa__ts_read(fa_dataset **out, const fa__source *source, const fa_read_options *options);

#endif
