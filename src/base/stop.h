/* Stopping long work: what fa_stop_set asked for, seen between blocks of it. */
#ifndef FA_BASE_STOP_H
#define FA_BASE_STOP_H

#include "base/status.h"

#include <stdbool.h>

/* What a thread was asked for by fa_stop_set. */
typedef struct fa__stop fa__stop;

/* FA_E_STOPPED once a stop was asked for, else FA_OK. Long loops, and tasks of fa__parallel, call
 * it between blocks of work of some milliseconds. The thread that called the library asks the
 * callback, every 10 ms at most; one that works for it sees what that one was told. */
fa_status fa__stop_check(void);

/* Whether this thread has a callback that may still say yes. */
bool fa__stop_has_callback(void);

/* The stop that this thread looks at; and around tasks that it does for another thread: looks at
 * that one's, and returns what it looked at before. */
fa__stop *fa__stop_here(void);
fa__stop *fa__stop_follow(fa__stop *stop);

/* Tests only: the callback is asked at each check, whatever the time. */
void fa__stop_ask_always(bool on);

#endif
