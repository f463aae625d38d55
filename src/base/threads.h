/* Independent tasks on the threads that fa_threads_set allows. The only file that starts threads.
 */
#ifndef FA_BASE_THREADS_H
#define FA_BASE_THREADS_H

#include "base/status.h"

/* One task; `thread` is in [0, fa__threads()), for per-thread scratch. */
typedef fa_status (*fa__job)(void *context, size_t index, size_t thread);

/* Runs task(context, 0..count-1), each once, in any order. Which thread runs a task must not change
 * its result. Returns the failure of the lowest index, its detail set on the calling thread.
 *
 * Threads: safe to call from several at once; the tasks of one call are shared among threads, those
 * of another meanwhile run on its own. Where threads cannot be started, fewer share the tasks.
 * Fork: a child may call this whatever its parent was doing. A task that forks must end the child
 * by _exit or exec; a child that returns from its task gets FA_E_ARGUMENT here, or ends as the
 * thread would. */
fa_status fa__parallel(size_t count, fa__job task, void *context);

/* Threads that fa__parallel may use now: what fa_threads_set asked for, by default the processors
 * that the calling thread may run on; 1 inside a shared task. */
size_t fa__threads(void);

#endif
