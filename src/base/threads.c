/* Parallel tasks by OpenMP, or one after the other without it. */
#include "base/threads.h"

#include "base/stop.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdatomic.h>

static atomic_int wanted; /* 0: all cores */

void fa_threads_set(int threads) {
    atomic_store(&wanted, threads < 0 ? 0 : threads);
}

int fa_threads_get(void) {
    return (int)fa__threads();
}

size_t fa__threads(void) {
#ifdef _OPENMP
    if (omp_in_parallel()) return 1;
    int threads = atomic_load(&wanted);
    return (size_t)(threads > 0 ? threads : omp_get_num_procs());
#else
    return 1;
#endif
}

int fa__threads_alone(void) {
#ifdef _OPENMP
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    return before;
#else
    return 1;
#endif
}

void fa__threads_restore(int before) {
#ifdef _OPENMP
    omp_set_num_threads(before);
#else
    (void)before;
#endif
}

/* The first failure by index, with its detail carried from the thread where it happened. */
typedef struct failure {
    fa_status status;
    size_t index;
    char detail[1024];
} failure;

static void note_failure(failure *first, fa_status status, size_t index) {
    if (first->status != FA_OK && first->index < index) return;
    first->status = status;
    first->index = index;
    const char *text = fa_error_detail();
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof first->detail; i++) first->detail[i] = text[i];
    first->detail[i] = '\0';
}

#ifdef _OPENMP
enum { SHARES_MAX = 64 };

/* Tasks next .. end-1. On a line of the cache of its own, as several threads count in it. */
typedef struct share {
    _Alignas(64) atomic_size_t next;
    size_t end;
} share;

/* Every thread has a share of the tasks, the same ones at every call with as many: what it left in
 * its caches by the last call is there for the next. One that is through helps with the others'. */
static void run_shares(failure *first, size_t count, size_t threads, fa__job task, void *context) {
    share shares[SHARES_MAX];
    const size_t n = threads < SHARES_MAX ? threads : SHARES_MAX;
    for (size_t s = 0; s < n; s++) {
        atomic_init(&shares[s].next, s * count / n);
        shares[s].end = (s + 1) * count / n;
    }
    fa__stop *stop = fa__stop_here();
#pragma omp parallel num_threads((int)threads)
    {
        fa__stop *before = fa__stop_follow(stop);
        const size_t thread = (size_t)omp_get_thread_num();
        fa_status status = FA_OK; /* who is stopped begins no other task */
        for (size_t s = 0, i; s < n && status != FA_E_STOPPED; s++) {
            share *own = &shares[(thread + s) % n];
            while (status != FA_E_STOPPED && (i = atomic_fetch_add(&own->next, 1)) < own->end) {
                status = task(context, i, thread);
                if (status != FA_OK) {
#pragma omp critical(fa_note_failure)
                    note_failure(first, status, i);
                }
            }
        }
        (void)fa__stop_follow(before);
    }
}
#endif

fa_status fa__parallel(size_t count, fa__job task, void *context) {
    failure first = {FA_OK, 0, ""};
    size_t threads = fa__threads();
    if (threads > count) threads = count;
    if (threads <= 1) {
        for (size_t i = 0; i < count; i++) FA_TRY(task(context, i, 0));
        return FA_OK;
    }
#ifdef _OPENMP
    run_shares(&first, count, threads, task, context);
#endif
    if (first.status != FA_OK) return fa__fail(first.status, "%s", first.detail);
    return FA_OK;
}
