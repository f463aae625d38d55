/* Fails one call of a program once: LD_PRELOAD=libfaults.so with
 *
 *     FAULTS_CALL  malloc (calloc, realloc, aligned_alloc too), open, read, write, fsync, rename,
 *                  close, or any: each of these but malloc
 *     FAULTS_AT    which one, from 1; 0 or absent: none
 *     FAULTS_HOW   ENOMEM, ENOSPC, EIO, EINTR, short (half of what was wanted), kill (SIGKILL
 *                  before the call)
 *     FAULTS_DONE  a file that is made when that call comes
 *     FAULTS_TELL  a file that gets "CALL COUNT" lines when the program ends, then "CALL NUMBER
 *                  PLACE" lines: of each place in the program, with the five calls that led there,
 *                  its first, its second and its last call; the same place of another command has
 *                  the same word where both run at fixed addresses (setarch -R)
 *     FAULTS_LOCALE  the locale that the program begins with
 *
 * The calls of the process itself count, not those of the programs it starts. For glibc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

typedef enum call { MALLOC, OPEN, READ, WRITE, FSYNC, RENAME, CLOSE, CALLS, ANY = CALLS } call;

static const char *const names[] = {"malloc", "open", "read", "write", "fsync", "rename", "close"};

static atomic_long counts[CALLS + 1];
static int ready; /* calls before the constructor are the loader's */
static call wanted = MALLOC;
static long at;
static int error_wanted; /* 0: short */
static int kills;
static const char *tell, *done;

static int error_named(const char *name) {
    return strcmp(name, "ENOMEM") == 0   ? ENOMEM
           : strcmp(name, "ENOSPC") == 0 ? ENOSPC
           : strcmp(name, "EIO") == 0    ? EIO
           : strcmp(name, "EINTR") == 0  ? EINTR
                                         : 0;
}

/* ==== Places ==== */

enum { PLACES = 1 << 16, FRAMES = 8 }; /* frames: with the shim's own two */

typedef struct place {
    uint64_t key; /* 0: free */
    call of;
    long first, second, last;
} place;

static place places[PLACES]; /* open addressing */
static atomic_flag places_held = ATOMIC_FLAG_INIT;
static _Thread_local int looking; /* the unwinder takes memory and opens files of its own */

/* The call `number` of kind `of` came from here. */
static void note_place(call of, long number) {
    void *frames[FRAMES];
    looking = 1;
    int depth = backtrace(frames, FRAMES);
    looking = 0;
    uint64_t key = 1469598103934665603u + of;
    for (int i = 0; i < depth; i++) key = (key ^ (uintptr_t)frames[i]) * 1099511628211u;
    if (key == 0) key = 1;
    while (atomic_flag_test_and_set(&places_held)) continue;
    size_t at_place = (key >> 20) % PLACES, tries = 0;
    while (places[at_place].key != 0 && places[at_place].key != key && tries++ < PLACES)
        at_place = (at_place + 1) % PLACES;
    place *p = &places[at_place];
    if (tries < PLACES) {
        p->key = key;
        p->of = of;
        if (p->first == 0)
            p->first = number;
        else if (p->second == 0)
            p->second = number;
        else
            p->last = number;
    }
    atomic_flag_clear(&places_held);
}

static void tell_places(int handle) {
    char text[64];
    for (size_t i = 0; i < PLACES; i++) {
        const long calls[] = {places[i].first, places[i].second, places[i].last};
        for (int k = 0; k < 3 && places[i].key != 0 && calls[k] > 0; k++) {
            const char *name = places[i].of < CALLS ? names[places[i].of] : "any";
            int length = snprintf(text, sizeof text, "%s %ld %016llx\n", name, calls[k],
                                  (unsigned long long)places[i].key);
            (void)syscall(SYS_write, handle, text, (size_t)length);
        }
    }
}

/* A child of the process is another one. */
static void rest(void) {
    ready = 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *of = getenv("FAULTS_CALL"), *number = getenv("FAULTS_AT"),
               *how = getenv("FAULTS_HOW"), *locale = getenv("FAULTS_LOCALE");
    if (locale != NULL && setlocale(LC_ALL, locale) == NULL) abort();
    tell = getenv("FAULTS_TELL");
    done = getenv("FAULTS_DONE");
    unsetenv("LD_PRELOAD");
    if (of != NULL)
        for (wanted = MALLOC; wanted < CALLS && strcmp(names[wanted], of) != 0;) wanted++;
    if (number != NULL) at = strtol(number, NULL, 10);
    if (how != NULL) error_wanted = error_named(how);
    kills = how != NULL && strcmp(how, "kill") == 0;
    (void)pthread_atfork(NULL, NULL, rest);
    ready = 1;
}

/* True for the one call that is to fail. */
static int fails(call of) {
    if (!ready || looking) return 0;
    long own = atomic_fetch_add(&counts[of], 1) + 1;
    long all = of != MALLOC ? atomic_fetch_add(&counts[ANY], 1) + 1 : 0;
    if (tell != NULL) note_place(of, own);
    if (tell != NULL && of != MALLOC) note_place(ANY, all);
    int hit = at > 0 && ((wanted == of && own == at) || (wanted == ANY && all == at));
    if (hit && done != NULL)
        (void)syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, done, O_WRONLY | O_CREAT, 0666));
    if (hit && kills) raise(SIGKILL);
    if (hit && error_wanted != 0) errno = error_wanted;
    return hit;
}

__attribute__((destructor)) static void end(void) {
    char text[64];
    ready = 0;
    if (tell == NULL) return;
    int handle = (int)syscall(SYS_openat, AT_FDCWD, tell, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (int i = 0; handle >= 0 && i <= CALLS; i++) {
        int length = snprintf(text, sizeof text, "%s %ld\n", i < CALLS ? names[i] : "any",
                              atomic_load(&counts[i]));
        (void)syscall(SYS_write, handle, text, (size_t)length);
    }
    if (handle >= 0) tell_places(handle);
    if (handle >= 0) (void)syscall(SYS_close, handle);
}

/* ==== Memory ==== */

void *malloc(size_t size) {
    return fails(MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails(MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return fails(MALLOC) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails(MALLOC) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *memory = fails(MALLOC) ? NULL : __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

/* ==== Files ==== */

static void *next(const char *name) {
    int before = ready;
    ready = 0;
    void *found = dlsym(RTLD_NEXT, name);
    ready = before;
    return found;
}

static int open_through(const char *name, const char *path, int flags, unsigned mode) {
    int (*real)(const char *, int, ...);
    *(void **)&real = next(name);
    return fails(OPEN) ? -1 : real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    return open_through("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    return open_through("open64", path, flags, mode);
}

FILE *fopen(const char *path, const char *how) {
    FILE *(*real)(const char *, const char *);
    *(void **)&real = next("fopen");
    return fails(OPEN) ? NULL : real(path, how);
}

ssize_t read(int handle, void *to, size_t size) {
    ssize_t (*real)(int, void *, size_t);
    *(void **)&real = next("read");
    if (!fails(READ)) return real(handle, to, size);
    return error_wanted != 0 ? -1 : real(handle, to, size > 1 ? size / 2 : size);
}

ssize_t write(int handle, const void *from, size_t size) {
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = next("write");
    if (!fails(WRITE)) return real(handle, from, size);
    return error_wanted != 0 ? -1 : real(handle, from, size > 1 ? size / 2 : size);
}

int fsync(int handle) {
    int (*real)(int);
    *(void **)&real = next("fsync");
    return fails(FSYNC) ? -1 : real(handle);
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *);
    *(void **)&real = next("rename");
    return fails(RENAME) ? -1 : real(from, to);
}

/* As with the kernel's: what is reported, it is closed. */
int close(int handle) {
    int (*real)(int);
    *(void **)&real = next("close");
    int failed = fails(CLOSE), error = errno, code = real(handle);
    if (failed) errno = error;
    return failed ? -1 : code;
}
