/* NumPy's .npy format: magic, version, header length, a Python dict literal, raw elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "formats/npy.h"

#include "base/bytes.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/stop.h"
#include "formats/columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC_SIZE = 6, RANK_MAX = 4, RANK_FLAT = 2, WORD_MOST = 1 << 16 };

bool fa__npy_recognise(const unsigned char *bytes, size_t size) {
    return size >= MAGIC_SIZE && memcmp(bytes, magic, MAGIC_SIZE) == 0;
}

/* ==== Header ==== */

/* The dict literal as far as it is read. */
typedef struct header {
    const char *start, *at, *end;
    const char *where;
    const char *descr; /* NULL: not seen yet */
    size_t descr_size;
    int fortran; /* -1: not seen yet */
    size_t shape[RANK_MAX];
    int rank; /* -1: not seen yet */
} header;

static fa_status wrong(const header *h, const char *wanted) {
    char quoted[FA__QUOTE_SIZE];
    return fa__fail(FA_E_FORMAT,
                    "%s: the .npy header is wrong at its character %zu: %s is wanted, "
                    "found '%s'",
                    h->where, (size_t)(h->at - h->start) + 1, wanted,
                    fa__quote(quoted, h->at, (size_t)(h->end - h->at)));
}

static void skip_blanks(header *h) {
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n')) h->at++;
}

/* Moves past blanks and then past this text, if it is next. */
static bool accept(header *h, const char *text) {
    skip_blanks(h);
    size_t size = strlen(text);
    if ((size_t)(h->end - h->at) < size || memcmp(h->at, text, size) != 0) return false;
    h->at += size;
    return true;
}

/* A string without escapes, in either kind of quotes. */
static fa_status read_string(const char **text, size_t *size, header *h, const char *wanted) {
    const char *quote = accept(h, "'") ? "'" : accept(h, "\"") ? "\"" : NULL;
    if (quote == NULL) return wrong(h, wanted);
    const char *stop = memchr(h->at, *quote, (size_t)(h->end - h->at));
    if (stop == NULL) return wrong(h, "a closing quote");
    *text = h->at;
    *size = (size_t)(stop - h->at);
    h->at = stop + 1;
    return FA_OK;
}

/* A tuple of sizes: "()", "(5,)", "(3, 4)"; Python 2 wrote "5L". */
static fa_status read_shape(header *h) {
    if (!accept(h, "(")) return wrong(h, "a tuple of sizes");
    int rank = 0;
    while (!accept(h, ")")) {
        int64_t size;
        if (rank > 0 && !accept(h, ",")) return wrong(h, "',' or ')'");
        if (rank > 0 && accept(h, ")")) break;
        skip_blanks(h);
        if (h->at == h->end || *h->at < '0' || *h->at > '9' ||
            !fa__scan_integer(&size, &h->at, h->end))
            return wrong(h, "a size below 2^63");
        (void)accept(h, "L");
        if (rank < RANK_MAX) h->shape[rank] = (size_t)size;
        if (rank < 99) rank++;
    }
    h->rank = rank;
    return FA_OK;
}

static bool equals(const char *text, size_t size, const char *word) {
    return size == strlen(word) && memcmp(text, word, size) == 0;
}

static fa_status read_entry(header *h) {
    const char *key = NULL;
    size_t size = 0;
    FA_TRY(read_string(&key, &size, h, "a key in quotes"));
    if (!accept(h, ":")) return wrong(h, "':'");
    if (equals(key, size, "descr") && h->descr == NULL) {
        if (accept(h, "["))
            return fa__fail(FA_E_FORMAT,
                            "%s: the dtype is structured; pandas.DataFrame(array).to_csv("
                            "'data.csv', index=False) makes a table of it",
                            h->where);
        return read_string(&h->descr, &h->descr_size, h, "the dtype in quotes");
    }
    if (equals(key, size, "fortran_order") && h->fortran < 0) {
        h->fortran = accept(h, "True") ? 1 : accept(h, "False") ? 0 : -1;
        return h->fortran >= 0 ? FA_OK : wrong(h, "True or False");
    }
    if (equals(key, size, "shape") && h->rank < 0) return read_shape(h);
    h->at = key;
    return wrong(h, "each of descr, fortran_order and shape once");
}

static fa_status read_dict(header *h) {
    if (!accept(h, "{")) return wrong(h, "'{'");
    while (!accept(h, "}")) {
        FA_TRY(read_entry(h));
        if (accept(h, "}")) break;
        if (!accept(h, ",")) return wrong(h, "',' or '}'");
    }
    skip_blanks(h);
    if (h->at != h->end) return wrong(h, "nothing more");
    if (h->descr == NULL || h->fortran < 0 || h->rank < 0)
        return wrong(h, "each of descr, fortran_order and shape once");
    return FA_OK;
}

/* The dtypes that hold no plain number, by the letter of their descr. */
static const char *refused_dtype(char kind) {
    switch (kind) {
    case 'O':
        return "Python objects";
    case 'c':
        return "complex numbers";
    case 'S':
    case 'a':
    case 'U':
        return "text";
    case 'V':
        return "raw bytes or a structure";
    case 'M':
    case 'm':
        return "dates or times";
    default:
        return "a dtype not known here";
    }
}

static const char *remedy_for(char kind) {
    switch (kind) {
    case 'O':
        return "sparse matrices: save matrix.toarray(); rows of different lengths: series as .npz "
               "of "
               "points and offsets; words: np.savetxt('labels.txt', array, fmt='%s')";
    case 'c':
        return "save np.c_[array.real, array.imag], or np.abs(array)";
    case 'S':
    case 'a':
    case 'U':
        return "labels of words: one a line in a text file, np.savetxt('labels.txt', array, "
               "fmt='%s'); numbers as text: save array.astype('float32')";
    case 'M':
    case 'm':
        return "save array.astype('int64')";
    case 'V':
        return "store each field as an array of its own";
    default:
        return "save array.astype('float32')";
    }
}

/* "<U12" or "|S5", whose size counts code points or bytes; false: another dtype. */
static bool read_word_dtype(fa__npy *out, const header *h) {
    const char *at = h->descr, *end = at + h->descr_size;
    bool big = at < end && *at == '>';
    int64_t count;
    if (at < end && strchr("<>|=", *at) != NULL && *at != '\0') at++;
    if (at == end || (*at != 'U' && *at != 'S' && *at != 'a')) return false;
    char kind = *at++ == 'U' ? 'U' : 'S';
    if (at == end || *at < '1' || *at > '9' || !fa__scan_integer(&count, &at, end) || at != end ||
        count > WORD_MOST)
        return false;
    out->kind = kind;
    out->item = (size_t)count * (kind == 'U' ? 4 : 1);
    out->big = big;
    return true;
}

/* "<f4": byte order, kind, size. */
static fa_status read_dtype(fa__npy *out, const header *h) {
    char quoted[FA__QUOTE_SIZE];
    const char *descr = fa__quote(quoted, h->descr, h->descr_size);
    bool ordered = h->descr_size > 0 && strchr("<>|=", h->descr[0]) != NULL && h->descr[0] != '\0';
    char kind = h->descr_size > (size_t)ordered ? h->descr[ordered] : '?';
    bool sized = h->descr_size == (size_t)ordered + 2;
    size_t item = sized ? (size_t)(h->descr[ordered + 1] - '0') : 0;
    bool known =
        (kind == 'b' && item == 1) ||
        ((kind == 'i' || kind == 'u') && (item == 1 || item == 2 || item == 4 || item == 8)) ||
        (kind == 'f' && (item == 2 || item == 4 || item == 8));
    bool plain = strchr("biuf", kind) != NULL;
    if (!known)
        return fa__fail(FA_E_FORMAT,
                        "%s: dtype '%s' is %s; numbers of b1, i1 to i8, u1 to u8 or "
                        "f2 to f8 can be read (%s)",
                        h->where, descr, plain ? "of a size not known here" : refused_dtype(kind),
                        remedy_for(kind));
    if (item > 1 && (!ordered || h->descr[0] == '|'))
        return fa__fail(FA_E_FORMAT, "%s: dtype '%s' does not say its byte order ('<' or '>')",
                        h->where, descr);
    out->kind = kind;
    out->item = item;
    out->big = ordered && h->descr[0] == '>';
    return FA_OK;
}

/* Where the dict begins and its length, from the 10 or 12 bytes in front of it. */
static fa_status read_prefix(size_t *begin, size_t *length, const unsigned char *bytes, size_t size,
                             const char *where) {
    if (!fa__npy_recognise(bytes, size))
        return fa__fail(FA_E_FORMAT, "%s: is no .npy file (it does not begin with \\x93NUMPY)",
                        where);
    if (size >= MAGIC_SIZE + 2 && (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0))
        return fa__fail(FA_E_FORMAT, "%s: .npy format %d.%d is not known here (1.0, 2.0, 3.0 are)",
                        where, bytes[6], bytes[7]);
    size_t width = size > MAGIC_SIZE && bytes[6] == 1 ? 2 : 4;
    *begin = MAGIC_SIZE + 2 + width;
    if (size < *begin)
        return fa__fail(FA_E_FORMAT, "%s: is cut short in the .npy header, after %zu bytes", where,
                        size);
    *length = (size_t)fa__load_little(bytes + MAGIC_SIZE + 2, width);
    if (*length > size - *begin)
        return fa__fail(FA_E_FORMAT, "%s: the .npy header claims %zu bytes, but only %zu follow",
                        where, *length, size - *begin);
    return FA_OK;
}

/* rank: the most dimensions. */
static fa_status read_shape_of(fa__npy *array, const header *h, int rank) {
    if (h->rank < 1 || h->rank > rank)
        return fa__fail(FA_E_SHAPE,
                        "%s: the array has %d dimensions; 1 %s %d can be read (save "
                        "array.reshape(n, -1))",
                        h->where, h->rank, rank > RANK_FLAT ? "to" : "or", rank);
    array->fortran = h->fortran == 1;
    if (array->fortran && h->rank > RANK_FLAT)
        return fa__fail(FA_E_FORMAT,
                        "%s: an array of %d dimensions in Fortran order cannot be read (save "
                        "np.ascontiguousarray(array))",
                        h->where, h->rank);
    array->rank = (size_t)h->rank;
    array->columns = 1;
    for (size_t i = 0; i < array->rank; i++) array->shape[i] = h->shape[i];
    array->rows = h->shape[0];
    for (size_t i = 1; i < array->rank; i++)
        if (__builtin_mul_overflow(array->columns, h->shape[i], &array->columns))
            return fa__fail(FA_E_FORMAT, "%s: the sizes in the header overflow", h->where);
    if (array->rows == 0 || array->columns == 0)
        return fa__fail(FA_E_SHAPE, "%s: the array of %zu x %zu is empty", h->where, array->rows,
                        array->columns);
    return FA_OK;
}

static fa_status parse(fa__npy *out, const unsigned char *bytes, size_t size, int rank, bool words,
                       const char *where) {
    size_t begin = 0, length = 0, count, wanted;
    fa__npy array = {0};
    FA_TRY(read_prefix(&begin, &length, bytes, size, where));
    const char *text = (const char *)bytes + begin;
    header h = {
        .start = text, .at = text, .end = text + length, .where = where, .fortran = -1, .rank = -1};
    FA_TRY(read_dict(&h));
    if (!words || !read_word_dtype(&array, &h)) FA_TRY(read_dtype(&array, &h));
    FA_TRY(read_shape_of(&array, &h, rank));
    size_t available = size - begin - length;
    if (__builtin_mul_overflow(array.rows, array.columns, &count) ||
        __builtin_mul_overflow(count, array.item, &wanted) || wanted > available)
        return fa__fail(FA_E_FORMAT,
                        "%s: the header claims %zu x %zu elements of %zu bytes, but only "
                        "%zu bytes of data follow (cut short?)",
                        where, array.rows, array.columns, array.item, available);
    if (wanted < available)
        return fa__fail(FA_E_FORMAT,
                        "%s: the header claims %zu x %zu elements of %zu bytes = %zu "
                        "bytes, but %zu bytes of data follow",
                        where, array.rows, array.columns, array.item, wanted, available);
    array.data = bytes + begin + length;
    *out = array;
    return FA_OK;
}

fa_status fa__npy_parse(fa__npy *out, const unsigned char *bytes, size_t size, const char *where) {
    return parse(out, bytes, size, RANK_FLAT, false, where);
}

fa_status fa__npy_parse_deep(fa__npy *out, const unsigned char *bytes, size_t size,
                             const char *where) {
    return parse(out, bytes, size, RANK_MAX, false, where);
}

fa_status fa__npy_parse_labels(fa__npy *out, const unsigned char *bytes, size_t size,
                               const char *where) {
    return parse(out, bytes, size, RANK_FLAT, true, where);
}

/* ==== Elements ==== */

/* IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
static double half_value(unsigned bits) {
    int exponent = (int)(bits >> 10 & 31);
    int fraction = (int)(bits & 1023);
    double size = exponent == 31  ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                  : exponent == 0 ? ldexp(fraction, -24)
                                  : ldexp(fraction + 1024, exponent - 25);
    return (bits & 0x8000u) != 0 ? -size : size;
}

static uint64_t bits_at(const fa__npy *array, size_t row, size_t column) {
    size_t index = array->fortran ? column * array->rows + row : row * array->columns + column;
    const unsigned char *at = array->data + index * array->item;
    return array->big ? fa__load_big(at, array->item) : fa__load_little(at, array->item);
}

double fa__npy_less(const fa__npy *array, size_t row, size_t column, double shift) {
    bool whole = array->kind == 'u' || array->kind == 'i';
    if (shift == 0 || !whole || array->item < 8) return fa__npy_at(array, row, column) - shift;
    uint64_t bits = bits_at(array, row, column);
    bool negative = array->kind == 'i' && bits >> 63 != 0;
    return fa__whole_less(negative ? 0 - bits : bits, negative, shift);
}

double fa__npy_at(const fa__npy *array, size_t row, size_t column) {
    uint64_t bits = bits_at(array, row, column);
    if (array->kind == 'b') return bits != 0;
    if (array->kind == 'u') return (double)bits;
    if (array->kind == 'i') { /* the sign bit moved to the top and back extends it */
        unsigned unused = 64 - 8 * (unsigned)array->item;
        return (double)((int64_t)(bits << unused) / ((int64_t)1 << unused));
    }
    if (array->item == 2) return half_value((unsigned)bits);
    if (array->item == 4) {
        uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* What most files hold, little-endian and row by row, goes without fa__npy_at; loops that a
 * compiler vectorises. */
static bool is_plain(const fa__npy *array, char kind, size_t item) {
    return array->kind == kind && array->item == item && !array->big && !array->fortran;
}

static void take_int16(float *out, const unsigned char *at, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = (float)(int16_t)(at[2 * i] | at[2 * i + 1] << 8);
}

static void take_float32(float *out, const unsigned char *at, size_t count) {
    for (size_t i = 0; i < count; i++, at += 4) {
        uint32_t bits =
            at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        memcpy(out + i, &bits, sizeof bits);
    }
}

/* Elements from .. from + count - 1 of a plain array; the first bad one of these, or count. */
static size_t take_plain(float *out, const fa__npy *array, size_t from, size_t count) {
    if (array->item == 2) {
        take_int16(out + from, array->data + 2 * from, count);
        return count;
    }
    take_float32(out + from, array->data + 4 * from, count);
    return fa__first_nonfinite(out + from, count);
}

fa_status fa__npy_floats(float *out, size_t *first_bad, const fa__npy *array) {
    enum { PIECE = 1 << 22 };            /* between two looks at a stop */
    const double limit = 0x1.ffffffp127; /* from here on a double rounds to infinity as float */
    const size_t count = array->rows * array->columns;
    *first_bad = count;
    if (is_plain(array, 'i', 2) || is_plain(array, 'f', 4)) {
        for (size_t from = 0; from < count; from += PIECE) {
            size_t rest = count - from < PIECE ? count - from : PIECE;
            FA_TRY(fa__stop_check());
            size_t bad = take_plain(out, array, from, rest);
            if (bad < rest && *first_bad == count) *first_bad = from + bad;
        }
        return FA_OK;
    }
    for (size_t i = 0, at = 0; i < array->rows; i++) {
        FA_TRY(fa__stop_check());
        for (size_t j = 0; j < array->columns; j++, at++) {
            double value = fa__npy_at(array, i, j);
            if (fabs(value) < limit)
                out[at] = (float)value;
            else if (at < *first_bad)
                *first_bad = at;
        }
    }
    return FA_OK;
}

fa_status fa__npy_int32(int32_t *out, const fa__npy *array, const char *where) {
    if (array->columns != 1)
        return fa__fail(FA_E_SHAPE,
                        "%s: the array is %zu x %zu; labels want one column (of one "
                        "column a class: array.argmax(axis=1))",
                        where, array->rows, array->columns);
    for (size_t i = 0; i < array->rows; i++) {
        double value = fa__npy_at(array, i, 0);
        if (!(value >= INT32_MIN && value <= INT32_MAX))
            return fa__fail(FA_E_FORMAT, "%s: row %zu: %.17g is no label: it %s", where, i, value,
                            isnan(value) ? "is missing" : "does not fit int32");
        if (value != floor(value))
            return fa__fail(FA_E_FORMAT, "%s: row %zu: %.17g is no label: it is not whole", where,
                            i, value);
        out[i] = (int32_t)value;
    }
    return FA_OK;
}

/* ==== Words ==== */

static bool is_text(const fa__npy *array) {
    return array->kind == 'U' || array->kind == 'S';
}

bool fa__npy_is_words(const fa__npy *array) {
    if (is_text(array)) return true;
    for (size_t i = 0; array->columns == 1 && i < array->rows; i++) {
        double value = fa__npy_at(array, i, 0);
        if (!(value >= INT32_MIN && value <= INT32_MAX) && !isinf(value)) return true;
    }
    return false;
}

/* A whole number as it is written, "nan" where there is none. */
static fa_status word_of_number(char *out, size_t *size, const fa__npy *array, size_t row,
                                const char *where) {
    double value = fa__npy_at(array, row, 0);
    bool whole = array->kind == 'u' || array->kind == 'i';
    if (!isnan(value) && value != floor(value))
        return fa__fail(FA_E_FORMAT, "%s: row %zu: %.17g is no label: it is not whole", where, row,
                        value);
    if (whole && array->item == 8)
        snprintf(out, FA__NPY_WORD + 1, array->kind == 'u' ? "%" PRIu64 : "%" PRId64,
                 bits_at(array, row, 0));
    else
        fa__format(out, FA__NPY_WORD + 1, "%.17g", isnan(value) ? fabs(value) : value + 0);
    *size = strlen(out);
    return FA_OK;
}

/* UTF-8 of a code point; the bytes used, 0: it is none. */
static size_t put_point(char *out, uint64_t point) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return 0;
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | point >> 6 * more);
    for (size_t i = 1; i <= more; i++) out[i] = (char)(0x80 | (point >> 6 * (more - i) & 0x3f));
    return more + 1;
}

fa_status fa__npy_word(char *out, size_t *size, const fa__npy *array, size_t row,
                       const char *where) {
    if (!is_text(array)) return word_of_number(out, size, array, row, where);
    const size_t width = array->kind == 'U' ? 4 : 1;
    const unsigned char *at = array->data + row * array->item;
    size_t count = array->item / width, used = 0;
    for (bool zero = true; zero && count > 0; count -= zero) { /* NumPy fills up with zeros */
        zero = true;
        for (size_t b = 0; b < width; b++) zero = zero && at[(count - 1) * width + b] == 0;
    }
    for (size_t i = 0; i < count; i++, at += width) {
        uint64_t point = array->big ? fa__load_big(at, width) : fa__load_little(at, width);
        size_t added = point == 0 ? 0 : 1;
        if (width == 1)
            out[used] = (char)point;
        else if (added > 0)
            added = put_point(out + used, point);
        if (added == 0)
            return fa__fail(FA_E_FORMAT, "%s: row %zu: character %zu is %s; labels are words",
                            where, row, i + 1, point == 0 ? "zero" : "no Unicode");
        used += added;
    }
    out[used] = '\0';
    size_t bad = fa__utf8_check(out, used);
    if (bad < used)
        return fa__fail(FA_E_FORMAT,
                        "%s: row %zu: byte %zu is not UTF-8; save np.char.decode(array, 'latin-1') "
                        "or what its encoding is",
                        where, row, bad + 1);
    *size = used;
    return FA_OK;
}

/* ==== Writing ==== */

size_t fa__npy_header(char out[FA__NPY_HEADER_MAX], const char *descr, size_t rows,
                      size_t columns) {
    char shape[64], dict[160];
    if (columns == 0)
        snprintf(shape, sizeof shape, "(%zu,)", rows);
    else
        snprintf(shape, sizeof shape, "(%zu, %zu)", rows, columns);
    size_t used = (size_t)snprintf(
        dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    size_t total = (MAGIC_SIZE + 4 + used + 1 + 63) / 64 * 64; /* the data aligned to 64 */
    size_t length = total - MAGIC_SIZE - 4;
    memcpy(out, magic, MAGIC_SIZE);
    memcpy(out + MAGIC_SIZE, (char[]){1, 0, (char)(length & 255), (char)(length >> 8)}, 4);
    memcpy(out + MAGIC_SIZE + 4, dict, used);
    memset(out + MAGIC_SIZE + 4 + used, ' ', length - used);
    out[total - 1] = '\n';
    return total;
}

fa_status fa__npy_shift(double **out, const fa__npy *array) {
    double *shift;
    bool any = false;
    if (array->item < 4 || (array->kind == 'f' && array->item < 8)) return FA_OK;
    FA_TRY(FA_NEW_ZERO(shift, array->columns));
    for (size_t k = 0; k < array->columns; k++) {
        double low = (double)INFINITY, high = (double)-INFINITY;
        for (size_t i = 0; i < array->rows; i++) {
            double value = fa__npy_at(array, i, k);
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        if (low <= high) shift[k] = fa__shift_of(low, high);
        any = any || shift[k] != 0;
    }
    if (!any) {
        fa__free(shift);
        shift = NULL;
    }
    *out = shift;
    return FA_OK;
}
