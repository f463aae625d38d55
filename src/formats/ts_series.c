/* Series in the .ts form. A dimension is a feature; all of a case have as many steps. */
#include "formats/ts_series.h"

#include "base/ascii.h"
#include "base/floats.h"
#include "base/memory.h"
#include "formats/labels.h"
#include "base/bytes.h"
#include "formats/cells.h"
#include "formats/fallen.h"
#include "formats/missing.h"
#include "formats/categories.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    fa_dataset *set;
    const char *where;
    fa__line line;
    bool data;                 /* @data has come */
    bool classes;              /* the last part of a case is its class */
    bool target;               /* or a number, which is not used */
    bool univariate, equal;    /* as the head says */
    size_t dimensions, length; /* as it says; 0: it does not */
    fa__categories known;      /* the classes that it lists */
    fa__missing missed;
    fa__categories categories;
    int32_t *labels; /* by case */
    size_t used, values_capacity, offsets_capacity, labels_capacity;
    const double *shift; /* [features] what is taken off; NULL: nothing, so far */
    double *low, *high;  /* [features] the range */
    double *
        looked; /* [fa__fallen_rows(SIZE_MAX, features), features] the first rows, less the shift */
} reading;

/* ==== Head ==== */

/* True where the line begins with this word, in any case, and *rest then stands behind it. */
static bool begins(const fa__line *line, const char *word, const char **rest) {
    size_t size = strlen(word);
    if (line->size < size) return false;
    for (size_t i = 0; i < size; i++)
        if (fa__lower((unsigned char)line->text[i]) != word[i]) return false;
    if (line->size > size && !fa__is_space((unsigned char)line->text[size])) return false;
    *rest = line->text + size;
    return true;
}

static bool says_true(const fa__line *line, const char *at) {
    const char *end = line->text + line->size;
    fa__skip_blanks(&at, end);
    return end - at >= 4 && fa__lower((unsigned char)at[0]) == 't' &&
           fa__lower((unsigned char)at[1]) == 'r' && fa__lower((unsigned char)at[2]) == 'u' &&
           fa__lower((unsigned char)at[3]) == 'e';
}

/* A number of 1 and more; 0: it is none. */
static size_t says_size(const fa__line *line, const char *at) {
    int64_t value;
    return fa__scan_integer(&value, &at, line->text + line->size) && value > 0 ? (size_t)value : 0;
}

/* The words behind "true". */
static fa_status list_classes(reading *r, const char *at) {
    const char *end = r->line.text + r->line.size;
    int32_t number;
    for (size_t word = 0;; word++) {
        while (at < end && fa__is_space((unsigned char)*at)) at++;
        const char *from = at;
        while (at < end && !fa__is_space((unsigned char)*at)) at++;
        if (at == from) return FA_OK;
        if (word > 0) FA_TRY(fa__categories_add(&number, &r->known, from, (size_t)(at - from)));
    }
}

static fa_status read_head(reading *r) {
    const char *rest = NULL;
    char quoted[FA__QUOTE_SIZE];
    if (r->line.text[0] != '@')
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: '%s' stands before @data; cases follow that line", r->where,
                        r->line.number, fa__quote(quoted, r->line.text, r->line.size));
    if (begins(&r->line, "@data", &rest)) r->data = true;
    if (begins(&r->line, "@classlabel", &rest)) {
        r->classes = says_true(&r->line, rest);
        if (r->classes) FA_TRY(list_classes(r, rest));
    }
    if (begins(&r->line, "@univariate", &rest)) r->univariate = says_true(&r->line, rest);
    if (begins(&r->line, "@equallength", &rest)) r->equal = says_true(&r->line, rest);
    if (begins(&r->line, "@dimensions", &rest) || begins(&r->line, "@dimension", &rest)) {
        r->dimensions = says_size(&r->line, rest);
        if (r->dimensions == 0)
            return fa__fail(FA_E_FORMAT, "%s: line %zu: @dimensions wants a number of 1 and more",
                            r->where, r->line.number);
    }
    if (begins(&r->line, "@serieslength", &rest)) r->length = says_size(&r->line, rest);
    if (begins(&r->line, "@targetlabel", &rest)) r->target = says_true(&r->line, rest);
    if (begins(&r->line, "@timestamps", &rest) && says_true(&r->line, rest))
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: cases with time stamps, (time, value), cannot be read; "
                        "write them as a long table: id,time,value",
                        r->where, r->line.number);
    return FA_OK;
}

/* ==== Cases ==== */

static fa_status fail_at(const reading *r, size_t dimension, size_t step, const char *what,
                         const char *text, size_t size) {
    char quoted[FA__QUOTE_SIZE];
    return fa__fail(FA_E_FORMAT, "%s: line %zu, dimension %zu, step %zu: '%s' %s", r->where,
                    r->line.number, dimension + 1, step + 1, fa__quote(quoted, text, size), what);
}

/* Parts of a case between colons, [first, last); *count of them. */
static size_t count_of(const char *at, const char *end, char mark) {
    size_t count = 1;
    for (; at < end; at++) count += *at == mark;
    return count;
}

static void keep(float *out, reading *r, double value, size_t dimension, size_t step) {
    size_t features = r->set->features, row = r->used / features + step;
    if (r->shift != NULL) value -= r->shift[dimension];
    if (row < fa__fallen_rows(SIZE_MAX, features)) r->looked[row * features + dimension] = value;
    *out = (float)value;
}

static fa_status read_value(float *out, reading *r, const char *text, size_t size, size_t dimension,
                            size_t step) {
    double value;
    while (size > 0 && fa__is_space((unsigned char)*text)) text++, size--;
    while (size > 0 && fa__is_space((unsigned char)text[size - 1])) size--;
    if (fa__is_missing(text, size)) {
        keep(out, r, (double)NAN, dimension, step);
        if (r->missed.count++ == 0)
            snprintf(r->missed.first, sizeof r->missed.first, "line %zu, dimension %zu, step %zu",
                     r->line.number, dimension + 1, step + 1);
        return FA_OK;
    }
    if (!fa__cell_plain(&value, text, size))
        return fail_at(r, dimension, step, "is no number; values stand between commas", text, size);
    if (!(fabs(value) < 0x1.ffffffp127))
        return fail_at(r, dimension, step, "is not a finite float32; take the case out", text,
                       size);
    r->low[dimension] = fmin(r->low[dimension], value);
    r->high[dimension] = fmax(r->high[dimension], value);
    keep(out, r, value, dimension, step);
    return FA_OK;
}

/* One dimension of a case, into column `dimension` of its rows. */
static fa_status read_dimension(reading *r, const char *at, const char *end, size_t dimension,
                                size_t steps) {
    size_t features = r->set->features, found = count_of(at, end, ',');
    if (found != steps)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: dimension %zu has %zu steps, dimension 1 has %zu; the "
                        "dimensions of a case must be of one length",
                        r->where, r->line.number, dimension + 1, found, steps);
    for (size_t t = 0; t < steps; t++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        if (comma == NULL) comma = end;
        FA_TRY(read_value(r->set->values.numbers + r->used + t * features + dimension, r, at,
                          (size_t)(comma - at), dimension, t));
        at = comma + (comma < end);
    }
    return FA_OK;
}

static fa_status read_class(reading *r, const char *at, const char *end) {
    fa_dataset *set = r->set;
    int32_t *labels = fa__grow(r->labels, &r->labels_capacity, set->n + 1, sizeof *labels);
    if (labels == NULL) return fa__nomem(set->n + 1, sizeof *labels);
    r->labels = labels;
    while (at < end && fa__is_space((unsigned char)*at)) at++;
    while (end > at && fa__is_space((unsigned char)end[-1])) end--;
    char quoted[FA__QUOTE_SIZE];
    if (fa__utf8_check(at, (size_t)(end - at)) < (size_t)(end - at))
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: class '%s' is not UTF-8 text; convert the file (from "
                        "Latin-1: iconv -f LATIN1 -t UTF-8)",
                        r->where, r->line.number, fa__quote(quoted, at, (size_t)(end - at)));
    if (fa__is_missing(at, (size_t)(end - at)))
        return fa__fail(FA_E_LABEL,
                        "%s: line %zu: the class, behind the last colon, is missing ('%s'); every "
                        "case needs one: take it out",
                        r->where, r->line.number, fa__quote(quoted, at, (size_t)(end - at)));
    if (r->known.count > 0 &&
        fa__categories_find(&r->known, at, (size_t)(end - at)) == r->known.count)
        return fa__fail(FA_E_LABEL,
                        "%s: line %zu: class '%s' is not one of the %zu of @classLabel (the first: "
                        "%.40s); add it there, or correct it",
                        r->where, r->line.number, fa__quote(quoted, at, (size_t)(end - at)),
                        r->known.count, r->known.text);
    fa_status status = fa__categories_add(&labels[set->n], &r->categories, at, (size_t)(end - at));
    if (status != FA_OK) return fa__fail_within(status, "%s: line %zu", r->where, r->line.number);
    return FA_OK;
}

/* Room for the rows of one case more. */
static fa_status make_room(reading *r, size_t steps) {
    fa_dataset *set = r->set;
    size_t *offsets =
        fa__grow(set->values.offsets, &r->offsets_capacity, set->n + 2, sizeof *offsets);
    if (offsets == NULL) return fa__nomem(set->n + 2, sizeof *offsets);
    set->values.offsets = offsets;
    size_t count = r->used + steps * set->features; /* at most the values that the line can hold */
    float *values = fa__grow(set->values.numbers, &r->values_capacity, count, sizeof *values);
    if (values == NULL) return fa__nomem(count, sizeof *values);
    set->values.numbers = values;
    return FA_OK;
}

/* What is seen of the values of each dimension. */
static fa_status look_at_values(reading *r) {
    size_t features = r->set->features;
    FA_TRY(FA_NEW(r->low, features));
    FA_TRY(FA_NEW(r->high, features));
    for (size_t d = 0; d < features; d++)
        r->low[d] = (double)INFINITY, r->high[d] = -(double)INFINITY;
    return FA_NEW(r->looked, fa__fallen_rows(SIZE_MAX, features) * features + 1);
}

/* What the head says of a case's dimensions. */
static fa_status check_head(const reading *r, size_t dimensions) {
    size_t said = r->dimensions > 0 ? r->dimensions : r->univariate ? 1 : dimensions;
    if (dimensions == said) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: line %zu: the case has %zu dimension%s%s, the head says %zu (%s): is its "
                    "class or a dimension missing?",
                    r->where, r->line.number, dimensions, dimensions == 1 ? "" : "s",
                    r->classes ? " and a class" : "", said,
                    r->dimensions > 0 ? "@dimensions" : "@univariate true");
}

/* And of its length: @equalLength true makes that of the first case the length of all. */
static fa_status check_length(reading *r, size_t steps) {
    if (r->length == 0 && r->equal) r->length = steps;
    if (r->length == 0 || steps == r->length) return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: line %zu: the case has %zu steps, %s %zu (%s); correct the head, or the "
                    "case",
                    r->where, r->line.number, steps, r->equal ? "all have" : "the head says",
                    r->length, r->equal ? "@equalLength true" : "@seriesLength");
}

static fa_status read_case(reading *r) {
    fa_dataset *set = r->set;
    const char *at = r->line.text, *end = at + r->line.size;
    size_t parts = count_of(at, end, ':'), last = r->classes || r->target;
    if (parts <= last)
        return fa__fail(FA_E_FORMAT, "%s: line %zu: has no class behind a colon, as the head says",
                        r->where, r->line.number);
    if (set->n == 0) set->features = parts - last;
    FA_TRY(check_head(r, parts - last));
    if (parts - last != set->features)
        return fa__fail(FA_E_FORMAT, "%s: line %zu has %zu dimensions, the first case has %zu",
                        r->where, r->line.number, parts - last, set->features);
    const char *colon = memchr(at, ':', (size_t)(end - at));
    size_t steps = count_of(at, colon != NULL ? colon : end, ',');
    /* every dimension is checked to be as long before more room than the line warrants is taken */
    if (steps * set->features > r->line.size + 1)
        return fa__fail(FA_E_FORMAT,
                        "%s: line %zu: its dimensions are not all of %zu steps, as the first is",
                        r->where, r->line.number, steps);
    FA_TRY(check_length(r, steps));
    FA_TRY(make_room(r, steps));
    if (r->low == NULL) FA_TRY(look_at_values(r));
    for (size_t d = 0; d < set->features; d++) {
        colon = memchr(at, ':', (size_t)(end - at));
        if (colon == NULL) colon = end;
        FA_TRY(read_dimension(r, at, colon, d, steps));
        at = colon + (colon < end);
    }
    if (r->classes) FA_TRY(read_class(r, at, end));
    set->values.offsets[0] = 0;
    r->used += steps * set->features;
    set->values.offsets[++set->n] = r->used / set->features;
    return FA_OK;
}

/* ==== The whole ==== */

static bool is_blank(const fa__line *line) {
    size_t i = 0;
    while (i < line->size && fa__is_space((unsigned char)line->text[i])) i++;
    return i == line->size;
}

/* Before the first line, behind a byte order mark. */
static fa__line start(const fa__source *source) {
    size_t mark = source->size >= 3 && memcmp(source->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return fa__line_start(source->bytes + mark, source->size - mark);
}

/* A first line, comments and empty ones aside, that begins with '@' and a letter. */
bool fa__ts_recognise(const fa__source *source) {
    if (source->bytes == NULL) return false;
    fa__line line = start(source);
    while (fa__line_next(&line))
        if (!is_blank(&line) && line.text[0] != '#')
            return line.text[0] == '@' && line.size > 1 &&
                   fa__is_letter((unsigned char)line.text[1]);
    return false;
}

static fa_status finish(reading *r, const fa_read_options *options) {
    fa_dataset *set = r->set;
    if (set->n == 0)
        return fa__fail(FA_E_FORMAT, "%s: holds no cases%s", r->where,
                        r->data ? " below @data" : ", and no line @data");
    if (r->classes) {
        int32_t *labels = r->labels;
        r->labels = NULL;
        FA_TRY(fa__categories_to_classes(set, &r->categories, labels));
    }
    fa__fallen_note(set, r->looked, fa__fallen_rows(r->used / set->features, set->features));
    FA_TRY(fa__missing_fill(set, &r->missed, options->missing, r->where));
    if (r->target)
        fa__dataset_add_note(set, "the numbers behind the last colon (@targetLabel) are not used");
    return FA_OK;
}

static fa_status read_lines(reading *r) {
    while (fa__line_next(&r->line)) {
        if (is_blank(&r->line) || r->line.text[0] == '#') continue;
        if (memchr(r->line.text, 0, r->line.size) != NULL)
            return fa__fail(FA_E_FORMAT, "%s: line %zu: holds a zero byte; a .ts file is text",
                            r->where, r->line.number);
        FA_TRY(r->data ? read_case(r) : read_head(r));
    }
    return FA_OK;
}

static void close_reading(reading *r) {
    fa__free(r->missed.fill);
    fa_dataset_free(r->set);
    fa__free(r->labels);
    fa__free(r->low);
    fa__free(r->high);
    fa__free(r->looked);
    fa__categories_free(&r->categories);
    fa__categories_free(&r->known);
}

/* What is to be taken off before values become float32; *out NULL: nothing. */
static fa_status find_shift(double **out, const reading *r) {
    size_t features = r->set->features, shifted = 0;
    *out = NULL;
    if (r->set->n == 0) return FA_OK;
    FA_TRY(FA_NEW_ZERO(*out, features));
    for (size_t d = 0; d < features; d++) {
        if (r->low[d] <= r->high[d]) (*out)[d] = fa__shift_of(r->low[d], r->high[d]);
        shifted += (*out)[d] != 0;
    }
    if (shifted > 0) return FA_OK;
    fa__free(*out);
    *out = NULL;
    return FA_OK;
}

fa_status fa__ts_read(fa_dataset **out, const fa__source *source, const fa_read_options *options) {
    fa_status status = FA_OK;
    double *shift = NULL;
    reading r = {.where = source->path, .line = start(source)};
    FA_TRY(fa__dataset_create(&r.set, FA_KIND_SERIES));
    FA_CHECK(read_lines(&r));
    FA_CHECK(find_shift(&shift, &r));
    if (shift != NULL) { /* once more, as hardly any file needs it */
        close_reading(&r);
        r = (reading){.where = source->path, .line = start(source), .shift = shift};
        FA_CHECK(fa__dataset_create(&r.set, FA_KIND_SERIES));
        r.set->values.shift = shift;
        shift = NULL; /* the set's */
        FA_CHECK(read_lines(&r));
    }
    FA_CHECK(finish(&r, options));
    *out = r.set;
    r.set = NULL;
done:
    fa__free(shift);
    close_reading(&r);
    return status;
}
