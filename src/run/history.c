/* history.csv: the one table of its columns, writing and reading. */
#include "run/history.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} columns[] = {
#define COLUMN(field)                                                                              \
    { #field, offsetof(fa_epoch, field) }
    COLUMN(task_loss),
    COLUMN(component),
    COLUMN(component_weight),
    COLUMN(accuracy),
    COLUMN(validation_loss),
    COLUMN(validation_accuracy),
    COLUMN(gradient_norm),
    COLUMN(dead_units),
    COLUMN(seconds),
    COLUMN(active_pairs),
    COLUMN(hold),
#undef COLUMN
};
_Static_assert(sizeof columns / sizeof columns[0] == FA__HISTORY_COLUMNS, "the table is as long");

const char *fa__history_name(size_t column) {
    return columns[column].name;
}

double *fa__history_cell(fa_epoch *row, size_t column) {
    return (double *)(void *)((char *)row + columns[column].offset);
}

/* ==== Writing ==== */

fa_status fa__history_write(const char *path, const fa_epoch *history, size_t epochs) {
    fa__writer writer;
    FA_TRY(fa__writer_open(&writer, path));
    fa__writer_print(&writer, "epoch");
    for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
        fa__writer_print(&writer, ",%s", columns[c].name);
    for (size_t e = 0; e < epochs; e++) {
        fa__writer_print(&writer, "\n%zu", history[e].epoch);
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++) {
            fa_epoch row = history[e];
            double value = *fa__history_cell(&row, c);
            if (isnan(value)) /* an accuracy where there are no labels, pairs where none count */
                fa__writer_print(&writer, ",");
            else
                fa__writer_print(&writer, ",%.9g", value);
        }
    }
    fa__writer_print(&writer, "\n");
    return fa__writer_close(&writer, true);
}

/* ==== Reading ==== */

enum { FILE_COLUMNS_MAX = 64 };

/* The next cell of a line, without its comma; false at the end of the line. */
static bool next_cell(const char **at, const char *end, const char **cell, size_t *size) {
    if (*at > end) return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    *cell = *at;
    *size = (size_t)((comma != NULL ? comma : end) - *at);
    *at = (comma != NULL ? comma : end) + 1;
    return true;
}

/* The column of the table that each of the file is; SIZE_MAX: none. */
static size_t read_heading(size_t places[FILE_COLUMNS_MAX], const fa__line *line) {
    const char *at = line->text, *end = at + line->size, *cell;
    size_t size, count = 0;
    while (count < FILE_COLUMNS_MAX && next_cell(&at, end, &cell, &size)) {
        places[count] = SIZE_MAX;
        for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++)
            if (strlen(columns[c].name) == size && memcmp(columns[c].name, cell, size) == 0)
                places[count] = c;
        count++;
    }
    return count;
}

static fa_status read_row(fa_epoch *row, const size_t *places, size_t count, const fa__line *line,
                          const char *path) {
    const char *at = line->text, *end = at + line->size, *cell;
    size_t size, i = 0;
    for (size_t c = 0; c < FA__HISTORY_COLUMNS; c++) *fa__history_cell(row, c) = (double)NAN;
    for (; i < count && next_cell(&at, end, &cell, &size); i++) {
        char text[64], *stop;
        if (size == 0) continue; /* nothing to tell: NaN, as set above */
        if (size >= sizeof text) break;
        memcpy(text, cell, size);
        text[size] = '\0';
        double value = fa__to_double(text, &stop);
        if (*stop != '\0') break;
        if (places[i] != SIZE_MAX) *fa__history_cell(row, places[i]) = value;
    }
    if (i == count && at > end) return FA_OK;
    return fa__fail(FA_E_FORMAT, "%s: line %zu does not hold %zu numbers, column %zu is wrong",
                    path, line->number, count, i + 1);
}

fa_status fa__history_parse(fa_epoch **out, size_t *epochs, const void *bytes, size_t size,
                            const char *where) {
    fa_status status = FA_OK;
    fa_epoch *history = NULL;
    size_t places[FILE_COLUMNS_MAX], capacity = 0, n = 0;
    fa__line line = fa__line_start(bytes, size);
    if (!fa__line_next(&line) || line.size < 5 || memcmp(line.text, "epoch", 5) != 0)
        FA_CHECK(fa__fail(FA_E_FORMAT, "%s: does not begin with 'epoch,...'", where));
    size_t count = read_heading(places, &line);
    while (fa__line_next(&line)) {
        fa_epoch *grown = fa__grow(history, &capacity, n + 1, sizeof *grown);
        if (grown == NULL) FA_CHECK(fa__nomem(n + 1, sizeof *grown));
        history = grown;
        FA_CHECK(read_row(&history[n], places, count, &line, where));
        history[n].epoch = n + 1;
        n++;
    }
    *out = history;
    *epochs = n;
    history = NULL;
done:
    fa__free(history);
    return status;
}

fa_status fa__history_read(fa_epoch **out, size_t *epochs, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = fa__history_parse(out, epochs, bytes, size, path);
    fa__free(bytes);
    return status;
}
