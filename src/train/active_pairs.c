/* How many pairs a component still pushes, of some rows. */
#include "train/component.h"

#include "base/memory.h"

#include <string.h>

fa_status fa__active_pairs(double *share, const float *rows, size_t n, size_t d,
                           const int32_t *labels, const fa_loss_options *options) {
    fa_status status = FA_OK;
    size_t count = n < FA__PAIR_ROWS ? n : FA__PAIR_ROWS;
    float *some = NULL;
    int32_t *theirs = NULL;
    FA_CHECK(FA_NEW(some, count * d));
    FA_CHECK(FA_NEW(theirs, count));
    for (size_t i = 0; i < count; i++) {
        size_t from = (size_t)((double)i * (double)n / (double)count);
        memcpy(some + i * d, rows + from * d, d * sizeof *some);
        theirs[i] = labels != NULL ? labels[from] : 0;
    }
    FA_CHECK(fa_loss_active_pairs(share, some, count, d, theirs, options));
done:
    fa__free(some);
    fa__free(theirs);
    return status;
}
