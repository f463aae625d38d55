/* The mutual information that two labelings with given class sizes share by chance. */
#ifndef FA_CLUSTER_EXPECTED_MI_H
#define FA_CLUSTER_EXPECTED_MI_H

#include "cluster/contingency.h"

/* E{I(U, V)} under the hypergeometric model of randomness (Vinh, Epps, Bailey 2010, eq. 24a), in
 * nats, exact up to rounding. The same bits for u and v exchanged and for any number of threads. */
fa_status fa__expected_mi(double *out, const fa__contingency *contingency);

#endif
