/* Rows of a CSV text, fed in blocks of any size; the parsing is libcsv's.
 *
 * Fields stand between commas (or another delimiter); one that holds a delimiter, a quote or a line
 * break stands in double quotes, its own quotes doubled (RFC 4180). A UTF-8 byte order mark is
 * passed over, empty lines too, and so are rows of nothing but delimiters at the end, as spreadsheets
 * leave them. Blanks around a field without quotes are not part of it. */
#ifndef FA_FORMATS_CSV_H
#define FA_FORMATS_CSV_H

#include "base/status.h"

#include <stdbool.h>

typedef struct fa__csv_field {
    const char *text; /* UTF-8 without zero bytes, followed by one */
    size_t size;
} fa__csv_field;

/* One row; it lives for the call that gets it. */
typedef struct fa__csv_row {
    const char *where;   /* the file's name */
    size_t number, line; /* from 1; line: where it begins, counted by "\n" */
    size_t count;        /* fields; that of row 1 */
    const fa__csv_field *fields;
} fa__csv_row;

/* Gets each row; what it returns other than FA_OK ends the reading. */
typedef fa_status (*fa__csv_fn)(void *user, const fa__csv_row *row);

typedef struct fa__csv fa__csv;

/* where: name of the source for messages, borrowed. FA_E_UNAVAILABLE without libcsv. */
fa_status fa__csv_open(fa__csv **out, char delimiter, const char *where, fa__csv_fn row,
                       void *user);

/* The next bytes. FA_E_FORMAT names row, line and column and the remedy: another number of fields
 * than in row 1, a broken quote, a zero byte, invalid UTF-8. */
fa_status fa__csv_feed(fa__csv *csv, const void *bytes, size_t size);

/* The end of the text: hands over a last row without line end. *rows: how many there were. */
fa_status fa__csv_finish(fa__csv *csv, size_t *rows);

void fa__csv_free(fa__csv *csv); /* NULL ok */

/* True where a row looks like names of columns: no field is empty, a number, or there twice. */
bool fa__csv_is_header(const fa__csv_row *row);

/* The column of this name in a header row. FA_E_ARGUMENT where none is (naming what there is) or
 * two are. */
fa_status fa__csv_find_column(size_t *column, const fa__csv_row *header, const char *name);

/* The version of libcsv; NULL: not built in. */
const char *fa__csv_version(void);

/* The mark between fields: whichever of ',', ';', tab and '|' the first line has most of, quoted
 * text aside; where some are as many in each of the first lines, one of those: a tab before all
 * others, all before commas that stand between digits. 0: line 1 has none. */
char fa__delimiter_of(const unsigned char *bytes, size_t size);

#endif
