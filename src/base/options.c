/* Options as callers of any version give them. */
#include "base/options.h"

#include <string.h>

fa_status fa__options_take(void *own, size_t own_size, const void *given, const char *type) {
    size_t size = sizeof size;
    if (given != NULL) memcpy(&size, given, sizeof size);
    if (size < sizeof size || (given != NULL && size == sizeof size))
        return fa__fail(FA_E_ARGUMENT, "the size in %s is %zu: set it to sizeof(%s)", type, size,
                        type);
    if (size > own_size)
        return fa__fail(FA_E_ARGUMENT,
                        "the size in %s is %zu, but this library (version %s) knows %zu bytes of "
                        "it: set it to sizeof(%s), of the header that came with the library",
                        type, size, fa_version(), own_size, type);
    memset(own, 0, own_size);
    if (given != NULL) memcpy(own, given, size);
    memcpy(own, &own_size, sizeof own_size);
    return FA_OK;
}
