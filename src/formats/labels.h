/* Labels for the readers of data sets. */
#ifndef FA_FORMATS_LABELS_H
#define FA_FORMATS_LABELS_H

#include "base/bytes.h"
#include "base/status.h"
#include "formats/categories.h"

/* Labels in memory, recognised as fa_labels_read does. Free *out with fa__free. */
fa_status fa__labels_parse(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                           const char *where);

/* As fa_labels_read_words does; words {0}, to be freed on failure as well. */
fa_status fa__labels_parse_words(int32_t **out, size_t *n, fa__categories *words,
                                 const unsigned char *bytes, size_t size, const char *where);

/* Whether nothing but blank lines follows. */
bool fa__line_is_rest(const fa__line *line);

/* Fails where a line is no UTF-8, or holds a zero byte among its characters. */
fa_status fa__line_check(const fa__line *line, const char *where);

/* The n labels that belong to `data`; a file of another length is FA_E_SHAPE. */
fa_status fa__labels_read_for(int32_t **out, size_t n, const char *path, const char *data);

#endif
