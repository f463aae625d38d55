/* history.csv of a run folder: a heading and a row an epoch. */
#ifndef FA_RUN_HISTORY_H
#define FA_RUN_HISTORY_H

#include "base/status.h"

/* The columns after `epoch`. New ones go to the end: an older file or checkpoint has the first of
 * them, and the others are NaN for its epochs. */
enum { FA__HISTORY_COLUMNS = 11 };

const char *fa__history_name(size_t column);

/* The place of a column in a row. */
double *fa__history_cell(fa_epoch *row, size_t column);

fa_status fa__history_write(const char *path, const fa_epoch *history, size_t epochs);

/* Columns are taken by name, unknown ones left out; NaN for an empty cell and for a column that the
 * file does not have. Free *out with fa__free; NULL for no epochs. Outputs are untouched on error.
 */
fa_status fa__history_read(fa_epoch **out, size_t *epochs, const char *path);
/* The same from memory. */
fa_status fa__history_parse(fa_epoch **out, size_t *epochs, const void *bytes, size_t size,
                            const char *where);

#endif
