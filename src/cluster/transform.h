/* A fitted transform from the inside, for whoever saves one. */
#ifndef FA_CLUSTER_TRANSFORM_H
#define FA_CLUSTER_TRANSFORM_H

#include "base/status.h"
#include "comm/comm.h"

/* Of a row x:   none       x
 *               unit       x / |x|
 *               standard   (x - mean) * factor      factor [d]
 *               whiten     (x - mean) . factor      factor [d, columns]; ...-unit: at length 1
 *               root-...   the same of sign(x) sqrt(|x|) */
struct fa_transform {
    fa_transform_kind kind;
    size_t d, columns; /* of x, of the result */
    double *mean;      /* [d]; NULL for none and unit, as factor */
    double *factor;
};

/* Whether it has components: as many columns as these. */
bool fa__transform_whitens(fa_transform_kind kind);

/* The kind of a name; false: there is none. */
bool fa__transform_find(fa_transform_kind *kind, const char *name);

/* Whether rows of d columns can be given this transform: what fa_transform_fit would refuse, before
 * there are rows. */
fa_status fa__transform_check(fa_transform_kind kind, size_t components, size_t d);

/* fa_transform_fit by ranks that all call it alike; comm NULL: alone. */
fa_status fa__transform_fit(fa_transform **out, fa_transform_kind kind, size_t components,
                            const float *x, size_t n, size_t d, const fa__comm *comm);

#endif
