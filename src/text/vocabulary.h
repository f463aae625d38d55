/* The vocabulary: words by number, fitted on a training split, and texts as series of numbers. */
#ifndef FA_TEXT_VOCABULARY_H
#define FA_TEXT_VOCABULARY_H

#include "base/hash.h"
#include "text/words.h"

#include <stdbool.h>

/* Words by number: 0 is every word that is not known, 1 .. count - 1 those of the table, the most
 * frequent first. {0}: none. */
typedef struct fa__vocabulary {
    size_t count;
    size_t max_tokens; /* words read of a text; the rest is cut off */
    char *text;        /* all words, each followed by "\n", and a 0 at the end */
    size_t *offsets;   /* [count] word i is text[offsets[i - 1]] .. text[offsets[i] - 2], i >= 1 */
    fa__hash hash;     /* numbers by word */
    bool backward;     /* texts are read from their last word to their first */
} fa__vocabulary;

/* The vocabulary of some samples of a text data set, each cut off after max_tokens words: the
 * `most` most frequent of the words that occur at least min_count times; of equally frequent ones
 * the first in the order of their bytes. FA_E_ARGUMENT where no word is left. */
fa_status fa__vocabulary_fit(fa__vocabulary *out, const fa_dataset *texts, const size_t *samples,
                             size_t n, size_t most, size_t min_count, size_t max_tokens);

/* From what a model holds: text as in fa__vocabulary, copied. FA_E_FORMAT for an empty word, one
 * that is there twice, or that no text can give. */
fa_status fa__vocabulary_read(fa__vocabulary *out, const char *text, size_t max_tokens);

void fa__vocabulary_free(fa__vocabulary *vocabulary);

/* The number of a word; 0: not known. */
size_t fa__vocabulary_find(const fa__vocabulary *vocabulary, const char *word, size_t size);

/* Word i, 1 <= i < count. */
const char *fa__vocabulary_word(const fa__vocabulary *vocabulary, size_t i, size_t *size);

/* Texts as series of one feature, the numbers of their words as floats (those of the first
 * max_tokens words, backward: in reverse order); a text without words is one unknown word, so that
 * no sample is lost. Labels, names and origin are copied. */
fa_status fa__vocabulary_encode(fa_dataset **out, const fa__vocabulary *vocabulary,
                                const fa_dataset *texts);

#endif
