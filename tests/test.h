/* What every test program shares: cmocka, and numeric checks that NaN fails. */
#ifndef FA_TESTS_TEST_H
#define FA_TESTS_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forced_apart.h"

/* |got - want| <= tolerance * max(1, |want|), both finite; NaN fails. */
#define assert_near(got, want, tolerance)                                                          \
    do {                                                                                           \
        double got_ = (double)(got), want_ = (double)(want);                                       \
        double allowed_ = (double)(tolerance)*fmax(1.0, fabs(want_));                              \
        if (!(isfinite(got_) && isfinite(want_) && fabs(got_ - want_) <= allowed_))                \
            fail_msg("%s = %.17g, wanted %.17g within %g", #got, got_, want_, allowed_);           \
    } while (0)

/* The call succeeds; on failure its detail is shown. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        fa_status status_ = (call);                                                                \
        if (status_ != FA_OK)                                                                      \
            fail_msg("%s: %s (%s)", #call, fa_status_text(status_), fa_error_detail());            \
    } while (0)

/* The call fails with this status and its detail contains this text. */
#define assert_fails(call, wanted, text)                                                           \
    do {                                                                                           \
        fa_status status_ = (call);                                                                \
        if (status_ != (wanted))                                                                   \
            fail_msg("%s: got '%s', wanted '%s'", #call, fa_status_text(status_),                  \
                     fa_status_text(wanted));                                                      \
        if (strstr(fa_error_detail(), (text)) == NULL)                                             \
            fail_msg("%s: the detail '%s' does not say '%s'", #call, fa_error_detail(), (text));   \
    } while (0)

#endif
