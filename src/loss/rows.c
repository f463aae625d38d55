/* Checks, log-softmax and storing: what every loss does with its matrices. */
#include "loss/rows.h"

#include "base/assert.h"
#include "base/floats.h"
#include "base/stop.h"
#include "loss/rows_kernel.h"

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

/* The sum of exp(z_k - max) but for that of the largest entry, which is 1; e [d], all of them: may be
 * NULL. */
static double sum_of_others(double *max, double *e, const float *z, size_t d) {
    size_t top = 0;
    for (size_t k = 1; k < d; k++)
        if (z[k] > z[top]) top = k;
    *max = (double)z[top];
    double others = 0;
    for (size_t k = 0; k < d; k++) {
        double here = k == top ? 1 : exp((double)z[k] - *max);
        if (e != NULL) e[k] = here;
        if (k != top) others += here;
    }
    return others;
}

double fa__log_sum_exp(double *max, const float *z, size_t d) {
    return log1p(sum_of_others(max, NULL, z, d));
}

void fa__softmax(double *log_p, double *p, const float *z, size_t d) {
    FA_ASSERT(d > 0);
    double max, others = sum_of_others(&max, p, z, d);
    double log_sum = log1p(others), share = 1 / (1 + others);
    for (size_t k = 0; k < d; k++) {
        log_p[k] = (double)z[k] - max - log_sum;
        p[k] *= share;
    }
}

typedef struct softmax_job {
    const fa__rows_kernel *kernel;
    double *log_p, *p;
    const float *z;
    size_t n, d;
} softmax_job;

enum { ROWS = 16 }; /* of one task */

static fa_status softmax_task(void *context, size_t index, size_t thread) {
    (void)thread;
    const softmax_job *job = context;
    for (size_t i = index * ROWS; i < job->n && i < (index + 1) * ROWS; i++)
        job->kernel->softmax(job->log_p + i * job->d, job->p + i * job->d, job->z + i * job->d,
                             job->d);
    return FA_OK;
}

fa_status fa__softmax_rows(double *log_p, double *p, const float *z, size_t n, size_t d) {
    softmax_job job = {fa__rows_kernel_here(), log_p, p, z, n, d};
    double work = 8 * (double)n * (double)d; /* an exp is as long as some multiply-adds */
    return fa__loss_parallel(work, n / ROWS + (n % ROWS != 0), softmax_task, &job);
}

void fa__sort_by_label(size_t *rows, size_t *other, const int32_t *labels, size_t n) {
    FA_ASSERT(n > 0);
    size_t *from = rows, *to = other;
    for (size_t i = 0; i < n; i++) rows[i] = i;
    for (unsigned shift = 0; labels != NULL && shift < 32; shift += 8) {
        size_t begin[257] = {0};
        for (size_t i = 0; i < n; i++) begin[((uint32_t)labels[i] >> shift & 255) + 1]++;
        if (begin[((uint32_t)labels[0] >> shift & 255) + 1] == n) continue;
        for (size_t v = 0; v < 256; v++) begin[v + 1] += begin[v];
        for (size_t i = 0; i < n; i++)
            to[begin[(uint32_t)labels[from[i]] >> shift & 255]++] = from[i];
        size_t *swap = from;
        from = to;
        to = swap;
    }
    for (size_t i = 0; from != rows && i < n; i++) rows[i] = from[i];
}

size_t fa__label_end(const size_t *rows, const int32_t *labels, size_t n, size_t first) {
    size_t end = first + 1;
    if (labels == NULL) return n;
    while (end < n && labels[rows[end]] == labels[rows[first]]) end++;
    return end;
}

fa_status fa__check_pairs(const int32_t *pairs, size_t count, size_t n) {
    if (count == 0) return FA_OK;
    FA_TRY(fa__check_pointer("pairs", pairs));
    for (size_t p = 0; p < count; p++) {
        int32_t a = pairs[2 * p], b = pairs[2 * p + 1];
        if (a >= 0 && (size_t)a < n && b >= 0 && (size_t)b < n) continue;
        return fa__fail(FA_E_ARGUMENT, "pair %zu is (%d, %d); rows are 0 to %zu", p, (int)a, (int)b,
                        n - 1);
    }
    return FA_OK;
}

bool fa__loss_is_large(double work) {
    return work >= parallel_work;
}

typedef struct stoppable {
    fa__job task;
    void *context;
} stoppable;

static fa_status stoppable_task(void *context, size_t index, size_t thread) {
    const stoppable *job = context;
    FA_TRY(fa__stop_check());
    return job->task(job->context, index, thread);
}

fa_status fa__loss_parallel(double work, size_t count, fa__job task, void *context) {
    stoppable job = {task, context};
    if (fa__loss_is_large(work)) {
        FA_TRY(fa__stop_check()); /* other threads may take all tasks */
        return fa__parallel(count, stoppable_task, &job);
    }
    for (size_t i = 0; i < count; i++) FA_TRY(task(context, i, 0));
    return FA_OK;
}
