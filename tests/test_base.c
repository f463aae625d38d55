/* Status, memory, random numbers, threads, files. */
#define _POSIX_C_SOURCE 200809L
#include "test.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/rng.h"
#include "base/sort.h"
#include "base/threads.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void status_every_code_has_a_text(void **state) {
    (void)state;
#define CHECK(name, value, text)                                                                   \
    assert_int_equal(name, value);                                                                 \
    assert_string_equal(fa_status_text(name), text);
    FA_STATUS_TABLE(CHECK)
#undef CHECK
    assert_string_equal(fa_status_text((fa_status)999), "unknown status");
}

static void status_detail_can_be_wrapped(void **state) {
    (void)state;
    assert_int_equal(fa__fail(FA_E_IO, "x is %d", 3), FA_E_IO);
    assert_int_equal(fa__fail_within(FA_E_IO, "file %s", "a"), FA_E_IO);
    assert_string_equal(fa_error_detail(), "file a: x is 3");
}

static void memory_is_aligned_counted_and_checked(void **state) {
    (void)state;
    size_t before = fa__memory_live();
    float *a;
    assert_ok(FA_NEW(a, 7));
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_int_equal(fa__memory_live(), before + 1);
    fa_free(a);
    assert_int_equal(fa__memory_live(), before);
    assert_fails(FA_NEW(a, SIZE_MAX / 2), FA_E_NOMEM, "no memory for");
    fa__memory_fail_after(0);
    assert_fails(FA_NEW(a, 1), FA_E_NOMEM, "no memory for 1");
    assert_ok(FA_NEW(a, 1));
    fa_free(a);
    fa__memory_fail_after(-1);
}

static void rng_matches_the_published_generator(void **state) {
    (void)state;
    /* State 1, 2, 3, 4: the first outputs of the authors' xoshiro256plusplus.c, worked by hand:
     * rotl(1 + 4, 23) + 1 = 5 * 2^23 + 1. */
    fa__rng rng = {{1, 2, 3, 4}};
    assert_int_equal(fa__rng_next(&rng), 41943041);
    assert_int_equal(fa__rng_next(&rng), 58720359);
}

static void rng_streams_differ_and_are_uniform(void **state) {
    (void)state;
    fa__rng a, b;
    fa__rng_seed(&a, 1, FA__STREAM_INIT, 2);
    fa__rng_seed(&b, 2, FA__STREAM_INIT, 1);
    assert_true(fa__rng_next(&a) != fa__rng_next(&b));
    double sum = 0, square = 0, normal = 0, normal_square = 0;
    enum { N = 100000 };
    size_t seen[7] = {0};
    for (int i = 0; i < N; i++) {
        double u = fa__rng_uniform(&a), z = fa__rng_normal(&a);
        assert_true(u >= 0 && u < 1);
        sum += u;
        square += u * u;
        normal += z;
        normal_square += z * z;
        seen[fa__rng_below(&a, 7)]++;
    }
    assert_near(sum / N, 0.5, 0.005);
    assert_near(square / N, 1 / 3.0, 0.005);
    assert_near(normal / N, 0, 0.02);
    assert_near(normal_square / N, 1, 0.02);
    for (int i = 0; i < 7; i++) assert_near((double)seen[i] * 7 / N, 1, 0.03);
}

static fa_status square_unless_negative(void *context, size_t index, size_t thread) {
    int *values = context;
    if (thread >= 4) return fa__fail(FA_E_ARGUMENT, "thread %zu", thread);
    if (values[index] < 0) return fa__fail(FA_E_LABEL, "negative at %zu", index);
    values[index] *= values[index];
    return FA_OK;
}

static void threads_run_every_task_once_and_report_the_first_failure(void **state) {
    (void)state;
    int values[100];
    for (int t = 1; t <= 4; t++) {
        fa_threads_set(t);
        for (int i = 0; i < 100; i++) values[i] = i;
        assert_ok(fa__parallel(100, square_unless_negative, values));
        for (int i = 0; i < 100; i++) assert_int_equal(values[i], i * i);
        values[30] = values[60] = -1;
        assert_fails(fa__parallel(100, square_unless_negative, values), FA_E_LABEL,
                     "negative at 30");
    }
    fa_threads_set(0);
    assert_ok(fa__parallel(0, square_unless_negative, NULL));
}

static void writer_leaves_a_whole_file_or_none(void **state) {
    (void)state;
    char folder[] = "/tmp/fa-test-XXXXXX", path[FA__PATH_MAX], deep[FA__PATH_MAX];
    assert_non_null(mkdtemp(folder));
    assert_ok(fa__path_join(path, folder, "a.txt"));
    fa__writer w;
    assert_ok(fa__writer_open(&w, path));
    fa__writer_print(&w, "x=%d\n", 5);
    assert_false(fa__file_exists(path));
    assert_ok(fa__writer_close(&w, true));
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, path));
    assert_int_equal(size, 4);
    assert_string_equal((char *)bytes, "x=5\n");
    fa_free(bytes);
    assert_ok(fa__writer_open(&w, path));
    fa__writer_print(&w, "given up");
    assert_ok(fa__writer_close(&w, false));
    assert_ok(fa__file_read(&bytes, &size, path));
    assert_string_equal((char *)bytes, "x=5\n");
    fa_free(bytes);
    assert_fails(fa__file_read(&bytes, &size, folder), FA_E_IO, "is a folder");
    assert_ok(fa__path_join(deep, path, "below"));
    assert_fails(fa__writer_open(&w, deep), FA_E_IO, "cannot be written");
    assert_fails(fa__make_folder(deep), FA_E_IO, "cannot be made");
    unlink(path);
    rmdir(folder); /* fails, and the next line too, if a temporary file was left */
    assert_false(fa__is_folder(folder));
}

static void public_writer_and_folders(void **state) {
    (void)state;
    char folder[] = "/tmp/fa-test-XXXXXX", path[FA__PATH_MAX], deep[FA__PATH_MAX];
    assert_non_null(mkdtemp(folder));
    assert_ok(fa__path_join(deep, folder, "a/b"));
    assert_ok(fa_folder_make(deep));
    assert_ok(fa_folder_make(deep));
    assert_ok(fa__path_join(path, deep, "c.txt"));
    unsigned char *bytes;
    size_t size;
    const char *const texts[] = {"first\n", "a\0b", ""};
    const size_t sizes[] = {6, 3, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(fa_file_write(path, sizes[i] > 0 ? texts[i] : NULL, sizes[i]));
        assert_ok(fa__file_read(&bytes, &size, path));
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(bytes, texts[i], size);
        fa__free(bytes);
    }
    assert_fails(fa_file_write(NULL, "", 1), FA_E_ARGUMENT, "path is NULL");
    assert_fails(fa_file_write(path, NULL, 1), FA_E_ARGUMENT, "bytes is NULL");
    assert_fails(fa_file_write(deep, "x", 1), FA_E_IO, "is a folder");
    assert_fails(fa_folder_make(NULL), FA_E_ARGUMENT, "path is NULL");
    assert_fails(fa_folder_make(path), FA_E_IO, "cannot be made");
    unlink(path);
    assert_int_equal(rmdir(deep), 0); /* nothing else was left there */
    *strrchr(deep, '/') = '\0';
    rmdir(deep);
    rmdir(folder);
}

/* The limit on the size of files stands for the full disk. */
static void writer_reports_a_full_disk(void **state) {
    (void)state;
    static const char block[100000];
    char folder[] = "/tmp/fa-test-XXXXXX", path[64];
    struct rlimit before, least = {.rlim_cur = 50000};
    fa__writer w;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    least.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &least), 0);
    assert_ok(fa__writer_open(&w, path));
    fa__writer_put(&w, block, sizeof block);
    assert_fails(fa__writer_close(&w, true), FA_E_IO, "File too large; nothing was left there");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(rmdir(folder), 0);
}

static void folder_is_held_by_one_at_a_time(void **state) {
    (void)state;
    char folder[] = "/tmp/fa-test-XXXXXX", byte;
    int first = -1, second = -1, told[2];
    assert_non_null(mkdtemp(folder));
    assert_ok(fa__folder_lock(&first, folder));
    assert_true(first >= 0);
    assert_fails(fa__folder_lock(&second, folder), FA_E_IO, "another training is at work");
    assert_int_equal(second, -1);
    fa__folder_unlock(first);
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)!write(told[1], fa__folder_lock(&first, folder) == FA_OK ? "y" : "n", 1);
        for (;;) pause();
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_fails(fa__folder_lock(&second, folder), FA_E_IO, "another training is at work");
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(fa__folder_lock(&second, folder));
    fa__folder_unlock(second);
    fa__folder_unlock(-1);
    close(told[0]), close(told[1]);
    assert_int_equal(rmdir(folder), 0); /* no file was made */
    assert_fails(fa__folder_lock(&second, folder), FA_E_IO, "cannot be opened");
}

/* An older caller's struct is shorter, and what it does not have is 0; a newer one's is refused. */
static void options_of_other_versions_are_taken_or_refused(void **state) {
    (void)state;
    struct {
        size_t size;
        float a, b;
    } own = {9, 9, 9}, given = {.size = sizeof(size_t) + sizeof(float), .a = 2, .b = 3};
    assert_ok(fa__options_take(&own, sizeof own, &given, "fa_x_options"));
    assert_true(own.size == sizeof own && own.a == 2 && own.b == 0);
    given.size = sizeof given;
    assert_ok(fa__options_take(&own, sizeof own, &given, "fa_x_options"));
    assert_true(own.b == 3);
    const size_t wrong[] = {0, sizeof(size_t) - 1, sizeof(size_t), sizeof given + 1, (size_t)-1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        given.size = wrong[i];
        assert_fails(fa__options_take(&own, sizeof own, &given, "fa_x_options"), FA_E_ARGUMENT,
                     "set it to sizeof(fa_x_options)");
    }
    assert_true(own.size == sizeof own && own.a == 2 && own.b == 3); /* untouched */
    assert_ok(fa__options_take(&own, sizeof own, NULL, "fa_x_options"));
    assert_true(own.size == sizeof own && own.a == 0 && own.b == 0);
    double loss = -1;
    const float h[2] = {1, 2};
    const fa_loss_options without_size = {.margin = 1};
    assert_fails(fa_loss_multi(&loss, NULL, h, 2, 1, NULL, &without_size), FA_E_ARGUMENT,
                 "the size in fa_loss_options is 0");
    assert_true(loss == -1);
}

static void nearest_name_is_the_one_meant(void **state) {
    (void)state;
    static const char *const names[] = {"train", "cluster", "score", "report"};
    assert_string_equal(fa_nearest_name("trian", names, 4), "train"); /* a swap is one edit */
    assert_string_equal(fa_nearest_name("scor", names, 4), "score");
    assert_string_equal(fa_nearest_name("clu", names, 4), "cluster"); /* its start */
    assert_null(fa_nearest_name("embed", names, 4));
    assert_null(fa_nearest_name("x", names, 4));
    assert_null(fa_nearest_name("train", names, 0));
}

static void distinct_values_are_sorted_and_found(void **state) {
    (void)state;
    int32_t values[] = {5, -1, INT32_MAX, 5, INT32_MIN, -1};
    assert_int_equal(fa__distinct(values, 6), 4);
    assert_memory_equal(values, ((int32_t[]){INT32_MIN, -1, 5, INT32_MAX}), 16);
    assert_int_equal(fa__distinct_place(values, 4, 5), 2);
    assert_int_equal(fa__distinct_place(values, 4, 6), 4);
    assert_int_equal(fa__distinct(values, 0), 0);
    assert_int_equal(fa__distinct_place(values, 0, 5), 0);
}

/* More texts than the table begins with, two of them with the same start. */
static const char *text_of(const void *owner, size_t number, size_t *size) {
    const char(*texts)[8] = owner;
    *size = strlen(texts[number]);
    return texts[number];
}

static void hash_finds_every_text_and_no_other(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    static char texts[COUNT][8];
    fa__hash hash = {0};
    assert_true(fa__hash_find(&hash, "0", 1, text_of, texts) == SIZE_MAX);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = (size_t)snprintf(texts[i], sizeof texts[i], "%zu", i * 7);
        assert_true(fa__hash_find(&hash, texts[i], size, text_of, texts) == SIZE_MAX);
        assert_ok(fa__hash_add(&hash, texts[i], size, i));
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(fa__hash_find(&hash, texts[i], strlen(texts[i]), text_of, texts), i);
    assert_true(fa__hash_find(&hash, "8", 1, text_of, texts) == SIZE_MAX);
    assert_int_equal(fa__hash_find(&hash, "77", 1, text_of, texts), 1); /* "7" by its size */
    assert_fails(fa__hash_add(&hash, "y", 1, UINT32_MAX), FA_E_SHAPE, "more than 2^32");
    fa__memory_fail_after(0);
    for (size_t i = 0; i < 2000; i++) /* to where it must grow */
        if (fa__hash_add(&hash, "z", 1, COUNT) == FA_E_NOMEM) break;
    fa__memory_fail_after(-1);
    assert_int_equal(fa__hash_find(&hash, "0", 1, text_of, texts), 0); /* as it was */
    fa__hash_free(&hash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_name_is_the_one_meant),
        cmocka_unit_test(distinct_values_are_sorted_and_found),
        cmocka_unit_test(hash_finds_every_text_and_no_other),
        cmocka_unit_test(status_every_code_has_a_text),
        cmocka_unit_test(status_detail_can_be_wrapped),
        cmocka_unit_test(memory_is_aligned_counted_and_checked),
        cmocka_unit_test(rng_matches_the_published_generator),
        cmocka_unit_test(rng_streams_differ_and_are_uniform),
        cmocka_unit_test(threads_run_every_task_once_and_report_the_first_failure),
        cmocka_unit_test(writer_leaves_a_whole_file_or_none),
        cmocka_unit_test(public_writer_and_folders),
        cmocka_unit_test(writer_reports_a_full_disk),
        cmocka_unit_test(options_of_other_versions_are_taken_or_refused),
        cmocka_unit_test(folder_is_held_by_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
