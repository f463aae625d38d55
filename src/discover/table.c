/* candidates.csv: what was compared, a row each. */
#include "discover/discover.h"

#include "run/files.h"

#include <math.h>

static void put_number(fa__writer *to, double x) {
    if (isfinite(x))
        fa__writer_print(to, ",%.6g", x);
    else
        fa__writer_print(to, ",");
}

fa_status fa__candidates_write(const fa_discovery *found, const char *folder) {
    char path[FA__PATH_MAX];
    fa__writer to;
    FA_TRY(fa__run_path(path, folder, FA_RUN_CANDIDATES));
    FA_TRY(fa__writer_open(&to, path));
    fa__writer_print(&to,
                     "candidate,space,training,margin,weight,within,k,agreement,consistency,vote,"
                     "views,silhouette,stability,validation_accuracy,validation_loss,active_pairs,"
                     "costly,possible,chosen,ami_max_not_used\n");
    for (size_t i = 0; i < found->count; i++) {
        const fa_candidate *c = &found->candidates[i];
        fa__writer_print(&to, "%zu,%s,%s,%s,%s,%s,%zu", i, c->space, c->training, c->margin,
                         c->weight, fa_within_name(c->within), c->k);
        const double signals[] = {c->agreement, c->consistency, c->vote,
                                  c->views,     c->silhouette,  c->stability,
                                  c->accuracy,  c->loss,        c->active_pairs};
        for (size_t j = 0; j < sizeof signals / sizeof *signals; j++) put_number(&to, signals[j]);
        fa__writer_print(&to, ",%d,%d,%d", c->costly, c->possible, c->chosen);
        put_number(&to, c->ami);
        fa__writer_print(&to, "\n");
    }
    return fa__writer_close(&to, true);
}
