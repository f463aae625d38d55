/* JSON as text. */
#ifndef FA_FORMATS_JSON_H
#define FA_FORMATS_JSON_H

#include "base/status.h"

#include <jansson.h>

/* What `root` is as text, by jansson's `flags`; free with fa__free. The text is parsed again and
 * held against root, so that no half of it can reach a file. FA_E_NOMEM. */
fa_status fa__json_text(char **out, const json_t *root, size_t flags);

/* The value that `size` bytes of text hold, free with json_decref. Where memory runs out jansson
 * calls the text damaged, or leaves a character out of a string and says nothing: so it is parsed
 * twice, and FA_E_NOMEM where the second time ends otherwise; FA_E_FORMAT with *error. */
fa_status fa__json_parse(json_t **out, json_error_t *error, const void *text, size_t size,
                         size_t flags);

#endif
