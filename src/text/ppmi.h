/* Word vectors from the texts themselves, without any label: which words stand near each other.
 *
 *   M_ij   how often words i and j stand at most `window` known words apart, in both orders
 *   s_i    = sum_j M_ij,  S = sum_i s_i,  t_j = S s_j^0.75 / sum_k s_k^0.75
 *   P_ij   = max(0, log(M_ij S / (s_i t_j)))          0 where M_ij is 0
 *   P      ~ U D V^T, the largest singular values     X = c U D^0.5
 *
 * P is positive pointwise mutual information with smoothed contexts, X its symmetric factor (Levy,
 * Goldberg and Dagan 2015, "Improving distributional similarity with lessons learned from word
 * embeddings", TACL 3, sections 2, 3.2 and 3.3); c brings the root of its mean square to 0.1, the
 * size of the start of an embedding. */
#ifndef FA_TEXT_PPMI_H
#define FA_TEXT_PPMI_H

#include "text/vocabulary.h"

/* The known words of texts by number, text after text, with a 0 in front of the first and after
 * each; words that are not known are left out, their neighbours move together. {0}: none. */
typedef struct fa__corpus {
    uint32_t *words;
    size_t used, capacity;
} fa__corpus;

/* Of some samples of a text data set, each cut off after max_tokens words. FA_E_FORMAT for invalid
 * UTF-8, FA_E_UNAVAILABLE without utf8proc, FA_E_NOMEM. Memory: 4 to 8 bytes a word. */
fa_status fa__corpus_read(fa__corpus *out, const fa__vocabulary *vocabulary,
                          const fa_dataset *texts, const size_t *samples, size_t n,
                          size_t max_tokens);
void fa__corpus_free(fa__corpus *corpus);

/* A sparse matrix [n, n] by rows: row i is entries[starts[i]] .. entries[starts[i + 1] - 1]. */
typedef struct fa__sparse {
    size_t n, *starts; /* [n + 1] */
    struct fa__sparse_entry {
        uint32_t column;
        float value;
    } * entries;
} fa__sparse;

/* P and its transpose [count, count] of a corpus; row and column 0, the unknown word, are empty.
 * Freed with fa__sparse_free, also after an error. The same for any number of threads. FA_E_NOMEM.
 * Memory beyond the two: 8 bytes a word of the corpus, 12 a word of the vocabulary and thread. */
fa_status fa__ppmi(fa__sparse *p, fa__sparse *transposed, const fa__corpus *corpus, size_t count,
                   size_t window);
void fa__sparse_free(fa__sparse *matrix);

/* Overwrites the rows of table [count, units] by X: of the words that have a positive entry in P.
 * The others and row 0 stay. *found: how many words. Column k belongs to the k-th largest singular
 * value, its largest entry is positive; columns beyond the rank of P (of its 1e-5 largest part) are
 * 0.
 *
 * Subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4, 4 times) with at least 10
 * columns more than units, from a fixed draw: the same texts give the same bytes, whatever the
 * seed and the number of threads. FA_E_ARGUMENT where P is 0; FA_E_SHAPE for more than 32742
 * units; FA_E_NOMEM. Table and *found stay on error.
 * Memory: what fa__ppmi takes, 8 bytes an entry of P and as many of its transpose, 8 bytes times
 * count times (units + 26). */
fa_status fa__ppmi_vectors(float *table, size_t *found, const fa__corpus *corpus, size_t count,
                           size_t units, size_t window);

#endif
