/* CIFAR-10 batches in a file, a folder and an archive, and archives that are refused. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include "formats/tar.h"

#include <archive.h>
#include <archive_entry.h>

enum { PLANE = 32 * 32, RECORD = 1 + 3 * PLANE };

static const char *const train_names[] = {"data_batch_1.bin", "data_batch_2.bin",
                                          "data_batch_3.bin", "data_batch_4.bin",
                                          "data_batch_5.bin"};
static const char class_names[] = "airplane\nautomobile\nbird\n\n\n";

/* Record `number` of these tests: a class, and pixels that tell number, channel and place. */
static unsigned char value_of(size_t number, size_t channel, size_t place) {
    return (unsigned char)(number * 7 + channel * 80 + place);
}

static void make_record(unsigned char record[RECORD], size_t number) {
    record[0] = (unsigned char)(number % 10);
    for (size_t c = 0; c < 3; c++)
        for (size_t p = 0; p < PLANE; p++) record[1 + c * PLANE + p] = value_of(number, c, p);
}

/* A batch of `count` records from number `first`, in a buffer that lives until the next call. */
static unsigned char *batch_of(size_t first, size_t count) {
    static unsigned char batch[4 * RECORD];
    assert_true(count <= 4);
    for (size_t i = 0; i < count; i++) make_record(batch + i * RECORD, first + i);
    return batch;
}

static const char *batch_file(const char *name, size_t first, size_t count) {
    return file_of(name, batch_of(first, count), count * RECORD);
}

/* Five batches of two records, a test batch of three, and the names. */
static void make_folder(void) {
    for (size_t b = 0; b < 5; b++) batch_file(train_names[b], 2 * b, 2);
    batch_file("test_batch.bin", 50, 3);
    text_file("batches.meta.txt", class_names);
}

static void assert_records(const fa_dataset *data, size_t first, size_t count) {
    size_t h, w, channels;
    assert_int_equal(fa_dataset_kind(data), FA_KIND_IMAGES);
    assert_int_equal(fa_dataset_count(data), count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *image = fa_dataset_image(data, i, &h, &w, &channels);
        assert_true(h == 32 && w == 32 && channels == 3);
        assert_int_equal(fa_dataset_classes(data)[i], (first + i) % 10);
        for (size_t p = 0; p < PLANE; p++)
            for (size_t c = 0; c < 3; c++)
                assert_int_equal(image[3 * p + c], value_of(first + i, c, p));
    }
}

static fa_status read_split(fa_dataset **out, const char *path, const char *split) {
    return fa_dataset_read(out, path,
                           &(fa_read_options){.size = sizeof(fa_read_options), .split = split});
}

/* ==== Archives ==== */

/* An archive with one member; `filter`: gzip, as the official one. */
static struct archive *open_archive(const char *path, bool gzip) {
    struct archive *archive = archive_write_new();
    assert_non_null(archive);
    archive_write_set_format_ustar(archive);
    if (gzip) archive_write_add_filter_gzip(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    return archive;
}

static void add_member(struct archive *archive, const char *path, const void *bytes, size_t size) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, bytes, size), size);
    archive_entry_free(entry);
}

static void close_archive(struct archive *archive) {
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

/* The official archive in small, with one more member where `more` names it. */
static const char *make_tar(const char *name, bool gzip, const char *more) {
    char path[128];
    struct archive *archive = open_archive(path_of(name), gzip);
    for (size_t b = 0; b < 5; b++) {
        snprintf(path, sizeof path, "cifar-10-batches-bin/%s", train_names[b]);
        add_member(archive, path, batch_of(2 * b, 2), 2 * RECORD);
    }
    add_member(archive, "cifar-10-batches-bin/test_batch.bin", batch_of(50, 3), 3 * RECORD);
    add_member(archive, "cifar-10-batches-bin/batches.meta.txt", class_names,
               sizeof class_names - 1);
    if (more != NULL) add_member(archive, more, "x", 1);
    close_archive(archive);
    return path_of(name);
}

static void archive_reads_as_its_folder(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        fa_dataset *data;
        const char *path = make_tar("cifar.any", gzip != 0, "cifar-10-batches-bin/readme..html");
        assert_ok(read_split(&data, path, "train"));
        assert_records(data, 0, 10);
        assert_string_equal(fa_dataset_class_name(data, 1), "automobile");
        fa_dataset_free(data);
        assert_ok(read_split(&data, path, "test"));
        assert_records(data, 50, 3);
        fa_dataset_free(data);
        assert_fails(read_split(&data, path, NULL), FA_E_ARGUMENT, "say which");
    }
}

static void archive_that_leads_out_is_refused(void **state) {
    (void)state;
    static const char *const paths[] = {
        "/etc/passwd", "../x",           "cifar-10-batches-bin/../../x", "cifar-10-batches-bin/..",
        "..",          "/test_batch.bin"};
    fa_dataset *out;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *path = make_tar("bad.tar", false, paths[i]);
        assert_fails(read_split(&out, path, "train"), FA_E_FORMAT, "which leads out of it");
        assert_non_null(strstr(fa_error_detail(), paths[i]));
    }
}

static void archive_with_a_batch_twice_is_refused(void **state) {
    (void)state;
    fa_dataset *out;
    const char *path = make_tar("twice.tar", false, "else/test_batch.bin");
    assert_fails(read_split(&out, path, "test"), FA_E_FORMAT,
                 "test_batch.bin is in the archive twice");
}

static void archive_cut_short_is_refused(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size, before;
    fa_dataset *out;
    assert_ok(fa__file_read(&bytes, &size, make_tar("whole.tar", false, NULL)));
    before = fa__memory_live();
    for (size_t part = 1; part < 16; part++) {
        const char *path = file_of("cut.tar", bytes, 13 * RECORD * part / 16);
        fa_status status = read_split(&out, path, "test");
        if (status == FA_OK) fail_msg("cut to %zu/16: read", part);
        assert_non_null(strstr(fa_error_detail(), "cut.tar"));
        assert_int_equal(fa__memory_live(), before);
    }
    fa__free(bytes);
}

static void tar_members_are_found_by_name(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    assert_ok(fa__file_read(&bytes, &size, make_tar("whole.tar", false, NULL)));
    const fa__source source = {.path = "whole.tar", .bytes = bytes, .size = size};
    assert_true(fa__tar_recognise(&source));
    assert_true(fa__tar_has(&source, "test_batch.bin"));
    assert_false(fa__tar_has(&source, "batch.bin"));
    assert_false(fa__tar_recognise(&(fa__source){.path = "x", .bytes = bytes, .size = 200}));
    fa__member members[] = {{.name = "nowhere"}, {.name = "batches.meta.txt"}, {.name = ""}};
    assert_ok(fa__tar_read(members, 3, &source));
    assert_null(members[0].bytes);
    assert_null(members[2].bytes);
    assert_int_equal(members[1].size, sizeof class_names - 1);
    assert_string_equal((char *)members[1].bytes, class_names);
    fa__free(members[1].bytes), fa__free(bytes);
}

/* ==== Folders and files ==== */

static void folder_and_file_read(void **state) {
    (void)state;
    fa_dataset *data;
    make_folder();
    assert_ok(read_split(&data, test_folder, "train"));
    assert_records(data, 0, 10);
    assert_string_equal(fa_dataset_class_name(data, 0), "airplane");
    assert_string_equal(fa_dataset_class_name(data, 2), "bird");
    assert_null(fa_dataset_class_name(data, 3));
    assert_null(fa_dataset_class_name(data, -1));
    fa_dataset *first;
    assert_ok(fa_dataset_first(&first, data, 4));
    assert_records(first, 0, 4);
    assert_string_equal(fa_dataset_class_name(first, 2), "bird");
    fa_dataset_free(first), fa_dataset_free(data);
    assert_ok(read_split(&data, test_folder, "test"));
    assert_records(data, 50, 3);
    fa_dataset_free(data);
    assert_fails(read_split(&data, test_folder, NULL), FA_E_ARGUMENT, "say which");
    assert_ok(fa_dataset_read(&data, path_of("data_batch_2.bin"), NULL)); /* one file */
    assert_records(data, 2, 2);
    assert_null(fa_dataset_class_name(data, 0));
    fa_dataset_free(data);
    fa_read_options options = {.size = sizeof(fa_read_options),
                               .hidden_file = text_file("labels.txt", "3\n1\n"),
                               .split = NULL};
    assert_ok(fa_dataset_read(&data, path_of("data_batch_2.bin"), &options));
    assert_memory_equal(fa_dataset_classes(data), ((int32_t[]){3, 1}), 8);
    fa_dataset_free(data);
    options.hidden_file = text_file("labels.txt", "3\n");
    assert_fails(fa_dataset_read(&data, path_of("data_batch_2.bin"), &options), FA_E_SHAPE,
                 "1 labels");
}

static void folder_within_a_folder_reads(void **state) {
    (void)state;
    fa_dataset *data;
    assert_ok(fa__make_folder(path_of("cifar-10-batches-bin")));
    batch_file("cifar-10-batches-bin/test_batch.bin", 50, 3);
    assert_ok(read_split(&data, test_folder, "test"));
    assert_records(data, 50, 3);
    assert_null(fa_dataset_class_name(data, 0)); /* no batches.meta.txt: no names */
    fa_dataset_free(data);
    assert_fails(read_split(&data, test_folder, "train"), FA_E_IO,
                 "data_batch_1.bin is missing; the train split needs it");
}

static void folder_with_bad_files_is_refused(void **state) {
    (void)state;
    fa_dataset *out;
    make_folder();
    size_t before = fa__memory_live();
    file_of("data_batch_3.bin", batch_of(4, 2), 2 * RECORD - 1);
    assert_fails(read_split(&out, test_folder, "train"), FA_E_FORMAT,
                 "data_batch_3.bin has 6145 bytes, which are no whole records of 3073 bytes");
    file_of("data_batch_3.bin", "", 0);
    assert_fails(read_split(&out, test_folder, "train"), FA_E_FORMAT, "data_batch_3.bin has 0");
    unsigned char *batch = batch_of(4, 2);
    batch[RECORD] = 10;
    file_of("data_batch_3.bin", batch, 2 * RECORD);
    assert_fails(read_split(&out, test_folder, "train"), FA_E_FORMAT,
                 "data_batch_3.bin: record 1 begins with class 10, 0 to 9 are known");
    assert_fails(fa_dataset_read(&out, path_of("data_batch_3.bin"), NULL), FA_E_FORMAT,
                 "record 1 begins with class 10");
    unlink(path_of("data_batch_3.bin"));
    assert_fails(read_split(&out, test_folder, "train"), FA_E_IO, "data_batch_3.bin is missing");
    text_file("batches.meta.txt", "airplane\n\nbird\n");
    assert_fails(read_split(&out, test_folder, "test"), FA_E_FORMAT,
                 "batches.meta.txt, line 2: is empty, the name of class 1 is wanted");
    file_of("batches.meta.txt", "air\0plane\n", 10);
    assert_fails(read_split(&out, test_folder, "test"), FA_E_FORMAT, "has zero bytes");
    assert_int_equal(fa__memory_live(), before);
}

static void reading_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_dataset *out;
    make_folder();
    assert_survives_nomem(read_split(&out, test_folder, "train"), fa_dataset_free(out));
    const char *path = make_tar("cifar.tar.gz", true, NULL);
    assert_survives_nomem(read_split(&out, path, "test"), fa_dataset_free(out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(archive_reads_as_its_folder, clear_test_folder),
        cmocka_unit_test_setup(archive_that_leads_out_is_refused, clear_test_folder),
        cmocka_unit_test_setup(archive_with_a_batch_twice_is_refused, clear_test_folder),
        cmocka_unit_test_setup(archive_cut_short_is_refused, clear_test_folder),
        cmocka_unit_test_setup(tar_members_are_found_by_name, clear_test_folder),
        cmocka_unit_test_setup(folder_and_file_read, clear_test_folder),
        cmocka_unit_test_setup(folder_within_a_folder_reads, clear_test_folder),
        cmocka_unit_test_setup(folder_with_bad_files_is_refused, clear_test_folder),
        cmocka_unit_test_setup(reading_without_memory_fails_cleanly, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
