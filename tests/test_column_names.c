/* Columns of a table by their names: in the model's order, missing, one too many. */
#define _XOPEN_SOURCE 700
#include "data/column_names.h"

#include "train/task.h"

#include "data_files.h"

static char abc_text[] = "a\0b\0c"; /* with the 0 that ends the literal */
static const fa__names abc = {.text = abc_text, .size = sizeof abc_text, .count = 3};

static fa_dataset *table_of(const char *text, const fa_read_options *options) {
    fa_dataset *set = NULL;
    assert_ok(fa_dataset_read(&set, text_file("t.csv", text), options));
    return set;
}

/* ==== What a table keeps ==== */

static void names_are_those_of_the_values_alone(void **state) {
    (void)state;
    static const fa_read_options how = {.size = sizeof(fa_read_options),
                                        .label_column = "l",
                                        .hidden_column = "h",
                                        .ignore_columns = "x"};
    fa_dataset *set = table_of("l,u v,x,h,w\nq,1,5,r,2\ns,3,6,r,4\n", &how);
    assert_string_equal(fa_dataset_column_name(set, 0), "u v");
    assert_string_equal(fa_dataset_column_name(set, 1), "w");
    assert_null(fa_dataset_column_name(set, 2));
    fa_dataset_free(set);
    set = table_of("id,time,y,z\na,0,1,2\n", NULL);
    assert_string_equal(fa_dataset_column_name(set, 0), "y");
    assert_string_equal(fa_dataset_column_name(set, 1), "z");
    fa_dataset_free(set);
    set = table_of("1,2\n3,4\n", NULL); /* no row of names */
    assert_null(fa_dataset_column_name(set, 0));
    fa_dataset_free(set);
    set = table_of("t,u\nword,1\n",
                   &(fa_read_options){.size = sizeof(fa_read_options), .text_column = "t"});
    assert_null(fa_dataset_column_name(set, 0));
    fa_dataset_free(set);
}

static void optional_columns_may_be_absent(void **state) {
    (void)state;
    fa_read_options how = {.size = sizeof(fa_read_options),
                           .label_column = "l",
                           .hidden_column = "h",
                           .ignore_columns = "x,9",
                           .columns_optional = 1};
    fa_dataset *set = table_of("u,h\n1,r\n2,s\n", &how);
    assert_string_equal(fa_dataset_absent_columns(set), "l, x, 9");
    assert_null(fa_dataset_coarse(set));
    assert_memory_equal(fa_dataset_classes(set), ((const int32_t[]){0, 1}), 8);
    assert_int_equal(fa_dataset_features(set), 1);
    fa_dataset_free(set);
    set = table_of("u,h,l,x\n1,r,q,5\n", &how);
    assert_string_equal(fa_dataset_absent_columns(set), "9");
    assert_string_equal(fa_dataset_coarse_name(set, 0), "q");
    fa_dataset_free(set);
    const char *const array = fixture("npy/matrix_be_f2.npy"); /* no table at all */
    assert_ok(fa_dataset_read(&set, array, &how));
    assert_null(fa_dataset_column_name(set, 0));
    fa_dataset_free(set);
    how.columns_optional = 0;
    assert_fails(fa_dataset_read(&set, array, &how), FA_E_ARGUMENT, "no table");
    assert_fails(fa_dataset_read(&set, text_file("t.csv", "u,h\n1,r\n"), &how), FA_E_ARGUMENT,
                 "--labels (--label-column)");
    how = (fa_read_options){.size = sizeof(fa_read_options),
                            .text_column = "t",
                            .columns_optional = 1}; /* nothing without it */
    assert_fails(fa_dataset_read(&set, text_file("t.csv", "u,h\n1,r\n"), &how), FA_E_ARGUMENT,
                 "--text-column");
}

/* ==== Matching ==== */

static void assert_found(const char *text, const size_t *wanted) {
    fa_dataset *set = table_of(text, NULL);
    size_t *places;
    assert_ok(fa__columns_find(&places, &abc, set));
    if (wanted == NULL)
        assert_null(places);
    else
        assert_memory_equal(places, wanted, 3 * sizeof *wanted);
    fa__free(places);
    fa_dataset_free(set);
}

static void columns_are_found_in_any_order(void **state) {
    (void)state;
    assert_found("a,b,c\n1,2,3\n", NULL);
    assert_found("c,a,b\n1,2,3\n", (const size_t[]){1, 2, 0});
    assert_found("1,2,3\n4,5,6\n", NULL); /* no names */
    fa_dataset *set = table_of("c,a,b\n1,2,3\n", NULL);
    size_t *places;
    assert_ok(fa__columns_find(&places, &(fa__names){0}, set)); /* the model has none */
    assert_null(places);
    fa_dataset_free(set);
}

static void assert_not_found(const char *text, const char *says) {
    fa_dataset *set = table_of(text, NULL);
    size_t *places, live = fa__memory_live();
    assert_fails(fa__columns_find(&places, &abc, set), FA_E_SHAPE, says);
    assert_null(places);
    assert_int_equal(fa__memory_live(), live);
    fa_dataset_free(set);
}

static void columns_missing_or_beyond_are_named(void **state) {
    (void)state;
    assert_not_found("a,c\n1,2\n", "the column 'b', which was trained on, is not there; columns");
    assert_not_found("c,a,B\n1,2,3\n", "the column 'b', which was trained on, is not there "
                                       "(another name for it?)");
    assert_not_found("c,d,b,a\n1,2,3,4\n", "the column 'd' was not trained on; leave it out "
                                           "(--ignore-columns)");
}

static void values_move_as_by_hand(void **state) {
    (void)state;
    static const size_t places[] = {1, 2, 0};
    fa_dataset *set = table_of("c,a,b\n1,2,3\n4,5,6\n", NULL), *made;
    assert_ok(fa__columns_in_order(&made, set, places, NULL));
    assert_string_equal(fa_dataset_column_name(made, 0), "a");
    assert_string_equal(fa_dataset_column_name(made, 2), "c");
    assert_int_equal(made->n, 2);
    assert_memory_equal(made->values.numbers, ((const float[]){2, 3, 1, 5, 6, 4}),
                        6 * sizeof(float));
    fa_dataset_free(made);
    fa_dataset_free(set);
    set = table_of("id,time,c,a,b\nq,0,1,2,3\nr,0,4,5,6\nq,1,7,8,9\n", NULL);
    assert_ok(fa__columns_in_order(&made, set, places, NULL));
    size_t steps;
    assert_memory_equal(fa_dataset_series(made, 0, &steps), ((const float[]){2, 3, 1, 8, 9, 7}),
                        6 * sizeof(float));
    assert_int_equal(steps, 2);
    assert_memory_equal(fa_dataset_series(made, 1, &steps), ((const float[]){5, 6, 4}),
                        3 * sizeof(float));
    fa_dataset_free(made);
    fa_dataset_free(set);
}

/* ==== As text ==== */

static void names_survive_as_text(void **state) {
    (void)state;
    static const char names[] = "a\\n\0two\nlines\0\0\\"; /* the third is empty */
    char *text;
    fa__names again;
    assert_ok(fa__columns_to_text(&text, names, 4));
    assert_string_equal(text, "a\\\\n\ntwo\\nlines\n\n\\\\\n");
    assert_ok(fa__columns_from_text(&again, 4, text));
    assert_int_equal(again.size, sizeof names);
    assert_memory_equal(again.text, names, sizeof names);
    assert_string_equal(fa__names_at(&again, 3), "\\");
    fa__names_free(&again);
    assert_fails(fa__columns_from_text(&again, 3, text), FA_E_FORMAT, "not 3 names, one a line");
    assert_fails(fa__columns_from_text(&again, 5, text), FA_E_FORMAT, "not 5 names");
    assert_fails(fa__columns_from_text(&again, 1, "a"), FA_E_FORMAT, "not 1 names");
    assert_fails(fa__columns_from_text(&again, 1, ""), FA_E_FORMAT, "not 1 names");
    fa__free(text);
}

/* ==== A test set ==== */

static const char train_csv[] = "a,b,l\n1,10,x\n2,20,y\n3,30,x\n4,40,y\n";

/* The first `after` allocations of opening succeed; below 0: all do. */
static fa_status open_after(fa__task *task, const char *test, long after) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    assert_ok(fa_recipe_set(recipe, "data.train", text_file("train.csv", train_csv)));
    assert_ok(fa_recipe_set(recipe, "data.test", text_file("test.csv", test)));
    assert_ok(fa_recipe_set(recipe, "data.label_column", "l"));
    fa__memory_fail_after(after);
    fa_status status = fa__task_open(task, recipe, NULL, NULL);
    fa__memory_fail_after(-1);
    fa_recipe_free(recipe);
    return status;
}

static fa_status open_with(fa__task *task, const char *test) {
    return open_after(task, test, -1);
}

static void test_set_goes_by_names(void **state) {
    (void)state;
    fa__task task;
    assert_ok(open_with(&task, "l,b,a\ny,50,5\nx,60,6\n"));
    assert_memory_equal(task.test->values.numbers, ((const float[]){5, 50, 6, 60}),
                        4 * sizeof(float));
    assert_memory_equal(task.coarse_test, ((const int32_t[]){1, 0}), 8);
    fa__task_close(&task);
    assert_fails(open_with(&task, "l,b,c\ny,50,5\n"), FA_E_SHAPE,
                 "the column 'a', which was trained on, is not there");
}

static fa_dataset *read_table(const char *name, const char *text) {
    fa_dataset *made;
    const fa_read_options how = {.size = sizeof how, .label_column = "l"};
    assert_ok(fa_dataset_read(&made, text_file(name, text), &how));
    return made;
}

static void sets_of_the_caller_stay_as_they_are(void **state) {
    (void)state;
    size_t before = fa__memory_live();
    fa_recipe *recipe;
    fa__task task;
    fa_dataset *train = read_table("train.csv", train_csv),
               *test = read_table("test.csv", "l,b,a\ny,50,5\nx,60,6\n");
    assert_ok(fa_recipe_create(&recipe));
    assert_ok(fa__task_open(&task, recipe, train, test));
    assert_ptr_equal(task.train, train);
    assert_memory_equal(task.test->values.numbers, ((const float[]){5, 50, 6, 60}),
                        4 * sizeof(float));
    assert_memory_equal(task.coarse_test, ((const int32_t[]){1, 0}), 8);
    fa__task_close(&task);
    assert_memory_equal(test->values.numbers, ((const float[]){50, 5, 60, 6}), 4 * sizeof(float));
    fa_recipe_free(recipe);
    fa_dataset_free(train);
    fa_dataset_free(test);
    assert_int_equal(fa__memory_live(), before);
}

static void reordering_without_memory_fails_cleanly(void **state) {
    (void)state;
    size_t before = fa__memory_live();
    fa_status status = FA_E_NOMEM;
    for (long after = 0; status == FA_E_NOMEM; after++) {
        fa__task task;
        status = open_after(&task, "l,b,a\ny,50,5\nx,60,6\n", after);
        if (status == FA_OK) fa__task_close(&task);
        assert_int_equal(fa__memory_live(), before);
    }
    assert_int_equal(status, FA_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_values_alone),
        cmocka_unit_test(optional_columns_may_be_absent),
        cmocka_unit_test(columns_are_found_in_any_order),
        cmocka_unit_test(columns_missing_or_beyond_are_named),
        cmocka_unit_test(values_move_as_by_hand),
        cmocka_unit_test(names_survive_as_text),
        cmocka_unit_test(test_set_goes_by_names),
        cmocka_unit_test(sets_of_the_caller_stay_as_they_are),
        cmocka_unit_test(reordering_without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
