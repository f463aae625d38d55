/* Word vectors in the text form of word2vec and fastText (.vec, gzipped or not): a line "n dim",
 * then n lines of a word and dim numbers, all parted by single blanks. */
#ifndef FA_TEXT_WORD_VECTORS_H
#define FA_TEXT_WORD_VECTORS_H

#include "text/vocabulary.h"

/* Overwrites the rows of table [vocabulary->count, dim] whose words the file has, byte for byte as
 * in the vocabulary (which is case-folded); of a word that is there twice the first counts. The
 * other rows stay. *found: how many words. The numbers of words that are not known are counted, not
 * read.
 *
 * FA_E_SHAPE for another dim; FA_E_FORMAT naming the line for anything that is not as above;
 * FA_E_NONFINITE naming line and number; FA_E_IO; FA_E_NOMEM. Rows may have been overwritten after
 * an error. Memory: the file. */
fa_status fa__vectors_read(float *table, size_t *found, const fa__vocabulary *vocabulary,
                           size_t dim, const char *path);

/* The same from memory that ends with a 0 byte (not counted in size). */
fa_status fa__vectors_parse(float *table, size_t *found, const fa__vocabulary *vocabulary,
                            size_t dim, const void *bytes, size_t size, const char *where);

#endif
