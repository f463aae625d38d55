/* Matrices and labels as files of their own: the public functions over .npy, IDX and text. */
#include "base/file.h"
#include "base/floats.h"
#include "base/memory.h"
#include "formats/labels.h"
#include "base/bytes.h"
#include "formats/idx.h"
#include "formats/matrix.h"
#include "formats/npy.h"

#include <math.h>
#include <string.h>

/* ==== Matrices ==== */

/* x [rows, columns] less shift; the first that is not finite, or their number. */
static size_t take_shifted(float *x, const fa__npy *array, const double *shift) {
    size_t at = 0;
    for (size_t i = 0; i < array->rows; i++)
        for (size_t k = 0; k < array->columns; k++, at++) {
            double value = fa__npy_less(array, i, k, shift[k]);
            if (!(fabs(value) < 0x1.ffffffp127)) return at;
            x[at] = (float)value;
        }
    return at;
}

/* shift NULL: the values are taken as they are. */
static fa_status matrix_parse(float **out, double **shift, fa__npy *array,
                              const unsigned char *bytes, size_t size, const char *where) {
    float *x;
    double *taken = NULL;
    size_t bad = 0;
    FA_TRY(fa__npy_parse(array, bytes, size, where));
    if (shift != NULL) FA_TRY(fa__npy_shift(&taken, array));
    fa_status status = FA_NEW(x, array->rows * array->columns);
    if (status == FA_OK && taken != NULL) bad = take_shifted(x, array, taken);
    if (status == FA_OK && taken == NULL) status = fa__npy_floats(x, &bad, array);
    if (status != FA_OK) {
        fa__free(x);
        fa__free(taken);
        return status;
    }
    if (bad < array->rows * array->columns) {
        size_t row = bad / array->columns, column = bad % array->columns;
        fa__free(x);
        fa__free(taken);
        return fa__fail(FA_E_NONFINITE,
                        "%s: row %zu, column %zu: %g is not a finite float32; drop or fill in such "
                        "rows first",
                        where, row, column, fa__npy_at(array, row, column));
    }
    *out = x;
    if (shift != NULL) *shift = taken;
    return FA_OK;
}

fa_status fa_matrix_read(float **out, size_t *n, size_t *d, const char *path) {
    return fa_matrix_read_shifted(out, NULL, n, d, path);
}

fa_status fa_matrix_read_shifted(float **out, double **shift, size_t *n, size_t *d,
                                 const char *path) {
    unsigned char *bytes = NULL;
    size_t size;
    fa__npy array;
    unsigned char *map = fa__file_map(&size, path, FA__MAP_MIN);
    if (map == NULL) FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = matrix_parse(out, shift, &array, map != NULL ? map : bytes, size, path);
    fa__file_unmap(map, size);
    fa__free(bytes);
    if (status != FA_OK) return status;
    *n = array.rows;
    *d = array.columns;
    return FA_OK;
}

/* An .npy file of one block of memory. */
static fa_status write_npy(const char *path, const char *descr, size_t rows, size_t columns,
                           const void *data, size_t size) {
    char header[FA__NPY_HEADER_MAX];
    fa__writer writer;
    FA_TRY(fa__writer_open(&writer, path));
    fa__writer_put(&writer, header, fa__npy_header(header, descr, rows, columns));
    fa__writer_put(&writer, data, size);
    return fa__writer_close(&writer, true);
}

fa_status fa_matrix_write(const char *path, const float *x, size_t n, size_t d) {
    size_t count, size;
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "%s: a matrix of %zu x %zu is empty", path, n, d);
    if (__builtin_mul_overflow(n, d, &count) || __builtin_mul_overflow(count, sizeof *x, &size))
        return fa__fail(FA_E_SHAPE, "%s: the size of %zu x %zu values overflows", path, n, d);
    size_t i = fa__first_nonfinite(x, count);
    if (i < count)
        return fa__fail(FA_E_NONFINITE, "%s: row %zu, column %zu is %g; nothing was written", path,
                        i / d, i % d, (double)x[i]);
    return write_npy(path, "<f4", n, d, x, size);
}

fa_status fa_matrix_write_shifted(const char *path, const float *x, const double *shift, size_t n,
                                  size_t d) {
    double *moved;
    if (shift == NULL || n == 0 || d == 0) return fa_matrix_write(path, x, n, d);
    FA_TRY(FA_NEW(moved, n * d));
    for (size_t i = 0; i < n * d; i++) moved[i] = (double)x[i] + shift[i % d];
    fa_status status = write_npy(path, "<f8", n, d, moved, n * d * sizeof *moved);
    fa__free(moved);
    return status;
}

/* ==== Labels ==== */

bool fa__line_is_rest(const fa__line *line) {
    const char *at = line->text;
    while (at < line->end && strchr(" \t\r\n", *at) != NULL && *at != '\0') at++;
    return at == line->end && line->number > 1;
}

fa_status fa__line_check(const fa__line *line, const char *where) {
    bool words = false, zero = memchr(line->text, 0, line->size) != NULL;
    bool whole = fa__utf8_check(line->text, line->size) == line->size;
    for (size_t i = 0; i < line->size; i++) words = words || line->text[i] > ' ';
    if (whole && !zero) return FA_OK;
    if (whole && words)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu holds a zero byte; take it out (tr -d '\\000' <FILE >NEW)",
                        where, line->number);
    return fa__fail(
        FA_E_FORMAT,
        "%s: line %zu is not UTF-8 text (from Latin-1: iconv -f LATIN1 -t UTF-8; labels "
        "are an .npy file, IDX labels, text with one a line, or for data a table)",
        where, line->number);
}

/* One integer a line; line ends and blanks at the end are free to be there. */
static fa_status labels_parse_text(int32_t **out, size_t *n, const unsigned char *bytes,
                                   size_t size, const char *where) {
    fa_status status = FA_OK;
    int32_t *labels = NULL;
    size_t capacity = 0, count = 0;
    fa__line line = fa__line_start(bytes, size);
    while (fa__line_next(&line)) {
        char quoted[FA__QUOTE_SIZE];
        const char *at = line.text, *end = line.text + line.size;
        int64_t value;
        if (fa__line_is_rest(&line)) break;
        bool whole = fa__scan_integer(&value, &at, end);
        fa__skip_blanks(&at, end);
        if (!whole || at != end || value < INT32_MIN || value > INT32_MAX)
            FA_CHECK(fa__fail(FA_E_FORMAT,
                              "%s: line %zu: '%s' is not one 32-bit integer (labels are an .npy "
                              "file, IDX labels or text with one integer a line)",
                              where, line.number, fa__quote(quoted, line.text, line.size)));
        int32_t *grown = fa__grow(labels, &capacity, line.number, sizeof *labels);
        if (grown == NULL) FA_CHECK(fa__nomem(line.number, sizeof *labels));
        labels = grown;
        labels[line.number - 1] = (int32_t)value;
        count = line.number;
    }
    if (count == 0) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: the file is empty", where));
    *out = labels;
    *n = count;
    return FA_OK;
done:
    fa__free(labels);
    return status;
}

static fa_status labels_parse_npy(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                                  const char *where) {
    fa__npy array;
    int32_t *labels;
    FA_TRY(fa__npy_parse(&array, bytes, size, where));
    FA_TRY(FA_NEW(labels, array.rows));
    fa_status status = fa__npy_int32(labels, &array, where);
    if (status != FA_OK) {
        fa__free(labels);
        return status;
    }
    *out = labels;
    *n = array.rows;
    return FA_OK;
}

fa_status fa__labels_parse(int32_t **out, size_t *n, const unsigned char *bytes, size_t size,
                           const char *where) {
    if (fa__npy_recognise(bytes, size)) return labels_parse_npy(out, n, bytes, size, where);
    if (fa__idx_recognise(bytes, size)) return fa__idx_labels_parse(out, n, bytes, size, where);
    return labels_parse_text(out, n, bytes, size, where);
}

fa_status fa_labels_read(int32_t **out, size_t *n, const char *path) {
    unsigned char *bytes;
    size_t size;
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa_status status = fa__labels_parse(out, n, bytes, size, path);
    fa__free(bytes);
    return status;
}

fa_status fa__labels_read_for(int32_t **out, size_t n, const char *path, const char *data) {
    int32_t *labels;
    size_t found;
    FA_TRY(fa_labels_read(&labels, &found, path));
    if (found != n) {
        fa__free(labels);
        return fa__fail(FA_E_SHAPE, "%s: has %zu labels, but %s has %zu samples", path, found, data,
                        n);
    }
    *out = labels;
    return FA_OK;
}

fa_status fa_labels_write(const char *path, const int32_t *labels, size_t n) {
    size_t size;
    if (n == 0) return fa__fail(FA_E_SHAPE, "%s: there are no labels to write", path);
    if (__builtin_mul_overflow(n, sizeof *labels, &size))
        return fa__fail(FA_E_SHAPE, "%s: the size of %zu labels overflows", path, n);
    return write_npy(path, "<i4", n, 0, labels, size);
}
