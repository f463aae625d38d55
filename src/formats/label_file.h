/* Labels in a file of their own beside the data, matched to samples by place or by name. */
#ifndef FA_FORMATS_LABEL_FILE_H
#define FA_FORMATS_LABEL_FILE_H

#include "data/dataset.h"
#include "formats/categories.h"
#include "formats/npy.h"

/* Gives a data set the coarse labels of options->label_file and the classes of
 * options->hidden_file, in place of its own; NULL: those stay. Forms, by content:
 *
 *   .npy, IDX   one whole number a row of the data; coarse: below 0 is none; .npy of strings: words
 *   text        one word a line; coarse: an empty line or "?" (fa__is_missing) is none
 *   table       a first row with a column "row" (from 0), "file", "name" or "id" and one "label"
 *               ("coarse"; for classes "class", "hidden"; or the other one of two), or the one that
 *               options->label_column, hidden_column names; rows in any order, each row of the data
 *               once. With a named column and none of the former, in the order of the data
 *
 * Rows that the reader left out may have labels. FA_E_SHAPE for another length; FA_E_LABEL for a
 * name that no sample has, one that is there twice, a sample without a row, a class that is
 * missing; FA_E_FORMAT. where: the data, for messages. */
fa_status fa__label_file_apply(fa_dataset *set, const fa_read_options *options, const char *where);

/* The same from the bytes of one file, followed by a 0 that is not counted. column: of a table; NULL:
 * found by its name. */
fa_status fa__label_file_parse(fa_dataset *set, const unsigned char *bytes, size_t size,
                               bool hidden, const char *column, const char *file,
                               const char *where);

/* The words of an array of words (fa__npy_is_words); numbers [array->rows], -1 where one is
 * missing, which classes must not be. words are to be freed on failure as well. */
fa_status fa__words_of_array(fa__categories *words, int32_t *numbers, const fa__npy *array,
                             bool hidden, const char *where);

/* Coarse labels of numbers [set->n], below 0: none; their names are the numbers, which are taken
 * over, also on failure. */
fa_status fa__coarse_of_numbers(fa_dataset *set, int32_t *numbers);

#endif
