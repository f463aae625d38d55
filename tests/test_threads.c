/* The pool of threads: its contract, forks in every state, what it leaves to others. */
#define _GNU_SOURCE /* affinity */
#include "engines.h"
#include "forks.h"

#include "base/threads.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

/* Children with threads of their own, which ThreadSanitizer refuses by default. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "die_after_fork=0";
}

static void sleep_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ==== Tasks that prove threads ==== */

enum { MOST = 80 };

/* As many tasks as threads; each ends when all have begun, so that each has a thread of its own. */
typedef struct together {
    size_t n;
    atomic_size_t begun;
    size_t thread[MOST];
    pthread_t self[MOST];
    int processor[MOST];
    void (*also)(size_t index); /* or NULL */
} together;

static fa_status begin_and_wait(void *context, size_t index, size_t thread) {
    together *t = context;
    t->thread[index] = thread;
    t->self[index] = pthread_self();
    t->processor[index] = sched_getcpu();
    atomic_fetch_add(&t->begun, 1);
    for (double start = seconds_of(CLOCK_MONOTONIC); atomic_load(&t->begun) < t->n; sleep_ms(1))
        if (seconds_of(CLOCK_MONOTONIC) - start > 60)
            return fa__fail(FA_E_IO, "task %zu waited for the others in vain", index);
    if (t->also != NULL) t->also(index);
    return FA_OK;
}

static fa_status run_at_once(together *t, size_t n) {
    memset(t, 0, sizeof *t);
    t->n = n;
    fa_threads_set((int)n);
    return fa__parallel(n, begin_and_wait, t);
}

/* Counts what is run; fails where told. */
typedef struct counting {
    atomic_int runs[1000];
    size_t threads, fail_at, fail_from;
} counting;

static fa_status count_run(void *context, size_t index, size_t thread) {
    counting *c = context;
    atomic_fetch_add(&c->runs[index], 1);
    if (thread >= c->threads) return fa__fail(FA_E_ARGUMENT, "thread %zu", thread);
    if (index == c->fail_at || index >= c->fail_from)
        return fa__fail(FA_E_LABEL, "failed at %zu", index);
    return FA_OK;
}

static counting none_yet(size_t threads) {
    return (counting){.threads = threads, .fail_at = SIZE_MAX, .fail_from = SIZE_MAX};
}

/* True when all went well with 1, 2 and 4 threads; also in a child. */
static int all_is_well(void *unused) {
    (void)unused;
    for (size_t threads = 1; threads <= 4; threads *= 2) {
        together t;
        counting c = none_yet(threads);
        CHILD_TRY(run_at_once(&t, threads) == FA_OK);
        for (size_t i = 0; i < threads; i++) CHILD_TRY(t.thread[i] == i);
        CHILD_TRY(fa__parallel(1000, count_run, &c) == FA_OK);
        for (size_t i = 0; i < 1000; i++) CHILD_TRY(atomic_load(&c.runs[i]) == 1);
        c.fail_at = 700, c.fail_from = 900;
        CHILD_TRY(fa__parallel(1000, count_run, &c) == FA_E_LABEL);
        CHILD_TRY(strcmp(fa_error_detail(), "failed at 700") == 0);
    }
    return 0;
}

static void assert_all_is_well(void) {
    int line = all_is_well(NULL);
    if (line != 0) fail_msg("line %d: %s", line, fa_error_detail());
}

/* ==== The contract ==== */

static void every_task_runs_once_with_any_number_of_threads(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 64, 65, 1000};
    for (size_t threads = 1; threads <= 8; threads++)
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            counting c = none_yet(threads);
            fa_threads_set((int)threads);
            assert_int_equal(fa__threads(), threads);
            assert_ok(fa__parallel(counts[k], count_run, &c));
            for (size_t i = 0; i < 1000; i++)
                assert_int_equal(atomic_load(&c.runs[i]), i < counts[k]);
        }
    fa_threads_set(0);
    assert_ok(fa__parallel(0, count_run, NULL));
}

static void failure_of_the_lowest_index_is_told(void **state) {
    (void)state;
    for (size_t threads = 1; threads <= 8; threads++)
        for (size_t at = 0; at < 1000; at += 333) {
            counting c = none_yet(threads);
            fa_threads_set((int)threads);
            c.fail_from = at;
            char wanted[32];
            snprintf(wanted, sizeof wanted, "failed at %zu", at);
            assert_int_equal(fa__parallel(1000, count_run, &c), FA_E_LABEL);
            assert_string_equal(fa_error_detail(), wanted);
            for (size_t i = 0; i < at; i++) assert_int_equal(atomic_load(&c.runs[i]), 1);
        }
    fa_threads_set(0);
}

static void pool_grows_to_what_is_asked_for(void **state) {
    (void)state;
    static const size_t numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 70, 2, 80};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        together t;
        bool seen[MOST] = {false};
        assert_ok(run_at_once(&t, numbers[k]));
        for (size_t i = 0; i < numbers[k]; i++) {
            assert_in_range(t.thread[i], 0, numbers[k] - 1);
            assert_false(seen[t.thread[i]]);
            seen[t.thread[i]] = true;
        }
    }
    fa_threads_set(0);
}

static void thread_keeps_its_share_from_call_to_call(void **state) {
    (void)state;
    together first, t;
    assert_ok(run_at_once(&first, 4));
    for (size_t k = 0; k < 20; k++) {
        if (k % 3 == 1) assert_ok(run_at_once(&t, 8));
        if (k % 3 == 2) assert_ok(run_at_once(&t, 2));
        assert_ok(run_at_once(&t, 4));
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(t.thread[i], i);
            assert_true(pthread_equal(t.self[i], first.self[i]));
        }
    }
    fa_threads_set(0);
}

static atomic_size_t nested_runs;

static fa_status nested_task(void *context, size_t index, size_t thread) {
    const pthread_t *self = context;
    atomic_fetch_add(&nested_runs, 1);
    if (thread != 0 || !pthread_equal(*self, pthread_self()))
        return fa__fail(FA_E_ARGUMENT, "nested on another thread");
    return index == 5 ? fa__fail(FA_E_LABEL, "nested failure") : FA_OK;
}

static fa_status nest(void *context, size_t index, size_t thread) {
    (void)context, (void)index, (void)thread;
    pthread_t self = pthread_self();
    if (fa__threads() != 1) return fa__fail(FA_E_ARGUMENT, "%zu threads inside", fa__threads());
    FA_TRY(fa__parallel(5, nested_task, &self));
    return fa__parallel(6, nested_task, &self);
}

static void call_inside_a_task_runs_on_its_thread(void **state) {
    (void)state;
    for (int threads = 2; threads <= 8; threads++) {
        fa_threads_set(threads);
        atomic_store(&nested_runs, 0);
        assert_fails(fa__parallel(40, nest, NULL), FA_E_LABEL, "nested failure");
        assert_int_equal(atomic_load(&nested_runs), 40 * 11);
        assert_int_equal(fa__threads(), threads);
    }
    fa_threads_set(0);
}

/* ==== Several callers ==== */

static void *call_often(void *wrong) {
    for (size_t k = 0; k < 300; k++) {
        counting c = none_yet(4);
        size_t count = 1 + 37 * k % 200;
        if (k % 3 == 0) c.fail_from = count / 2;
        fa_status status = fa__parallel(count, count_run, &c);
        char wanted[32];
        snprintf(wanted, sizeof wanted, "failed at %zu", count / 2);
        bool right = k % 3 != 0 ? status == FA_OK
                                : status == FA_E_LABEL && strcmp(fa_error_detail(), wanted) == 0;
        for (size_t i = 0; i < (k % 3 != 0 ? count : count / 2); i++)
            right = right && atomic_load(&c.runs[i]) == 1;
        if (!right) atomic_fetch_add((atomic_int *)wrong, 1);
    }
    return NULL;
}

static void several_callers_at_once_are_served(void **state) {
    (void)state;
    pthread_t callers[6];
    atomic_int wrong = 0;
    fa_threads_set(4);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, &wrong), 0);
    for (size_t i = 0; i < 6; i++) pthread_join(callers[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    fa_threads_set(0);
}

static void *call_once(void *ended) {
    counting c = none_yet(3);
    if (fa__parallel(1000, count_run, &c) == FA_OK) atomic_store((atomic_int *)ended, 1);
    return NULL;
}

static atomic_int other_ended;

static fa_status wait_for_the_other_caller(void *context, size_t index, size_t thread) {
    (void)context, (void)thread;
    pthread_t other;
    if (index == 0) {
        if (pthread_create(&other, NULL, call_once, &other_ended) != 0) return FA_E_NOMEM;
        pthread_join(other, NULL);
    }
    return FA_OK;
}

static void caller_does_not_wait_for_another(void **state) {
    (void)state;
    fa_threads_set(3);
    atomic_store(&other_ended, 0);
    assert_ok(fa__parallel(3, wait_for_the_other_caller, NULL));
    assert_int_equal(atomic_load(&other_ended), 1);
    fa_threads_set(0);
}

/* ==== A good guest ==== */

static void idle_threads_use_no_processor(void **state) {
    (void)state;
    together t;
    counting c = none_yet(4);
    assert_ok(run_at_once(&t, 4));
    assert_ok(run_at_once(&t, 2));
    sleep_ms(5);
    double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t k = 0; k < 100; k++) {
        assert_ok(fa__parallel(2, count_run, &c));
        sleep_ms(3);
    }
    /* 0.1 ms of spinning a call, and the calls; threads that spin for 3 ms would take 300 ms */
    assert_in_range((long)(1e3 * (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before)), 0, 90);
    fa_threads_set(0);
}

static void threads_keep_to_the_processors_of_the_caller(void **state) {
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    fa_threads_set(0);
    assert_int_equal(fa_threads_get(), CPU_COUNT(&all));
    if (CPU_COUNT(&all) < 2) skip();
    for (size_t last = CPU_SETSIZE, k = 0; k < 2; k++) { /* not the same one twice */
        together t;
        do last--;
        while (!CPU_ISSET(last, &all));
        CPU_ZERO(&one);
        CPU_SET(last, &one);
        assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
        fa_threads_set(0);
        assert_int_equal(fa_threads_get(), 1);
        assert_ok(run_at_once(&t, 5)); /* old threads and new ones */
        for (size_t i = 0; i < 5; i++) assert_int_equal(t.processor[i], (int)last);
    }
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    fa_threads_set(0);
    assert_int_equal(fa_threads_get(), CPU_COUNT(&all));
    assert_all_is_well();
}

static atomic_int masks_right;

static void look_at_signals(size_t index) {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    if (sigismember(&set, SIGINT) == (index > 0) && !sigismember(&set, SIGSEGV))
        atomic_fetch_add(&masks_right, 1);
}

static void signals_are_left_to_the_application(void **state) {
    (void)state;
    together t = {.n = 4, .also = look_at_signals};
    fa_threads_set(4);
    atomic_store(&masks_right, 0);
    assert_ok(fa__parallel(4, begin_and_wait, &t));
    assert_int_equal(atomic_load(&masks_right), 4);
    fa_threads_set(0);
}

/* As root the limit holds for others only. */
static int run_without_more_threads(void *unused) {
    (void)unused;
    struct rlimit limit;
    CHILD_TRY(getrlimit(RLIMIT_NPROC, &limit) == 0);
    limit.rlim_cur = 0;
    CHILD_TRY(setrlimit(RLIMIT_NPROC, &limit) == 0);
    if (getuid() == 0) CHILD_TRY(setuid(65534) == 0);
    pthread_t thread;
    counting c = none_yet(1);
    CHILD_TRY(pthread_create(&thread, NULL, call_once, NULL) != 0);
    fa_threads_set(4);
    CHILD_TRY(fa__parallel(1000, count_run, &c) == FA_OK);
    for (size_t i = 0; i < 1000; i++) CHILD_TRY(atomic_load(&c.runs[i]) == 1);
    limit.rlim_cur = limit.rlim_max;
    CHILD_TRY(setrlimit(RLIMIT_NPROC, &limit) == 0);
    return all_is_well(NULL);
}

static void threads_that_cannot_be_started_are_done_without(void **state) {
    (void)state;
    assert_child_ends_well(start_child(run_without_more_threads, NULL));
}

/* ==== oneDNN's own threads ==== */

static size_t threads_of_the_process(void) {
    size_t n = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;)
        n += entry->d_name[0] != '.';
    if (tasks != NULL) closedir(tasks);
    return n;
}

extern void omp_set_num_threads(int threads) __attribute__((weak));

static fa_status multiply(void *context, size_t index, size_t thread) {
    (void)index, (void)thread;
    enum { SIDE = 256 };
    const fa__engine *engine = context;
    float *memory = fa__calloc(3 * SIDE * SIDE, sizeof *memory);
    if (memory == NULL) return FA_E_NOMEM;
    if (omp_set_num_threads != NULL) omp_set_num_threads(3);
    const fa__gemm g = {.m = SIDE,
                        .n = SIDE,
                        .k = SIDE,
                        .a = memory,
                        .lda = SIDE,
                        .b = memory + SIDE * SIDE,
                        .ldb = SIDE,
                        .c = memory + 2 * SIDE * SIDE,
                        .ldc = SIDE};
    fa_status status = engine->gemm(&g);
    fa__free(memory);
    return status;
}

static int multiply_in_child(void *engine) {
    fa_threads_set(2);
    CHILD_TRY(multiply(engine, 0, 0) == FA_OK);
    CHILD_TRY(fa__parallel(8, multiply, engine) == FA_OK);
    return 0;
}

static void onednn_starts_no_threads(void **state) {
    (void)state;
    const fa__engine *engine;
    if (fa__engine_find(&engine, "onednn") != FA_OK) skip();
    together t;
    assert_ok(run_at_once(&t, 2));
    size_t before = threads_of_the_process();
    if (before == 0) skip(); /* no /proc */
    assert_ok(multiply((void *)(uintptr_t)engine, 0, 0));
    assert_ok(fa__parallel(8, multiply, (void *)(uintptr_t)engine));
    assert_int_equal(threads_of_the_process(), before);
    assert_child_ends_well(start_child(multiply_in_child, (void *)(uintptr_t)engine));
    if (omp_set_num_threads != NULL) omp_set_num_threads(1);
    fa_threads_set(0);
}

/* ==== Forks ==== */

static int fork_again(void *unused) {
    (void)unused;
    CHILD_TRY(all_is_well(NULL) == 0);
    int state = 0;
    pid_t grandchild = start_child(all_is_well, NULL);
    CHILD_TRY(grandchild > 0 && waitpid(grandchild, &state, 0) == grandchild && state == 0);
    return all_is_well(NULL);
}

static void child_of_idle_threads_has_a_pool(void **state) {
    (void)state;
    assert_all_is_well();
    sleep_ms(20); /* asleep */
    assert_child_ends_well(start_child(fork_again, NULL));
    assert_all_is_well();
    fa_threads_set(0);
}

static void child_of_threads_that_still_spin_has_a_pool(void **state) {
    (void)state;
    together t;
    for (size_t k = 0; k < 30; k++) {
        assert_ok(run_at_once(&t, 1 + k % 5));
        assert_child_ends_well(start_child(all_is_well, NULL));
    }
    fa_threads_set(0);
}

static atomic_int children_failed;

static void note_child(pid_t child) {
    int state = 0;
    if (!(child > 0 && waitpid(child, &state, 0) == child && state == 0))
        atomic_fetch_add(&children_failed, 1);
}

static void *fork_from_another_thread(void *unused) {
    (void)unused;
    note_child(start_child(all_is_well, NULL));
    return NULL;
}

static void fork_beside_task_0(size_t index) {
    pthread_t other;
    if (index == 0 && pthread_create(&other, NULL, fork_from_another_thread, NULL) == 0)
        pthread_join(other, NULL);
}

/* Every thread of the pool is in a task, and stays there until the child has ended. */
static void fork_beside_a_call_leaves_both_well(void **state) {
    (void)state;
    SKIP_WHERE_LOCKS_SURVIVE_A_FORK();
    atomic_store(&children_failed, 0);
    for (size_t k = 0; k < 5; k++) {
        together t = {.n = 4, .also = fork_beside_task_0};
        fa_threads_set(4);
        assert_ok(fa__parallel(4, begin_and_wait, &t));
    }
    assert_int_equal(atomic_load(&children_failed), 0);
    assert_all_is_well();
    fa_threads_set(0);
}

static void fork_among_many_calls_leaves_all_well(void **state) {
    (void)state;
    SKIP_WHERE_LOCKS_SURVIVE_A_FORK();
    pthread_t callers[3];
    atomic_int wrong = 0;
    fa_threads_set(4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, &wrong), 0);
    for (size_t k = 0; k < 20; k++) assert_child_ends_well(start_child(all_is_well, NULL));
    for (size_t i = 0; i < 3; i++) pthread_join(callers[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    fa_threads_set(0);
}

static int use_and_end(void *unused) {
    (void)unused;
    counting c = none_yet(1); /* still inside a task */
    CHILD_TRY(fa__threads() == 1);
    CHILD_TRY(fa__parallel(1000, count_run, &c) == FA_OK);
    return 0;
}

static void fork_inside(size_t index) {
    (void)index;
    note_child(start_child(use_and_end, NULL));
}

static void child_of_a_task_may_call_and_end(void **state) {
    (void)state;
    together t = {.n = 4, .also = fork_inside};
    atomic_store(&children_failed, 0);
    fa_threads_set(4);
    assert_ok(fa__parallel(4, begin_and_wait, &t));
    assert_int_equal(atomic_load(&children_failed), 0);
    fa_threads_set(0);
}

static pid_t returning;

/* The child goes on in the call of its parent. */
static void fork_and_return(size_t index) {
    if (index != 0) return;
    fflush(NULL);
    returning = fork();
    if (returning == 0) alarm(60);
}

static void child_that_returns_from_its_task_is_told(void **state) {
    (void)state;
    together t = {.n = 4, .also = fork_and_return};
    fa_threads_set(4);
    fa_status status = fa__parallel(4, begin_and_wait, &t);
    if (returning == 0)
        _exit(status == FA_E_ARGUMENT && strstr(fa_error_detail(), "forked inside") != NULL &&
                      all_is_well(NULL) == 0
                  ? 0
                  : 1);
    assert_ok(status);
    assert_child_ends_well(returning);
    fa_threads_set(0);
}

static int use_and_exit(void *unused) {
    together t;
    CHILD_TRY(run_at_once(&t, 4) == FA_OK);
    (void)unused;
    exit(0); /* what the library registered is run */
}

static void process_with_threads_exits(void **state) {
    (void)state;
    for (size_t k = 0; k < 5; k++) assert_child_ends_well(start_child(use_and_exit, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_with_threads_exits), /* before threads of this one */
        cmocka_unit_test(every_task_runs_once_with_any_number_of_threads),
        cmocka_unit_test(failure_of_the_lowest_index_is_told),
        cmocka_unit_test(pool_grows_to_what_is_asked_for),
        cmocka_unit_test(thread_keeps_its_share_from_call_to_call),
        cmocka_unit_test(call_inside_a_task_runs_on_its_thread),
        cmocka_unit_test(several_callers_at_once_are_served),
        cmocka_unit_test(caller_does_not_wait_for_another),
        cmocka_unit_test(idle_threads_use_no_processor),
        cmocka_unit_test(threads_keep_to_the_processors_of_the_caller),
        cmocka_unit_test(signals_are_left_to_the_application),
        cmocka_unit_test(threads_that_cannot_be_started_are_done_without),
        cmocka_unit_test(onednn_starts_no_threads),
        cmocka_unit_test(child_of_idle_threads_has_a_pool),
        cmocka_unit_test(child_of_threads_that_still_spin_has_a_pool),
        cmocka_unit_test(fork_beside_a_call_leaves_both_well),
        cmocka_unit_test(fork_among_many_calls_leaves_all_well),
        cmocka_unit_test(child_of_a_task_may_call_and_end),
        cmocka_unit_test(child_that_returns_from_its_task_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
