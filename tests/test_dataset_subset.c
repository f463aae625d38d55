/* fa_dataset_subset and fa_dataset_first: the part is as the whole was, and no field is lost. */
#define _XOPEN_SOURCE 700
#include "base/memory.h"
#include "data/column_names.h"
#include "data_files.h"

/* Three series of 1, 2 and 1 steps of 2 features. */
static size_t offsets[] = {0, 1, 3, 4};
static float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
static int32_t classes[] = {7, -1, 7};
static const fa_dataset series = {.kind = FA_KIND_SERIES,
                                  .n = 3,
                                  .features = 2,
                                  .values.offsets = offsets,
                                  .values.numbers = values,
                                  .labels.classes = classes,
                                  .origin.skipped = 5};

/* Two images of 1 x 3. */
static unsigned char pixels[] = {1, 2, 3, 4, 5, 6};
static const fa_dataset images = {.kind = FA_KIND_IMAGES,
                                  .n = 2,
                                  .features = 3,
                                  .values.height = 1,
                                  .values.width = 3,
                                  .values.channels = 1,
                                  .values.pixels = pixels};

static void first_of_series_keeps_samples_and_classes(void **state) {
    (void)state;
    fa_dataset *part;
    assert_ok(fa_dataset_first(&part, &series, 2));
    assert_int_equal(fa_dataset_count(part), 2);
    assert_int_equal(fa_dataset_features(part), 2);
    assert_int_equal(fa_dataset_classes(part)[1], -1);
    assert_int_equal(fa_dataset_skipped(part, NULL), 5); /* where it comes from is known still */
    size_t steps;
    const float *second = fa_dataset_series(part, 1, &steps);
    assert_int_equal(steps, 2);
    assert_memory_equal(second, values + 2, 4 * sizeof *values);
    assert_null(fa_dataset_series(part, 2, &steps));
    fa_dataset_free(part);
}

static void first_of_images_keeps_the_shape(void **state) {
    (void)state;
    fa_dataset *part;
    size_t height, width, channels;
    assert_ok(fa_dataset_first(&part, &images, 1));
    const uint8_t *image = fa_dataset_image(part, 0, &height, &width, &channels);
    assert_memory_equal(image, pixels, 3);
    assert_int_equal(height, 1);
    assert_int_equal(width, 3);
    assert_int_equal(channels, 1);
    assert_null(fa_dataset_classes(part));
    assert_null(fa_dataset_image(part, 1, &height, &width, &channels));
    fa_dataset_free(part);
}

static void first_of_a_count_out_of_range_fails(void **state) {
    (void)state;
    fa_dataset *part = NULL;
    assert_fails(fa_dataset_first(&part, &series, 0), FA_E_ARGUMENT, "first 1 to 3 samples");
    assert_fails(fa_dataset_first(&part, &series, 4), FA_E_ARGUMENT, "got 4");
    assert_null(part);
}

static void first_without_memory_leaves_nothing(void **state) {
    (void)state;
    const fa_dataset *const kinds[] = {&series, &images};
    for (size_t kind = 0; kind < 2; kind++) {
        size_t before = fa__memory_live();
        fa_dataset *part = NULL;
        long after = 0;
        for (fa_status status = FA_E_NOMEM; status != FA_OK; after++) {
            fa__memory_fail_after(after);
            status = fa_dataset_first(&part, kinds[kind], 1);
            if (status == FA_OK) break;
            assert_int_equal(status, FA_E_NOMEM);
            assert_null(part);
            assert_int_equal(fa__memory_live(), before);
        }
        fa__memory_fail_after(-1);
        assert_true(after >= 2);
        fa_dataset_free(part);
        assert_int_equal(fa__memory_live(), before);
    }
}

/* ==== No field is lost ==== */

static char text[] = "oneabc", coarse_text[] = "red\0\0blue", class_text[] = "x\0yy",
            column_text[] = "first\0second", sample_text[] = "A\0BB\0CCC";
static double shifts[] = {1e9, -0.5};
static char schema_text[] = "a schema";
static int32_t coarse[] = {2, -1, 0};
static size_t rows[] = {4, 0, 9}, text_offsets[] = {0, 3, 3, 6};
static size_t coarse_starts[] = {0, 4, 5}, class_starts[] = {0, 2}, column_starts[] = {0, 6},
              sample_starts[] = {0, 2, 5};
static unsigned char bytes[] = {1, 2, 3, 4, 5, 6};

/* Zeroes what lies between two fields: padding. */
static void blank(void *from, void *to) {
    memset(from, 0, (size_t)((char *)to - (char *)from));
}

/* Every byte of it is set, so that a field that is not known here is seen as different. */
static void fill(fa_dataset *set, fa_kind kind) {
    memset(set, 0x5a, sizeof *set);
    blank(&set->kind, &set->n);
    blank(&set->values.grey, &set->values.map);
    set->values.grey = true;
    blank(&set->labels.first_named, &set->names);
    set->kind = kind;
    set->n = 3;
    set->features = 2;
    set->values.offsets = kind == FA_KIND_SERIES ? offsets
                          : kind == FA_KIND_TEXT ? text_offsets
                                                 : NULL;
    set->values.numbers = kind == FA_KIND_SERIES || kind == FA_KIND_VECTORS ? values : NULL;
    set->values.pixels = kind == FA_KIND_IMAGES ? bytes : NULL;
    set->values.text = kind == FA_KIND_TEXT ? text : NULL;
    set->values.map = NULL; /* the copy is in no file */
    set->values.map_size = 0;
    set->values.blocks = NULL; /* nor in several */
    set->values.parts = NULL;
    set->values.n_parts = 0;
    set->labels.coarse = coarse;
    set->labels.coarse_names = (fa__names){coarse_text, sizeof coarse_text, 3, coarse_starts};
    set->labels.classes = classes;
    set->labels.class_names = (fa__names){class_text, sizeof class_text, 2, class_starts};
    set->labels.first_named = -7;
    set->values.shift = shifts;
    set->names.schema = schema_text;
    set->names.columns = (fa__names){column_text, sizeof column_text, 2, column_starts};
    set->names.samples = (fa__names){sample_text, sizeof sample_text, 3, sample_starts};
    set->origin.rows = rows;
}

static void assert_names(fa__names *got, fa__names *want) {
    assert_int_equal(got->count, want->count);
    assert_int_equal(got->size, want->size);
    assert_memory_equal(got->text, want->text, want->size);
    assert_memory_equal(got->starts, want->starts, want->count * sizeof *want->starts);
    got->starts = want->starts = NULL;
    got->text = want->text = NULL;
}

static void assert_block(void *got, void *want, const void *got_field, const void *want_field,
                         size_t size) {
    assert_true((got_field == NULL) == (want_field == NULL));
    if (want_field != NULL) assert_memory_equal(got_field, want_field, size);
    if (want_field != NULL) assert_ptr_not_equal(got_field, want_field);
    memset(got, 0, sizeof(void *));
    memset(want, 0, sizeof(void *));
}

#define ASSERT_BLOCK(field, size) assert_block(&a.field, &b.field, a.field, b.field, size)

/* `got`, of all samples in their order, is `want` to the last byte. */
static void assert_same(const fa_dataset *got, const fa_dataset *want) {
    fa_dataset a = *got, b = *want;
    size_t cells = want->kind == FA_KIND_SERIES ? 8 : 6;
    ASSERT_BLOCK(values.offsets, 4 * sizeof(size_t));
    ASSERT_BLOCK(values.numbers, cells * sizeof(float));
    ASSERT_BLOCK(values.shift, sizeof shifts);
    ASSERT_BLOCK(names.schema, sizeof schema_text);
    ASSERT_BLOCK(values.pixels, 6);
    ASSERT_BLOCK(values.text, 6);
    ASSERT_BLOCK(labels.coarse, sizeof coarse);
    ASSERT_BLOCK(labels.classes, sizeof classes);
    ASSERT_BLOCK(origin.rows, sizeof rows);
    assert_names(&a.labels.coarse_names, &b.labels.coarse_names);
    assert_names(&a.labels.class_names, &b.labels.class_names);
    assert_names(&a.names.columns, &b.names.columns);
    assert_names(&a.names.samples, &b.names.samples);
    assert_memory_equal(&a, &b, sizeof a);
}

static const size_t all[] = {0, 1, 2};

static void subset_loses_no_field(void **state) {
    (void)state;
    for (int kind = FA_KIND_SERIES; kind <= FA_KIND_VECTORS; kind++) {
        fa_dataset whole, *part;
        fill(&whole, (fa_kind)kind);
        assert_ok(fa_dataset_subset(&part, &whole, all, 3));
        assert_same(part, &whole);
        fa_dataset_free(part);
        assert_ok(fa_dataset_first(&part, &whole, 3));
        assert_same(part, &whole);
        fa_dataset_free(part);
    }
}

/* What stands beside the values goes with them into another form. */
static void other_forms_lose_no_field(void **state) {
    (void)state;
    static const size_t places[] = {1, 0};
    fa_dataset whole, *made;
    fill(&whole, FA_KIND_VECTORS);
    assert_ok(fa__columns_in_order(&made, &whole, places, (const double[]){-0.5, 1e9}));
    assert_string_equal(fa_dataset_column_name(made, 0), "second");
    assert_memory_equal(made->values.numbers, ((const float[]){2, 1, 4, 3, 6, 5}),
                        6 * sizeof(float));
    fa_dataset *about;
    assert_ok(fa__dataset_create(&about, FA_KIND_SERIES));
    assert_ok(fa__dataset_copy_about(about, &whole, NULL, 3));
    assert_string_equal(fa_dataset_coarse_name(about, 2), "blue");
    assert_string_equal(fa_dataset_class_name(about, -6), "yy");
    assert_string_equal(fa_dataset_sample_name(about, 2), "CCC");
    assert_int_equal(fa_dataset_row(about, 2), 9);
    assert_memory_equal(about->origin.note, whole.origin.note, sizeof whole.origin.note);
    assert_memory_equal(about->origin.absent, whole.origin.absent, sizeof whole.origin.absent);
    fa_dataset_free(about);
    fa_dataset_free(made);
}

static void subset_takes_any_samples_in_any_order(void **state) {
    (void)state;
    static const size_t some[] = {2, 1, 2, 2};
    fa_dataset whole, *part;
    size_t steps;
    fill(&whole, FA_KIND_SERIES);
    assert_ok(fa_dataset_subset(&part, &whole, some, 4));
    assert_int_equal(fa_dataset_count(part), 4);
    assert_memory_equal(fa_dataset_series(part, 1, &steps), values + 2, 4 * sizeof *values);
    assert_int_equal(steps, 2);
    assert_memory_equal(fa_dataset_series(part, 3, &steps), values + 6, 2 * sizeof *values);
    assert_int_equal(steps, 1);
    assert_memory_equal(fa_dataset_classes(part), ((int32_t[]){7, -1, 7, 7}), 4 * sizeof(int32_t));
    assert_memory_equal(fa_dataset_coarse(part), ((int32_t[]){0, -1, 0, 0}), 4 * sizeof(int32_t));
    assert_string_equal(fa_dataset_coarse_name(part, 2), "blue"); /* of no sample now */
    assert_string_equal(fa_dataset_sample_name(part, 1), "BB");
    assert_string_equal(fa_dataset_sample_name(part, 3), "CCC");
    assert_int_equal(fa_dataset_row(part, 0), 9);
    assert_int_equal(fa_dataset_row(part, 1), 0);
    fa_dataset *again; /* of a part: rows and names are still those of the data */
    assert_ok(fa_dataset_subset(&again, part, (const size_t[]){1}, 1));
    assert_int_equal(fa_dataset_row(again, 0), 0);
    assert_string_equal(fa_dataset_sample_name(again, 0), "BB");
    fa_dataset_free(again);
    fa_dataset_free(part);
    whole.origin.rows = NULL; /* rows by themselves */
    assert_ok(fa_dataset_subset(&part, &whole, some, 2));
    assert_int_equal(fa_dataset_row(part, 0), 2);
    assert_int_equal(part->origin.n_rows, 3);
    fa_dataset_free(part);
    fill(&whole, FA_KIND_TEXT);
    assert_ok(fa_dataset_subset(&part, &whole, some, 2));
    assert_memory_equal(fa_dataset_text(part, 0, &steps), "abc", 3);
    assert_non_null(fa_dataset_text(part, 1, &steps)); /* an empty text is one */
    assert_int_equal(steps, 0);
    fa_dataset_free(part);
}

static void subset_out_of_range_is_refused(void **state) {
    (void)state;
    fa_dataset whole, *part = NULL;
    fill(&whole, FA_KIND_VECTORS);
    assert_fails(fa_dataset_subset(&part, &whole, (const size_t[]){0, 3}, 2), FA_E_ARGUMENT,
                 "samples[1] is 3; they are 0 to 2");
    assert_fails(fa_dataset_subset(&part, &whole, all, 0), FA_E_ARGUMENT, "n is 0");
    assert_fails(fa_dataset_subset(&part, &whole, NULL, 1), FA_E_ARGUMENT, "samples is NULL");
    assert_fails(fa_dataset_subset(&part, NULL, all, 1), FA_E_ARGUMENT, "of is NULL");
    assert_fails(fa_dataset_subset(NULL, &whole, all, 1), FA_E_ARGUMENT, "out is NULL");
    assert_null(part);
}

static void subset_survives_nomem(void **state) {
    (void)state;
    for (int kind = FA_KIND_SERIES; kind <= FA_KIND_VECTORS; kind++) {
        fa_dataset whole, *part = NULL;
        fill(&whole, (fa_kind)kind);
        assert_survives_nomem(fa_dataset_subset(&part, &whole, all, 3), fa_dataset_free(part));
    }
}

/* ==== Names ==== */

static void names_are_found_by_text(void **state) {
    (void)state;
    enum { N = 5000 };
    char *block = malloc(N * 8);
    size_t size = 0, *places = malloc(N * sizeof *places);
    for (int i = 0; i < N; i++) size += (size_t)sprintf(block + size, "n%d", i) + 1;
    fa__names names = {.text = block, .size = size, .count = N}, copy, picked;
    assert_ok(fa__names_copy(&copy, &names));
    for (size_t i = 0; i < N; i += 7)
        assert_string_equal(fa__names_at(&copy, i), fa__name_at(block, i));
    static const size_t numbers[] = {4999, 17, 17};
    assert_ok(fa__names_pick(&picked, &copy, numbers, 3));
    assert_string_equal(fa__names_at(&picked, 0), "n4999");
    assert_ok(fa__names_find(places, &names, &picked)); /* not indexed */
    assert_int_equal(places[0], 4999);
    assert_int_equal(places[2], 17);
    assert_ok(fa__names_find(places, &picked, &copy));
    assert_int_equal(places[17], 1); /* the first of two alike */
    assert_int_equal(places[4999], 0);
    assert_true(places[16] == SIZE_MAX);
    assert_survives_nomem(fa__names_find(places, &names, &picked), (void)0);
    fa__names_free(&copy);
    fa__names_free(&picked);
    free(block);
    free(places);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_of_series_keeps_samples_and_classes),
        cmocka_unit_test(first_of_images_keeps_the_shape),
        cmocka_unit_test(first_of_a_count_out_of_range_fails),
        cmocka_unit_test(first_without_memory_leaves_nothing),
        cmocka_unit_test(subset_loses_no_field),
        cmocka_unit_test(other_forms_lose_no_field),
        cmocka_unit_test(subset_takes_any_samples_in_any_order),
        cmocka_unit_test(subset_out_of_range_is_refused),
        cmocka_unit_test(subset_survives_nomem),
        cmocka_unit_test(names_are_found_by_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
