/* The C locale, for this thread and as long as a call takes. */
#define _POSIX_C_SOURCE 200809L
#include "base/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

static locale_t plain;

static void make_plain(void) {
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static void drop_plain(void) __attribute__((destructor));
static void drop_plain(void) {
    if (plain != (locale_t)0) freelocale(plain);
    plain = (locale_t)0;
}

/* The C library has this locale ready: it cannot fail for want of memory. */
static locale_t enter(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return uselocale(plain);
}

double fa__to_double(const char *text, char **end) {
    locale_t before = enter();
    double value = strtod(text, end);
    (void)uselocale(before);
    return value;
}

float fa__to_float(const char *text, char **end) {
    locale_t before = enter();
    float value = strtof(text, end);
    (void)uselocale(before);
    return value;
}

int fa__format_list(char *out, size_t size, const char *format, va_list args) {
    locale_t before = enter();
    int length = vsnprintf(out, size, format, args);
    (void)uselocale(before);
    return length;
}

int fa__format(char *out, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = fa__format_list(out, size, format, args);
    va_end(args);
    return length;
}
