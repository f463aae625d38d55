/* Coarse groups by a written rule: what rules mean, and every rule or data that does not fit. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

static const int32_t digits[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 0};
enum { N = sizeof digits / sizeof *digits };

static void rule_means_groups(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        size_t groups;
        int32_t of_class[10];
    } cases[] = {
        {"0-4 / 5-9", 2, {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}},
        {"0-4/5-9", 2, {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}},
        {" \t0 - 4\n/ 5 -9 ", 2, {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}},
        {"5-9/0-4", 2, {1, 1, 1, 1, 1, 0, 0, 0, 0, 0}},
        {"0,2,4 / 1,3,5-9", 2, {0, 1, 0, 1, 0, 1, 1, 1, 1, 1}},
        {"9/ 8-8 ,0-3/4-7", 3, {1, 1, 1, 1, 2, 2, 2, 2, 1, 0}},
        {"0-2147483646 , 2147483647/ 9", 0, {0}}, /* 9 twice */
        {"0-8,1000-2000/9", 2, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int32_t coarse[N];
        size_t groups = 0;
        if (cases[c].groups == 0) {
            assert_fails(fa_groups_apply(coarse, &groups, cases[c].rule, digits, N), FA_E_LABEL,
                         "class 9 is named twice");
            continue;
        }
        assert_ok(fa_groups_apply(coarse, &groups, cases[c].rule, digits, N));
        assert_int_equal(groups, cases[c].groups);
        for (size_t i = 0; i < N; i++) assert_int_equal(coarse[i], cases[c].of_class[digits[i]]);
    }
}

static void rule_wrong_is_error(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        fa_status status;
        const char *says;
    } cases[] = {
        {"", FA_E_ARGUMENT, "character 1: a class number is wanted, found the end (a rule looks"},
        {"  ", FA_E_ARGUMENT, "character 3: a class number is wanted, found the end"},
        {"/ 0-9", FA_E_ARGUMENT, "character 1: a class number is wanted, found /"},
        {"0-4 /", FA_E_ARGUMENT, "character 6: a class number is wanted, found the end"},
        {"0-4 / / 5-9", FA_E_ARGUMENT, "character 7: a class number is wanted, found /"},
        {"0-4,/5-9", FA_E_ARGUMENT, "character 5: a class number is wanted, found /"},
        {"0-4,,5/6-9", FA_E_ARGUMENT, "character 5: a class number is wanted, found ,"},
        {"0-/5-9", FA_E_ARGUMENT, "character 3: a class number is wanted, found /"},
        {"-1/5-9", FA_E_ARGUMENT, "character 1: a class number is wanted, found -"},
        {"a/b", FA_E_ARGUMENT, "character 1: a class number is wanted, found a"},
        {"\xff", FA_E_ARGUMENT, "character 1: a class number is wanted, found ."},
        {"0-4 5-9", FA_E_ARGUMENT, "character 5: ',', '-' or '/' is wanted, found '5'"},
        {"0-4\n5-9", FA_E_ARGUMENT, "groups '0-4.5-9': character 5: ',', '-' or '/' is wanted"},
        {"0-4;5-9", FA_E_ARGUMENT, "character 4: ',', '-' or '/' is wanted, found ';'"},
        {"0-4-5/6-9", FA_E_ARGUMENT, "character 4: ',', '-' or '/' is wanted, found '-'"},
        {"4-0/5-9", FA_E_ARGUMENT, "before character 4 runs backwards; write 0-4"},
        {"0/2147483648", FA_E_ARGUMENT, "character 3: a class number is at most 2147483647"},
        {"0/99999999999999999999", FA_E_ARGUMENT, "character 3: a class number is at most"},
        {"0-9", FA_E_LABEL, "is one group only, at least two are needed"},
        {"0-5/5-9", FA_E_LABEL, "class 5 is named twice (before character 8)"},
        {"0-4,3/5-9", FA_E_LABEL, "class 3 is named twice"},
        {"3/0-9", FA_E_LABEL, "class 3 is named twice"},
        {"0-4/5-8", FA_E_LABEL,
         "class 9 is in no group: 2 samples have it, the first is sample 9 (2 of 12 samples are"},
        {"1-4/5-8", FA_E_LABEL,
         "class 0 is in no group: 2 samples have it, the first is sample 0 (4 of 12 samples are"},
        {"0-9/10-19", FA_E_LABEL, "no sample is in group 2 of 2"},
        {"10/0-9/11", FA_E_LABEL, "no sample is in group 1 of 3"},
    };
    int32_t coarse[N] = {7};
    size_t groups = 77, live = fa__memory_live();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(fa_groups_apply(coarse, &groups, cases[i].rule, digits, N), cases[i].status,
                     cases[i].says);
        assert_true(coarse[0] == 7 && groups == 77);
        assert_null(strchr(fa_error_detail(), '\n'));
        assert_int_equal(fa__memory_live(), live);
    }
}

static void data_that_do_not_fit_are_errors(void **state) {
    (void)state;
    int32_t coarse[2];
    size_t groups;
    assert_fails(fa_groups_apply(coarse, &groups, "0/1", NULL, 2), FA_E_LABEL, "have no classes");
    assert_fails(fa_groups_apply(coarse, &groups, "0/1", digits, 0), FA_E_LABEL,
                 "no sample is in group 1 of 2");
    assert_fails(fa_groups_apply(coarse, &groups, "0/1", (int32_t[]){0, -1}, 2), FA_E_LABEL,
                 "class -1 is in no group: 1 samples");
}

static void out_of_memory_is_clean(void **state) {
    (void)state;
    int32_t coarse[N];
    size_t groups;
    const char *rule = "0,1,2,3,4,5,6,7,8,9/10,11,12,13,14,15,16,17,18,19/20";
    int32_t classes[N] = {0, 10, 20};
    assert_survives_nomem(fa_groups_apply(coarse, &groups, rule, classes, N), );
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_means_groups),
        cmocka_unit_test(rule_wrong_is_error),
        cmocka_unit_test(data_that_do_not_fit_are_errors),
        cmocka_unit_test(out_of_memory_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
