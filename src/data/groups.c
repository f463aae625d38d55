/* Coarse groups from fine classes by a written rule:
 *     rule  = group { "/" group }      at least two
 *     group = range { "," range }
 *     range = class [ "-" class ]      classes are numbers >= 0
 * Blanks may stand between any two of these. */
#include "base/memory.h"
#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

typedef struct range {
    int32_t low, high;
    size_t group;
} range;

typedef struct rule {
    const char *text, *at, *end;
    char shown[FA__QUOTE_SIZE]; /* the text, or its start, for messages */
    range *ranges;
    size_t count, capacity;
    size_t groups;
} rule;

/* ==== Reading the rule ==== */

static void skip_blanks(rule *r) {
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL) r->at++;
}

static bool accept(rule *r, char wanted) {
    skip_blanks(r);
    if (r->at == r->end || *r->at != wanted) return false;
    r->at++;
    return true;
}

static fa_status read_class(int32_t *out, rule *r) {
    int64_t value;
    char quoted[FA__QUOTE_SIZE];
    skip_blanks(r);
    if (r->at == r->end || *r->at < '0' || *r->at > '9')
        return fa__fail(FA_E_ARGUMENT,
                        "groups '%s': character %zu: a class number is wanted, found "
                        "%s (a rule looks like '0-4 / 5-9')",
                        r->shown, (size_t)(r->at - r->text) + 1,
                        r->at == r->end ? "the end" : fa__quote(quoted, r->at, 1));
    const char *start = r->at;
    if (!fa__scan_integer(&value, &r->at, r->end) || value > INT32_MAX)
        return fa__fail(FA_E_ARGUMENT, "groups '%s': character %zu: a class number is at most %d",
                        r->shown, (size_t)(start - r->text) + 1, INT32_MAX);
    *out = (int32_t)value;
    return FA_OK;
}

static fa_status read_range(rule *r) {
    range next = {.group = r->groups};
    FA_TRY(read_class(&next.low, r));
    next.high = next.low;
    if (accept(r, '-')) {
        FA_TRY(read_class(&next.high, r));
        if (next.high < next.low)
            return fa__fail(FA_E_ARGUMENT,
                            "groups '%s': the range before character %zu runs "
                            "backwards; write %d-%d",
                            r->shown, (size_t)(r->at - r->text) + 1, next.high, next.low);
    }
    for (size_t i = 0; i < r->count; i++)
        if (next.low <= r->ranges[i].high && r->ranges[i].low <= next.high)
            return fa__fail(FA_E_LABEL,
                            "groups '%s': class %d is named twice (before character %zu)", r->shown,
                            next.low > r->ranges[i].low ? next.low : r->ranges[i].low,
                            (size_t)(r->at - r->text) + 1);
    range *grown = fa__grow(r->ranges, &r->capacity, r->count + 1, sizeof *r->ranges);
    if (grown == NULL) return fa__nomem(r->count + 1, sizeof *r->ranges);
    r->ranges = grown;
    r->ranges[r->count++] = next;
    return FA_OK;
}

static fa_status read_rule(rule *r) {
    char quoted[FA__QUOTE_SIZE];
    do {
        do FA_TRY(read_range(r));
        while (accept(r, ','));
        r->groups++;
    } while (accept(r, '/'));
    if (r->at != r->end)
        return fa__fail(FA_E_ARGUMENT,
                        "groups '%s': character %zu: ',', '-' or '/' is wanted, found "
                        "'%s'",
                        r->shown, (size_t)(r->at - r->text) + 1, fa__quote(quoted, r->at, 1));
    if (r->groups < 2)
        return fa__fail(FA_E_LABEL,
                        "groups '%s': is one group only, at least two are needed, "
                        "separated by '/'",
                        r->shown);
    return FA_OK;
}

/* ==== Applying it ==== */

/* The group of a class, or r->groups if it is in none. */
static size_t group_of(const rule *r, int32_t class) {
    for (size_t i = 0; i < r->count; i++)
        if (class >= r->ranges[i].low && class <= r->ranges[i].high) return r->ranges[i].group;
    return r->groups;
}

/* Every class in a group, every group with a sample. */
static fa_status check_classes(const rule *r, const int32_t *classes, size_t n) {
    fa_status status = FA_OK;
    size_t *counts;
    FA_TRY(FA_NEW_ZERO(counts, r->groups + 1));
    for (size_t i = 0; i < n; i++) counts[group_of(r, classes[i])]++;
    if (counts[r->groups] > 0) {
        size_t first = 0, alike = 0;
        while (group_of(r, classes[first]) < r->groups) first++;
        for (size_t i = 0; i < n; i++) alike += classes[i] == classes[first];
        FA_CHECK(fa__fail(FA_E_LABEL,
                          "groups '%s': class %d is in no group: %zu samples have it, "
                          "the first is sample %zu (%zu of %zu samples are in no group); add it to "
                          "one",
                          r->shown, classes[first], alike, first, counts[r->groups], n));
    }
    for (size_t g = 0; g < r->groups; g++)
        if (counts[g] == 0)
            FA_CHECK(fa__fail(FA_E_LABEL, "groups '%s': no sample is in group %zu of %zu", r->shown,
                              g + 1, r->groups));
done:
    fa__free(counts);
    return status;
}

fa_status fa_groups_apply(int32_t *coarse, size_t *n_groups, const char *rule_text,
                          const int32_t *classes, size_t n) {
    rule r = {.text = rule_text, .at = rule_text, .end = rule_text + strlen(rule_text)};
    fa_status status = FA_OK;
    (void)fa__quote(r.shown, rule_text, strlen(rule_text));
    FA_CHECK(read_rule(&r));
    if (classes == NULL)
        FA_CHECK(fa__fail(FA_E_LABEL, "groups '%s': the data have no classes to group", r.shown));
    FA_CHECK(check_classes(&r, classes, n));
    for (size_t i = 0; i < n; i++) coarse[i] = (int32_t)group_of(&r, classes[i]);
    *n_groups = r.groups;
done:
    fa__free(r.ranges);
    return status;
}
