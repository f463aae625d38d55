/* For tests of fork: a part of the test in a child, with a guard against one that never ends. */
#ifndef FA_TESTS_FORKS_H
#define FA_TESTS_FORKS_H

#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child, where no assertion of cmocka may fail: leaves its function with the line. */
#define CHILD_TRY(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) return __LINE__;                                                         \
    } while (0)

/* AddressSanitizer's allocator has locks of its own, which a child never gets that was forked while
 * another thread held one (that of glibc lets go of its own): such tests say nothing there. */
#ifdef FA_SANITIZED
#define SKIP_WHERE_LOCKS_SURVIVE_A_FORK() skip()
#else
#define SKIP_WHERE_LOCKS_SURVIVE_A_FORK() ((void)0)
#endif

/* Starts a child that ends with 0 where body returns 0; it prints the line that body returned.
 * SIGALRM ends one that hangs; where the machine is busy, one that works may take a minute, too. */
static inline pid_t start_child(int (*body)(void *), void *context) {
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) return child;
    signal(SIGALRM, SIG_DFL);
    alarm(300);
    int line = body(context);
    if (line != 0) fprintf(stderr, "the child failed at line %d: %s\n", line, fa_error_detail());
    _exit(line == 0 ? 0 : 1);
}

static inline void assert_child_ends_well(pid_t child) {
    int state = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &state, 0), child);
    if (WIFSIGNALED(state) && WTERMSIG(state) == SIGALRM) fail_msg("the child never ended");
    if (WIFSIGNALED(state)) fail_msg("signal %d ended the child", WTERMSIG(state));
    assert_int_equal(WEXITSTATUS(state), 0);
}

#endif
