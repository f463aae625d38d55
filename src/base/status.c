/* Status texts and the per-thread detail of the last failure. */
#include "base/status.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_SIZE = 1024 };

static _Thread_local char detail[DETAIL_SIZE];

const char *fa_version(void) {
#define FA_STRING_(x) #x
#define FA_STRING(x)  FA_STRING_(x)
    return FA_STRING(FA_VERSION_MAJOR) "." FA_STRING(FA_VERSION_MINOR) "." FA_STRING(
        FA_VERSION_PATCH);
}

const char *fa_status_text(fa_status status) {
    switch (status) {
#define FA_STATUS_CASE(name, value, text)                                                          \
    case name:                                                                                     \
        return text;
        FA_STATUS_TABLE(FA_STATUS_CASE)
#undef FA_STATUS_CASE
    }
    return "unknown status";
}

const char *fa_error_detail(void) {
    return detail;
}

fa_status fa__fail(fa_status status, const char *format, ...) {
    char text[DETAIL_SIZE]; /* the arguments may point into detail itself */
    va_list args;
    va_start(args, format);
    fa__format_list(text, sizeof text, format, args);
    va_end(args);
    memcpy(detail, text, sizeof detail);
    return status;
}

fa_status fa__fail_within(fa_status status, const char *format, ...) {
    char before[DETAIL_SIZE / 2], after[DETAIL_SIZE];
    va_list args;
    va_start(args, format);
    fa__format_list(before, sizeof before, format, args);
    va_end(args);
    memcpy(after, detail, sizeof after);
    size_t used = (size_t)snprintf(detail, sizeof detail, "%s: ", before);
    snprintf(detail + used, sizeof detail - used, "%.*s", (int)(sizeof detail - used - 1), after);
    return status;
}
