/* Members of tar archives. */
#include "formats/tar.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/bytes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

enum { MAGIC_AT = 257 };

bool fa__tar_recognise(const fa__source *source) {
    return source->bytes != NULL && source->size > MAGIC_AT + 5 &&
           memcmp(source->bytes + MAGIC_AT, "ustar", 5) == 0;
}

static struct archive *open_tar(const fa__source *source) {
    struct archive *archive = archive_read_new();
    if (archive == NULL) return NULL;
    if (archive_read_support_format_tar(archive) == ARCHIVE_OK &&
        archive_read_open_memory(archive, source->bytes, source->size) == ARCHIVE_OK)
        return archive;
    archive_read_free(archive);
    return NULL;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool fa__tar_has(const fa__source *source, const char *name) {
    struct archive_entry *entry;
    bool found = false;
    struct archive *archive = open_tar(source);
    while (archive != NULL && !found && archive_read_next_header(archive, &entry) >= ARCHIVE_WARN) {
        const char *path = archive_entry_pathname(entry);
        found = path != NULL && strcmp(last_part(path), name) == 0;
    }
    archive_read_free(archive);
    return found;
}

static fa_status damaged(struct archive *archive, const char *where, const char *member) {
    const char *text = archive_error_string(archive);
    if (archive_errno(archive) == ENOMEM) return fa__nomem(1, 1);
    return fa__fail(FA_E_FORMAT, "%s%s%s: the tar archive cannot be read: %s (cut short?)", where,
                    member != NULL ? ": " : "", member != NULL ? member : "",
                    text != NULL ? text : "unknown reason");
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

/* The member at which the archive stands. */
static fa_status read_member(fa__member *m, struct archive *archive, const char *where) {
    size_t capacity = 0;
    if (m->bytes != NULL)
        return fa__fail(FA_E_FORMAT, "%s: %s is in the archive twice", where, m->name);
    for (;;) {
        FA_TRY(fa__stop_check());
        unsigned char *grown = fa__grow(m->bytes, &capacity, m->size + (1u << 16) + 1, 1);
        if (grown == NULL) return fa__nomem(m->size, 1);
        m->bytes = grown;
        la_ssize_t got = archive_read_data(archive, m->bytes + m->size, capacity - m->size - 1);
        if (got < 0) return damaged(archive, where, m->name);
        if (got == 0) break;
        m->size += (size_t)got;
    }
    m->bytes[m->size] = 0;
    return FA_OK;
}

fa_status fa__tar_read(fa__member *members, size_t count, const fa__source *source) {
    fa_status status = FA_OK;
    struct archive_entry *entry;
    int code;
    struct archive *archive = open_tar(source);
    if (archive == NULL) return fa__nomem(1, source->size);
    while ((code = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
        char quoted[FA__QUOTE_SIZE];
        if (code < ARCHIVE_WARN) FA_CHECK(damaged(archive, source->path, NULL));
        const char *path = archive_entry_pathname(entry);
        if (path == NULL) continue;
        if (leaves(path))
            FA_CHECK(fa__fail(FA_E_FORMAT,
                              "%s: holds the path '%s', which leads out of it; no data set is "
                              "packed like that",
                              source->path, fa__quote(quoted, path, strlen(path))));
        for (size_t i = 0; i < count; i++)
            if (members[i].name[0] != '\0' && strcmp(last_part(path), members[i].name) == 0)
                FA_CHECK(read_member(&members[i], archive, source->path));
    }
done:
    archive_read_free(archive);
    for (size_t i = 0; status != FA_OK && i < count; i++) {
        fa__free(members[i].bytes);
        members[i].bytes = NULL;
    }
    return status;
}
