/* Names in one block of text, with where each begins. */
#include "data/names.h"

#include "base/ascii.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *fa__name_at(const char *text, size_t index) {
    while (index-- > 0) text += strlen(text) + 1;
    return text;
}

const char *fa__names_at(const fa__names *names, size_t index) {
    FA_ASSERT(index < names->count);
    return names->starts != NULL ? names->text + names->starts[index]
                                 : fa__name_at(names->text, index);
}

fa_status fa__names_index(fa__names *names) {
    size_t at = 0;
    if (names->text == NULL || names->starts != NULL) return FA_OK;
    FA_TRY(FA_NEW(names->starts, names->count));
    for (size_t i = 0; i < names->count; i++) {
        names->starts[i] = at;
        at += strlen(names->text + at) + 1;
    }
    return FA_OK;
}

/* Room for `count` names of `size` bytes in all, their 0 included. */
static fa_status make_room(fa__names *names, size_t count, size_t size) {
    *names = (fa__names){.count = count, .size = size};
    FA_TRY(FA_NEW(names->text, size));
    fa_status status = FA_NEW(names->starts, count);
    if (status != FA_OK) fa__names_free(names);
    return status;
}

fa_status fa__names_make(fa__names *out, const char *const *strings, size_t count,
                         const char *what) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (strings[i] == NULL)
            return fa__fail(FA_E_ARGUMENT, "%s[%zu] is NULL; each of the %zu needs a text", what, i,
                            count);
        size_t length = strlen(strings[i]), bad = fa__utf8_check(strings[i], length);
        if (bad < length)
            return fa__fail(FA_E_FORMAT,
                            "%s[%zu]: byte %zu (0x%02x) is not UTF-8; convert the text", what, i,
                            bad, (unsigned)(unsigned char)strings[i][bad]);
        size += length + 1;
    }
    fa__names made;
    FA_TRY(make_room(&made, count, size));
    for (size_t i = 0, at = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(made.text + at, strings[i], length);
        made.starts[i] = at;
        at += length;
    }
    *out = made;
    return FA_OK;
}

fa_status fa__names_copy(fa__names *out, const fa__names *of) {
    fa__names made = {.size = of->size, .count = of->count};
    if (of->text == NULL) {
        *out = (fa__names){0};
        return FA_OK;
    }
    FA_TRY(FA_NEW(made.text, made.size));
    memcpy(made.text, of->text, made.size);
    fa_status status = fa__names_index(&made);
    if (status == FA_OK)
        *out = made;
    else
        fa__names_free(&made);
    return status;
}

fa_status fa__names_pick(fa__names *out, const fa__names *of, const size_t *numbers, size_t n) {
    size_t size = 0;
    fa__names made;
    if (of->text == NULL) {
        *out = (fa__names){0};
        return FA_OK;
    }
    for (size_t i = 0; i < n; i++) size += strlen(fa__names_at(of, numbers[i])) + 1;
    FA_TRY(make_room(&made, n, size));
    for (size_t i = 0, at = 0; i < n; i++) {
        const char *name = fa__names_at(of, numbers[i]);
        size_t length = strlen(name) + 1;
        memcpy(made.text + at, name, length);
        made.starts[i] = at;
        at += length;
    }
    *out = made;
    return FA_OK;
}

/* ==== By text ==== */

static const char *text_of(const void *owner, size_t number, size_t *size) {
    const char *name = fa__names_at(owner, number);
    *size = strlen(name);
    return name;
}

fa_status fa__names_find(size_t *places, const fa__names *of, const fa__names *wanted) {
    fa_status status = FA_OK;
    fa__names indexed = {0};
    fa__hash hash = {0};
    if (of->starts == NULL) { /* or each look would count anew */
        FA_CHECK(fa__names_copy(&indexed, of));
        of = &indexed;
    }
    for (size_t i = 0; i < of->count; i++) {
        size_t size;
        const char *name = text_of(of, i, &size);
        if (fa__hash_find(&hash, name, size, text_of, of) == SIZE_MAX)
            FA_CHECK(fa__hash_add(&hash, name, size, i));
    }
    const char *name = wanted->text;
    for (size_t k = 0; k < wanted->count; k++, name += strlen(name) + 1)
        places[k] = fa__hash_find(&hash, name, strlen(name), text_of, of);
done:
    fa__hash_free(&hash);
    fa__names_free(&indexed);
    return status;
}

/* ==== Names that look alike ==== */

typedef struct bare_name {
    const char *name, *bare;
} bare_name;

/* The letter without its accent of U+00C0 to U+00FF, '\0': it has none. */
static char plain_letter(unsigned code) {
    static const char letters[] =
        "aaaaaa\0ceeeeiiii\0nooooo\0ouuuuy\0\0aaaaaa\0ceeeeiiii\0nooooo\0ouuuuy\0y";
    return letters[code - 0xc0];
}

/* Small letters, without accents, and without blanks at the ends or beside others. `to` has room for
 * the name and is moved on. */
static const char *bare_of(char **to, const char *name) {
    char *start = *to, *at = start;
    for (const unsigned char *from = (const unsigned char *)name; *from != 0; from++) {
        bool blank = *from == ' ' || *from == '\t' || (from[0] == 0xc2 && from[1] == 0xa0);
        bool two = (*from & 0xe0u) == 0xc0 && (from[1] & 0xc0u) == 0x80; /* not so: no UTF-8 */
        unsigned code = two ? (*from & 0x1fu) << 6 | (from[1] & 0x3fu) : 0;
        if (blank) {
            if (at > start && at[-1] != ' ') *at++ = ' ';
            from += *from == 0xc2;
        } else if (code >= 0x300 && code < 0x370) { /* an accent that follows its letter */
            from++;
        } else if (code >= 0xc0 && code <= 0xff && plain_letter(code) != '\0') {
            *at++ = plain_letter(code);
            from++;
        } else
            *at++ = (char)(*from < 0x80 ? fa__lower(*from) : *from);
    }
    if (at > start && at[-1] == ' ') at--;
    *at++ = '\0';
    *to = at;
    return start;
}

static int by_bare(const void *a, const void *b) {
    const bare_name *x = a, *y = b;
    int order = strcmp(x->bare, y->bare);
    return order != 0 ? order : strcmp(x->name, y->name);
}

fa_status fa__names_alike(size_t *pairs, const char **a, const char **b, const fa__names *of) {
    fa_status status = FA_OK;
    bare_name *names = NULL;
    char *room = NULL, *at;
    *pairs = 0;
    if (of->text == NULL || of->count < 2) return FA_OK;
    FA_CHECK(FA_NEW(names, of->count));
    FA_CHECK(FA_NEW(room, of->size + 1));
    at = room;
    for (size_t i = 0; i < of->count; i++) {
        names[i].name = fa__names_at(of, i);
        names[i].bare = bare_of(&at, names[i].name);
    }
    qsort(names, of->count, sizeof *names, by_bare);
    for (size_t i = 1; i < of->count; i++) {
        if (strcmp(names[i].bare, names[i - 1].bare) != 0) continue;
        if ((*pairs)++ > 0) continue;
        *a = names[i - 1].name;
        *b = names[i].name;
    }
done:
    fa__free(names);
    fa__free(room);
    return status;
}

void fa__names_free(fa__names *names) {
    fa__free(names->text);
    fa__free(names->starts);
    *names = (fa__names){0};
}
