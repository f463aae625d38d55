/* ARFF as CSV or .ts. */
#include "formats/arff.h"

#include "base/ascii.h"
#include "base/memory.h"
#include "base/stop.h"
#include "formats/missing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t out_most = (size_t)1 << 30; /* sparse rows grow */

typedef enum kind { NUMBERS = 0, NOMINAL, STRINGS, DATES, RELATIONAL } kind;

typedef struct attribute {
    char *name;
    kind kind;
    fa__date_order order;
    fa__categories levels;
} attribute;

typedef struct text {
    char *bytes; /* followed by 0 */
    size_t size, capacity;
} text;

typedef struct reading {
    const char *where;
    fa__line line;
    attribute *attributes;
    size_t count, capacity;
    size_t steps;   /* attributes within the relational one */
    bool inside;    /* of it */
    int relational; /* its number; -1: none */
    bool data;
    text word, out, class_;
    bool quoted; /* word */
} reading;

/* ==== Text ==== */

static fa_status put(text *to, const char *bytes, size_t size) {
    char *grown = fa__grow(to->bytes, &to->capacity, to->size + size + 1, 1);
    if (grown == NULL) return fa__nomem(to->size + size + 1, 1);
    to->bytes = grown;
    memcpy(grown + to->size, bytes, size);
    to->size += size;
    grown[to->size] = '\0';
    return FA_OK;
}

static fa_status put_text(text *to, const char *bytes) {
    return put(to, bytes, strlen(bytes));
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip(const char *at, const char *end) {
    while (at < end && is_blank(*at)) at++;
    return at;
}

static fa_status fail_at(const reading *r, const char *what) {
    return fa__fail(FA_E_FORMAT, "%s: line %zu: %s", r->where, r->line.number, what);
}

/* One escaped character, behind the backslash. */
static fa_status put_escaped(text *to, const char **at, const char *end) {
    static const char names[] = "ntr", meant[] = "\n\t\r";
    const char *known = strchr(names, **at), *from = *at;
    unsigned code = 0;
    if (*from == 'u' && end - from > 4) {
        for (int i = 1; i <= 4 && fa__is_hex((unsigned char)from[i]); i++, (*at)++)
            code = code * 16 + (unsigned)(fa__is_digit((unsigned char)from[i])
                                              ? from[i] - '0'
                                              : fa__lower((unsigned char)from[i]) - 'a' + 10);
        if (*at == from + 4 && code >= ' ' && (code < 0xd800 || code >= 0xe000)) {
            const char three[] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 63)),
                                  (char)(0x80 | (code & 63))};
            const char two[] = {(char)(0xc0 | code >> 6), (char)(0x80 | (code & 63))};
            const char one = (char)code;
            *at += 1;
            if (code < 0x80) return put(to, &one, 1);
            return code < 0x800 ? put(to, two, 2) : put(to, three, 3);
        }
        *at = from;
    }
    *at += 1;
    return put(to, known != NULL && *known != '\0' ? &meant[known - names] : from, 1);
}

/* The next word into r->word: quoted, or up to one of `stops`, without the blanks around it. */
static fa_status take_word(reading *r, const char **at, const char *end, const char *stops) {
    *at = skip(*at, end);
    r->word.size = 0;
    r->quoted = *at < end && (**at == '\'' || **at == '"');
    FA_TRY(put(&r->word, "", 0));
    if (!r->quoted) {
        const char *from = *at;
        while (*at < end && strchr(stops, **at) == NULL) (*at)++;
        const char *to = *at;
        while (to > from && is_blank(to[-1])) to--;
        return put(&r->word, from, (size_t)(to - from));
    }
    char mark = *(*at)++;
    while (*at < end && **at != mark) {
        if (**at == '\\' && *at + 1 < end) {
            (*at)++;
            FA_TRY(put_escaped(&r->word, at, end));
        } else
            FA_TRY(put(&r->word, (*at)++, 1));
    }
    if (*at == end) return fail_at(r, "a quote is opened and not closed in the line");
    *at = skip(*at + 1, end);
    return FA_OK;
}

/* ==== Head ==== */

static bool says(const char *at, const char *end, const char *word) {
    size_t i = 0;
    while (word[i] != '\0' && at + i < end && fa__lower((unsigned char)at[i]) == word[i]) i++;
    return word[i] == '\0' && (at + i == end || !fa__is_letter_or_digit((unsigned char)at[i]));
}

static attribute *last(reading *r) {
    return &r->attributes[r->count - 1];
}

/* {a, b, 'c d'} */
static fa_status read_levels(reading *r, const char *at, const char *end) {
    attribute *a = last(r);
    int32_t number;
    a->kind = NOMINAL;
    do {
        at++; /* the brace, or the comma */
        FA_TRY(take_word(r, &at, end, ",}"));
        if (r->word.size == 0 && !r->quoted && at < end && *at == '}') break;
        if (fa__is_missing(r->word.bytes, r->word.size))
            return fa__fail(
                FA_E_FORMAT,
                "%s: line %zu: the value '%.40s' of attribute '%.40s' reads as a missing "
                "one here; rename it",
                r->where, r->line.number, r->word.bytes, a->name);
        fa_status status = fa__categories_add(&number, &a->levels, r->word.bytes, r->word.size);
        if (status != FA_OK)
            return fa__fail_within(status, "%s: line %zu", r->where, r->line.number);
    } while (at < end && *at == ',');
    if (at == end || *at != '}') return fail_at(r, "the values of an attribute end with '}'");
    return a->levels.count > 0 ? FA_OK : fail_at(r, "an attribute of no values");
}

/* The parts of a date in the order that the format has them in; Weka's own begins with the year. */
static fa__date_order order_of(const char *format) {
    const char *year = strchr(format, 'y'), *month = strchr(format, 'M'),
               *day = strchr(format, 'd');
    if (year == NULL || month == NULL || day == NULL || year < day) return FA__DATE_YEAR_FIRST;
    return month < day ? FA__DATE_MONTH_FIRST : FA__DATE_DAY_FIRST;
}

static fa_status read_type(reading *r, const char *at, const char *end) {
    static const char *const numbers[] = {"numeric", "real", "integer"};
    attribute *a = last(r);
    char quoted[FA__QUOTE_SIZE];
    at = skip(at, end);
    if (at < end && *at == '{') return read_levels(r, at, end);
    for (size_t i = 0; i < 3; i++)
        if (says(at, end, numbers[i])) return FA_OK;
    if (says(at, end, "string"))
        a->kind = STRINGS;
    else if (says(at, end, "relational"))
        a->kind = RELATIONAL;
    else if (says(at, end, "date")) {
        a->kind = DATES;
        at += strlen("date");
        FA_TRY(take_word(r, &at, end, "%"));
        a->order = order_of(r->word.bytes);
    } else
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: '%s' is no type of an attribute; numeric, {a, b}, string, "
                        "date and relational are",
                        r->where, r->line.number, fa__quote(quoted, at, (size_t)(end - at)));
    return FA_OK;
}

static fa_status read_attribute(reading *r, const char *at, const char *end) {
    FA_TRY(take_word(r, &at, end, " \t{"));
    if (r->word.size == 0) return fail_at(r, "an attribute without a name");
    if (r->inside) {
        at = skip(at, end);
        if (at < end && *at == '{')
            return fail_at(r, "an attribute within a relational one is no number, as series are");
        r->steps++;
        return FA_OK;
    }
    attribute *grown = fa__grow(r->attributes, &r->capacity, r->count + 1, sizeof *grown);
    if (grown == NULL) return fa__nomem(r->count + 1, sizeof *grown);
    r->attributes = grown;
    grown[r->count] = (attribute){.name = fa__strdup(r->word.bytes)};
    if (grown[r->count].name == NULL) return fa__nomem(r->word.size, 1);
    r->count++;
    FA_TRY(read_type(r, at, end));
    if (last(r)->kind != RELATIONAL) return FA_OK;
    if (r->relational >= 0) return fail_at(r, "a second relational attribute; one is read");
    r->relational = (int)r->count - 1;
    r->inside = true;
    return FA_OK;
}

/* What series may have beside them: a class. */
static fa_status check_series(const reading *r) {
    if (r->steps == 0) return fail_at(r, "the relational attribute has none within");
    for (size_t i = 0, beside = 0; i < r->count; i++)
        if ((int)i != r->relational && beside++ > 0)
            return fa__fail(
                FA_E_FORMAT,
                "%s: attribute '%.40s' stands beside a series and its class; take it out", r->where,
                r->attributes[i].name);
    return FA_OK;
}

/* A name or value as a field of CSV. */
static fa_status put_field(reading *r, size_t column, const char *bytes, size_t size) {
    bool plain = size > 0;
    if (column > 0) FA_TRY(put(&r->out, ",", 1));
    for (size_t i = 0; i < size && plain; i++)
        plain =
            fa__is_letter_or_digit((unsigned char)bytes[i]) || strchr("+-._?", bytes[i]) != NULL;
    if (plain) return put(&r->out, bytes, size);
    FA_TRY(put(&r->out, "\"", 1));
    for (size_t i = 0; i < size; i++) {
        bool line = bytes[i] == '\n' || bytes[i] == '\r'; /* lines stay those of the file */
        FA_TRY(put(&r->out, line ? " " : bytes + i, 1));
        if (bytes[i] == '"') FA_TRY(put(&r->out, "\"", 1));
    }
    return put(&r->out, "\"", 1);
}

/* At @data: as many lines as there were, the last of them what the reader of the data begins at. */
static fa_status end_head(reading *r) {
    if (r->inside) return fail_at(r, "the relational attribute has no @end");
    if (r->count == 0) return fail_at(r, "no @attribute stands before @data");
    r->data = true;
    if (r->relational < 0) {
        for (size_t i = 0; i < r->count; i++)
            FA_TRY(put_field(r, i, r->attributes[i].name, strlen(r->attributes[i].name)));
        return put(&r->out, "\n", 1);
    }
    FA_TRY(check_series(r));
    r->out.size--; /* the head has more lines than these two */
    if (r->count > 1) {
        const attribute *beside = &r->attributes[r->relational == 0];
        r->out.size--;
        FA_TRY(put_text(&r->out,
                        beside->kind == NUMBERS ? "\n@targetLabel true" : "\n@classLabel true"));
    }
    return put_text(&r->out, "\n@data\n");
}

static fa_status read_head(reading *r) {
    static const char *const passed[] = {"@relation", "@inputs", "@input", "@outputs", "@output"};
    const char *end = r->line.text + r->line.size, *at = skip(r->line.text, end);
    char quoted[FA__QUOTE_SIZE];
    if (says(at, end, "@data")) return end_head(r);
    if (says(at, end, "@attribute"))
        FA_TRY(read_attribute(r, at + strlen("@attribute"), end));
    else if (r->inside && says(at, end, "@end"))
        r->inside = false;
    else {
        bool known = at == end || *at == '%';
        for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
            known = known || says(at, end, passed[i]);
        if (!known)
            return fa__fail(FA_E_FORMAT, "%s: line %zu: '%s' stands before @data", r->where,
                            r->line.number, fa__quote(quoted, at, (size_t)(end - at)));
    }
    return put(&r->out, "\n", 1);
}

/* ==== Rows of a table ==== */

static fa_status wrong_count(const reading *r, const char *how) {
    return fa__fail(FA_E_FORMAT, "%s: line %zu: has %s values than there are attributes, %zu",
                    r->where, r->line.number, how, r->count);
}

/* r->word is one of the values that a nominal attribute has, or a missing one. */
static fa_status check_level(const reading *r, const attribute *a) {
    char quoted[FA__QUOTE_SIZE];
    bool missing = !r->quoted && r->word.size == 1 && r->word.bytes[0] == '?';
    if (a->kind != NOMINAL || missing) return FA_OK;
    if (fa__categories_find(&a->levels, r->word.bytes, r->word.size) < a->levels.count)
        return FA_OK;
    return fa__fail(FA_E_LABEL,
                    "%s: line %zu: '%s' is not one of the %zu values of attribute '%.40s' (the "
                    "first: %.40s); add it there, or correct it",
                    r->where, r->line.number, fa__quote(quoted, r->word.bytes, r->word.size),
                    a->levels.count, a->name, a->levels.text);
}

/* r->word as the value of an attribute. */
static fa_status put_value(reading *r, size_t column) {
    FA_TRY(check_level(r, &r->attributes[column]));
    if (r->word.size == 0 && !r->quoted) return fail_at(r, "a value is empty; a missing one is ?");
    return put_field(r, column, r->word.bytes, r->word.size);
}

/* What a sparse row leaves out: 0, of a nominal attribute its first value. */
static fa_status put_omitted(reading *r, size_t column) {
    const attribute *a = &r->attributes[column];
    const char *value = a->kind == NOMINAL ? a->levels.text : a->kind == NUMBERS ? "0" : "?";
    if (r->out.size > out_most)
        return fail_at(r, "sparse rows become more than 1 GiB here; choose among the attributes");
    return put_field(r, column, value, strlen(value));
}

static fa_status read_sparse(reading *r, const char *at, const char *end) {
    size_t column = 0;
    at = skip(at + 1, end);
    while (at < end && *at != '}') {
        int64_t number;
        FA_TRY(take_word(r, &at, end, " \t,}"));
        const char *from = r->word.bytes, *to = from + r->word.size;
        if (!fa__scan_integer(&number, &from, to) || from != to || number < (int64_t)column ||
            (uint64_t)number >= r->count)
            return fa__fail(
                FA_E_FORMAT,
                "%s: line %zu: '%.40s' is no number of an attribute; they are 0 to %zu, "
                "and rise within a row",
                r->where, r->line.number, r->word.bytes, r->count - 1);
        while (column < (size_t)number) FA_TRY(put_omitted(r, column++));
        FA_TRY(take_word(r, &at, end, ",}"));
        FA_TRY(put_value(r, column++));
        if (at < end && *at == ',') at = skip(at + 1, end);
    }
    if (at == end) return fail_at(r, "a sparse row ends with '}'");
    if (skip(at + 1, end) != end) return fail_at(r, "more stands behind a sparse row (a weight?)");
    while (column < r->count) FA_TRY(put_omitted(r, column++));
    return put(&r->out, "\n", 1);
}

/* Values stand between commas; in a row without any, between blanks. A quote opens where a value
 * begins: O'Brien has none. */
static const char *stops_of(const reading *r, const char *at, const char *end) {
    const char *from = at;
    char quote = 0;
    for (; at < end && (quote != 0 || *at != ','); at++) {
        if (quote != 0 && *at == '\\')
            at++;
        else if (quote == 0 && (*at == '\'' || *at == '"') && (at == from || is_blank(at[-1])))
            quote = *at;
        else if (*at == quote)
            quote = 0;
    }
    return at >= end && r->count > 1 ? " \t" : ",";
}

/* The next value of a row into r->word, and what follows it passed. */
static fa_status next_value(reading *r, const char **at, const char *end, size_t column,
                            const char *stops) {
    if (*at == NULL) return wrong_count(r, "fewer");
    FA_TRY(take_word(r, at, end, stops));
    const char *behind = skip(*at, end);
    bool comma = behind < end && *behind == ',';
    if (behind == end)
        *at = NULL;
    else if (*stops == ',' && !comma)
        return fail_at(r, "more stands behind a quoted value");
    else
        *at = behind + comma;
    if (column + 1 < r->count || *at == NULL) return FA_OK;
    behind = skip(*at, end);
    return behind < end && *behind == '{' ? fail_at(r, "has a weight at its end, which is not read")
                                          : wrong_count(r, "more");
}

static fa_status read_row(reading *r, const char *at, const char *end) {
    const char *stops = stops_of(r, at, end);
    for (size_t i = 0; i < r->count; i++) {
        FA_TRY(next_value(r, &at, end, i, stops));
        FA_TRY(put_value(r, i));
    }
    return put(&r->out, "\n", 1);
}

/* ==== Series ==== */

/* The values of one row of a series from its beginning up to the last that is there, at most. */
static size_t values_of(size_t *there, const char *at, const char *end) {
    size_t count = 0;
    for (*there = 0;; at++) {
        const char *from = skip(at, end);
        while (at < end && *at != ',') at++;
        const char *to = at;
        while (to > from && is_blank(to[-1])) to--;
        count++;
        if (!fa__is_missing(from, (size_t)(to - from))) *there = count;
        if (at == end) return count;
    }
}

static const char *line_end(const char *at, const char *end) {
    const char *found = memchr(at, '\n', (size_t)(end - at));
    return found != NULL ? found : end;
}

/* r->word holds a row a dimension. Where all end with missing values the series is shorter, as the
 * UEA archive fills up. */
static fa_status put_series(reading *r) {
    const char *end = r->word.bytes + r->word.size;
    while (end > r->word.bytes && end[-1] == '\n') end--;
    size_t steps = 1, there;
    for (const char *at = r->word.bytes; at <= end; at = line_end(at, end) + 1) {
        size_t count = values_of(&there, at, line_end(at, end));
        if (count != r->steps)
            return fa__fail(FA_E_FORMAT,
                            "%s: line %zu: a dimension has %zu values; %zu attributes stand within "
                            "the relational one",
                            r->where, r->line.number, count, r->steps);
        if (there > steps) steps = there;
    }
    for (const char *at = r->word.bytes; at <= end; at = line_end(at, end) + 1) {
        const char *to = at, *stop = line_end(at, end);
        for (size_t commas = 0; to < stop; to++)
            if (*to == ',' && ++commas == steps) break;
        if (memchr(at, ':', (size_t)(to - at)) != NULL) return fail_at(r, "':' is no number");
        if (memchr(at, '#', (size_t)(to - at)) != NULL) return fail_at(r, "'#' is no number");
        if (at > r->word.bytes) FA_TRY(put(&r->out, ":", 1));
        FA_TRY(put(&r->out, at, (size_t)(to - at)));
    }
    return FA_OK;
}

static fa_status read_series(reading *r, const char *at, const char *end) {
    r->class_.size = 0;
    for (size_t i = 0; i < r->count; i++) {
        FA_TRY(next_value(r, &at, end, i, ","));
        if ((int)i == r->relational) {
            FA_TRY(put_series(r));
            continue;
        }
        FA_TRY(check_level(r, &r->attributes[i]));
        if (memchr(r->word.bytes, ':', r->word.size) != NULL ||
            memchr(r->word.bytes, '\n', r->word.size) != NULL)
            return fail_at(r, "the class of a series holds ':' or a line break; rename it");
        FA_TRY(put(&r->class_, r->word.bytes, r->word.size));
    }
    if (r->count > 1) {
        FA_TRY(put(&r->out, ":", 1));
        FA_TRY(put(&r->out, r->class_.bytes, r->class_.size));
    }
    return put(&r->out, "\n", 1);
}

/* ==== The whole ==== */

static fa__line start(const void *bytes, size_t size) {
    size_t mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return fa__line_start((const char *)bytes + mark, size - mark);
}

bool fa__arff_recognise(const void *bytes, size_t size) {
    fa__line line = start(bytes, size);
    if (size == 0 || !fa__is_text(bytes, size)) return false;
    while (fa__line_next(&line)) {
        const char *end = line.text + line.size, *at = skip(line.text, end);
        if (at == end || *at == '%') continue;
        return says(at, end, "@relation") || says(at, end, "@attribute");
    }
    return false;
}

static fa_status read_line(reading *r) {
    const char *end = r->line.text + r->line.size, *at = skip(r->line.text, end);
    if (memchr(at, 0, (size_t)(end - at)) != NULL)
        return fail_at(r, "holds a zero byte; an ARFF file is text");
    if (!r->data) return read_head(r);
    FA_TRY(fa__stop_check());
    while (end > at && is_blank(end[-1])) end--;
    if (at == end || *at == '%') return put(&r->out, "\n", 1);
    if (r->relational >= 0) return read_series(r, at, end);
    return *at == '{' ? read_sparse(r, at, end) : read_row(r, at, end);
}

static fa_status declare(fa__arff *out, const reading *r) {
    static const fa__column_type types[] = {[NUMBERS] = FA__COLUMN_NUMBER,
                                            [NOMINAL] = FA__COLUMN_CATEGORY,
                                            [STRINGS] = FA__COLUMN_NAMES,
                                            [DATES] = FA__COLUMN_DATE};
    if (r->relational >= 0) return FA_OK;
    FA_TRY(FA_NEW(out->columns, r->count));
    out->count = r->count;
    for (size_t i = 0; i < r->count; i++)
        out->columns[i] = (fa__declared){types[r->attributes[i].kind], r->attributes[i].order};
    return FA_OK;
}

fa_status fa__arff_rewrite(fa__arff *out, const unsigned char *bytes, size_t size,
                           const char *where) {
    fa_status status = FA_OK;
    fa__arff made = {0};
    reading r = {.where = where, .line = start(bytes, size), .relational = -1};
    while (fa__line_next(&r.line)) FA_CHECK(read_line(&r));
    if (!r.data) FA_CHECK(fa__fail(FA_E_FORMAT, "%s: has no line @data", where));
    FA_CHECK(declare(&made, &r));
    made.bytes = (unsigned char *)r.out.bytes;
    made.size = r.out.size;
    r.out.bytes = NULL;
    *out = made;
done:
    for (size_t i = 0; i < r.count; i++) {
        fa__free(r.attributes[i].name);
        fa__categories_free(&r.attributes[i].levels);
    }
    fa__free(r.attributes);
    fa__free(r.word.bytes);
    fa__free(r.out.bytes);
    fa__free(r.class_.bytes);
    return status;
}

void fa__arff_free(fa__arff *arff) {
    fa__free(arff->bytes);
    fa__free(arff->columns);
    *arff = (fa__arff){0};
}
