/* The contingency table of two labelings, in linear time for any labels: names are made small ids,
 * cells are counted in a table where it is small and class by class where it would be large.
 *
 * Letters: n items; a, b sizes of classes. */
#include "cluster/contingency.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ==== Labels to ids ==== */

/* The classes of one side: item i is in class label[i] - low, modulo 2^32. Some of the `ids`
 * classes may be empty: a size of 0 is no class. */
typedef struct side {
    const uint32_t *label; /* [n]: the caller's labels, or `own` */
    uint32_t *own;         /* new labels, or NULL */
    uint32_t low;
    size_t ids;
} side;

static inline uint32_t class_of(const side *s, size_t i) {
    return s->label[i] - s->low;
}

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, RADIX_PASSES = 3 };

/* Order-keeping map of int32 to uint32, so that the span of any two labels fits. */
static uint32_t unsigned_label(int32_t label) {
    return (uint32_t)label ^ 0x80000000u;
}

/* Ids for labels spread too far for a table: sorts (label, item) by radix, which no choice of
 * labels can slow down, and numbers the runs of equal labels. item[], spare[] have room for n. */
static void number_by_sorting(side *s, uint64_t *item, uint64_t *spare, const int32_t *labels,
                              size_t n) {
    for (size_t i = 0; i < n; i++) item[i] = (uint64_t)unsigned_label(labels[i]) << 32 | i;
    for (int pass = 0; pass < RADIX_PASSES; pass++) {
        size_t start[RADIX + 1] = {0};
        int shift = 32 + pass * RADIX_BITS;
        for (size_t i = 0; i < n; i++) start[(item[i] >> shift) % RADIX + 1]++;
        for (size_t digit = 0; digit < RADIX; digit++) start[digit + 1] += start[digit];
        for (size_t i = 0; i < n; i++) spare[start[(item[i] >> shift) % RADIX]++] = item[i];
        uint64_t *sorted = spare;
        spare = item;
        item = sorted;
    }
    uint32_t id = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && item[i] >> 32 != item[i - 1] >> 32) id++;
        s->own[(uint32_t)item[i]] = id;
    }
    s->ids = (size_t)id + 1;
}

static fa_status number_labels(side *s, const int32_t *labels, size_t n) {
    uint32_t low = unsigned_label(labels[0]), high = low;
    for (size_t i = 1; i < n; i++) {
        uint32_t label = unsigned_label(labels[i]);
        low = label < low ? label : low;
        high = label > high ? label : high;
    }
    s->label = (const uint32_t *)labels;
    s->low = low ^ 0x80000000u;
    s->ids = (size_t)(high - low) + 1;
    if (high - low <= n) return FA_OK; /* they are class numbers as they are */
    s->low = 0;
    uint64_t *item = NULL, *spare = NULL;
    fa_status status;
    FA_CHECK(FA_NEW(s->own, n));
    s->label = s->own;
    FA_CHECK(FA_NEW(item, n));
    FA_CHECK(FA_NEW(spare, n));
    number_by_sorting(s, item, spare, labels, n);
done:
    fa__free(item);
    fa__free(spare);
    return status;
}

/* ==== Tallies ==== */

static int by_size(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Sizes below this are tallied in a table; at most n / SMALL are larger, few enough to sort. */
enum { SMALL = 4096 };

static fa_status tally_sizes(fa__tally *out, const uint32_t *sizes, size_t count) {
    uint32_t times[SMALL] = {0};
    size_t n_large = 0, distinct = 0;
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] < SMALL)
            times[sizes[i]]++;
        else
            n_large++;
    }
    for (uint32_t size = 1; size < SMALL; size++) distinct += times[size] > 0;

    uint32_t *large;
    FA_TRY(FA_NEW(large, n_large));
    fa_status status = FA_NEW(out->entries, distinct + n_large);
    if (status == FA_OK) {
        for (uint32_t size = 1; size < SMALL; size++) {
            if (times[size] == 0) continue;
            out->entries[out->count++] = (fa__tally_entry){size, times[size]};
            out->parts += times[size];
        }
        for (size_t i = 0, filled = 0; i < count; i++)
            if (sizes[i] >= SMALL) large[filled++] = sizes[i];
        qsort(large, n_large, sizeof *large, by_size);
        for (size_t i = 0; i < n_large; i++) {
            if (i > 0 && large[i] == large[i - 1])
                out->entries[out->count - 1].times++;
            else
                out->entries[out->count++] = (fa__tally_entry){large[i], 1};
        }
        out->parts += n_large;
    }
    fa__free(large);
    return status;
}

/* ==== Cells ==== */

/* Few classes: the whole table, at most n cells. */
static fa_status count_in_table(fa__contingency *out, const side *u, const side *v) {
    size_t n_cells = u->ids * v->ids;
    uint32_t *a = NULL, *b = NULL, *cell = NULL;
    fa_status status;
    FA_CHECK(FA_NEW_ZERO(a, u->ids));
    FA_CHECK(FA_NEW_ZERO(b, v->ids));
    FA_CHECK(FA_NEW_ZERO(cell, n_cells));
    for (size_t i = 0; i < out->n; i++) cell[class_of(u, i) * v->ids + class_of(v, i)]++;
    for (size_t i = 0; i < u->ids; i++)
        for (size_t j = 0; j < v->ids; j++) {
            a[i] += cell[i * v->ids + j];
            b[j] += cell[i * v->ids + j];
        }
    FA_CHECK(tally_sizes(&out->u, a, u->ids));
    FA_CHECK(tally_sizes(&out->v, b, v->ids));
    FA_CHECK(tally_sizes(&out->cells, cell, n_cells));
done:
    fa__free(a);
    fa__free(b);
    fa__free(cell);
    return status;
}

/* Many classes: the items sorted by their class in u, then each such class counted by v with one
 * row of counters. */
static fa_status count_by_class(fa__contingency *out, const side *u, const side *v) {
    uint32_t *a = NULL, *b = NULL, *row = NULL, *grouped = NULL;
    size_t *end = NULL, n_cells = 0;
    fa_status status;
    FA_CHECK(FA_NEW_ZERO(a, u->ids));
    FA_CHECK(FA_NEW_ZERO(b, v->ids));
    FA_CHECK(FA_NEW_ZERO(row, v->ids));
    FA_CHECK(FA_NEW(grouped, out->n));
    FA_CHECK(FA_NEW(end, u->ids));
    for (size_t i = 0; i < out->n; i++) a[class_of(u, i)]++;
    for (size_t i = 0; i < out->n; i++) b[class_of(v, i)]++;
    for (size_t i = 0, start = 0; i < u->ids; i++) {
        end[i] = start; /* where the next item of class i goes: its end, once all are in */
        start += a[i];
    }
    for (size_t i = 0; i < out->n; i++) grouped[end[class_of(u, i)]++] = class_of(v, i);
    for (size_t i = 0; i < u->ids; i++) {
        for (size_t p = end[i] - a[i]; p < end[i]; p++) row[grouped[p]]++;
        for (size_t p = end[i] - a[i]; p < end[i]; p++) {
            uint32_t j = grouped[p];
            if (row[j] == 0) continue;   /* taken with an earlier item of the same cell */
            grouped[n_cells++] = row[j]; /* n_cells <= p: the place has been read */
            row[j] = 0;
        }
    }
    FA_CHECK(tally_sizes(&out->u, a, u->ids));
    FA_CHECK(tally_sizes(&out->v, b, v->ids));
    FA_CHECK(tally_sizes(&out->cells, grouped, n_cells));
done:
    fa__free(a);
    fa__free(b);
    fa__free(row);
    fa__free(grouped);
    fa__free(end);
    return status;
}

fa_status fa__contingency_make(fa__contingency *out, const int32_t *u, const int32_t *v, size_t n) {
    memset(out, 0, sizeof *out);
    out->n = n;
    side a = {0}, b = {0};
    fa_status status;
    FA_CHECK(number_labels(&a, u, n));
    FA_CHECK(number_labels(&b, v, n));
    FA_CHECK(a.ids <= n / b.ids ? count_in_table(out, &a, &b) : count_by_class(out, &a, &b));
done:
    fa__free(a.own);
    fa__free(b.own);
    if (status != FA_OK) fa__contingency_free(out);
    return status;
}

void fa__contingency_free(fa__contingency *contingency) {
    fa__free(contingency->u.entries);
    fa__free(contingency->v.entries);
    fa__free(contingency->cells.entries);
}
