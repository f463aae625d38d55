/* What happens to a mistake of the library's own, in debug builds. */
#include "base/assert.h"

#ifdef FA_DEBUG
#include <stdio.h>
#include <unistd.h>

void fa__assert_failed(const char *condition, const char *file, int line) {
    char text[512];
    int length = snprintf(text, sizeof text, "%s:%d: does not hold: %s\n", file, line, condition);
    size_t size = length < (int)sizeof text ? (size_t)length : sizeof text - 1;
    if (write(2, text, size) < 0) __builtin_trap();
    __builtin_trap();
}
#else
typedef int fa__nothing_to_assert;
#endif
