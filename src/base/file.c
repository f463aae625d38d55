/* Reading whole files and writing them atomically. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include "base/memory.h"
#include "base/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ==== Reading ==== */

fa_status fa__file_read(unsigned char **bytes, size_t *size, const char *path) {
    if (fa__is_folder(path)) return fa__fail(FA_E_IO, "%s: is a folder, a file is wanted", path);
    gzFile file = gzopen(path, "rb"); /* reads plain files as they are */
    if (file == NULL) return fa__fail(FA_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    gzbuffer(file, 1u << 17);
    fa_status status = FA_OK;
    unsigned char *buffer = NULL;
    size_t capacity = 0, used = 0;
    for (;;) {
        unsigned char *grown = fa__grow(buffer, &capacity, used + (1u << 16) + 1, 1);
        if (grown == NULL) FA_CHECK(fa__nomem(used, 1));
        buffer = grown;
        size_t room = capacity - used - 1;
        if (room > 1u << 24) room = 1u << 24;
        FA_CHECK(fa__stop_check());
        int got = gzread(file, buffer + used, (unsigned)room);
        if (got < 0) {
            int code;
            const char *text = gzerror(file, &code);
            FA_CHECK(fa__fail(FA_E_FORMAT, "%s: cannot be read after %zu bytes: %s", path, used,
                              code == Z_ERRNO ? strerror(errno) : text));
        }
        used += (size_t)got;
        if (got == 0) break;
    }
done:;
    /* A gzip file cut short reads like a short file; only gzclose tells. */
    int closed = gzclose_r(file);
    if (status == FA_OK && closed != Z_OK)
        status = fa__fail(FA_E_FORMAT,
                          "%s: the gzip data end too early (after %zu bytes): fetch the file again",
                          path, used);
    if (status != FA_OK) {
        fa__free(buffer);
        return status;
    }
    buffer[used] = 0;
    *bytes = buffer;
    *size = used;
    return FA_OK;
}

unsigned char *fa__file_map(size_t *size, const char *path) {
    static const unsigned char gzip[2] = {0x1f, 0x8b};
    struct stat info;
    int handle = open(path, O_RDONLY);
    if (handle < 0) return NULL;
    void *bytes = MAP_FAILED;
    if (fstat(handle, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= FA__MAP_MIN &&
        (uintmax_t)info.st_size <= SIZE_MAX)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, handle, 0);
    close(handle);
    if (bytes == MAP_FAILED) return NULL;
    *size = (size_t)info.st_size;
    if (memcmp(bytes, gzip, sizeof gzip) != 0) return bytes;
    fa__file_unmap(bytes, *size);
    return NULL;
}

void fa__file_unmap(unsigned char *bytes, size_t size) {
    if (bytes != NULL) munmap(bytes, size);
}

bool fa__file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool fa__is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

fa_status fa__path_join(char out[FA__PATH_MAX], const char *folder, const char *name) {
    int length = snprintf(out, FA__PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= FA__PATH_MAX)
        return fa__fail(FA_E_IO, "the path %.60s.../%.60s is longer than %d bytes", folder, name,
                        FA__PATH_MAX - 1);
    return FA_OK;
}

fa_status fa__make_folder(const char *path) {
    char part[FA__PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return fa__fail(FA_E_IO, "'%.60s' is no usable folder name", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && !fa__is_folder(part))
            return fa__fail(FA_E_IO, "%s: the folder cannot be made: %s", part, strerror(errno));
    }
    return FA_OK;
}

fa_status fa__folder_lock(int *handle, const char *path) {
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return fa__fail(FA_E_IO, "%s: the folder cannot be opened: %s", path, strerror(errno));
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        bool busy = errno == EWOULDBLOCK;
        close(opened);
        if (busy)
            return fa__fail(FA_E_IO,
                            "%s: another training is at work in this folder; wait for its end, "
                            "stop it, or take another folder",
                            path);
        opened = -1;
    }
    *handle = opened;
    return FA_OK;
}

void fa__folder_unlock(int handle) {
    if (handle >= 0) close(handle);
}

/* ==== Writing ==== */

#define TEMPORARY ".tmp-"

fa_status fa__writer_open(fa__writer *writer, const char *path) {
    memset(writer, 0, sizeof *writer);
    int handle = -1;
    int a = snprintf(writer->path, sizeof writer->path, "%s", path);
    for (int i = 0; handle < 0 && i < FA__TEMPORARIES; i++) {
        int b = snprintf(writer->temporary, sizeof writer->temporary, "%s" TEMPORARY "%ld-%d", path,
                         (long)getpid(), i);
        if (a < 0 || b < 0 || (size_t)b >= sizeof writer->temporary)
            return fa__fail(FA_E_IO, "the path %.60s... is too long", path);
        handle =
            open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (handle < 0 && errno != EEXIST) break;
    }
    if (handle >= 0) writer->stream = fdopen(handle, "wb");
    if (writer->stream != NULL) return FA_OK;
    int error = errno;
    if (handle >= 0) {
        close(handle);
        unlink(writer->temporary);
    }
    return fa__fail(FA_E_IO, "%s: cannot be written: %s", path, strerror(error));
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

void fa__writer_put(fa__writer *writer, const void *bytes, size_t size) {
    if (writer->error != 0 || size == 0) return;
    if (fwrite(bytes, 1, size, writer->stream) != size) writer->error = errno != 0 ? errno : EIO;
}

void fa__writer_print(fa__writer *writer, const char *format, ...) {
    if (writer->error != 0) return;
    va_list args;
    va_start(args, format);
    if (vfprintf(writer->stream, format, args) < 0) writer->error = errno != 0 ? errno : EIO;
    va_end(args);
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
    int handle = open(folder, O_RDONLY);
    if (handle < 0) return;
    (void)fsync(handle);
    close(handle);
}

fa_status fa__writer_close(fa__writer *writer, bool keep) {
    if (writer->stream == NULL) return FA_OK;
    if (keep && writer->error == 0 &&
        (fflush(writer->stream) != 0 || fsync(fileno(writer->stream)) != 0))
        writer->error = errno;
    if (fclose(writer->stream) != 0 && writer->error == 0) writer->error = errno;
    writer->stream = NULL;
    if (keep && writer->error == 0 && rename(writer->temporary, writer->path) != 0)
        writer->error = errno;
    if (!keep || writer->error != 0) unlink(writer->temporary);
    if (!keep) return FA_OK;
    if (writer->error != 0)
        return fa__fail(FA_E_IO, "%s: cannot be written: %s; nothing was left there", writer->path,
                        strerror(writer->error));
    sync_folder_of(writer->path);
    return FA_OK;
}

const char *fa__zlib_version(void) {
    return zlibVersion();
}
