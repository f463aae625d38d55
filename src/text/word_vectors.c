/* Word vectors for the rows of an embedding. */
#include "text/word_vectors.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/bytes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "n dim". */
static bool parse_header(size_t *n, size_t *dim, const fa__line *line) {
    const char *at = line->text, *end = at + line->size;
    int64_t a, b;
    if (!fa__scan_integer(&a, &at, end) || at == end || *at != ' ' ||
        !fa__scan_integer(&b, &at, end) || a < 0 || b < 1)
        return false;
    fa__skip_blanks(&at, end);
    *n = (size_t)a;
    *dim = (size_t)b;
    return at == end;
}

/* The next of the numbers that follow a word; false if none is there. A blank or line end in front
 * of it would let strtof run into the next line. */
static bool next_number(float *out, const char **at, const char *end) {
    char *stop;
    if (end - *at < 2 || **at != ' ' || (*at)[1] == ' ' || (*at)[1] == '\t' || (*at)[1] == '\r')
        return false;
    *out = fa__to_float(*at + 1, &stop);
    if (stop == *at + 1 || stop > end || (stop < end && *stop != ' ')) return false;
    *at = stop;
    return true;
}

/* How many numbers a line has by its blanks; some writers end each line with one. */
static size_t count_numbers(const char *at, const char *end) {
    size_t count = 0;
    while (end > at && end[-1] == ' ') end--;
    for (; at < end; at++) count += *at == ' ';
    return count;
}

static fa_status wrong_line(const fa__line *line, size_t dim, const char *where) {
    char quoted[FA__QUOTE_SIZE];
    return fa__fail(
        FA_E_FORMAT,
        "%s: line %zu: a word and %zu numbers parted by single blanks are wanted, found "
        "'%s'",
        where, line->number, dim, fa__quote(quoted, line->text, line->size));
}

/* Reads the numbers of a word into its row. */
static fa_status read_row(float *row, const char *at, const fa__line *line, size_t dim,
                          const char *where) {
    const char *end = line->text + line->size;
    for (size_t k = 0; k < dim; k++) {
        if (!next_number(&row[k], &at, end)) return wrong_line(line, dim, where);
        if (!isfinite(row[k]))
            return fa__fail(FA_E_NONFINITE, "%s: line %zu: number %zu is not a finite float32",
                            where, line->number, k + 1);
    }
    fa__skip_blanks(&at, end);
    return at == end ? FA_OK : wrong_line(line, dim, where);
}

static fa_status check_header(size_t *n, fa__line *line, size_t dim, const char *where) {
    char quoted[FA__QUOTE_SIZE];
    size_t found;
    if (!fa__line_next(line) || !parse_header(n, &found, line))
        return fa__fail(FA_E_FORMAT,
                        "%s: line 1: the number of words and of dimensions is wanted, like "
                        "'20000 %zu', found '%s'",
                        where, dim, fa__quote(quoted, line->text, line->size));
    if (found != dim)
        return fa__fail(FA_E_SHAPE,
                        "%s: has vectors of %zu numbers, the embedding layer has %zu; 'embedding "
                        "%zu' in network.layers fits them",
                        where, found, dim, found);
    return FA_OK;
}

fa_status fa__vectors_parse(float *table, size_t *found, const fa__vocabulary *vocabulary,
                            size_t dim, const void *bytes, size_t size, const char *where) {
    fa__line line = fa__line_start(bytes, size);
    size_t n = 0, known = 0, rows = 0;
    bool *seen;
    FA_TRY(check_header(&n, &line, dim, where));
    FA_TRY(FA_NEW_ZERO(seen, vocabulary->count));
    fa_status status = FA_OK;
    for (; fa__line_next(&line); rows++) {
        const char *stop = memchr(line.text, ' ', line.size), *end = line.text + line.size;
        if (stop == NULL || stop == line.text || count_numbers(stop, end) != dim)
            FA_CHECK(wrong_line(&line, dim, where));
        size_t word = fa__vocabulary_find(vocabulary, line.text, (size_t)(stop - line.text));
        if (word == 0 || seen[word]) continue;
        FA_CHECK(read_row(table + word * dim, stop, &line, dim, where));
        seen[word] = true;
        known++;
    }
    if (rows != n)
        FA_CHECK(fa__fail(FA_E_FORMAT,
                          "%s: line 1 promises %zu words, the file has %zu (cut short?)", where, n,
                          rows));
    *found = known;
done:
    fa__free(seen);
    return status;
}

fa_status fa__vectors_read(float *table, size_t *found, const fa__vocabulary *vocabulary,
                           size_t dim, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = fa__vectors_parse(table, found, vocabulary, dim, bytes, size, path);
    fa__free(bytes);
    return status;
}
