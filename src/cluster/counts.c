/* Numbers of clusters for labels, as a text says them. Letters: n rows, l labels, y one of them. */
#include "base/counts.h"
#include "base/memory.h"
#include "cluster/within.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER = 24 };

typedef struct counting {
    const char *const *names; /* [l]; NULL: they are numbers */
    size_t l;
    fa__by_label by; /* {0}: the rows are not known */
    size_t *k_of;    /* [l] */
} counting;

static const char *name_of(char number[NUMBER], const counting *c, size_t y) {
    snprintf(number, NUMBER, "%zu", y);
    return c->names != NULL ? c->names[y] : number;
}

/* The label of this name, or of this number; l: there is none. */
static size_t find_label(const counting *c, const fa__count *of) {
    for (size_t y = 0; c->names != NULL && y < c->l; y++)
        if (strlen(c->names[y]) == of->length && memcmp(c->names[y], of->name, of->length) == 0)
            return y;
    if (strspn(of->name, "0123456789") != of->length || of->length > 9) return c->l;
    size_t number = strtoul(of->name, NULL, 10);
    return number < c->l ? number : c->l;
}

static fa_status no_such_label(const counting *c, const fa__count *of) {
    char name[80], first[NUMBER], last[NUMBER];
    snprintf(name, sizeof name, "%.*s",
             (int)(of->length < sizeof name ? of->length : sizeof name - 1), of->name);
    const char *near = c->names != NULL ? fa_nearest_name(name, c->names, c->l) : NULL;
    return fa__fail(
        FA_E_ARGUMENT,
        "no coarse label is named '%s' (%s%s%s%zu labels, from '%s' to '%s'); numbers are given as "
        "%s=4, %s=6",
        name, near != NULL ? "did you mean '" : "", near != NULL ? near : "",
        near != NULL ? "'? " : "", c->l, name_of(first, c, 0), name_of(last, c, c->l - 1),
        name_of(first, c, 0), name_of(last, c, c->l - 1));
}

static fa_status take(counting *c, const fa__count *one) {
    char number[NUMBER];
    size_t y = find_label(c, one);
    if (y == c->l) return no_such_label(c, one);
    if (c->k_of[y] > 0)
        return fa__fail(FA_E_ARGUMENT, "the coarse label '%s' is there twice",
                        name_of(number, c, y));
    c->k_of[y] = one->count;
    return FA_OK;
}

/* What a label got, against its rows. */
static fa_status check(const counting *c, size_t y) {
    char number[NUMBER];
    const char *name = name_of(number, c, y);
    size_t k = c->k_of[y], rows = c->by.rows != NULL ? c->by.start[y + 1] - c->by.start[y] : k;
    if (k > rows && rows == 0)
        return fa__fail(FA_E_ARGUMENT, "no row has the coarse label '%s'; leave it out", name);
    if (k > rows)
        return fa__fail(FA_E_ARGUMENT,
                        "the coarse label '%s' has %zu rows, %zu clusters are asked for; 1 to its "
                        "rows work",
                        name, rows, k);
    if (k > 0 || (c->by.rows != NULL && rows == 0)) return FA_OK;
    return fa__fail(
        FA_E_ARGUMENT,
        "says nothing of the coarse label '%s'; give each of the %zu labels its number, "
        "or one number to share out",
        name, c->l);
}

fa_status fa_kmeans_counts(size_t *k_of, const char *text, const char *const *names,
                           const int32_t *labels, size_t n, size_t l) {
    fa_status status = FA_OK;
    counting c = {.names = names, .l = l};
    fa__count one;
    if (text == NULL || (k_of == NULL && l > 0))
        return fa__fail(FA_E_ARGUMENT, "%s is NULL", text == NULL ? "text" : "k_of");
    if (labels != NULL && l > 0) FA_TRY(fa__by_label_make(&c.by, labels, n, l));
    FA_CHECK(FA_NEW_ZERO(c.k_of, l + 1));
    do {
        FA_CHECK(fa__counts_next(&one, &text));
        if (l > 0) FA_CHECK(take(&c, &one));
    } while (*text != '\0');
    for (size_t y = 0; y < l; y++) FA_CHECK(check(&c, y));
    if (l > 0) memcpy(k_of, c.k_of, l * sizeof *k_of);
done:
    fa__by_label_free(&c.by);
    fa__free(c.k_of);
    return status;
}
