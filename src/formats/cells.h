/* What one field of a table is: a number in one of the ways that people write them, a boolean, a
 * date, or words. */
#ifndef FA_FORMATS_CELLS_H
#define FA_FORMATS_CELLS_H

#include <stdbool.h>
#include <stddef.h>

/* 1.5 (with 1,500 or 1 500 for thousands), or 1,5 (with 1.500 or 1 500). */
typedef enum fa__decimal { FA__DECIMAL_POINT = 0, FA__DECIMAL_COMMA } fa__decimal;

/* A number as it is written: sign (a typeset one, too), digits, mark, exponent; "inf" and "nan"
 * too, which are not finite. No hexadecimal. False where the text is something else. Marks of thousands stand between
 * groups of three. *grouped: there are some (may be NULL). */
bool fa__cell_number(double *out, bool *grouped, const char *text, size_t size, fa__decimal how);

/* A number less a shift, exact where the result is, of whole numbers beyond 2^53, too. */
bool fa__cell_less(double *out, const char *text, size_t size, fa__decimal how, double shift);

/* The same as fa__cell_number without marks of thousands and with a point. */
bool fa__cell_plain(double *out, const char *text, size_t size);

/* true/false, yes/no, t/f, y/n in any case. */
bool fa__cell_boolean(double *out, const char *text, size_t size);

/* How the parts of a date follow each other. */
typedef enum fa__date_order {
    FA__DATE_YEAR_FIRST = 0, /* 2024-03-01, 2024/03/01, with a time behind " " or "T" or without */
    FA__DATE_DAY_FIRST,      /* 01.03.2024, 1/3/2024, 1-3-2024, 1-Mar-2024, 1 March 24 */
    FA__DATE_MONTH_FIRST,    /* 3/1/2024, Mar 1, 2024 */
    FA__DATE_NONE, /* a time of day, or how long: 14:30, 2:30 PM, 125:30:05, 1 days 02:03:04,
                                14:30.5 (m:ss.f): seconds */
    FA__DATE_ORDERS
} fa__date_order;

/* Seconds since 1970-01-01 00:00 UTC of a date, month, or date and time (hh:mm[:ss[.fff]], AM or PM, then
 * nothing, Z, UTC, GMT or an offset +hh:mm), of the Gregorian calendar. False for anything else, a 30th of February
 * too. */
bool fa__cell_date(double *seconds, const char *text, size_t size, fa__date_order order);

/* 20200512: a whole number, and maybe a day of the years 1900 to 2099. */
bool fa__cell_day(const char *text, size_t size);

/* 5/12/20: a date that may be of 2020, of the year 5, or of the year 12. */
bool fa__cell_short_date(const char *text, size_t size);

#endif
