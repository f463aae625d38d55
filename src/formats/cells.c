/* Numbers, booleans and dates out of fields. */
#include "formats/cells.h"

#include "base/number.h"
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ==== Numbers ==== */

enum { NUMBER_MAX = 400 }; /* a double written out in full has 309 digits before the point */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(const char *text, size_t size, const char *word) {
    size_t i = 0;
    while (i < size && tolower((unsigned char)text[i]) == word[i]) i++;
    return i == size && word[i] == '\0';
}

static bool special(double *out, const char *text, size_t size) {
    double sign = size > 0 && *text == '-' ? -1 : 1;
    if (size > 0 && (*text == '-' || *text == '+')) text++, size--;
    bool infinite = is_word(text, size, "inf") || is_word(text, size, "infinity");
    if (!infinite && !is_word(text, size, "nan")) return false;
    *out = infinite ? sign * (double)INFINITY : (double)NAN;
    return true;
}

/* The digits before the decimal mark, without the marks of thousands, which are of one kind: 1 to 3
 * digits, then groups of three. Returns the bytes read. */
static size_t whole_part(char *plain, size_t *used, const char *text, size_t size, char decimal,
                         bool *grouped) {
    const char other = decimal == '.' ? ',' : '.';
    char mark = 0;
    size_t at = 0, run = 0;
    for (; at < size && *used < NUMBER_MAX - 2; at++) {
        bool three = at + 3 < size && is_digit(text[at + 1]) && is_digit(text[at + 2]) &&
                     is_digit(text[at + 3]) && (at + 4 == size || !is_digit(text[at + 4]));
        if (is_digit(text[at])) {
            plain[(*used)++] = text[at];
            run++;
        } else if ((text[at] == other || text[at] == ' ' || text[at] == '\'') && three && run > 0 &&
                   (mark == 0 ? run <= 3 : mark == text[at] && run == 3)) {
            mark = text[at];
            run = 0;
        } else
            break;
    }
    *grouped = mark != 0;
    return at;
}

static bool read_number(double *out, bool *grouped, const char *text, size_t size, char decimal) {
    char plain[NUMBER_MAX], *end;
    size_t used = 0, at = 0, digits;
    if (size == 0 || size >= NUMBER_MAX) return false;
    if (text[0] == '-' || text[0] == '+') plain[used++] = text[at++];
    size_t sign = used;
    at += whole_part(plain, &used, text + at, size - at, decimal, grouped);
    digits = used - sign;
    if (at < size && text[at] == decimal) {
        plain[used++] = '.';
        for (at++; at < size && is_digit(text[at]); at++, digits++) plain[used++] = text[at];
    }
    if (digits == 0) return false;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        plain[used++] = text[at++];
        if (at < size && (text[at] == '-' || text[at] == '+')) plain[used++] = text[at++];
        if (at == size) return false;
        for (; at < size && is_digit(text[at]); at++) plain[used++] = text[at];
    }
    if (at != size) return false;
    plain[used] = '\0';
    *out = fa__to_double(plain, &end);
    return *end == '\0';
}

bool fa__cell_number(double *out, bool *grouped, const char *text, size_t size, fa__decimal how) {
    bool unused = false;
    if (special(out, text, size)) return true;
    return read_number(out, grouped != NULL ? grouped : &unused, text, size,
                       how == FA__DECIMAL_COMMA ? ',' : '.');
}

bool fa__cell_plain(double *out, const char *text, size_t size) {
    bool grouped = false;
    return fa__cell_number(out, &grouped, text, size, FA__DECIMAL_POINT) && !grouped;
}

bool fa__cell_boolean(double *out, const char *text, size_t size) {
    static const char *const words[2][4] = {{"false", "no", "f", "n"}, {"true", "yes", "t", "y"}};
    for (size_t value = 0; value < 2; value++)
        for (size_t w = 0; w < 4; w++)
            if (is_word(text, size, words[value][w])) {
                *out = (double)value;
                return true;
            }
    return false;
}

/* ==== Dates ==== */

/* A part of a text that is read from the front. */
typedef struct reading {
    const char *at, *end;
} reading;

static bool accept(reading *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* `least` to `most` digits. */
static bool digits(int *out, reading *r, int least, int most) {
    int count = 0;
    *out = 0;
    while (count < most && r->at < r->end && is_digit(*r->at)) {
        *out = *out * 10 + (*r->at++ - '0');
        count++;
    }
    return count >= least;
}

/* Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_day(int year, int month, int day) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= lengths[month - 1] + (leap && month == 2);
}

static bool read_day(double *seconds, reading *r, fa__date_order order) {
    int parts[3];
    bool year_first = order == FA__DATE_YEAR_FIRST;
    if (!digits(&parts[0], r, year_first ? 4 : 1, year_first ? 4 : 2)) return false;
    char mark = r->at < r->end ? *r->at : 0;
    if (mark != '-' && mark != '/' && !(mark == '.' && order != FA__DATE_MONTH_FIRST)) return false;
    r->at++;
    if (!digits(&parts[1], r, 1, 2) || !accept(r, mark)) return false;
    if (!digits(&parts[2], r, year_first ? 1 : 4, year_first ? 2 : 4)) return false;
    int year = year_first ? parts[0] : parts[2];
    int month = order == FA__DATE_MONTH_FIRST ? parts[0] : parts[1];
    int day = year_first ? parts[2] : order == FA__DATE_DAY_FIRST ? parts[0] : parts[1];
    if (!is_day(year, month, day)) return false;
    *seconds = (double)days_of(year, month, day) * 86400;
    return true;
}

/* hh:mm[:ss[.fff]], and what zone it is in. */
static bool read_time(double *seconds, reading *r) {
    int hour, minute, second = 0;
    double scale = 1, fraction = 0;
    if (!digits(&hour, r, 1, 2) || !accept(r, ':') || !digits(&minute, r, 2, 2)) return false;
    if (accept(r, ':') && !digits(&second, r, 2, 2)) return false;
    if (accept(r, '.') || accept(r, ','))
        for (; r->at < r->end && is_digit(*r->at); r->at++)
            fraction = fraction * 10 + (*r->at - '0'), scale *= 10;
    if (hour > 24 || minute > 59 || second > 60) return false;
    *seconds += hour * 3600 + minute * 60 + second + fraction / scale;
    (void)accept(r, ' ');
    if (accept(r, 'Z') || r->at == r->end) return true;
    double sign = accept(r, '+') ? -1 : accept(r, '-') ? 1 : 0;
    int ahead = 0, more = 0;
    if (sign == 0 || !digits(&ahead, r, 2, 2)) return false;
    (void)accept(r, ':');
    if (r->at < r->end && !digits(&more, r, 2, 2)) return false;
    *seconds += sign * (ahead * 3600 + more * 60);
    return true;
}

bool fa__cell_date(double *seconds, const char *text, size_t size, fa__date_order order) {
    reading r = {text, text + size};
    double value;
    if (!read_day(&value, &r, order)) return false;
    if (r.at < r.end) {
        if (!accept(&r, 'T') && !accept(&r, ' ')) return false;
        if (!read_time(&value, &r)) return false;
    }
    if (r.at != r.end) return false;
    *seconds = value;
    return true;
}
