/* The engine that leaves matrix products to oneDNN. What is used here is in 2.6 (Debian 12) and in
 * 3.x. */
#include "engine/engine_ref.h"

#include <dnnl.h>

static fa_status gemm(const fa__gemm *g) {
    if (g->m == 0 || g->n == 0) return FA_OK;
    int before = fa__onednn_alone();
    dnnl_status_t status =
        dnnl_sgemm(g->a_transposed ? 'T' : 'N', g->b_transposed ? 'T' : 'N', (dnnl_dim_t)g->m,
                   (dnnl_dim_t)g->n, (dnnl_dim_t)g->k, 1.0f, g->a, (dnnl_dim_t)g->lda, g->b,
                   (dnnl_dim_t)g->ldb, g->beta, g->c, (dnnl_dim_t)g->ldc);
    fa__onednn_restore(before);
    if (status == dnnl_out_of_memory)
        return fa__fail(FA_E_NOMEM, "no memory for a matrix product in oneDNN");
    if (status != dnnl_success)
        return fa__fail(FA_E_ARGUMENT,
                        "oneDNN refused a %zu x %zu x %zu matrix product (status %d)", g->m, g->n,
                        g->k, (int)status);
    return FA_OK;
}

const fa__engine *fa__engine_onednn(void) {
    static const fa__engine engine = {
        .name = "onednn",
        .text = "matrix products by oneDNN",
        .gemm = gemm,
        .lstm_workspace = fa__ref_lstm_workspace,
        .lstm_forward = fa__ref_lstm_forward,
        .lstm_backward = fa__ref_lstm_backward,
        .norm_statistics = fa__ref_norm_statistics,
        .norm_apply = fa__ref_norm_apply,
        .norm_sums = fa__ref_norm_sums,
        .norm_back = fa__ref_norm_back,
        .images = &fa__onednn_images,
    };
    return &engine;
}
