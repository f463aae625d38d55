/* Types of columns. */
#include "formats/columns.h"

#include "base/ascii.h"
#include "base/floats.h"
#include "base/memory.h"
#include "formats/missing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ==== Levels ==== */

/* FNV-1a; 0 stands for an empty place. */
static uint64_t hash_of(const char *text, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash != 0 ? hash : 1;
}

/* The place of a hash, or the empty one where it would go. */
static size_t place_of(const uint64_t *levels, size_t capacity, uint64_t hash) {
    size_t at = (size_t)hash & (capacity - 1);
    while (levels[at] != 0 && levels[at] != hash) at = (at + 1) & (capacity - 1);
    return at;
}

static fa_status grow_levels(fa__seen *seen) {
    uint64_t *grown;
    size_t capacity = seen->capacity > 0 ? 2 * seen->capacity : 8;
    FA_TRY(FA_NEW_ZERO(grown, capacity));
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->levels[i] != 0)
            grown[place_of(grown, capacity, seen->levels[i])] = seen->levels[i];
    fa__free(seen->levels);
    seen->levels = grown;
    seen->capacity = capacity;
    return FA_OK;
}

static fa_status add_level(fa__seen *seen, const char *text, size_t size) {
    if (seen->many) return FA_OK;
    if (seen->n_levels * 2 >= seen->capacity) FA_TRY(grow_levels(seen));
    uint64_t hash = hash_of(text, size);
    size_t at = place_of(seen->levels, seen->capacity, hash);
    if (seen->levels[at] != 0) return FA_OK;
    seen->levels[at] = hash;
    if (++seen->n_levels <= FA__LEVELS_SEEN) return FA_OK;
    seen->many = true;
    fa__free(seen->levels);
    seen->levels = NULL;
    return FA_OK;
}

bool fa__column_has(const fa__seen *seen, const char *text, size_t size) {
    if (seen->many) return true;
    return seen->capacity > 0 &&
           seen->levels[place_of(seen->levels, seen->capacity, hash_of(text, size))] != 0;
}

/* ==== Cells ==== */

static bool is_hex(const fa__csv_field *field) {
    const char *at = field->text + (field->text[0] == '-' || field->text[0] == '+');
    return at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && at[2] != '\0' &&
           strspn(at + 2, "0123456789abcdefABCDEF") == strlen(at + 2);
}

static void see_number(fa__seen *seen, double value, bool marked, bool pointed, int how) {
    seen->marked[how] += marked;
    seen->pointed[how] += pointed;
    if (seen->numbers[how]++ == 0) seen->low[how] = seen->high[how] = value;
    seen->low[how] = fmin(seen->low[how], value);
    seen->high[how] = fmax(seen->high[how], value);
}

/* The values next to the ends, and how often the ends are there. */
static void see_ends(fa__seen *seen, double value) {
    double low = seen->low[0], high = seen->high[0]; /* before this value */
    if (seen->numbers[0] == 0) {
        seen->above = (double)INFINITY, seen->below = -(double)INFINITY;
        seen->lowest = seen->highest = 1;
        return;
    }
    if (value == low) seen->lowest++;
    if (value == high) seen->highest++;
    if (value < low) seen->above = low, seen->lowest = 1;
    if (value > high) seen->below = high, seen->highest = 1;
    if (value > low && value < seen->above) seen->above = value;
    if (value < high && value > seen->below) seen->below = value;
}

static bool see_numbers(fa__seen *seen, const fa__csv_field *field, size_t line) {
    static const char marks[2] = {'.', ','};
    bool any = false;
    for (int how = 0; how < 2; how++) {
        double value;
        bool marked = false;
        if (!fa__cell_number(&value, &marked, field->text, field->size, (fa__decimal)how)) continue;
        any = true;
        if (!(fabs(value) < 0x1.ffffffp127)) {
            if (!seen->infinite && seen->other_line == 0)
                fa__quote(seen->other, field->text, field->size);
            if (!seen->infinite) seen->infinite_line = line;
            seen->infinite = true;
            seen->numbers[how]++;
            continue;
        }
        if (how == FA__DECIMAL_POINT) {
            seen->tops += seen->numbers[0] == 0 || value > seen->high[0];
            see_ends(seen, value);
        }
        see_number(seen, value, marked, memchr(field->text, marks[how], field->size) != NULL, how);
        if (how == FA__DECIMAL_COMMA) continue;
        seen->either += marked && memchr(field->text, ',', field->size) != NULL;
        if (seen->cells == 1) seen->first = value;
        seen->counting = (seen->cells == 1 || seen->counting) &&
                         value == seen->first + (double)(seen->cells - 1);
        seen->plain += !marked;
        seen->days += fa__cell_day(field->text, field->size);
        bool whole = value == floor(value),
             decimals = memchr(field->text, '.', field->size) != NULL;
        seen->whole += whole && !decimals;
        seen->round += whole && decimals;
    }
    return any;
}

static bool see_date(fa__seen *seen, const fa__csv_field *field) {
    bool any = false;
    double at;
    if (!fa__is_letter_or_digit((unsigned char)field->text[0]) && field->text[0] != '-')
        return false;
    for (int order = 0; order < FA__DATE_ORDERS; order++) {
        if (!fa__cell_date(&at, field->text, field->size, (fa__date_order)order)) continue;
        seen->rises[order] += seen->dates[order] == 0 || at > seen->latest[order];
        if (seen->dates[order]++ == 0) seen->earliest[order] = seen->latest[order] = at;
        seen->earliest[order] = fmin(seen->earliest[order], at);
        seen->latest[order] = fmax(seen->latest[order], at);
        any = true;
    }
    return any;
}

/* What stands before a number, or behind it: "$", "%", "kg"; false: neither, or too long for one. */
static bool unit_of(char unit[8], const fa__csv_field *field) {
    static const char digits[] = "0123456789", *const symbols[] = {"$", "€", "£", "¥",
                                                                   "<", ">", "~"};
    const char *text = field->text, *end = text + field->size, *from = text, *to = end;
    double value;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols && from == text; i++)
        if (strncmp(text, symbols[i], strlen(symbols[i])) == 0) from += strlen(symbols[i]);
    const char *at = text, *left = from;
    if (text[0] == '(' && end - text > 2 && end[-1] == ')') { /* as accountants write -5 */
        at = "()", left = at + 2;
        from++, to--;
    } else if (text[0] == '\'') { /* a spreadsheet's mark of text */
        left = ++from;
    } else if (from > text) {
        while (from < end && *from == ' ') from++;
    } else {
        while (to > text && strchr(digits, to[-1]) == NULL) to--;
        at = to, left = end;
        while (at < end && *at == ' ') at++;
    }
    size_t size = (size_t)(left - at);
    if (size == 0 || size >= 8 || to <= from) return false;
    if (!fa__cell_number(&value, NULL, from, (size_t)(to - from), FA__DECIMAL_POINT) &&
        !fa__cell_number(&value, NULL, from, (size_t)(to - from), FA__DECIMAL_COMMA))
        return false;
    memcpy(unit, at, size);
    unit[size] = '\0';
    return true;
}

/* "(1.5-2j)", as Python writes complex numbers, or "1.5-2i". */
static bool is_complex(const fa__csv_field *field) {
    const char *from = field->text, *end = from + field->size;
    double value;
    if (from[0] == '(' && end[-1] == ')') from++, end--;
    if (end - from < 4 || (end[-1] != 'j' && end[-1] != 'i')) return false;
    const char *second = --end;
    while (second > from + 1 &&
           (strchr("+-", second[-1]) == NULL || fa__lower((unsigned char)second[-2]) == 'e'))
        second--;
    return second > from + 1 && fa__cell_plain(&value, from, (size_t)(second - 1 - from)) &&
           fa__cell_plain(&value, second, (size_t)(end - second));
}

/* "[0.1, 0.2]", two numbers with decimals, or three and more, with blanks or marks between. */
static bool is_list(const fa__csv_field *field) {
    static const char between[] = " ,;[](){}\t\r\n";
    size_t count = 0, pointed = 0;
    if (is_complex(field)) return true;
    for (const char *at = field->text; *at != '\0';) {
        double value;
        at += strspn(at, between);
        size_t size = strcspn(at, between);
        if (size == 0) break;
        if (!fa__cell_number(&value, NULL, at, size, FA__DECIMAL_POINT)) return false;
        pointed += memchr(at, '.', size) != NULL;
        at += size;
        count++;
    }
    return count > 2 || (count > 1 && (pointed > 1 || strchr("[({", field->text[0]) != NULL));
}

static void see_unit(fa__seen *seen, const fa__csv_field *field) {
    char unit[8];
    if (seen->measured + 1 < seen->cells || !unit_of(unit, field)) return;
    if (seen->cells == 1) memcpy(seen->unit, unit, sizeof unit);
    seen->measured += strcmp(seen->unit, unit) == 0;
}

/* Which it is of the two, the other cells tell. */
static void see_stand(fa__seen *seen, const fa__csv_field *field, size_t line) {
    enum { KEPT = sizeof seen->stand_hashes / sizeof *seen->stand_hashes };
    uint64_t hash = hash_of(field->text, field->size);
    size_t known = 0;
    if (seen->stands++ == 0 || line < seen->first_stand) {
        seen->first_stand = line;
        snprintf(seen->stand, sizeof seen->stand, "%s", field->text);
    }
    while (known < seen->stand_words && seen->stand_hashes[known] != hash) known++;
    if (known < KEPT) seen->stand_hashes[known] = hash;
    if (known == seen->stand_words && known < KEPT) seen->stand_words++;
}

enum { WORD_MOST = 16 }; /* of words for missing values; texts are not hashed for that */

fa_status fa__column_see(fa__seen *seen, const fa__csv_field *field, size_t line) {
    double value;
    if (fa__is_missing(field->text, field->size)) {
        if (seen->missing++ == 0 || line < seen->first_missing) seen->first_missing = line;
        seen->empty += field->size == 0;
        return FA_OK;
    }
    if (!seen->words && fa__stands_for_missing(field->text, field->size)) {
        see_stand(seen, field, line);
        return FA_OK;
    }
    seen->cells++;
    size_t before = seen->whole + seen->round + seen->infinite;
    bool number = see_numbers(seen, field, line);
    if (!number || seen->whole + seen->round + seen->infinite > before || seen->other_line > 0 ||
        seen->words)
        FA_TRY(add_level(seen, field->text, field->size));
    if (number) return FA_OK;
    bool known = fa__cell_boolean(&value, field->text, field->size);
    seen->booleans += known;
    known = known || see_date(seen, field);
    seen->hex += is_hex(field);
    seen->short_dates += !known && fa__cell_short_date(field->text, field->size);
    for (size_t i = 0; i < field->size; i++) seen->blanks += field->text[i] == ' ';
    if (!known && seen->word_line == 0) seen->word_line = line;
    if (seen->other_line == 0) {
        seen->other_line = line;
        seen->other_hash = hash_of(field->text, field->size);
        fa__quote(seen->other, field->text, field->size);
    }
    seen->same += field->size <= WORD_MOST && seen->other_hash == hash_of(field->text, field->size);
    see_unit(seen, field);
    if (seen->cells <= FA__LISTS_SEEN) seen->lists += is_list(field);
    return FA_OK;
}

/* ==== Types ==== */

/* Whether every number of the column can be read so, and none so only by taking a mark of the other
 * kind for thousands. */
static bool all_numbers(const fa__seen *seen, int how) {
    return seen->cells > 0 && seen->numbers[how] == seen->cells;
}

/* A comma is the decimal mark of the table where a column has numbers that read in no other way. */
static bool has_comma(const fa__column *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const fa__seen *seen = &columns[i].seen;
        if (all_numbers(seen, FA__DECIMAL_COMMA) && !all_numbers(seen, FA__DECIMAL_POINT))
            return true;
    }
    return false;
}

bool fa__column_is_number(fa__column_type type) {
    return type == FA__COLUMN_NUMBER || type == FA__COLUMN_INTEGER || type == FA__COLUMN_INDEX;
}

bool fa__column_is_listed(const fa__seen *seen) {
    return seen->lists == (seen->cells < FA__LISTS_SEEN ? seen->cells : FA__LISTS_SEEN);
}

fa__column_type fa__column_of_words(const fa__seen *seen) {
    size_t n = seen->cells;
    bool few = !seen->many && seen->n_levels <= FA__LEVELS_MAX &&
               (seen->n_levels * 2 <= n || (seen->n_levels < n && seen->n_levels <= 8) || n <= 2);
    if (seen->measured == n && (!few || seen->n_levels > 8)) return FA__COLUMN_WRONG;
    if (few) return FA__COLUMN_CATEGORY;
    return seen->blanks >= 2 * n ? FA__COLUMN_TEXT : FA__COLUMN_NAMES;
}

static fa__column_type type_of(const fa__column *column) {
    const fa__seen *seen = &column->seen;
    size_t n = seen->cells, numbers = seen->numbers[column->decimal];
    if (n == 0) return FA__COLUMN_EMPTY;
    if (numbers == n && seen->infinite) return FA__COLUMN_WRONG;
    if (numbers == n) {
        if (seen->whole < n) return FA__COLUMN_NUMBER;
        bool counts = seen->counting && n > 1 && (seen->first == 0 || seen->first == 1);
        return counts && seen->missing == 0 ? FA__COLUMN_INDEX : FA__COLUMN_INTEGER;
    }
    if (seen->booleans == n) return FA__COLUMN_BOOLEAN;
    for (int order = 0; order < FA__DATE_ORDERS; order++)
        if (seen->dates[order] == n) return FA__COLUMN_DATE;
    /* Words among decimals stand for no value; whole numbers may be categories beside words. */
    size_t decimals = numbers - (seen->whole < numbers ? seen->whole : numbers);
    bool one = numbers + seen->same == n && numbers * 2 >= n && (seen->many || seen->n_levels > 8);
    bool mixed = numbers * 10 >= n * 9 || (decimals > 0 && numbers * 4 >= n) || one;
    if (seen->hex == n || seen->short_dates == n || mixed || fa__column_is_listed(seen))
        return FA__COLUMN_WRONG;
    return fa__column_of_words(seen);
}

void fa__column_stand(fa__column *column, bool missing) {
    fa__seen *seen = &column->seen;
    if (seen->stands == 0) return;
    if (column->stands) {
        seen->missing -= seen->stands;
    } else if (column->counted) {
        seen->cells -= seen->stands;
        seen->n_levels -= seen->stand_words;
    }
    column->counted = true;
    column->stands = missing;
    if (missing) {
        if (seen->missing == 0 || seen->first_stand < seen->first_missing)
            seen->first_missing = seen->first_stand;
        seen->missing += seen->stands;
        return;
    }
    seen->cells += seen->stands;
    seen->n_levels += seen->stand_words;
    if (seen->other_line == 0) {
        seen->other_line = seen->word_line = seen->first_stand;
        fa__quote(seen->other, seen->stand, strlen(seen->stand));
    }
}

bool fa__column_lacks(const fa__column *column, const fa__csv_field *field) {
    return fa__is_missing(field->text, field->size) ||
           (column->stands && fa__stands_for_missing(field->text, field->size));
}

/* Words that stand for missing values do so among what are values without them. */
static void judge_stands(fa__column *column) {
    fa__column_stand(column, true);
    fa__column_type type = type_of(column);
    if (type != FA__COLUMN_NUMBER && type != FA__COLUMN_INTEGER && type != FA__COLUMN_DATE &&
        type != FA__COLUMN_WRONG)
        fa__column_stand(column, false);
}

void fa__columns_judge(fa__column *columns, size_t count) {
    bool comma = has_comma(columns, count);
    for (size_t i = 0; i < count; i++) {
        fa__column *column = &columns[i];
        const fa__seen *seen = &column->seen;
        column->decimal =
            comma && seen->numbers[1] == seen->cells ? FA__DECIMAL_COMMA : FA__DECIMAL_POINT;
        judge_stands(column);
        column->type = type_of(column);
        column->order = FA__DATE_YEAR_FIRST;
        for (int order = FA__DATE_ORDERS - 1; order >= 0; order--)
            if (seen->dates[order] == seen->cells) column->order = (fa__date_order)order;
        if (column->type == FA__COLUMN_NUMBER || column->type == FA__COLUMN_INTEGER)
            column->shift = fa__shift_of(seen->low[column->decimal], seen->high[column->decimal]);
        if (column->type == FA__COLUMN_DATE)
            column->shift =
                fa__shift_of(seen->earliest[column->order], seen->latest[column->order]);
    }
}

const char *fa__column_type_name(fa__column_type type) {
    static const char *const names[] = {"empty", "number",   "integer", "index", "boolean",
                                        "date",  "category", "names",   "text",  "mixed"};
    return names[type];
}

const char *fa__column_role_name(fa__column_role role) {
    static const char *const names[] = {"feature", "label", "hidden", "text",     "ignored",
                                        "unused",  "id",    "time",   "variable", "asked"};
    return names[role];
}

void fa__columns_free(fa__column *columns, size_t count) {
    for (size_t i = 0; columns != NULL && i < count; i++) {
        fa__free(columns[i].seen.levels);
        fa__categories_free(&columns[i].levels);
    }
    fa__free(columns);
}
