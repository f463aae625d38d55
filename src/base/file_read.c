/* Reading whole files: plain or gzip, of the disk or of a pipe. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include "base/memory.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16, WAIT_MS = 50 };

static const unsigned char gzip_magic[2] = {0x1f, 0x8b};

/* ==== What is unpacked ==== */

/* Above this, data that were packed tighter than texts, numbers and images are. */
static const size_t suspect = (size_t)1 << 30, suspect_ratio = 200;
static atomic_bool unlimited;

void fa_unpack_unlimited_set(int on) {
    atomic_store(&unlimited, on != 0);
}

fa_status fa__unpack_check(size_t unpacked, size_t packed, const char *path) {
    if (unpacked <= suspect || unpacked / suspect_ratio <= packed || atomic_load(&unlimited))
        return FA_OK;
    return fa__fail(FA_E_FORMAT,
                    "%s: %zu bytes unpack to more than %zu, %zu times as many: this looks like a "
                    "file made to fill memory; where it is none, lift the limit "
                    "(--unpack-unlimited, fa_unpack_unlimited_set)",
                    path, packed, unpacked, suspect_ratio);
}

/* ==== Bytes of a file ==== */

typedef struct input {
    const char *path;
    int handle;
    bool waits;  /* a pipe: what comes, and when, is another's business */
    size_t read; /* bytes so far */
} input;

static fa_status cannot_open(const char *path, const char *what) {
    return fa__fail(FA_E_IO, "%s: %s", path, what);
}

/* A device never ends, or gives what no reader of files means. */
static fa_status check_kind(bool *waits, mode_t mode, const char *path) {
    *waits = S_ISFIFO(mode);
    if (S_ISREG(mode) || *waits) return FA_OK;
    return cannot_open(path, S_ISDIR(mode)    ? "is a folder, a file is wanted"
                             : S_ISSOCK(mode) ? "is a socket; a file or a pipe can be read"
                                              : "is a device; a file or a pipe can be read");
}

static fa_status open_input(input *in, size_t *size, const char *path) {
    struct stat info;
    *in = (input){.path = path, .handle = -1};
    if (stat(path, &info) != 0)
        return fa__fail(FA_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    FA_TRY(check_kind(&in->waits, info.st_mode, path));
    in->handle = fa__open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (in->handle < 0) return fa__fail(FA_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(in->handle, &info) != 0) info.st_mode = S_IFSOCK; /* another one, since */
    fa_status status = check_kind(&in->waits, info.st_mode, path);
    if (status != FA_OK) close(in->handle);
    *size = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 0;
    return status;
}

/* Until the pipe has something, or its writers are gone. */
static fa_status wait_for_bytes(const input *in) {
    struct pollfd one = {.fd = in->handle, .events = POLLIN};
    while (in->waits && poll(&one, 1, WAIT_MS) <= 0) FA_TRY(fa__stop_check());
    return FA_OK;
}

/* Up to `room` bytes; 0 at the end. */
static fa_status read_some(size_t *got, input *in, unsigned char *to, size_t room) {
    for (;;) {
        FA_TRY(fa__stop_check());
        FA_TRY(wait_for_bytes(in));
        ssize_t count = read(in->handle, to, room < 1u << 24 ? room : 1u << 24);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0)
            return fa__fail(FA_E_IO, "%s: cannot be read after %zu bytes: %s", in->path, in->read,
                            strerror(errno));
        in->read += (size_t)count;
        *got = (size_t)count;
        if (in->waits && in->read > FA__PIPE_MOST)
            return fa__fail(FA_E_IO, "%s: the pipe gave more than %zu bytes; put them into a file",
                            in->path, (size_t)FA__PIPE_MOST);
        return FA_OK;
    }
}

/* ==== Plain and packed ==== */

typedef struct content {
    unsigned char *bytes;
    size_t used, capacity;
} content;

/* Room for at least one byte more, and the 0 behind it. */
static fa_status make_room(content *c, size_t least) {
    if (c->capacity - c->used > 1 && c->bytes != NULL) return FA_OK;
    unsigned char *grown = fa__grow(c->bytes, &c->capacity, c->used + least + 1, 1);
    if (grown == NULL) return fa__nomem(c->used + least, 1);
    c->bytes = grown;
    return FA_OK;
}

/* What follows what is there already: a file of `size` bytes (0: not known) needs one allocation.
 */
static fa_status read_plain(content *c, input *in, size_t size) {
    for (size_t got = 1; got > 0;) {
        FA_TRY(make_room(c, size > c->used ? size - c->used + 1 : CHUNK));
        FA_TRY(read_some(&got, in, c->bytes + c->used, c->capacity - c->used - 1));
        c->used += got;
    }
    return FA_OK;
}

static fa_status damaged(const input *in, const content *c, const z_stream *z, int code) {
    if (code == Z_MEM_ERROR) return fa__nomem(c->used, 1);
    return fa__fail(FA_E_FORMAT, "%s: the gzip data cannot be read after %zu bytes: %s", in->path,
                    c->used, z->msg != NULL ? z->msg : zError(code));
}

/* All that is packed in z's input; *ended: at the end of a member. */
static fa_status unpack(content *c, z_stream *z, bool *ended, const input *in) {
    do {
        if (*ended && (z->avail_in == 0 || z->next_in[0] != gzip_magic[0])) { /* padding */
            z->avail_in = 0;
            return FA_OK;
        }
        if (*ended && inflateReset(z) != Z_OK) return damaged(in, c, z, Z_STREAM_ERROR);
        *ended = false;
        FA_TRY(make_room(c, CHUNK));
        size_t room = c->capacity - c->used - 1;
        if (room > 1u << 24) room = 1u << 24;
        z->next_out = c->bytes + c->used;
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        c->used += room - z->avail_out;
        FA_TRY(fa__stop_check());
        FA_TRY(fa__unpack_check(c->used, in->read, in->path));
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return damaged(in, c, z, code);
        *ended = code == Z_STREAM_END;
    } while (z->avail_in > 0 || (z->avail_out == 0 && !*ended));
    return FA_OK;
}

/* Members one after the other are one file, as gzip has it. */
static fa_status read_packed(content *c, input *in, const unsigned char *first, size_t count) {
    fa_status status = FA_OK;
    unsigned char packed[CHUNK];
    z_stream z = {0};
    bool ended = false;
    memcpy(packed, first, count);
    int code = inflateInit2(&z, 16 + MAX_WBITS);
    if (code != Z_OK) return damaged(in, c, &z, code);
    while (count > 0) {
        z.next_in = packed;
        z.avail_in = (uInt)count;
        FA_CHECK(unpack(c, &z, &ended, in));
        FA_CHECK(read_some(&count, in, packed, sizeof packed));
    }
    if (!ended)
        FA_CHECK(fa__fail(FA_E_FORMAT,
                          "%s: the gzip data end too early (after %zu bytes): fetch the file again",
                          in->path, c->used));
done:
    inflateEnd(&z);
    return status;
}

fa_status fa__file_read(unsigned char **bytes, size_t *size, const char *path) {
    fa_status status = FA_OK;
    unsigned char first[sizeof gzip_magic];
    size_t length = 0, got = 1, count = 0;
    content c = {0};
    input in;
    FA_TRY(open_input(&in, &length, path));
    for (; count < sizeof first && got > 0; count += got)
        FA_CHECK(read_some(&got, &in, first + count, sizeof first - count));
    if (count == sizeof first && memcmp(first, gzip_magic, count) == 0) {
        FA_CHECK(read_packed(&c, &in, first, count));
        FA_CHECK(make_room(&c, 0));
    } else {
        FA_CHECK(make_room(&c, length > count ? length + 1 : CHUNK));
        memcpy(c.bytes, first, count);
        c.used = count;
        if (got > 0) FA_CHECK(read_plain(&c, &in, length));
    }
    c.bytes[c.used] = 0;
    *bytes = c.bytes;
    *size = c.used;
    c.bytes = NULL;
done:
    fa__free(c.bytes);
    close(in.handle);
    return status;
}

fa_status fa__file_read_plain(unsigned char **bytes, size_t *size, const char *path) {
    struct stat info;
    if (stat(path, &info) == 0
            ? S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISCHR(info.st_mode)
            : errno == ENOENT && lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
        return fa__fail(FA_E_FORMAT, "%s: is %s; take it out of the data", path,
                        S_ISLNK(info.st_mode) ? "a link to nothing" : "no plain file");
    return fa__file_read(bytes, size, path);
}

unsigned char *fa__file_map(size_t *size, const char *path, size_t least) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return NULL;
    int handle = fa__open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (handle < 0) return NULL;
    void *bytes = MAP_FAILED;
    if (fstat(handle, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
        (uintmax_t)info.st_size >= least && (uintmax_t)info.st_size <= SIZE_MAX)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, handle, 0);
    close(handle);
    if (bytes == MAP_FAILED) return NULL;
    *size = (size_t)info.st_size;
    if (*size < sizeof gzip_magic || memcmp(bytes, gzip_magic, sizeof gzip_magic) != 0)
        return bytes;
    fa__file_unmap(bytes, *size);
    return NULL;
}

fa_status fa__file_map_own(unsigned char *bytes, size_t size) {
    if (mprotect(bytes, size, PROT_READ | PROT_WRITE) == 0) return FA_OK;
    return fa__nomem(size, 1);
}

static void advise(const void *bytes, size_t size, int advice) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)bytes / page * page;
    (void)posix_madvise((void *)at, (uintptr_t)bytes - at + size, advice);
}

void fa__file_map_fetch(const void *bytes, size_t size) {
    advise(bytes, size, POSIX_MADV_WILLNEED);
}

void fa__file_map_random(const void *bytes, size_t size, bool random) {
    advise(bytes, size, random ? POSIX_MADV_RANDOM : POSIX_MADV_NORMAL);
}

void fa__file_unmap(unsigned char *bytes, size_t size) {
    if (bytes != NULL) munmap(bytes, size);
}

const char *fa__zlib_version(void) {
    return zlibVersion();
}
