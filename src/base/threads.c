/* Parallel tasks by OpenMP, or one after the other without it. */
#include "base/threads.h"

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

fa_status fa__parallel(size_t count, fa__job task, void *context) {
    failure first = {FA_OK, 0, ""};
    size_t threads = fa__threads();
    if (threads > count) threads = count;
    if (threads <= 1) {
        for (size_t i = 0; i < count; i++) FA_TRY(task(context, i, 0));
        return FA_OK;
    }
#ifdef _OPENMP
    atomic_size_t taken = 0;
    /* A thread's first task is always the one of its number: what it left in its caches by the last
     * call is there for the next. */
#pragma omp parallel num_threads((int)threads)
    {
        const size_t thread = (size_t)omp_get_thread_num(), team = (size_t)omp_get_num_threads();
        for (size_t i = thread; i < count; i = team + atomic_fetch_add(&taken, 1)) {
            fa_status status = task(context, i, thread);
            if (status != FA_OK) {
#pragma omp critical(fa_note_failure)
                note_failure(&first, status, i);
            }
        }
    }
#endif
    if (first.status != FA_OK) return fa__fail(first.status, "%s", first.detail);
    return FA_OK;
}
