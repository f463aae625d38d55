/* Exports: the encoding against its own documentation, errors, and memory that runs out. What other
 * programs make of the files is in tests/export.sh. */
#define _POSIX_C_SOURCE 200809L
#include "train_runs.h"

#include "export/protobuf.h"

static int make_run(void **state) {
    make_data(state);
    fa_recipe *recipe = recipe_with("train.epochs", "1");
    assert_ok(train_into(recipe, path_of("run"), NULL, NULL));
    fa_recipe_free(recipe);
    return 0;
}

static fa_model *model_of_run(void) {
    fa_model *model;
    assert_ok(fa_model_open(&model, path_of("run")));
    return model;
}

/* ==== The encoding ==== */

static void assert_bytes(const fa__protobuf *message, const void *wanted, size_t size) {
    assert_ok(fa__protobuf_check(message));
    assert_int_equal(message->size, size);
    assert_memory_equal(message->bytes, wanted, size);
}

/* The examples of protobuf.dev/programming-guides/encoding. */
static void protobuf_fields_are_those_of_its_documentation(void **state) {
    (void)state;
    fa__protobuf m = {0};
    fa__protobuf_integer(&m, 1, 150);
    fa__protobuf_text(&m, 2, "testing");
    fa__protobuf_begin(&m, 3);
    fa__protobuf_integer(&m, 1, 150);
    fa__protobuf_end(&m);
    assert_bytes(&m, "\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01", 17);
    fa__protobuf_free(&m);
    fa__protobuf_integer(&m, 1, (uint64_t)(int64_t)-2);
    assert_bytes(&m, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    fa__protobuf_free(&m);
    fa__protobuf_float(&m, 20, 1.5f); /* key 20 << 3 | 5 = 165 */
    fa__protobuf_double(&m, 1, -2);
    assert_bytes(&m, "\xa5\x01\x00\x00\xc0\x3f\x09\x00\x00\x00\x00\x00\x00\x00\xc0", 15);
    fa__protobuf_free(&m);
}

static void protobuf_messages_of_any_size_nest(void **state) {
    (void)state;
    fa__protobuf m = {0};
    char text[301];
    memset(text, 'x', 300);
    text[300] = '\0';
    fa__protobuf_begin(&m, 1);
    fa__protobuf_end(&m);
    fa__protobuf_begin(&m, 2);
    fa__protobuf_begin(&m, 3);
    fa__protobuf_text(&m, 4, text);
    fa__protobuf_end(&m);
    fa__protobuf_end(&m);
    /* 300 = 0xac 0x02; with its key and count 303, with those of field 3 306 */
    assert_int_equal(m.size, 2 + 3 + 306);
    assert_memory_equal(m.bytes, "\x0a\x00\x12\xb2\x02\x1a\xaf\x02\x22\xac\x02xxx", 14);
    fa__protobuf_free(&m);
}

static void protobuf_without_memory_is_told_at_the_end(void **state) {
    (void)state;
    fa__protobuf m = {0};
    fa__memory_fail_after(0);
    fa__protobuf_begin(&m, 1);
    fa__protobuf_text(&m, 2, "x");
    fa__protobuf_end(&m);
    fa__memory_fail_after(-1);
    assert_fails(fa__protobuf_check(&m), FA_E_NOMEM, "");
    fa__protobuf_free(&m);
}

/* ==== Errors ==== */

static void export_of_null_is_refused(void **state) {
    (void)state;
    fa_model *model = model_of_run();
    assert_fails(fa_export_onnx(NULL, model, false), FA_E_ARGUMENT, "path is NULL");
    assert_fails(fa_export_onnx(path_of("x.onnx"), NULL, false), FA_E_ARGUMENT, "model is NULL");
    assert_fails(fa_export_tensorboard(NULL, NULL, path_of("run")), FA_E_ARGUMENT,
                 "folder is NULL");
    assert_fails(fa_export_tensorboard(NULL, path_of("board"), NULL), FA_E_ARGUMENT, "run is NULL");
    assert_fails(fa_export_csv(NULL, NULL, path_of("run")), FA_E_ARGUMENT, "path is NULL");
    assert_fails(fa_export_csv(NULL, path_of("x.csv"), NULL), FA_E_ARGUMENT, "run is NULL");
    assert_fails(fa_explore_write(NULL, NULL, path_of("run"), NULL), FA_E_ARGUMENT, "path is NULL");
    assert_fails(fa_explore_write(NULL, path_of("x.html"), NULL, NULL), FA_E_ARGUMENT,
                 "run is NULL");
    assert_fails(fa_export_onnx(path_of("nowhere/x.onnx"), model, false), FA_E_IO,
                 "nowhere/x.onnx");
    fa_model_free(model);
}

/* At each allocation in turn, until there are enough. */
static void export_without_memory_leaves_no_file(void **state) {
    (void)state;
    fa_model *model = model_of_run();
    const char *onnx = path_of("x.onnx"), *csv = path_of("x.csv"), *run = path_of("run");
    const char *board = path_of("board"), *page = path_of("x.html");
    for (int what = 0; what < 4; what++) {
        size_t before = fa__memory_live();
        fa_status status = FA_E_NOMEM;
        long after = 0;
        for (; status != FA_OK; after++) {
            fa__memory_fail_after(after);
            status = what == 0   ? fa_export_onnx(onnx, model, true)
                     : what == 1 ? fa_export_csv(NULL, csv, run)
                     : what == 2 ? fa_explore_write(NULL, page, run, NULL)
                                 : fa_export_tensorboard(NULL, board, run);
            fa__memory_fail_after(-1);
            assert_int_equal(fa__memory_live(), before);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            if (what < 3) assert_false(fa__file_exists(what == 0 ? onnx : what == 1 ? csv : page));
        }
        assert_true(after > 3);
    }
    assert_true(fa__file_exists(onnx) && fa__file_exists(csv) && fa__file_exists(page));
    fa_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protobuf_fields_are_those_of_its_documentation),
        cmocka_unit_test(protobuf_messages_of_any_size_nest),
        cmocka_unit_test(protobuf_without_memory_is_told_at_the_end),
        cmocka_unit_test_setup(export_of_null_is_refused, make_run),
        cmocka_unit_test(export_without_memory_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
