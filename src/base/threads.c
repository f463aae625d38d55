/* A pool of threads for parallel tasks.
 *
 * One call has the pool at a time; another that comes meanwhile runs its tasks on its own thread.
 * The caller works with the pool and depends on nobody: a job that a thread has not begun when the
 * tasks are through is taken back. So a thread that is late, that could not be started, or that a
 * fork has left behind delays no one. Who waits spins for SPIN_NS, then sleeps. */
#define _GNU_SOURCE /* the affinity of threads */
#include "base/threads.h"

#include "base/stop.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

/* Sleep and wake cost some 50 us; a gap between two calls that is no longer is spun through. */
enum { SHARES_MAX = 64, WORKERS_MAX = 1023, SPIN_NS = 100000 };

/* Between two questions of a caller that waits for its workers, and may be asked to stop. */
enum { ASK_NS = 20000000 };

/* ==== Processors ==== */

#ifdef __linux__
typedef cpu_set_t processors;

/* Those that the calling thread may run on, and how many. */
static size_t read_processors(processors *set) {
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof *set, set) == 0) return (size_t)CPU_COUNT(set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than a set holds */
    return online > 0 ? (size_t)online : 1;
}

static bool same_processors(const processors *a, const processors *b) {
    return CPU_EQUAL(a, b) != 0;
}

/* Where it fails, the thread stays where it was: slower, not wrong. */
static void bind_thread(pthread_t thread, const processors *set) {
    if (CPU_COUNT(set) > 0) (void)pthread_setaffinity_np(thread, sizeof *set, set);
}
#else
typedef int processors;

static size_t read_processors(processors *set) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    *set = 0;
    return online > 0 ? (size_t)online : 1;
}

static bool same_processors(const processors *a, const processors *b) {
    return *a == *b;
}

static void bind_thread(pthread_t thread, const processors *set) {
    (void)thread, (void)set;
}
#endif

/* ==== The pool ==== */

/* The first failure by index, with its detail carried from the thread where it happened. */
typedef struct failure {
    fa_status status;
    size_t index;
    char detail[1024];
} failure;

/* Tasks next .. end-1. On a line of the cache of its own, as several threads count in it. */
typedef struct share {
    _Alignas(64) atomic_size_t next;
    size_t end;
} share;

/* What the threads of one call work on; lives as long as the call. */
typedef struct job {
    share shares[SHARES_MAX];
    size_t n;
    fa__job task;
    void *context;
    fa__stop *stop; /* of the caller */
    failure first;
} job;

/* One thread that waits until another has changed what it looks at. */
typedef struct waiter {
    atomic_bool asleep;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} waiter;

#define NEW_WAITER                                                                                 \
    { false, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER }

/* What a worker is asked for. POSTED: the caller offers pool.job, and may take that back until the
 * worker has made it TAKEN; the worker makes it IDLE again. */
enum { IDLE, POSTED, TAKEN, ENDED };

typedef struct worker {
    _Alignas(64) atomic_int state;
    waiter waiter;
    size_t number; /* its `thread`: 1 .. WORKERS_MAX */
    pthread_t thread;
} worker;

/* A call that has it `busy` owns the rest of it but the atomic ones. */
static struct {
    atomic_bool busy;
    atomic_bool full;    /* no more threads could be started */
    atomic_bool patient; /* spinning takes no processor from one that works */
    atomic_uint forks;   /* between this process and the one that loaded the library */
    size_t n;
    job *job;
    waiter caller; /* waits for the workers */
    pthread_mutex_t failing;
    processors processors; /* of the workers */
    pid_t process;         /* that started them */
    worker workers[WORKERS_MAX];
} pool = {.caller = NEW_WAITER, .failing = PTHREAD_MUTEX_INITIALIZER};

static atomic_int wanted;         /* 0: all cores */
static _Thread_local bool inside; /* a task that is shared among threads */

/* ==== Waiting ==== */

static void relax(void) {
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits to be woken, for a while alone where there is a callback to ask, which then is asked. */
static void sleep_or_ask(waiter *own) {
    struct timespec until;
    if (!fa__stop_has_callback()) {
        pthread_cond_wait(&own->changed, &own->lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ASK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&own->changed, &own->lock, &until);
    pthread_mutex_unlock(&own->lock);
    (void)fa__stop_check(); /* the tasks see it */
    pthread_mutex_lock(&own->lock);
}

/* Until *state is not `value` any more; returns what it is. Whoever changes it calls wake after. */
static int wait_while(atomic_int *state, int value, waiter *own) {
    int now = atomic_load(state);
    if (now == value && atomic_load(&pool.patient))
        for (int64_t end = nanoseconds() + SPIN_NS; now == value && nanoseconds() < end;)
            for (int i = 0; i < 16 && (now = atomic_load(state)) == value; i++) relax();
    if (now != value) return now;
    pthread_mutex_lock(&own->lock);
    atomic_store(&own->asleep, true);
    while ((now = atomic_load(state)) == value) sleep_or_ask(own);
    atomic_store(&own->asleep, false);
    pthread_mutex_unlock(&own->lock);
    return now;
}

/* Either this sees that the other is asleep, or that one sees the new state before it sleeps. */
static void wake(waiter *other) {
    if (!atomic_load(&other->asleep)) return;
    pthread_mutex_lock(&other->lock);
    pthread_mutex_unlock(&other->lock);
    pthread_cond_signal(&other->changed);
}

/* ==== Working ==== */

static void note_failure(failure *first, fa_status status, size_t index) {
    if (first->status != FA_OK && first->index < index) return;
    first->status = status;
    first->index = index;
    const char *text = fa_error_detail();
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof first->detail; i++) first->detail[i] = text[i];
    first->detail[i] = '\0';
}

/* Every thread has a share of the tasks, the same ones at every call with as many: what it left in
 * its caches by the last call is there for the next. One that is through helps with the others'.
 * False in a process that a task forked off: the threads with the other tasks are not in it. */
static bool run_shares(job *j, size_t thread) {
    const unsigned forks = atomic_load(&pool.forks);
    for (size_t s = 0, i; s < j->n; s++) {
        share *own = &j->shares[(thread + s) % j->n];
        while ((i = atomic_fetch_add(&own->next, 1)) < own->end) {
            fa_status status = j->task(j->context, i, thread);
            if (atomic_load(&pool.forks) != forks) return false;
            if (status == FA_OK) continue;
            pthread_mutex_lock(&pool.failing);
            note_failure(&j->first, status, i);
            pthread_mutex_unlock(&pool.failing);
            if (status == FA_E_STOPPED) return true; /* and begins no other task */
        }
    }
    return true;
}

static void *work(void *argument) {
    worker *w = argument;
    inside = true;
    while (wait_while(&w->state, IDLE, &w->waiter) != ENDED) {
        int posted = POSTED;
        if (!atomic_compare_exchange_strong(&w->state, &posted, TAKEN)) continue;
        (void)fa__stop_follow(pool.job->stop);
        if (!run_shares(pool.job, w->number)) break;
        (void)fa__stop_follow(NULL);
        atomic_store(&w->state, IDLE);
        wake(&pool.caller);
    }
    return NULL;
}

/* ==== Threads come and go ==== */

/* No thread but the one that forked is in a child: it begins with an empty pool. What others held
 * is free, and a call that the child itself was in waits for none of them. */
static void forget_workers(void) {
    atomic_fetch_add(&pool.forks, 1);
    for (size_t i = 0; i < pool.n; i++) atomic_store(&pool.workers[i].state, IDLE);
    pool.n = 0;
    pool.caller = (waiter)NEW_WAITER;
    pool.failing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    atomic_store(&pool.full, false);
    atomic_store(&pool.busy, false);
}

__attribute__((constructor)) static void watch_forks(void) {
    (void)pthread_atfork(NULL, NULL, forget_workers);
}

/* Signals are for the threads of the application, but for those that tell of the thread itself. */
static void block_signals(sigset_t *before) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    sigset_t others;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sigdelset(&others, own[i]);
    pthread_sigmask(SIG_SETMASK, &others, before);
}

/* Up to n workers, on the processors of the caller. Fewer where no more can be started: that is
 * tried again when fa_threads_set is called. */
static void grow(size_t n, const processors *set) {
    sigset_t before;
    if (n > WORKERS_MAX) n = WORKERS_MAX;
    if (!same_processors(set, &pool.processors)) {
        for (size_t i = 0; i < pool.n; i++) bind_thread(pool.workers[i].thread, set);
        pool.processors = *set;
    }
    if (pool.n >= n || atomic_load(&pool.full)) return;
    pool.process = getpid();
    block_signals(&before);
    for (; pool.n < n; pool.n++) {
        worker *w = &pool.workers[pool.n];
        w->waiter = (waiter)NEW_WAITER;
        w->number = pool.n + 1;
        atomic_store(&w->state, IDLE);
        if (pthread_create(&w->thread, NULL, work, w) != 0) {
            atomic_store(&pool.full, true);
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* When the process ends, or the library is unloaded. While a call is in the pool the process ends
 * without waiting for it; a process made by clone, of which no handler was told, has no threads to
 * wait for. The pool stays busy: what still calls works on its own thread. */
__attribute__((destructor)) static void end_workers(void) {
    if (atomic_exchange(&pool.busy, true) || pool.process != getpid()) return;
    for (size_t i = 0; i < pool.n; i++) {
        atomic_store(&pool.workers[i].state, ENDED);
        wake(&pool.workers[i].waiter);
    }
    for (size_t i = 0; i < pool.n; i++) pthread_join(pool.workers[i].thread, NULL);
    pool.n = 0;
}

/* ==== Calls ==== */

void fa_threads_set(int threads) {
    atomic_store(&wanted, threads < 0 ? 0 : threads);
    atomic_store(&pool.full, false);
}

int fa_threads_get(void) {
    return (int)fa__threads();
}

static size_t count_threads(size_t available) {
    int threads = atomic_load(&wanted);
    return inside ? 1 : threads > 0 ? (size_t)threads : available;
}

size_t fa__threads(void) {
    processors set;
    return count_threads(inside ? 1 : read_processors(&set));
}

/* The tasks on this thread and `workers` of the pool, which is this call's. */
static fa_status run_together(size_t count, size_t workers, fa__job task, void *context) {
    job j;
    j.task = task;
    j.context = context;
    j.stop = fa__stop_here();
    j.first.status = FA_OK;
    j.n = workers + 1 < SHARES_MAX ? workers + 1 : SHARES_MAX;
    for (size_t s = 0; s < j.n; s++) {
        atomic_init(&j.shares[s].next, s * count / j.n);
        j.shares[s].end = (s + 1) * count / j.n;
    }
    (void)fa__stop_check(); /* the tasks see it; workers, who cannot ask, may take all of them */
    pool.job = &j;
    for (size_t i = 0; i < workers; i++) atomic_store(&pool.workers[i].state, POSTED);
    for (size_t i = 0; i < workers; i++) wake(&pool.workers[i].waiter);
    const bool complete = run_shares(&j, 0);
    for (size_t i = 0; i < workers; i++) {
        int posted = POSTED;
        if (!atomic_compare_exchange_strong(&pool.workers[i].state, &posted, IDLE))
            wait_while(&pool.workers[i].state, TAKEN, &pool.caller);
    }
    if (!complete)
        return fa__fail(
            FA_E_ARGUMENT,
            "this process was forked inside a parallel task, and the other tasks went on "
            "in its parent: such a child must end by _exit or exec");
    if (j.first.status != FA_OK) return fa__fail(j.first.status, "%s", j.first.detail);
    return FA_OK;
}

static fa_status run_alone(size_t count, fa__job task, void *context) {
    for (size_t i = 0; i < count; i++) FA_TRY(task(context, i, 0));
    return FA_OK;
}

fa_status fa__parallel(size_t count, fa__job task, void *context) {
    processors set;
    if (inside || count <= 1) return run_alone(count, task, context);
    const size_t available = read_processors(&set);
    size_t threads = count_threads(available);
    if (threads > count) threads = count;
    if (threads <= 1) return run_alone(count, task, context);
    fa_status status = FA_OK;
    size_t workers = 0;
    inside = true;
    const bool ours = !atomic_exchange(&pool.busy, true);
    if (ours) {
        grow(threads - 1, &set);
        workers = threads - 1 < pool.n ? threads - 1 : pool.n;
        atomic_store(&pool.patient, workers < available);
    }
    if (workers > 0)
        status = run_together(count, workers, task, context);
    else
        status = run_alone(count, task, context);
    if (ours) atomic_store(&pool.busy, false);
    inside = false;
    return status;
}
