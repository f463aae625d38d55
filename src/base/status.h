/* Status helpers: how a function fails, and how a caller passes failure on. */
#ifndef FA_BASE_STATUS_H
#define FA_BASE_STATUS_H

#include "forced_apart.h"

/* Stores the detail for this thread and returns status, so that failing is one statement:
 *     return fa__fail(FA_E_SHAPE, "k must be 1..%zu (the rows of x), got %zu", n, k);
 * One line: what was found, where, what would work. No trailing newline. */
fa_status fa__fail(fa_status status, const char *format, ...) FA_PRINTF(2, 3);

/* Puts text in front of the detail of a failure on its way up ("recipe.ini: ...") and returns
 * status. */
fa_status fa__fail_within(fa_status status, const char *format, ...) FA_PRINTF(2, 3);

/* Passes a failure on at once: for functions that own nothing yet. */
#define FA_TRY(call)                                                                               \
    do {                                                                                           \
        fa_status try_status_ = (call);                                                            \
        if (try_status_ != FA_OK) return try_status_;                                              \
    } while (0)

/* Passes a failure on through the one `done:` label of a function with a local `status`. */
#define FA_CHECK(call)                                                                             \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != FA_OK) goto done;                                                            \
    } while (0)

#endif
