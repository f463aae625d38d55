/* Who speaks where: results on standard output, everything else on standard error, one line a
 * message. */
#ifndef FORCED_APART_CLI_OUTPUT_H
#define FORCED_APART_CLI_OUTPUT_H

#include "options.h"

#include "forced_apart.h"

#include <jansson.h>
#include <stdio.h>

/* "forced-apart: ..." on standard error. Each returns the exit code that goes with it. */
int fail(const char *format, ...) FA_PRINTF(1, 2);
int fail_library(void);         /* with the detail of the library call that just failed */
const char *last_failure(void); /* what the last failure said */

/* What the library says of a value that was given (before: what stands before that): a misuse, but
 * a failure where memory ran out. */
int refused(const cli_command *of, fa_status status, const char *before);
int misuse(const cli_command *of, const char *format, ...) FA_PRINTF(2, 3);

/* Remarks on standard error: note() unless --quiet, explain() only with --verbose. */
void note(const char *format, ...) FA_PRINTF(1, 2);
void explain(const char *format, ...) FA_PRINTF(1, 2);

/* A terminal, and NO_COLOR is not set. */
bool may_colour(FILE *stream);

/* One line of a result: label, value, and a remark ("" for none), in columns. */
void print_row(const char *label, const char *remark, const char *format, ...) FA_PRINTF(3, 4);
void print_heading(const char *text);

/* Any bytes as a JSON string (what is not UTF-8 becomes U+FFFD); a number, null where not finite.
 */
json_t *json_text(const char *text);
json_t *json_number(double value);

/* Prints and releases; NULL counts as out of memory. */
int print_json(json_t *value);

/* Once, before anything else: memory that runs out within jansson fails print_json. */
void json_watch(void);

/* As malloc, for what goes into the result; free it with free. Where it runs out the program ends by
 * saying so. */
void *json_allocate(size_t size);

/* Called last: a result that did not reach its reader is a failure. */
int finish_output(int code);

#endif
