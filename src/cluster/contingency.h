/* Two labelings of the same items, reduced to what the scores need: how often each class size and
 * each cell size of their contingency table occurs. The table itself is never kept. */
#ifndef FA_CLUSTER_CONTINGENCY_H
#define FA_CLUSTER_CONTINGENCY_H

#include "base/status.h"

/* `times` classes (or cells) hold `size` items each. */
typedef struct fa__tally_entry {
    uint32_t size, times;
} fa__tally_entry;

typedef struct fa__tally {
    fa__tally_entry *entries; /* sizes ascending, none 0, none twice */
    size_t count;             /* of entries */
    size_t parts;             /* classes or cells in all: the sum of times */
} fa__tally;

/* a_i: items in class i of u; b_j: in class j of v; n_ij: in both. Only the multisets are kept, so
 * a score of them cannot depend on the names of the classes. */
typedef struct fa__contingency {
    size_t n;
    fa__tally u;     /* of a_i */
    fa__tally v;     /* of b_j */
    fa__tally cells; /* of n_ij > 0 */
} fa__contingency;

/* Counts n items, 1 <= n < 2^32, in O(n) time and memory whatever the labels are. Free it with
 * fa__contingency_free; on failure there is nothing to free. */
fa_status fa__contingency_make(fa__contingency *out, const int32_t *u, const int32_t *v, size_t n);
void fa__contingency_free(fa__contingency *contingency);

#endif
