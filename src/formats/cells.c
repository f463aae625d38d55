/* Numbers, booleans and dates out of fields. */
#include "formats/cells.h"

#include "base/ascii.h"
#include "base/floats.h"
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ==== Numbers ==== */

enum { NUMBER_MAX = 400 }; /* a double written out in full has 309 digits before the point */

static bool is_word(const char *text, size_t size, const char *word) {
    size_t i = 0;
    while (i < size && word[i] != '\0' && fa__lower((unsigned char)text[i]) == word[i]) i++;
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
 * digits, the first of them no 0, then groups of three. Returns the bytes read. */
static size_t whole_part(char *plain, size_t *used, const char *text, size_t size, char decimal,
                         bool *grouped) {
    const char other = decimal == '.' ? ',' : '.';
    char mark = 0;
    size_t at = 0, run = 0;
    for (; at < size && *used < NUMBER_MAX - 2; at++) {
        bool three = at + 3 < size && fa__is_digit(text[at + 1]) && fa__is_digit(text[at + 2]) &&
                     fa__is_digit(text[at + 3]) && (at + 4 == size || !fa__is_digit(text[at + 4]));
        if (fa__is_digit(text[at])) {
            plain[(*used)++] = text[at];
            run++;
        } else if ((text[at] == other || text[at] == ' ' || text[at] == '\'') && three && run > 0 &&
                   (mark == 0 ? run <= 3 && text[0] != '0' : mark == text[at] && run == 3)) {
            mark = text[at];
            run = 0;
        } else
            break;
    }
    *grouped = mark != 0;
    return at;
}

/* The signs of typesetters as those of programs: a minus, blanks that do not break, an apostrophe.
 * The size that is left. */
static size_t plain_signs(char out[NUMBER_MAX], const char *text, size_t size) {
    static const struct {
        const char *sign;
        char plain;
    } signs[] = {{"\xe2\x88\x92", '-'},
                 {"\xc2\xa0", ' '},
                 {"\xe2\x80\xaf", ' '},
                 {"\xe2\x80\x89", ' '},
                 {"\xe2\x80\x99", '\''}};
    size_t used = 0;
    for (size_t at = 0; at < size; used++) {
        size_t length = 1;
        out[used] = text[at];
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
            size_t wanted = strlen(signs[i].sign);
            if (size - at < wanted || memcmp(text + at, signs[i].sign, wanted) != 0) continue;
            out[used] = signs[i].plain;
            length = wanted;
        }
        at += length;
    }
    return used;
}

static bool is_ascii(const char *text, size_t size) {
    size_t i = 0;
    while (i < size && (unsigned char)text[i] < 0x80) i++;
    return i == size;
}

static bool read_number(double *out, bool *grouped, const char *text, size_t size, char decimal) {
    char plain[NUMBER_MAX], signs[NUMBER_MAX], *end;
    size_t used = 0, at = 0, digits;
    if (size == 0 || size >= NUMBER_MAX) return false;
    if (!is_ascii(text, size)) {
        size = plain_signs(signs, text, size);
        text = signs;
    }
    if (text[0] == '-' || text[0] == '+') plain[used++] = text[at++];
    size_t sign = used;
    at += whole_part(plain, &used, text + at, size - at, decimal, grouped);
    digits = used - sign;
    if (at < size && text[at] == decimal) {
        plain[used++] = '.';
        for (at++; at < size && fa__is_digit(text[at]); at++, digits++) plain[used++] = text[at];
    }
    if (digits == 0) return false;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        plain[used++] = text[at++];
        if (at < size && (text[at] == '-' || text[at] == '+')) plain[used++] = text[at++];
        if (at == size) return false;
        for (; at < size && fa__is_digit(text[at]); at++) plain[used++] = text[at];
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

/* Digits alone, so many that a double may round them. */
static bool many_digits(uint64_t *value, bool *negative, const char *text, size_t size) {
    enum { SAFE = 15, MOST = 20 };
    size_t at = size > 0 && (text[0] == '-' || text[0] == '+');
    *negative = at > 0 && text[0] == '-';
    *value = 0;
    if (size - at <= SAFE || size - at > MOST) return false;
    for (; at < size; at++) {
        uint64_t digit = (uint64_t)(text[at] - '0');
        if (!fa__is_digit(text[at]) || *value > (UINT64_MAX - digit) / 10) return false;
        *value = *value * 10 + digit;
    }
    return true;
}

bool fa__cell_less(double *out, const char *text, size_t size, fa__decimal how, double shift) {
    uint64_t whole;
    bool negative;
    if (shift != 0 && many_digits(&whole, &negative, text, size)) {
        *out = fa__whole_less(whole, negative, shift);
        return true;
    }
    if (!fa__cell_number(out, NULL, text, size, how)) return false;
    *out -= shift;
    return true;
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
    while (count < most && r->at < r->end && fa__is_digit(*r->at)) {
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

/* An English name of a month, or the first letters of one. */
static bool month_name(int *month, reading *r) {
    static const char *const names[] = {"january", "february", "march",     "april",
                                        "may",     "june",     "july",      "august",
                                        "october", "november", "september", "december"};
    static const int numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 9, 12};
    size_t size = 0, left = (size_t)(r->end - r->at);
    while (size < left && fa__is_letter((unsigned char)r->at[size])) size++;
    for (size_t i = 0; size >= 3 && i < 12; i++) {
        size_t same = 0;
        while (same < size && names[i][same] == fa__lower((unsigned char)r->at[same])) same++;
        if (same < size) continue;
        *month = numbers[i];
        r->at += size;
        (void)accept(r, '.');
        return true;
    }
    return false;
}

/* Years of two digits are those from 1970 to 2069. */
static bool read_year(int *year, reading *r) {
    const char *from = r->at;
    if (!digits(year, r, 2, 4) || r->at == from + 3) return false;
    if (r->at == from + 2) *year += *year < 70 ? 2000 : 1900;
    return true;
}

/* 12-May-2020, 12 May 2020, 12MAY2020; May 12, 2020. */
static bool read_named_day(double *seconds, reading *r, bool day_first) {
    int day = 0, month = 0, year = 0;
    if (day_first && !digits(&day, r, 1, 2)) return false;
    char mark = r->at < r->end && strchr("-/. ", *r->at) != NULL ? *r->at : 0;
    if (day_first && mark != 0) r->at++;
    if (!month_name(&month, r)) return false;
    if (day_first && mark != 0 && !accept(r, mark)) return false;
    if (!day_first && (!accept(r, ' ') || !digits(&day, r, 1, 2))) return false;
    if (!day_first && ((void)accept(r, ','), !accept(r, ' '))) return false;
    if (!read_year(&year, r) || !is_day(year, month, day)) return false;
    *seconds = (double)days_of(year, month, day) * 86400;
    return true;
}

static bool read_day(double *seconds, reading *r, fa__date_order order) {
    int parts[3];
    bool year_first = order == FA__DATE_YEAR_FIRST;
    reading named = *r;
    if (!year_first && read_named_day(seconds, &named, order == FA__DATE_DAY_FIRST)) {
        *r = named;
        return true;
    }
    if (!digits(&parts[0], r, year_first ? 4 : 1, year_first ? 4 : 2)) return false;
    char mark = r->at < r->end ? *r->at : 0;
    if (mark != '-' && mark != '/' && !(mark == '.' && order != FA__DATE_MONTH_FIRST)) return false;
    r->at++;
    if (!digits(&parts[1], r, 1, 2)) return false;
    if (year_first && mark != '.' && r->at == r->end) /* a month */
        parts[2] = 1;
    else if (!accept(r, mark) || !digits(&parts[2], r, year_first ? 1 : 4, year_first ? 2 : 4))
        return false;
    int year = year_first ? parts[0] : parts[2];
    int month = order == FA__DATE_MONTH_FIRST ? parts[0] : parts[1];
    int day = year_first ? parts[2] : order == FA__DATE_DAY_FIRST ? parts[0] : parts[1];
    if (!is_day(year, month, day)) return false;
    *seconds = (double)days_of(year, month, day) * 86400;
    return true;
}

/* AM or PM behind an hour of 1 to 12. */
static bool half_of_day(int *hour, reading *r) {
    reading half = *r;
    (void)accept(&half, ' ');
    bool before = accept(&half, 'A') || accept(&half, 'a');
    if (!before && !accept(&half, 'P') && !accept(&half, 'p')) return true;
    if (!accept(&half, 'M') && !accept(&half, 'm')) return true;
    if (*hour < 1 || *hour > 12) return false;
    *hour = *hour % 12 + (before ? 0 : 12);
    *r = half;
    return true;
}

static bool is_universal(reading *r) {
    static const char *const names[] = {"Z", "z", "UTC", "GMT"};
    size_t left = (size_t)(r->end - r->at);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (left != size || memcmp(r->at, names[i], size) != 0) continue;
        r->at = r->end;
        return true;
    }
    return left == 0;
}

/* hh:mm[:ss[.fff]] [AM|PM], and what zone it is in. */
static bool read_time(double *seconds, reading *r) {
    int hour, minute, second = 0;
    double scale = 1, fraction = 0;
    if (!digits(&hour, r, 1, 2) || !accept(r, ':') || !digits(&minute, r, 2, 2)) return false;
    if (accept(r, ':') && !digits(&second, r, 2, 2)) return false;
    if (accept(r, '.') || accept(r, ','))
        for (; r->at < r->end && fa__is_digit(*r->at); r->at++)
            fraction = fraction * 10 + (*r->at - '0'), scale *= 10;
    if (hour > 24 || minute > 59 || second > 60 || !half_of_day(&hour, r)) return false;
    *seconds += hour * 3600 + minute * 60 + second + fraction / scale;
    (void)accept(r, ' ');
    if (is_universal(r)) return true;
    double sign = accept(r, '+') ? -1 : accept(r, '-') ? 1 : 0;
    int ahead = 0, more = 0;
    if (sign == 0 || !digits(&ahead, r, 2, 2)) return false;
    (void)accept(r, ':');
    if (r->at < r->end && !digits(&more, r, 2, 2)) return false;
    *seconds += sign * (ahead * 3600 + more * 60);
    return true;
}

/* "-1 days +" in front of a time, as pandas writes how long something took. */
static bool read_days(double *seconds, reading *r) {
    const char *from = r->at;
    bool negative = accept(r, '-');
    int days;
    *seconds = 0;
    if (digits(&days, r, 1, 6) && accept(r, ' ') && accept(r, 'd') && accept(r, 'a') &&
        accept(r, 'y')) {
        (void)accept(r, 's');
        (void)accept(r, ',');
        if (!accept(r, ' '))
            return r->at == r->end && (*seconds = (negative ? -1 : 1) * 86400.0 * days, true);
        (void)accept(r, '+');
        *seconds = (negative ? -1 : 1) * 86400.0 * days;
    } else
        r->at = from;
    return true;
}

static bool read_clock(double *seconds, reading *r) {
    const char *from = r->at;
    int first, second, third = 0;
    double scale = 1, fraction = 0;
    if (!read_days(seconds, r)) return false;
    bool days = r->at > from, negative = !days && accept(r, '-');
    if (days && r->at == r->end) return true;
    if (!digits(&first, r, 1, 6) || !accept(r, ':') || !digits(&second, r, 2, 2) || second > 59)
        return false;
    bool three = accept(r, ':');
    if (three && (!digits(&third, r, 2, 2) || third > 60)) return false;
    bool fractional = accept(r, '.') || (three && accept(r, ','));
    for (; fractional && r->at < r->end && fa__is_digit(*r->at); r->at++)
        fraction = fraction * 10 + (*r->at - '0'), scale *= 10;
    if (fractional && scale == 1) return false;
    if (!days && !negative && !half_of_day(&first, r)) return false;
    double whole =
        fractional && !three ? first * 60.0 + second : first * 3600.0 + second * 60 + third;
    *seconds += (negative ? -1 : 1) * (whole + fraction / scale);
    return r->at == r->end;
}

bool fa__cell_day(const char *text, size_t size) {
    reading r = {text, text + size};
    int year, month, day;
    return size == 8 && digits(&year, &r, 4, 4) && digits(&month, &r, 2, 2) &&
           digits(&day, &r, 2, 2) && year >= 1900 && year < 2100 && is_day(year, month, day);
}

bool fa__cell_short_date(const char *text, size_t size) {
    reading r = {text, text + size};
    int parts[3];
    if (!digits(&parts[0], &r, 1, 2) || r.at == r.end || strchr("/.-", *r.at) == NULL) return false;
    char mark = *r.at++;
    return digits(&parts[1], &r, 1, 2) && accept(&r, mark) && digits(&parts[2], &r, 2, 2) &&
           r.at == r.end && parts[0] > 0 && parts[1] > 0;
}

bool fa__cell_date(double *seconds, const char *text, size_t size, fa__date_order order) {
    reading r = {text, text + size};
    double value;
    if (order == FA__DATE_NONE) {
        if (!read_clock(&value, &r)) return false;
        *seconds = value;
        return true;
    }
    if (!read_day(&value, &r, order)) return false;
    if (r.at < r.end) {
        if (!accept(&r, 'T') && !accept(&r, ' ')) return false;
        if (!read_time(&value, &r)) return false;
    }
    if (r.at != r.end) return false;
    *seconds = value;
    return true;
}
