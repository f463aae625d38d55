/* JSON as text. */
#ifndef FA_FORMATS_JSON_H
#define FA_FORMATS_JSON_H

#include "base/status.h"

#include <jansson.h>

/* What `root` is as text, by jansson's `flags`; free with fa__free. The text is parsed again and
 * held against root, so that no half of it can reach a file. FA_E_NOMEM. */
fa_status fa__json_text(char **out, const json_t *root, size_t flags);

/* The value that `size` bytes of text hold. jansson cannot tell a damage from a want of memory:
 * what does not parse is parsed once more, and FA_E_NOMEM where that ends otherwise; else
 * FA_E_FORMAT with *error. */
fa_status fa__json_parse(json_t **out, json_error_t *error, const void *text, size_t size,
                         size_t flags);

#endif
