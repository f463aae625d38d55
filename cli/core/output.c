/* Messages, result rows and JSON. */
#define _POSIX_C_SOURCE 200809L
#include "output.h"

#include "progress.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ==== Messages ==== */

bool may_colour(FILE *stream) {
    const char *unwanted = getenv("NO_COLOR");
    return (unwanted == NULL || unwanted[0] == '\0') && isatty(fileno(stream));
}

/* A file name may hold a line break; a message stays one line. */
static void keep_one_line(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

static char last_said[2048];

const char *last_failure(void) {
    return last_said;
}

static void say(const char *prefix, bool alarm, const char *format, va_list args) {
    char text[2048];
    vsnprintf(text, sizeof text, format, args);
    keep_one_line(text);
    if (alarm) snprintf(last_said, sizeof last_said, "%s", text);
    if (fa_rank() > 0) return; /* rank 0 says it for all */
    bool colour = may_colour(stderr);
    const char *start = !colour ? "" : alarm ? "\033[1;31m" : "\033[1m";
    fflush(stdout); /* keeps the order where both go to one place */
    fprintf(stderr, "%sforced-apart:%s %s%s\n", start, colour ? "\033[0m" : "", prefix, text);
}

int fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say("", true, format, args);
    va_end(args);
    return EXIT_FAILED;
}

int fail_library(void) {
    if (interrupted()) return fail("stopped by a signal");
    return fail("%s", fa_error_detail());
}

int misuse(const cli_command *of, const char *format, ...) {
    char prefix[64] = "";
    va_list args;
    if (of != NULL) snprintf(prefix, sizeof prefix, "%s: ", of->name);
    va_start(args, format);
    say(prefix, true, format, args);
    va_end(args);
    return EXIT_MISUSE;
}

int refused(const cli_command *of, fa_status status, const char *before) {
    return status == FA_E_NOMEM ? fail_library() : misuse(of, "%s%s", before, fa_error_detail());
}

void note(const char *format, ...) {
    va_list args;
    if (common.quiet) return;
    va_start(args, format);
    say("", false, format, args);
    va_end(args);
}

void explain(const char *format, ...) {
    va_list args;
    if (!common.verbose || common.quiet) return;
    va_start(args, format);
    say("", false, format, args);
    va_end(args);
}

/* ==== Results ==== */

void print_row(const char *label, const char *remark, const char *format, ...) {
    char value[512];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (remark[0] == '\0')
        printf("%-14s %s\n", label, value);
    else
        printf("%-14s %-12s %s\n", label, value, remark);
}

void print_heading(const char *text) {
    bool colour = may_colour(stdout);
    printf("%s%s%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

/* The bytes of the character at text, of which `left` are there, as jansson takes UTF-8; 0: none.
 */
static size_t character_length(const char *text, size_t left) {
    for (size_t length = 1; length <= 4 && length <= left; length++) {
        json_t *one = json_stringn(text, length);
        json_decref(one);
        if (one != NULL) return length;
    }
    return 0;
}

json_t *json_text(const char *text) {
    json_t *direct = json_string(text);
    if (direct != NULL) return direct;
    static const char replacement[] = "\xef\xbf\xbd";
    size_t left = strlen(text);
    char *clean = malloc(3 * left + 1), *to = clean;
    if (clean == NULL) return NULL;
    while (left > 0) {
        size_t length = character_length(text, left), step = length > 0 ? length : 1;
        memcpy(to, length > 0 ? text : replacement, length > 0 ? length : 3);
        to += length > 0 ? length : 3;
        text += step;
        left -= step;
    }
    *to = '\0';
    json_t *value = json_string(clean);
    free(clean);
    return value;
}

json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* jansson's memory. An array that lost an entry for want of it is no error to jansson alone. */
static bool json_lost;

void *json_allocate(size_t size) {
    void *memory = malloc(size);
    json_lost = json_lost || memory == NULL;
    return memory;
}

void json_watch(void) {
    json_set_alloc_funcs(json_allocate, free);
}

int print_json(json_t *value) {
    if (value == NULL || json_lost) {
        json_decref(value);
        return fail("out of memory while writing the JSON result");
    }
    int failed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(value);
    putchar('\n');
    return (failed != 0 && !ferror(stdout)) || json_lost
               ? fail("out of memory while writing the JSON result")
               : EXIT_OK;
}

int finish_output(int code) {
    errno = 0;
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    int reason = errno;
    if (fclose(stdout) != 0 && !lost) {
        lost = true;
        reason = errno;
    }
    if (!lost && code == EXIT_OK && json_lost)
        return fail("out of memory while writing the result");
    if (!lost) return code;
    const char *why = reason != 0 ? strerror(reason) : "a write failed";
    return fail("standard output: the result could not be written: %s", why);
}
