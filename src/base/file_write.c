/* Writing files: complete or not at all, and nothing but a plain file is ever replaced. */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY ".tmp-"

enum { LINKS_MOST = 40, WAIT_MS = 50 };

/* ==== Where it goes ==== */

/* path with its last name replaced by what the link says; false: it does not fit. */
static bool follow(char path[FA__PATH_MAX], const char *target) {
    char *slash = strrchr(path, '/');
    size_t kept = target[0] == '/' || slash == NULL ? 0 : (size_t)(slash - path) + 1;
    size_t length = strlen(target);
    if (kept + length >= FA__PATH_MAX) return false;
    memcpy(path + kept, target, length + 1);
    return true;
}

/* True where the link does not lead to what its text names: what a process has open (/dev/fd/63, a
 * pipe) is no name that could be replaced. */
static bool is_opened(const struct stat *behind, const char *link, const char *target) {
    char named[FA__PATH_MAX];
    struct stat info;
    if (strncmp(link, "/proc/", 6) == 0) return true;
    snprintf(named, sizeof named, "%s", link);
    return follow(named, target) && (stat(named, &info) != 0 || info.st_dev != behind->st_dev ||
                                     info.st_ino != behind->st_ino);
}

/* The file that a link, or a link to one, leads to, there or not. */
static fa_status resolve(char path[FA__PATH_MAX], bool *opened) {
    char target[FA__PATH_MAX], given[FA__PATH_MAX];
    struct stat behind;
    memcpy(given, path, sizeof given);
    for (int i = 0; i < LINKS_MOST; i++) {
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0) return FA_OK; /* no link */
        target[length] = '\0';
        *opened = stat(path, &behind) == 0 && is_opened(&behind, path, target);
        if (*opened) return FA_OK;
        if (!follow(path, target))
            return fa__fail(FA_E_IO, "%.200s: leads to a path that is too long", given);
    }
    return fa__fail(FA_E_IO, "%s: is a link that leads to itself", given);
}

/* A device, pipe or terminal is written to; this opens it. A pipe is waited for until it is read.
 */
static fa_status open_stream(fa__writer *writer) {
    for (;;) {
        writer->stream = fa__open(writer->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
        if (writer->stream >= 0) return FA_OK;
        if (errno != ENXIO)
            return fa__fail(FA_E_IO, "%s: cannot be written: %s", writer->path, strerror(errno));
        FA_TRY(fa__stop_check());
        (void)nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
    }
}

/* Looks at what is there. *before: the plain file that is replaced; without a mode: there is none. */
static fa_status look(fa__writer *writer, struct stat *before) {
    struct stat info;
    bool opened = false;
    const char *path = writer->path;
    if (path[0] == '\0') return fa__fail(FA_E_IO, "'' is no usable file name");
    FA_TRY(resolve(writer->path, &opened));
    before->st_mode = 0;
    if (stat(path, &info) != 0) {
        if (errno == ENOENT) return FA_OK;
        if (errno == ENAMETOOLONG) return fa__fail(FA_E_IO, "the path %.60s... is too long", path);
        return fa__fail(FA_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) return fa__fail(FA_E_IO, "%s: is a folder, not a file", path);
    if (S_ISBLK(info.st_mode) || S_ISSOCK(info.st_mode))
        return fa__fail(FA_E_IO, "%s: is a %s; a file, a pipe or a character device can be written",
                        path, S_ISBLK(info.st_mode) ? "block device" : "socket");
    if (!S_ISREG(info.st_mode) || opened) return open_stream(writer);
    /* the superuser may write anything: the mode says what its owner wants */
    if ((info.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0 || access(path, W_OK) != 0)
        return fa__fail(FA_E_IO, "%s: is read-only: it stays as it is", path);
    *before = info;
    return FA_OK;
}

/* ==== The temporary file ==== */

static fa_status cannot_write(const fa__writer *writer, int error) {
    return fa__fail(error == ENOMEM ? FA_E_NOMEM : FA_E_IO, "%s: cannot be written: %s",
                    writer->path, strerror(error));
}

/* Beside the file, so that it can take its place. A name that is as long as names may be is cut. */
static fa_status name_beside(fa__writer *writer, int number) {
    enum { NAME_MOST = 255, ROOM = 32 };
    const char *slash = strrchr(writer->path, '/'),
               *name = slash != NULL ? slash + 1 : writer->path;
    size_t folder = (size_t)(name - writer->path), kept = strlen(name);
    if (kept > NAME_MOST - ROOM && kept <= NAME_MOST) kept = NAME_MOST - ROOM;
    int length = snprintf(writer->temporary, sizeof writer->temporary, "%.*s" TEMPORARY "%ld-%d",
                          (int)(folder + kept), writer->path, (long)getpid(), number);
    if (length < 0 || (size_t)length >= sizeof writer->temporary)
        return fa__fail(FA_E_IO, "the path %.60s... is too long", writer->path);
    return FA_OK;
}

/* The owner, as far as one may give files away, and the mode of the file that is replaced. */
static int keep_owner_and_mode(int handle, const struct stat *before) {
    struct stat own;
    if (before->st_mode == 0) return 0;
    if (fstat(handle, &own) == 0 &&
        (own.st_uid != before->st_uid || own.st_gid != before->st_gid) &&
        fchown(handle, before->st_uid, before->st_gid) != 0 &&
        fchown(handle, (uid_t)-1, before->st_gid) != 0)
        errno = 0; /* it is its writer's */
    return fchmod(handle, before->st_mode & 07777) == 0 ? 0 : errno;
}

static fa_status open_beside(fa__writer *writer, const struct stat *before) {
    for (int i = 0; i < FA__TEMPORARIES; i++) {
        FA_TRY(name_beside(writer, i));
        writer->handle =
            fa__open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (writer->handle >= 0 || errno != EEXIST) break;
    }
    if (writer->handle < 0 && before->st_mode != 0 && (errno == EACCES || errno == EPERM))
        return fa__fail(FA_E_IO,
                        "%s: cannot be written: %s in its folder, where a file is made that takes "
                        "its place",
                        writer->path, strerror(errno));
    if (writer->handle < 0) return cannot_write(writer, errno);
    int error = keep_owner_and_mode(writer->handle, before);
    if (error == 0) return FA_OK;
    close(writer->handle);
    unlink(writer->temporary);
    return cannot_write(writer, error);
}

/* Without a name: it is copied into the stream at the end. */
static fa_status open_nameless(fa__writer *writer) {
    const char *folder = getenv("TMPDIR");
    snprintf(writer->temporary, sizeof writer->temporary, "%s/forced-apart-XXXXXX",
             folder != NULL && folder[0] == '/' && strlen(folder) < FA__PATH_MAX / 2 ? folder
                                                                                     : "/tmp");
    writer->handle = mkstemp(writer->temporary);
    if (writer->handle < 0)
        return fa__fail(FA_E_IO, "%s: cannot be written: no temporary file in %s: %s", writer->path,
                        writer->temporary, strerror(errno));
    unlink(writer->temporary);
    return FA_OK;
}

fa_status fa__writer_open(fa__writer *writer, const char *path) {
    struct stat before = {0};
    writer->open = false;
    writer->error = 0;
    writer->used = 0;
    writer->handle = writer->stream = -1;
    int length = snprintf(writer->path, sizeof writer->path, "%s", path);
    if (length < 0 || (size_t)length >= sizeof writer->path)
        return fa__fail(FA_E_IO, "the path %.60s... is too long", path);
    FA_TRY(look(writer, &before));
    fa_status status = writer->stream >= 0 ? open_nameless(writer) : open_beside(writer, &before);
    writer->open = status == FA_OK;
    if (status != FA_OK && writer->stream >= 0) close(writer->stream);
    return status;
}

/* The number of the process whose temporary file this is, and the length of the name it is for; 0:
 * it is none. */
static long process_of(const char *name, size_t *length) {
    const char *at = NULL;
    for (const char *next = name; (next = strstr(next, TEMPORARY)) != NULL; next++) at = next;
    if (at == NULL) return 0;
    *length = (size_t)(at - name);
    at += sizeof TEMPORARY - 1;
    size_t digits = strspn(at, "0123456789"), more = 0;
    if (digits == 0 || digits > 10) return 0;
    if (at[digits] == '-') more = 1 + strspn(at + digits + 1, "0123456789");
    return at[digits + more] == '\0' && more != 1 ? strtol(at, NULL, 10) : 0;
}

static bool is_dead(long process) {
    return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

void fa__remove_temporaries(const char *folder, const char *const *own, size_t count) {
    char path[FA__PATH_MAX];
    DIR *handle = opendir(folder);
    if (handle == NULL) return;
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        size_t length = 0;
        long process = process_of(entry->d_name, &length);
        bool gone = process > 0 && is_dead(process);
        for (size_t i = 0; process > 0 && i < count && !gone; i++)
            gone = strlen(own[i]) == length && memcmp(own[i], entry->d_name, length) == 0;
        if (gone && fa__path_join(path, folder, entry->d_name) == FA_OK) unlink(path);
    }
    closedir(handle);
}

/* ==== Bytes ==== */

/* Some are written, then the rest; a signal or a full pipe is no error. Returns errno, 0: none. */
static int write_all(int handle, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        ssize_t done = write(handle, bytes, size < 1u << 30 ? size : 1u << 30);
        if (done > 0) {
            bytes += done;
            size -= (size_t)done;
        } else if (done < 0 && errno == EAGAIN) {
            (void)poll(&(struct pollfd){.fd = handle, .events = POLLOUT}, 1, WAIT_MS);
            if (fa__stop_check() != FA_OK) return ECANCELED;
        } else if (done == 0 || errno != EINTR) {
            return done == 0 ? EIO : errno;
        }
    }
    return 0;
}

static void flush(fa__writer *writer) {
    if (writer->error == 0) writer->error = write_all(writer->handle, writer->buffer, writer->used);
    writer->used = 0;
}

void fa__writer_put(fa__writer *writer, const void *bytes, size_t size) {
    if (writer->error != 0 || size == 0) return;
    if (size > sizeof writer->buffer - writer->used) flush(writer);
    if (size >= sizeof writer->buffer) {
        if (writer->error == 0) writer->error = write_all(writer->handle, bytes, size);
        return;
    }
    memcpy(writer->buffer + writer->used, bytes, size);
    writer->used += size;
}

void fa__writer_print(fa__writer *writer, const char *format, ...) {
    char text[512], *longer = NULL;
    va_list args, again;
    if (writer->error != 0) return;
    va_start(args, format);
    va_copy(again, args);
    int length = fa__format_list(text, sizeof text, format, args);
    if (length < 0) {
        writer->error = EIO;
    } else if ((size_t)length < sizeof text) {
        fa__writer_put(writer, text, (size_t)length);
    } else if ((longer = fa__alloc((size_t)length + 1, 1)) == NULL) {
        writer->error = ENOMEM;
    } else {
        fa__format_list(longer, (size_t)length + 1, format, again);
        fa__writer_put(writer, longer, (size_t)length);
    }
    fa__free(longer);
    va_end(again);
    va_end(args);
}

/* ==== The end ==== */

static int sync_file(int handle) {
    while (fsync(handle) != 0)
        if (errno != EINTR) return errno;
    return 0;
}

/* The rename is durable only once the folder that holds the name is on disk; a file system that
 * cannot sync a folder is no reason to fail a write that is there. */
static void sync_folder_of(const char *path) {
    char folder[FA__PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        memcpy(folder, ".", 2);
    else
        slash[slash == folder ? 1 : 0] = '\0';
    int handle = fa__open(folder, O_RDONLY | O_CLOEXEC, 0);
    if (handle < 0) return;
    (void)sync_file(handle);
    close(handle);
}

/* The temporary file takes the place of the one that it is for. */
static void replace(fa__writer *writer) {
    if (writer->error == 0) writer->error = sync_file(writer->handle);
    if (close(writer->handle) != 0 && errno != EINTR && writer->error == 0) writer->error = errno;
    if (writer->error == 0 && rename(writer->temporary, writer->path) != 0) writer->error = errno;
    if (writer->error != 0)
        unlink(writer->temporary);
    else
        sync_folder_of(writer->path);
}

static void copy(fa__writer *writer) {
    if (writer->error == 0 && lseek(writer->handle, 0, SEEK_SET) != 0) writer->error = errno;
    while (writer->error == 0) {
        ssize_t got = read(writer->handle, writer->buffer, sizeof writer->buffer);
        if (got == 0) break;
        if (got > 0)
            writer->error = write_all(writer->stream, writer->buffer, (size_t)got);
        else if (errno != EINTR)
            writer->error = errno;
    }
    close(writer->handle);
    if (close(writer->stream) != 0 && errno != EINTR && writer->error == 0) writer->error = errno;
}

fa_status fa__writer_close(fa__writer *writer, bool keep) {
    if (!writer->open) return FA_OK;
    writer->open = false;
    if (!keep) {
        close(writer->handle);
        if (writer->stream >= 0)
            close(writer->stream);
        else
            unlink(writer->temporary);
        return FA_OK;
    }
    flush(writer);
    if (writer->stream >= 0)
        copy(writer);
    else
        replace(writer);
    if (writer->error == 0) return FA_OK;
    if (writer->error == ECANCELED) return fa__stop_check();
    return fa__fail(writer->error == ENOMEM ? FA_E_NOMEM : FA_E_IO,
                    "%s: cannot be written: %s; nothing was left there", writer->path,
                    strerror(writer->error));
}
