/* One stop a thread. It stays asked for until fa_stop_set is called again, so that no loop that
 * comes later goes on with half of what an earlier one made. */
#define _POSIX_C_SOURCE 200809L
#include "base/stop.h"

#include <stdatomic.h>
#include <time.h>

static const int64_t interval_ns = 10000000;

struct fa__stop {
    fa_stop_fn ask; /* NULL: never */
    void *user;
    int64_t next_ns; /* not to be asked before */
    atomic_bool asked;
};

static _Thread_local fa__stop own;
static _Thread_local fa__stop *followed; /* NULL: own */
static atomic_bool always;

void fa_stop_set(fa_stop_fn stop, void *user) {
    own.ask = stop;
    own.user = user;
    own.next_ns = INT64_MIN;
    atomic_store(&own.asked, false);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void ask(void) {
    int64_t now = now_ns();
    if (now < own.next_ns && !atomic_load_explicit(&always, memory_order_relaxed)) return;
    own.next_ns = now + interval_ns;
    if (own.ask(own.user) != 0) atomic_store(&own.asked, true);
}

fa_status fa__stop_check(void) {
    if (followed == NULL) {
        if (own.ask == NULL) return FA_OK;
        if (!atomic_load_explicit(&own.asked, memory_order_relaxed)) ask();
    }
    if (!atomic_load_explicit(&fa__stop_here()->asked, memory_order_relaxed)) return FA_OK;
    return fa__fail(FA_E_STOPPED, "stopped, as the caller asked (fa_stop_set)");
}

bool fa__stop_has_callback(void) {
    return followed == NULL && own.ask != NULL &&
           !atomic_load_explicit(&own.asked, memory_order_relaxed);
}

fa__stop *fa__stop_here(void) {
    return followed != NULL ? followed : &own;
}

fa__stop *fa__stop_follow(fa__stop *stop) {
    fa__stop *before = followed;
    followed = stop == &own ? NULL : stop;
    return before;
}

void fa__stop_ask_always(bool on) {
    atomic_store(&always, on);
}
