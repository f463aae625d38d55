/* Independent tasks on the threads that fa_threads_set allows. The only file that knows OpenMP. */
#ifndef FA_BASE_THREADS_H
#define FA_BASE_THREADS_H

#include "base/status.h"

/* One task; `thread` is in [0, fa__threads()), for per-thread scratch. */
typedef fa_status (*fa__job)(void *context, size_t index, size_t thread);

/* Runs task(context, 0..count-1), each once, in any order. Which thread runs a task must not change
 * its result. Returns the failure of the lowest index, its detail set on the calling thread. */
fa_status fa__parallel(size_t count, fa__job task, void *context);

/* Threads that fa__parallel uses now; 1 inside a task. */
size_t fa__threads(void);

/* Around calls into a library that has OpenMP threads of its own: what the calling thread starts
 * there runs on it alone, so results do not depend on where it is called. restore takes what alone
 * returned. */
int fa__threads_alone(void);
void fa__threads_restore(int before);

#endif
