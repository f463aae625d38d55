/* Members of tar archives. Every number in one is another's claim, held against the file. */
#include "formats/tar.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/stop.h"

#include <string.h>

enum {
    BLOCK = 512,
    NAME_SIZE = 100,
    SIZE_AT = 124,
    SUM_AT = 148,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_SIZE = 155
};

bool fa__tar_recognise(const fa__source *source) {
    return source->bytes != NULL && source->size > MAGIC_AT + 5 &&
           memcmp(source->bytes + MAGIC_AT, "ustar", 5) == 0;
}

const char *fa__tar_name(const fa__tar_entry *entry) {
    const char *slash = strrchr(entry->path, '/');
    return slash != NULL ? slash + 1 : entry->path;
}

/* ==== Headers ==== */

static fa_status damaged(const fa__source *source, const char *what) {
    return fa__fail(FA_E_FORMAT, "%s: the tar archive cannot be read: %s (cut short?)",
                    source->path, what);
}

/* Octal digits between blanks, or big-endian where the first bit is set. */
static bool read_number(size_t *out, const unsigned char *field, size_t size) {
    size_t value = 0, i = 0;
    if ((field[0] & 0x80) != 0) {
        if (field[0] != 0x80) return false; /* negative, or beyond any file */
        for (i = 1; i < size; i++) {
            if (value > SIZE_MAX >> 8) return false;
            value = value << 8 | field[i];
        }
        *out = value;
        return true;
    }
    while (i < size && field[i] == ' ') i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        value = value << 3 | (field[i] & 7u);
    if (i < size && field[i] != ' ' && field[i] != '\0') return false;
    *out = value;
    return true;
}

static bool sum_is_right(const unsigned char *header) {
    size_t sum = 0, claimed;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + 8 ? (unsigned char)' ' : header[i];
    return read_number(&claimed, header + SUM_AT, 8) && claimed == sum;
}

/* The last byte that fits is given up for the end of the text. */
static void take_path(fa__tar_entry *entry, const void *text, size_t size) {
    const char *end = memchr(text, '\0', size);
    if (end != NULL) size = (size_t)(end - (const char *)text);
    if (size >= sizeof entry->path) size = sizeof entry->path - 1;
    memcpy(entry->path, text, size);
    entry->path[size] = '\0';
}

static void path_of_header(fa__tar_entry *entry, const unsigned char *header) {
    const unsigned char *prefix = header + PREFIX_AT;
    char joined[PREFIX_SIZE + 1 + NAME_SIZE];
    size_t used = 0;
    if (memcmp(header + MAGIC_AT, "ustar", 6) == 0) /* GNU's has a blank there, and no prefix */
        while (used < PREFIX_SIZE && prefix[used] != '\0') used++;
    memcpy(joined, prefix, used);
    if (used > 0) joined[used++] = '/';
    memcpy(joined + used, header, NAME_SIZE);
    take_path(entry, joined, used + NAME_SIZE);
}

/* What a pax header says of the member after it: records "LENGTH KEY=VALUE\n". */
typedef struct about_next {
    bool has_path, has_size;
    size_t size;
} about_next;

static bool read_record(fa__tar_entry *entry, about_next *next, const char *key, const char *end) {
    const char *value = memchr(key, '=', (size_t)(end - key));
    if (value == NULL) return false;
    size_t length = (size_t)(value++ - key);
    if (length == 4 && memcmp(key, "path", 4) == 0) {
        take_path(entry, value, (size_t)(end - value));
        next->has_path = true;
    }
    int64_t size;
    if (length == 4 && memcmp(key, "size", 4) == 0) {
        if (!fa__scan_integer(&size, &value, end) || size < 0) return false;
        next->size = (size_t)size;
        next->has_size = true;
    }
    return true;
}

static bool read_pax(fa__tar_entry *entry, about_next *next) {
    const char *at = (const char *)entry->data, *end = at + entry->size;
    while (at < end && *at != '\0') {
        const char *key = at;
        int64_t length;
        if (!fa__scan_integer(&length, &key, end) || length < 1 || length > end - at ||
            key + 1 >= at + length || *key != ' ' || at[length - 1] != '\n' ||
            !read_record(entry, next, key + 1, at + length - 1))
            return false;
        at += length;
    }
    return true;
}

/* The block at entry->next: its type, and its data. */
static fa_status read_block(fa__tar_entry *entry, char *type, const about_next *next,
                            const fa__source *source) {
    if (source->size < BLOCK || entry->next > source->size - BLOCK)
        return damaged(source, "its end is missing");
    const unsigned char *header = source->bytes + entry->next;
    *type = (char)header[TYPE_AT];
    if (header[0] == '\0' && *type == '\0') return FA_OK; /* the end */
    if (!sum_is_right(header)) return damaged(source, "a header's checksum is wrong");
    if (!read_number(&entry->size, header + SIZE_AT, 12))
        return damaged(source, "a member's size is no number");
    if (next->has_size && *type != 'x' && *type != 'L') entry->size = next->size;
    const size_t at = entry->next + BLOCK;
    if (entry->size > source->size - at) return damaged(source, "a member ends behind the file");
    entry->data = source->bytes + at;
    size_t padded = (entry->size + BLOCK - 1) / BLOCK * BLOCK;
    entry->next = padded > source->size - at ? source->size : at + padded;
    return FA_OK;
}

fa_status fa__tar_next(fa__tar_entry *entry, bool *found, const fa__source *source) {
    about_next next = {0};
    *found = false;
    for (;;) {
        char type = 0;
        size_t at = entry->next;
        FA_TRY(fa__stop_check());
        FA_TRY(read_block(entry, &type, &next, source));
        if (entry->next == at) return FA_OK;
        if (type == 'x') {
            if (!read_pax(entry, &next)) return damaged(source, "a pax header is damaged");
        } else if (type == 'L') {
            take_path(entry, entry->data, entry->size);
            next.has_path = true;
        } else if (type != 'g' && type != 'K') {
            if (!next.has_path) path_of_header(entry, source->bytes + at);
            entry->file = type == '0' || type == '\0' || type == '7';
            *found = true;
            return FA_OK;
        }
    }
}

/* ==== Members ==== */

bool fa__tar_has(const fa__source *source, const char *name) {
    fa__tar_entry entry = {0};
    bool more;
    while (fa__tar_next(&entry, &more, source) == FA_OK && more)
        if (strcmp(fa__tar_name(&entry), name) == 0) return true;
    return false;
}

/* True if a path would leave the folder that an archive is unpacked into. */
static bool leaves(const char *path) {
    if (path[0] == '/') return true;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) return true;
    }
    return false;
}

static fa_status read_member(fa__member *m, const fa__tar_entry *entry, const char *where) {
    if (m->bytes != NULL)
        return fa__fail(FA_E_FORMAT, "%s: %s is in the archive twice", where, m->name);
    FA_TRY(FA_NEW(m->bytes, entry->size + 1));
    memcpy(m->bytes, entry->data, entry->size);
    m->bytes[entry->size] = 0;
    m->size = entry->size;
    return FA_OK;
}

fa_status fa__tar_read(fa__member *members, size_t count, const fa__source *source) {
    fa_status status = FA_OK;
    fa__tar_entry entry = {0};
    for (bool more;;) {
        char quoted[FA__QUOTE_SIZE];
        FA_CHECK(fa__tar_next(&entry, &more, source));
        if (!more) break;
        if (leaves(entry.path))
            FA_CHECK(fa__fail(FA_E_FORMAT,
                              "%s: holds the path '%s', which leads out of it; no data set is "
                              "packed like that",
                              source->path, fa__quote(quoted, entry.path, strlen(entry.path))));
        for (size_t i = 0; i < count; i++)
            if (members[i].name[0] != '\0' && strcmp(fa__tar_name(&entry), members[i].name) == 0)
                FA_CHECK(read_member(&members[i], &entry, source->path));
    }
done:
    for (size_t i = 0; status != FA_OK && i < count; i++) {
        fa__free(members[i].bytes);
        members[i].bytes = NULL;
    }
    return status;
}
