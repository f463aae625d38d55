/* NumPy's .npy format in memory: one parser for files, .npz members and the fuzzer. */
#ifndef FA_FORMATS_NPY_H
#define FA_FORMATS_NPY_H

#include "base/status.h"

#include <stdbool.h>

/* A parsed array [rows, columns]; it points into the bytes it was parsed from. Elements are checked
 * to be there, their values are not looked at yet. */
typedef struct fa__npy {
    char kind;   /* 'b' bool, 'i' signed, 'u' unsigned, 'f' float; 'U', 'S' strings */
    size_t item; /* bytes of an element: 1, 2, 4 or 8; of strings any */
    bool big;    /* big-endian */
    bool fortran;
    size_t rank;     /* 1 or 2; of fa__npy_parse_deep up to 4 */
    size_t shape[4]; /* [rank] */
    size_t rows,
        columns; /* both >= 1; rank 1: columns is 1; else the product of all but the first */
    const unsigned char *data;
} fa__npy;

bool fa__npy_recognise(const unsigned char *bytes, size_t size);

/* Formats 1.0, 2.0 and 3.0; rank 1 or 2; any bool, integer or float dtype of up to 8 bytes, either
 * byte order, C or Fortran order. Everything else, and data of another size than the header claims,
 * is FA_E_FORMAT; messages begin with `where`. */
fa_status fa__npy_parse(fa__npy *out, const unsigned char *bytes, size_t size, const char *where);

/* The same, and rank 3 and 4 in C order. */
fa_status fa__npy_parse_deep(fa__npy *out, const unsigned char *bytes, size_t size,
                             const char *where);

/* As fa__npy_parse, and strings ('<U5' of code points, '|S5' of bytes) are taken, too. */
fa_status fa__npy_parse_labels(fa__npy *out, const unsigned char *bytes, size_t size,
                               const char *where);

/* Whether labels of the array are words: strings, or numbers of which one is missing (NaN) or beyond
 * int32_t. */
bool fa__npy_is_words(const fa__npy *array);

/* Element `row` of one column of them as UTF-8, ended by 0; out [array->item + FA__NPY_WORD + 1].
 * FA_E_FORMAT for what is no text, and for a number that is not whole. */
enum { FA__NPY_WORD = 24 }; /* longest of a number */
fa_status fa__npy_word(char *out, size_t *size, const fa__npy *array, size_t row,
                       const char *where);

/* One element as a double: exact but for integers beyond 2^53, which are rounded. */
double fa__npy_at(const fa__npy *array, size_t row, size_t column);

/* One element less a shift: exact where the result is, of whole numbers beyond 2^53, too. */
double fa__npy_less(const fa__npy *array, size_t row, size_t column, double shift);

/* out [rows, columns] row-major = the elements rounded to float32; *first_bad: the index into out
 * of the first that is not finite as float32, or rows * columns where all are. Fails by a stop
 * alone. */
fa_status fa__npy_floats(float *out, size_t *first_bad, const fa__npy *array);

/* out [rows] = the elements of a one-column array, which must be whole and fit int32_t. */
fa_status fa__npy_int32(int32_t *out, const fa__npy *array, const char *where);

/* The start of a file: format 1.0, C order, padded to 64 bytes. descr is like "<f4"; columns 0: a
 * 1-D array. Returns the bytes used. */
enum { FA__NPY_HEADER_MAX = 192 };
size_t fa__npy_header(char out[FA__NPY_HEADER_MAX], const char *descr, size_t rows, size_t columns);

/* What is to be taken off each column, so that float32 tells its values apart: doubles and large
 * whole numbers may need it. [columns], for fa__free; *out stays as it is where nothing is. */
fa_status fa__npy_shift(double **out, const fa__npy *array);

#endif
