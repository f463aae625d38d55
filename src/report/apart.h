/* What sets the clusters of a run apart: words of texts, or features. */
#ifndef FA_REPORT_APART_H
#define FA_REPORT_APART_H

#include "report/view.h"

enum { FA__APART_MAX = 8 }; /* of a cluster */

/* One of them. */
typedef struct fa__mark {
    size_t what;   /* word of fa__apart.words; feature */
    double weight; /* a word's log odds in standard errors; a feature's difference in deviations */
} fa__mark;

/* Letters: k clusters, m marks of each at most. */
typedef struct fa__apart {
    struct fa__vocabulary *words; /* NULL: features */
    fa__mark *marks;              /* [k, FA__APART_MAX] the strongest first */
    size_t *count;                /* [k]; NULL: there is nothing to say (images, no data) */
} fa__apart;

/* Each cluster is held against the other clusters within its coarse label, where it lies within one
 * that has others; else against all of them.
 *
 *   texts  words, by the odds of a text to hold them: z = (log o - log o') / sqrt(sum of 1 / counts),
 *          o = (a + 1/2) / (n - a + 1/2) of a texts of the cluster's n, o' of the others (the 1/2 is
 *          Haldane's and Anscombe's); those with z above 2. Samples with names of several words are
 *          texts too
 *   vectors, series  features, by (mean - mean') / deviation over all; of a series the mean over
 *          its steps; those that differ by more than 0.2
 *
 * Build without utf8proc: words are left out. Errors: FA_E_NOMEM; FA_E_FORMAT. Free also on failure. */
fa_status fa__apart_open(fa__apart *apart, const fa__view *view);
void fa__apart_close(fa__apart *apart);

#endif
