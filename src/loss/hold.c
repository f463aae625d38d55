/* L_hold: the mean divergence of positive pairs, which holds together what L_multi would push
 * apart.
 *
 * Letters: a, b the rows of a pair; p = softmax(row), l = log p. */
#include "base/memory.h"
#include "base/options.h"
#include "base/stop.h"
#include "loss/rows.h"
#include "loss/rows_kernel.h"

enum { LOOK = 1024 }; /* pairs between looks whether to stop */

static fa_status take_options(fa_loss_options *own, const fa_loss_options *given) {
    FA_TRY(fa__check_pointer("options", given));
    FA_TRY(fa__options_take(own, sizeof *own, given, "fa_loss_options"));
    if (own->divergence == FA_DIVERGENCE_KL || own->divergence == FA_DIVERGENCE_JS) return FA_OK;
    return fa__fail(FA_E_ARGUMENT,
                    "divergence must be FA_DIVERGENCE_KL (0) or FA_DIVERGENCE_JS (1), got %d",
                    (int)own->divergence);
}

fa_status fa_loss_hold(double *loss, float *d_h, const float *h, size_t n, size_t d,
                       const int32_t *pairs, size_t count, const fa_loss_options *options) {
    fa_loss_options own;
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(take_options(&own, options));
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_pairs(pairs, count, n));
    fa_status status = FA_OK;
    const fa__rows_kernel *kernel = fa__rows_kernel_here();
    double *l = NULL, *p = NULL, *g = NULL, sum = 0;
    FA_CHECK(FA_NEW(l, n * d));
    FA_CHECK(FA_NEW(p, n * d));
    FA_CHECK(FA_NEW_ZERO(g, n * d));
    FA_CHECK(fa__softmax_rows(l, p, h, n, d));
    for (size_t i = 0; i < count; i++) {
        size_t a = (size_t)pairs[2 * i] * d, b = (size_t)pairs[2 * i + 1] * d;
        if (i % LOOK == LOOK - 1) FA_CHECK(fa__stop_check());
        sum += kernel->hold[own.divergence](g + a, g + b, p + a, l + a, p + b, l + b, d);
    }
    double scale = count > 0 ? 0.5 / (double)count : 0;
    if (d_h != NULL) kernel->store(d_h, g, scale, n * d);
    *loss = scale * sum;
done:
    fa__free(l);
    fa__free(p);
    fa__free(g);
    return status;
}
