/* Checks, log-softmax and storing: what every loss does with its matrices. */
#include "loss/rows.h"

#include "base/floats.h"

#include <math.h>

/* Multiply-adds from which another thread pays: a batch of 128 x 64 in two labels takes 57 us on
 * one thread and 45 on two (`forced-apart bench kl --size "128 64 2"`, Zen 4). */
static const double parallel_work = 1 << 19;

fa_status fa__check_pointer(const char *name, const void *pointer) {
    if (pointer != NULL) return FA_OK;
    return fa__fail(FA_E_ARGUMENT, "%s is NULL; it is needed here", name);
}

fa_status fa__check_matrix(const char *name, const float *x, size_t n, size_t d) {
    size_t entries, bytes;
    if (n == 0 || d == 0)
        return fa__fail(FA_E_SHAPE, "%s is [%zu, %zu]; it needs at least one row and one column",
                        name, n, d);
    if (__builtin_mul_overflow(n, d, &entries) ||
        __builtin_mul_overflow(entries, sizeof(double), &bytes))
        return fa__fail(FA_E_SHAPE, "%s is [%zu, %zu], more than memory can hold; pass fewer rows",
                        name, n, d);
    FA_TRY(fa__check_pointer(name, x));
    size_t at = fa__first_nonfinite(x, entries);
    if (at < entries)
        return fa__fail(FA_E_NONFINITE,
                        "%s, row %zu, column %zu is %g; every value must be finite (a smaller "
                        "learning rate or gradient clipping keeps a network there)",
                        name, at / d, at % d, (double)x[at]);
    return FA_OK;
}

double fa__log_sum_exp(double *max, const float *z, size_t d) {
    size_t top = 0;
    for (size_t k = 1; k < d; k++)
        if (z[k] > z[top]) top = k;
    *max = (double)z[top];
    double others = 0;
    for (size_t k = 0; k < d; k++)
        if (k != top) others += exp((double)z[k] - *max);
    return log1p(others);
}

void fa__softmax(double *log_p, double *p, const float *z, size_t d) {
    double max, log_sum = fa__log_sum_exp(&max, z, d);
    for (size_t k = 0; k < d; k++) {
        log_p[k] = (double)z[k] - max - log_sum;
        p[k] = exp(log_p[k]);
    }
}

bool fa__loss_is_large(double work) {
    return work >= parallel_work;
}

fa_status fa__loss_parallel(double work, size_t count, fa__job task, void *context) {
    if (fa__loss_is_large(work)) return fa__parallel(count, task, context);
    for (size_t i = 0; i < count; i++) FA_TRY(task(context, i, 0));
    return FA_OK;
}
