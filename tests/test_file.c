/* What may be read and written: links, pipes, sockets, devices, modes, packed files. */
#define _DEFAULT_SOURCE
#include "test.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64], paths[4][128];

static const char *in(const char *name) {
    static size_t next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/fa-test-XXXXXX");
    return mkdtemp(folder) == NULL;
}

/* Fails where a test, or what it tests, left anything but what is named. */
static void remove_all(const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) unlink(in(names[i]));
    assert_int_equal(rmdir(folder), 0);
}
#define REMOVE(...)                                                                                \
    do {                                                                                           \
        const char *const names_[] = {__VA_ARGS__};                                                \
        remove_all(names_, sizeof names_ / sizeof names_[0]);                                      \
    } while (0)

static void put_text(const char *name, const char *text) {
    FILE *file = fopen(in(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const char *text) {
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, in(name)));
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size + 1);
    fa_free(bytes);
}

static fa_status write_text(const char *name, const char *text) {
    fa__writer w;
    fa_status status = fa__writer_open(&w, in(name));
    if (status != FA_OK) return status;
    fa__writer_print(&w, "%s", text);
    return fa__writer_close(&w, true);
}

static mode_t mode_of(const char *name) {
    struct stat info;
    assert_int_equal(lstat(in(name), &info), 0);
    return info.st_mode;
}

/* ==== Writing ==== */

static void target_of_a_link_is_replaced(void **state) {
    (void)state;
    put_text("file", "old");
    assert_int_equal(mkdir(in("deep"), 0777), 0);
    assert_int_equal(symlink("file", in("link")), 0);
    assert_int_equal(symlink("../link", in("deep/far")), 0);
    assert_int_equal(symlink("deep/new", in("dangling")), 0);
    assert_int_equal(symlink("circle", in("circle")), 0);
    assert_ok(write_text("deep/far", "new"));
    assert_holds("file", "new");
    assert_true(S_ISLNK(mode_of("link")) && S_ISLNK(mode_of("deep/far")));
    assert_ok(write_text("dangling", "there"));
    assert_holds("deep/new", "there");
    assert_true(S_ISLNK(mode_of("dangling")));
    assert_fails(write_text("circle", "x"), FA_E_IO, "leads to itself");
    unlink(in("deep/far")), unlink(in("deep/new"));
    assert_int_equal(rmdir(in("deep")), 0);
    REMOVE("file", "link", "dangling", "circle");
}

static void mode_is_kept_and_read_only_is_refused(void **state) {
    (void)state;
    put_text("file", "old");
    assert_int_equal(chmod(in("file"), 0640), 0);
    assert_ok(write_text("file", "new"));
    assert_int_equal(mode_of("file") & 07777, 0640);
    assert_int_equal(chmod(in("file"), 0444), 0);
    assert_fails(write_text("file", "newer"), FA_E_IO, "is read-only");
    assert_holds("file", "new");
    mode_t mask = umask(022);
    assert_ok(write_text("fresh", "x"));
    assert_int_equal(mode_of("fresh") & 07777, 0644);
    umask(mask);
    REMOVE("file", "fresh");
}

static void *read_pipe(void *out) {
    int handle = open(in("pipe"), O_RDONLY);
    size_t used = 0;
    for (ssize_t got; (got = read(handle, (char *)out + used, 4096)) > 0;) used += (size_t)got;
    close(handle);
    return NULL;
}

/* More than a pipe holds at a time; one that nobody reads is waited for until a stop. */
static void pipe_is_written_to(void **state) {
    (void)state;
    enum { SIZE = 300000 };
    static char sent[SIZE + 1], got[SIZE + 4097];
    pthread_t reader;
    memset(sent, 'x', SIZE);
    assert_int_equal(mkfifo(in("pipe"), 0666), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, got), 0);
    assert_ok(write_text("pipe", sent));
    pthread_join(reader, NULL);
    assert_string_equal(got, sent);
    assert_true(S_ISFIFO(mode_of("pipe")));
    REMOVE("pipe");
}

static int stop_after(void *left) {
    return --*(int *)left < 0;
}

static void wait_for_a_pipe_ends_by_a_stop(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    int left = 2;
    assert_int_equal(mkfifo(in("pipe"), 0666), 0);
    fa_stop_set(stop_after, &left);
    assert_int_equal(write_text("pipe", "x"), FA_E_STOPPED);
    left = 2;
    fa_stop_set(stop_after, &left);
    assert_int_equal(fa__file_read(&bytes, &size, in("pipe")), FA_E_STOPPED);
    fa_stop_set(NULL, NULL);
    REMOVE("pipe");
}

static void make_socket(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int handle = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in(name));
    assert_int_equal(bind(handle, (struct sockaddr *)&address, sizeof address), 0);
    close(handle);
}

static void sockets_and_folders_are_refused(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    make_socket("socket");
    assert_fails(write_text("socket", "x"), FA_E_IO, "is a socket");
    assert_fails(fa__file_read(&bytes, &size, in("socket")), FA_E_IO, "is a socket");
    assert_true(S_ISSOCK(mode_of("socket")));
    assert_fails(write_text(".", "x"), FA_E_IO, "is a folder");
    REMOVE("socket");
}

/* Nodes of our own, with the numbers of null, zero, full and of a block device that is not there.
 */
static void devices_are_never_replaced(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    if (mknod(in("null"), S_IFCHR | 0666, makedev(1, 3)) != 0) {
        REMOVE("null");
        skip();
    }
    assert_int_equal(mknod(in("zero"), S_IFCHR | 0666, makedev(1, 5)), 0);
    assert_int_equal(mknod(in("full"), S_IFCHR | 0666, makedev(1, 7)), 0);
    assert_int_equal(mknod(in("block"), S_IFBLK | 0666, makedev(240, 77)), 0);
    int handle = open(in("null"), O_WRONLY); /* some containers forbid it */
    if (handle >= 0) {
        close(handle);
        assert_ok(write_text("null", "gone"));
        assert_fails(write_text("full", "x"), FA_E_IO, "No space left");
        assert_int_equal(symlink("null", in("link")), 0);
        assert_ok(write_text("link", "gone"));
    }
    assert_fails(write_text("block", "x"), FA_E_IO, "is a block device");
    static const char *const names[] = {"null", "zero", "full", "block"};
    for (size_t i = 0; i < 4; i++) {
        assert_fails(fa__file_read(&bytes, &size, in(names[i])), FA_E_IO, "is a device");
        assert_null(fa__file_map(&size, in(names[i]), FA__MAP_MIN));
        assert_true(S_ISCHR(mode_of(names[i])) || S_ISBLK(mode_of(names[i])));
    }
    REMOVE("null", "zero", "full", "block", "link");
}

/* Longer than what is printed in one piece, and than the buffer. */
static void long_texts_are_written_whole(void **state) {
    (void)state;
    enum { SIZE = 100000 };
    static char text[SIZE + 1];
    for (size_t i = 0; i < SIZE; i++) text[i] = (char)('a' + i % 26);
    static const size_t lengths[] = {0, 1, 511, 512, 513, 16383, 16384, 16385, SIZE};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        fa__writer w;
        char kept = text[lengths[i]];
        text[lengths[i]] = '\0';
        assert_ok(fa__writer_open(&w, in("file")));
        fa__writer_print(&w, "%s", text);
        fa__writer_put(&w, text, lengths[i]);
        assert_ok(fa__writer_close(&w, true));
        unsigned char *bytes;
        size_t size;
        assert_ok(fa__file_read(&bytes, &size, in("file")));
        assert_int_equal(size, 2 * lengths[i]);
        assert_memory_equal(bytes, text, lengths[i]);
        assert_memory_equal(bytes + lengths[i], text, lengths[i]);
        fa_free(bytes);
        text[lengths[i]] = kept;
    }
    REMOVE("file");
}

/* ==== Reading ==== */

static void *write_pipe(void *text) {
    FILE *file = fopen(in("pipe"), "w");
    for (size_t i = 0; i < 50; i++) {
        fputs(text, file);
        fflush(file);
        if (i % 10 == 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fclose(file);
    return NULL;
}

static void pipe_is_read_to_its_end(void **state) {
    (void)state;
    static char wanted[50 * 6 + 1];
    pthread_t writer;
    for (size_t i = 0; i < 50; i++) memcpy(wanted + 6 * i, "hello,", 7);
    assert_int_equal(mkfifo(in("pipe"), 0666), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_pipe, "hello,"), 0);
    assert_holds("pipe", wanted);
    pthread_join(writer, NULL);
    REMOVE("pipe");
}

/* size bytes 0, packed, behind what is there. */
static void add_packed(const char *name, size_t size) {
    static unsigned char block[1 << 20];
    gzFile file = gzopen(in(name), "ab9");
    assert_non_null(file);
    for (size_t part; size > 0; size -= part) {
        part = size < sizeof block ? size : sizeof block;
        assert_int_equal(gzwrite(file, block, (unsigned)part), part);
    }
    assert_int_equal(gzclose(file), Z_OK);
}

static void members_are_one_file_and_padding_is_none(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    add_packed("file.gz", 100), add_packed("file.gz", 70000), add_packed("file.gz", 0);
    FILE *file = fopen(in("file.gz"), "ab");
    for (int i = 0; i < 600; i++) fputc(0, file);
    fclose(file);
    assert_ok(fa__file_read(&bytes, &size, in("file.gz")));
    assert_int_equal(size, 70100);
    fa_free(bytes);
    assert_int_equal(truncate(in("file.gz"), 90), 0);
    assert_fails(fa__file_read(&bytes, &size, in("file.gz")), FA_E_FORMAT, "end too early");
    file = fopen(in("file.gz"), "r+b");
    fseek(file, 40, SEEK_SET);
    fputs("damage, damage", file);
    fclose(file);
    assert_fails(fa__file_read(&bytes, &size, in("file.gz")), FA_E_FORMAT, "gzip data");
    REMOVE("file.gz");
}

static void unpacking_is_limited_by_ratio_and_size(void **state) {
    (void)state;
    const size_t most = (size_t)1 << 30;
    assert_ok(fa__unpack_check(most, 1, "x"));             /* small enough, however tight */
    assert_ok(fa__unpack_check(3 * most, most / 50, "x")); /* large, but no tighter than texts */
    assert_ok(fa__unpack_check(200 * (most / 50), most / 50, "x"));
    assert_fails(fa__unpack_check(2 * most, most / 200, "x.gz"), FA_E_FORMAT, "--unpack-unlimited");
    fa_unpack_unlimited_set(1);
    assert_ok(fa__unpack_check(2 * most, 1, "x"));
    fa_unpack_unlimited_set(0);
    if (getenv("FA_TEST_LONG") == NULL) return;
    unsigned char *bytes;
    size_t size;
    add_packed("bomb.gz", most + 1);
    assert_fails(fa__file_read(&bytes, &size, in("bomb.gz")), FA_E_FORMAT, "made to fill memory");
    unlink(in("bomb.gz"));
}

static void memory_that_runs_out_is_reported(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size, live = fa__memory_live();
    add_packed("file.gz", 200000);
    put_text("file", "text");
    for (int packed = 0; packed < 2; packed++) {
        long failures = 0;
        for (fa_status status = FA_E_NOMEM; status != FA_OK; failures++) {
            fa__memory_fail_after(failures);
            status = fa__file_read(&bytes, &size, in(packed ? "file.gz" : "file"));
            fa__memory_fail_after(-1);
            if (status == FA_OK) fa_free(bytes);
            assert_true(status == FA_OK || status == FA_E_NOMEM);
            assert_int_equal(fa__memory_live(), live);
        }
        assert_true(failures > 1);
    }
    REMOVE("file", "file.gz");
}

/* What mkdir said, and not what looking for the folder says after it. /sys takes no folders. */
static void folder_that_cannot_be_made_says_why(void **state) {
    (void)state;
    if (!fa__is_folder("/sys/kernel")) skip();
    assert_fails(fa__make_folder("/sys/kernel/forced-apart"), FA_E_IO,
                 "the folder cannot be made: ");
    assert_null(strstr(fa_error_detail(), "No such file"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup(test, make_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(target_of_a_link_is_replaced),
        IN_FOLDER(mode_is_kept_and_read_only_is_refused),
        IN_FOLDER(pipe_is_written_to),
        IN_FOLDER(wait_for_a_pipe_ends_by_a_stop),
        IN_FOLDER(sockets_and_folders_are_refused),
        IN_FOLDER(devices_are_never_replaced),
        IN_FOLDER(long_texts_are_written_whole),
        IN_FOLDER(pipe_is_read_to_its_end),
        IN_FOLDER(members_are_one_file_and_padding_is_none),
        IN_FOLDER(unpacking_is_limited_by_ratio_and_size),
        IN_FOLDER(memory_that_runs_out_is_reported),
        IN_FOLDER(folder_that_cannot_be_made_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
