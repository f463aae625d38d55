/* Where a data path leads: here first, then the data folder, and which folder that is. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

/* The three variables, NULL: not set. */
static void set_places(const char *own, const char *xdg, const char *home) {
    const char *const values[][2] = {
        {"FORCED_APART_DATA", own}, {"XDG_DATA_HOME", xdg}, {"HOME", home}};
    for (size_t i = 0; i < 3; i++)
        if (values[i][1] != NULL)
            assert_int_equal(setenv(values[i][0], values[i][1], 1), 0);
        else
            assert_int_equal(unsetenv(values[i][0]), 0);
}

static void assert_leads(const char *name, const char *wanted) {
    char *path = NULL;
    assert_ok(fa_data_path(&path, name));
    assert_string_equal(path, wanted);
    fa_free(path);
}

static void folder_is_the_own_then_xdg_then_home(void **state) {
    (void)state;
    set_places("/own", "/xdg", "/home/me");
    assert_leads("", "/own");
    set_places("relative", "/xdg", "/home/me");
    assert_leads("", "relative");
    set_places("", "/xdg", "/home/me"); /* set to nothing is not set */
    assert_leads("", "/xdg/forced-apart");
    set_places(NULL, "xdg", "/home/me"); /* a relative one is ignored by its specification */
    assert_leads("", "/home/me/.local/share/forced-apart");
    set_places(NULL, "", "/home/me");
    assert_leads("", "/home/me/.local/share/forced-apart");
    const char *const nowhere[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        char *path = NULL;
        set_places(nowhere[i], nowhere[i], nowhere[i]);
        assert_fails(fa_data_path(&path, ""), FA_E_IO, "set FORCED_APART_DATA to a folder");
        assert_null(path);
    }
}

static void name_is_found_here_before_the_data_folder(void **state) {
    (void)state;
    char here[FA__PATH_MAX];
    const char *folder = path_of("data");
    assert_non_null(getcwd(here, sizeof here));
    assert_ok(fa__make_folder(folder));
    set_places(folder, NULL, NULL);
    text_file("data/a.npz", "x");
    text_file("data/b.npz", "x");
    text_file("b.npz", "x");
    assert_ok(fa__make_folder(path_of("data/strokes")));
    assert_int_equal(chdir(test_folder), 0);
    assert_leads("a.npz", path_of("data/a.npz"));
    assert_leads("b.npz", "b.npz");
    assert_leads("data", "data"); /* a folder is as good as a file */
    assert_leads("strokes", path_of("data/strokes"));
    assert_leads(path_of("b.npz"), path_of("b.npz"));
    assert_int_equal(chdir(here), 0);
}

static void name_that_is_nowhere_names_both_places(void **state) {
    (void)state;
    char *path = NULL, *longer = malloc(2 * FA__PATH_MAX);
    set_places(test_folder, NULL, NULL);
    assert_fails(fa_data_path(&path, "none.npz"), FA_E_IO, "none.npz: neither here nor in");
    assert_non_null(strstr(fa_error_detail(), test_folder));
    assert_non_null(strstr(fa_error_detail(), "FORCED_APART_DATA"));
    /* what is absolute is not looked for anywhere else */
    assert_fails(fa_data_path(&path, "/no/such/none.npz"), FA_E_IO, "nothing is there");
    assert_int_equal(symlink("nowhere", path_of("link.csv")), 0);
    assert_fails(fa_data_path(&path, path_of("link.csv")), FA_E_IO,
                 "link.csv: is a link to nothing");
    assert_int_equal(symlink("round", path_of("round")), 0);
    assert_fails(fa_data_path(&path, path_of("round")), FA_E_IO,
                 "cannot be opened: Too many levels");
    assert_non_null(longer);
    memset(longer, 'x', 2 * FA__PATH_MAX);
    longer[2 * FA__PATH_MAX - 1] = '\0';
    assert_fails(fa_data_path(&path, longer), FA_E_IO, "longer than");
    set_places(longer, NULL, NULL);
    assert_fails(fa_data_path(&path, ""), FA_E_IO, "too long");
    assert_null(path);
    free(longer);
    set_places(test_folder, NULL, NULL);
    assert_survives_nomem(fa_data_path(&path, ""), fa_free(path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(folder_is_the_own_then_xdg_then_home, clear_test_folder),
        cmocka_unit_test_setup(name_is_found_here_before_the_data_folder, clear_test_folder),
        cmocka_unit_test_setup(name_that_is_nowhere_names_both_places, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
