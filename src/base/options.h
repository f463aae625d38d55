/* Options structs of the public header: each begins with its size, as the caller's compiler knew
 * it. */
#ifndef FA_BASE_OPTIONS_H
#define FA_BASE_OPTIONS_H

#include "base/status.h"

/* Copies a caller's struct of options into one of this library's, own_size bytes: fields that the
 * caller's header did not have yet are 0. given NULL: all are 0. FA_E_ARGUMENT, naming the type,
 * where its size is not set, or larger than this library knows. */
fa_status fa__options_take(void *own, size_t own_size, const void *given, const char *type);

#endif
