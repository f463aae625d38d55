/* Recipes: every key and its range, files that read or are refused with their line, round trips. */
#define _POSIX_C_SOURCE 200809L
#include "data_files.h"

#include "recipe/recipe.h"
#include "train/component.h"

static fa_recipe *defaults(void) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    return recipe;
}

/* ==== Values ==== */

static void create_sets_every_default(void **state) {
    (void)state;
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    fa_recipe *recipe = defaults();
    assert_int_equal(count, FA__KEY_COUNT);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(fa_recipe_get(recipe, keys[i].name), keys[i].default_value);
        assert_non_null(strchr(keys[i].name, '.'));
        assert_true(strlen(keys[i].allowed) > 0 && strlen(keys[i].text) > 0);
        assert_in_range(keys[i].type, FA_VALUE_TEXT, FA_VALUE_CLUSTERS);
        assert_int_equal(keys[i].type == FA_VALUE_CHOICE, strchr(keys[i].allowed, '|') != NULL);
        bool number = keys[i].type > FA_VALUE_CHOICE;
        assert_true(number ? keys[i].low < keys[i].high : keys[i].low == 0 && keys[i].high == 0);
        assert_string_equal(fa__recipe_text(recipe, (fa__key)i), keys[i].default_value);
    }
    assert_null(fa_recipe_get(recipe, "loss.nothing"));
    assert_near(fa__recipe_number(recipe, FA__OPTIMIZER_LEARNING_RATE), 0.002, 0);
    assert_int_equal(fa__recipe_size(recipe, FA__TRAIN_BATCH), 128);
    assert_ptr_equal(fa__component_at(fa__recipe_choice(recipe, FA__LOSS_KIND)),
                     &fa__component_multi);
    fa_recipe_free(recipe);
    fa_recipe_free(NULL);
}

/* For each key with a range: what is just inside and just outside of it, "" for no such side. */
static const struct {
    const char *key, *below, *lowest, *highest, *above;
} ranges[] = {
    {"data.resize", "-1", "0", "4096", "4097"},
    {"data.limit", "-1", "0", "9007199254740992", "9007199254740994"},
    {"data.validation", "0", "1e-9", "0.999", "1"},
    {"views.rotation", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.scale", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.shear", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.warp", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.shift", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.crop", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.aspect", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.jitter", "-1e-9", "0", "1e6", "1.1e6"},
    {"views.flip", "-1e-9", "0", "1", "1.001"},
    {"views.lift", "-1e-9", "0", "1", "1.001"},
    {"views.join", "-1e-9", "0", "1", "1.001"},
    {"views.drop", "-1e-9", "0", "1", "1.001"},
    {"views.split", "-1e-9", "0", "1", "1.001"},
    {"views.reverse", "-1e-9", "0", "1", "1.001"},
    {"views.reorder", "-1e-9", "0", "1", "1.001"},
    {"views.trim", "-1", "0", "1e6", "1000001"},
    {"text.vocabulary", "0", "1", "16777215", "16777216"},
    {"text.min_count", "0", "1", "9007199254740992", "9007199254740994"},
    {"text.max_tokens", "0", "1", "9007199254740992", "9007199254740994"},
    {"text.window", "0", "1", "100", "101"},
    {"loss.margin", "0", "1e-30", "1e30", "1.1e30"},
    {"loss.weight", "-1e-9", "0", "1e30", "1.1e30"},
    {"loss.information_mu", "-1e-9", "0", "1e30", "1.1e30"},
    {"loss.information_cap", "-1e-9", "0", "1e30", "1.1e30"},
    {"loss.temperature", "0.0009", "0.001", "1e30", "1.1e30"},
    {"loss.hold_weight", "-1e-9", "0", "1e30", "1.1e30"},
    {"loss.neighbours", "0", "1", "1000", "1001"},
    {"loss.neighbours_layer", "-1", "0", "1000", "1001"},
    {"loss.neighbours_exact", "-1", "0", "2147483647", "2147483648"},
    {"loss.neighbours_recall", "0.009", "0.01", "1", "1.01"},
    {"loss.renew_epochs", "-1", "0", "1e9", "1000000001"},
    {"loss.start_epoch", "-0.1", "0", "1e9", "1.1e9"},
    {"loss.ramp_epochs", "-0.1", "0", "2.5", "1.1e9"},
    {"loss.end_epoch", "-0.1", "0", "1e9", "1.1e9"},
    {"optimizer.learning_rate", "0", "1e-12", "1e30", "inf"},
    {"optimizer.beta1", "-0.1", "0", "0.999999", "1"},
    {"optimizer.beta2", "-0.1", "0", "0.999999", "1"},
    {"optimizer.epsilon", "0", "1e-30", "1", "1.1e30"},
    {"optimizer.weight_decay", "-1", "0", "1e9", "1.1e9"},
    {"optimizer.clip", "-1", "0", "1e30", "1.1e30"},
    {"train.epochs", "0", "1", "1e9", "1000000001"},
    {"train.batch", "1", "2", "1e9", "1000000001"},
    {"train.shards", "0", "1", "1024", "1025"},
    {"train.micro_batch", "-1", "0", "1000000000", "1000000001"},
    {"train.seed", "-1", "0", "9007199254740992", "9007199254740994"},
    {"cluster.k", "-1", "0", "1e9", "1000000001"},
    {"cluster.components", "-1", "0", "1e9", "1000000001"},
    {"cluster.layer", "-1", "0", "1000", "1001"},
    {"cluster.restarts", "0", "1", "10000", "10001"},
    {"cluster.seed", "-1", "0", "9007199254740992", "9007199254740994"},
};

static void set_takes_each_range_up_to_its_ends(void **state) {
    (void)state;
    fa_recipe *recipe = defaults();
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const char *key = ranges[i].key;
        assert_ok(fa_recipe_set(recipe, key, ranges[i].lowest));
        assert_ok(fa_recipe_set(recipe, key, ranges[i].highest));
        const char *wrong[] = {ranges[i].below, ranges[i].above, "nan",    "-inf", "",
                               "many",          "1 2",           "0.5abc", "0x",   " 1"};
        for (size_t w = 0; w < sizeof wrong / sizeof wrong[0]; w++) {
            assert_fails(fa_recipe_set(recipe, key, wrong[w]), FA_E_RECIPE, key);
            assert_non_null(strstr(fa_error_detail(), " works")); /* and a value that does */
            assert_string_equal(fa_recipe_get(recipe, key), ranges[i].highest);
        }
    }
    fa_recipe_free(recipe);
}

static void set_takes_whole_numbers_and_choices_only(void **state) {
    (void)state;
    static const char *const whole[] = {
        "data.limit",         "data.resize",       "train.epochs",
        "train.batch",        "train.shards",      "train.seed",
        "cluster.k",          "cluster.restarts",  "cluster.seed",
        "cluster.components", "cluster.layer",     "text.vocabulary",
        "text.min_count",     "text.max_tokens",   "text.window",
        "views.trim",         "loss.neighbours",   "loss.neighbours_layer",
        "loss.renew_epochs",  "train.micro_batch", "loss.neighbours_exact"};
    fa_recipe *recipe = defaults();
    size_t count, choices = 0;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        assert_fails(fa_recipe_set(recipe, whole[i], "2.5"), FA_E_RECIPE, "a whole number");
    for (size_t i = 0; i < count; i++) {
        if (strchr(keys[i].allowed, '|') == NULL) continue;
        char allowed[128], *rest = NULL;
        int index = 0;
        snprintf(allowed, sizeof allowed, "%s", keys[i].allowed);
        for (char *word = strtok_r(allowed, "|", &rest); word != NULL;
             word = strtok_r(NULL, "|", &rest)) {
            assert_ok(fa_recipe_set(recipe, keys[i].name, word));
            assert_int_equal(fa__recipe_choice(recipe, (fa__key)i), index++);
        }
        assert_fails(fa_recipe_set(recipe, keys[i].name, "else"), FA_E_RECIPE, keys[i].allowed);
        assert_fails(fa_recipe_set(recipe, keys[i].name, ""), FA_E_RECIPE, keys[i].name);
        assert_fails(fa_recipe_set(recipe, keys[i].name, keys[i].allowed), FA_E_RECIPE, "one of");
        choices++;
    }
    assert_true(choices > 20); /* the loop found them */
    /* every key is one of: range, choice, text */
    size_t texts = 0;
    for (size_t i = 0; i < count; i++) texts += keys[i].type == FA_VALUE_TEXT;
    assert_int_equal(choices + sizeof ranges / sizeof ranges[0] + texts, count);
    fa_recipe_free(recipe);
}

static void set_of_an_unknown_key_suggests_the_one_that_was_meant(void **state) {
    (void)state;
    fa_recipe *recipe = defaults();
    assert_fails(fa_recipe_set(recipe, "loss.magin", "1"), FA_E_RECIPE, "mean loss.margin?");
    assert_fails(fa_recipe_set(recipe, "learning_rate", "1"), FA_E_RECIPE,
                 "mean optimizer.learning_rate?");
    assert_fails(fa_recipe_set(recipe, "train.learning_rate", "1"), FA_E_RECIPE,
                 "mean optimizer.learning_rate?");
    assert_fails(fa_recipe_set(recipe, "", "1"), FA_E_RECIPE, "no key is named ''");
    assert_fails(fa_recipe_set(recipe, "%s%n", "1"), FA_E_RECIPE, "no key is named '%s%n'");
    assert_fails(fa_recipe_set(recipe, "LOSS.MARGIN", "1"), FA_E_RECIPE, "no key is named");
    assert_fails(fa_recipe_set(recipe, "loss.magrin", "1"), FA_E_RECIPE,
                 "(did you mean loss.margin?)");
    assert_fails(fa_recipe_set(recipe, "margin", "1"), FA_E_RECIPE, "(did you mean loss.margin?)");
    assert_fails(fa_recipe_set(recipe, "los.margn", "1"), FA_E_RECIPE,
                 "(did you mean loss.margin?)");
    fa_recipe_free(recipe);
}

static void set_refuses_text_that_a_file_could_not_give_back(void **state) {
    (void)state;
    char path[400];
    fa_recipe *recipe = defaults();
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_fails(fa_recipe_set(recipe, "data.train", path), FA_E_RECIPE, "data.train");
    assert_fails(fa_recipe_set(recipe, "data.train", "two\nlines"), FA_E_RECIPE, "one line");
    assert_fails(fa_recipe_set(recipe, "data.train", " blank"), FA_E_RECIPE, "data.train");
    assert_fails(fa_recipe_set(recipe, "data.train", "blank "), FA_E_RECIPE, "data.train");
    assert_fails(fa_recipe_set(recipe, "data.train", "a ;b"), FA_E_RECIPE, "data.train");
    assert_fails(fa_recipe_set(recipe, "data.train", ";b"), FA_E_RECIPE, "data.train");
    assert_string_equal(fa_recipe_get(recipe, "data.train"), "");
    /* the longest that is taken comes back */
    size_t length = 399;
    do path[length--] = '\0';
    while (fa_recipe_set(recipe, "data.train", path) != FA_OK);
    assert_true(length > 150);
    assert_ok(fa_recipe_write(recipe, path_of("r.ini")));
    fa_recipe *back;
    assert_ok(fa_recipe_read(&back, path_of("r.ini")));
    assert_string_equal(fa_recipe_get(back, "data.train"), path);
    fa_recipe_free(back);
    fa_recipe_free(recipe);
}

/* ==== Files ==== */

static void write_and_read_give_every_value_back(void **state) {
    (void)state;
    static const char *const values[][2] = {{"data.train", "a b/c;d#e=f:[g].npz"},
                                            {"data.test", "#not a comment"},
                                            {"data.groups", "0,2,4,6,8 / 1,3,5,7,9"},
                                            {"data.scale", "0.25 0.25 1 1"},
                                            {"network.layers", "lstm 3, linear out"},
                                            {"loss.kind", "xcov"},
                                            {"loss.margin", "1e-3"},
                                            {"train.seed", "9007199254740991"}};
    fa_recipe *recipe = defaults(), *back;
    const char *key;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(fa_recipe_set(recipe, values[i][0], values[i][1]));
    assert_ok(fa_recipe_write(recipe, path_of("r.ini")));
    assert_ok(fa_recipe_read(&back, path_of("r.ini")));
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(fa_recipe_get(back, keys[i].name), fa_recipe_get(recipe, keys[i].name));
    assert_false(fa__recipe_differs(&key, recipe, back));
    assert_ok(fa_recipe_set(back, "train.epochs", "99")); /* the one that may change */
    assert_false(fa__recipe_differs(&key, recipe, back));
    assert_ok(fa_recipe_set(back, "cluster.seed", "5"));
    assert_true(fa__recipe_differs(&key, recipe, back));
    assert_string_equal(key, "cluster.seed");
    fa_recipe_free(recipe), fa_recipe_free(back);
}

static void read_takes_comments_blanks_and_line_ends_of_windows(void **state) {
    (void)state;
    fa_recipe *recipe;
    assert_ok(fa_recipe_read(&recipe, text_file("r.ini", "\xef\xbb\xbf; a comment\r\n[loss]\r\n"
                                                         "  kind=none ; why\r\n\r\n# more\r\n"
                                                         "[train]\nepochs : 3")));
    assert_string_equal(fa_recipe_get(recipe, "loss.kind"), "none");
    assert_string_equal(fa_recipe_get(recipe, "train.epochs"), "3");
    fa_recipe_free(recipe);
    assert_ok(fa_recipe_read(&recipe, text_file("r.ini", "")));
    fa_recipe_free(recipe);
}

/* A value that goes on in indented lines: one blank for each break, comments and empty lines cut.
 */
static void read_joins_the_indented_lines_of_a_value(void **state) {
    (void)state;
    static const struct {
        const char *text, *layers;
    } cases[] = {
        {"[network]\nlayers = conv 4 3x3,\n    maxpool 2,\n  linear out\nengine = ref\n",
         "conv 4 3x3, maxpool 2, linear out"},
        {"[network]\nlayers =\n  linear 3,\n  linear out\nengine = ref\n", "linear 3, linear out"},
        {"[network]\nlayers = linear 3,\n\tlinear out\nengine = ref", "linear 3, linear out"},
        {"[network]\r\nlayers = linear 3,\r\n  linear out\r\nengine = ref\r\n",
         "linear 3, linear out"},
        {"[network]\nlayers = linear 3, ; why\n  linear out ; and\nengine = ref\n",
         "linear 3, linear out"},
        {"[network]\nlayers = linear 3,\n  ; only a comment\n  linear out\nengine = ref\n",
         "linear 3, linear out"},
        {"[network]\nengine = ref\nlayers = linear 3,\n\n   linear out", "linear 3, linear out"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fa_recipe *recipe;
        assert_ok(fa_recipe_read(&recipe, text_file("r.ini", cases[i].text)));
        assert_string_equal(fa_recipe_get(recipe, "network.layers"), cases[i].layers);
        assert_string_equal(fa_recipe_get(recipe, "network.engine"), "ref");
        fa_recipe_free(recipe);
    }
}

/* Words of every length up to `longest`, as many as make `size` bytes. */
static void fill_words(char *out, size_t size, size_t longest) {
    for (size_t i = 0, word = 1, at = 0; i < size; i++) {
        bool blank = at == word && i + 1 < size;
        out[i] = blank ? ' ' : (char)('a' + i % 26);
        at = blank ? 0 : at + 1;
        if (blank) word = word % longest + 1;
    }
    out[size] = '\0';
}

static void write_breaks_long_values_and_read_gives_them_back(void **state) {
    (void)state;
    char value[1500];
    fa_recipe *recipe = defaults(), *back;
    for (size_t size = 150; size < sizeof value - 1; size += 13) {
        unsigned char *bytes;
        size_t n, longest = 0, line = 0;
        fill_words(value, size, 1 + size % 60);
        assert_ok(fa_recipe_set(recipe, "network.layers", value));
        assert_ok(fa_recipe_write(recipe, path_of("r.ini")));
        assert_ok(fa__file_read(&bytes, &n, path_of("r.ini")));
        for (size_t i = 0; i < n; i++) {
            line = bytes[i] == '\n' ? 0 : line + 1;
            longest = line > longest ? line : longest;
        }
        fa__free(bytes);
        assert_in_range(longest, 100, 198); /* inih's room for a line */
        assert_ok(fa_recipe_read(&back, path_of("r.ini")));
        assert_string_equal(fa_recipe_get(back, "network.layers"), value);
        fa_recipe_free(back);
    }
    fa_recipe_free(recipe);
}

/* Where a line cannot be broken so that the reader puts it together again: a word too long for a
 * line, runs of blanks, a tab, and what would start a comment in the new line. */
static void set_refuses_long_values_that_no_line_break_fits(void **state) {
    (void)state;
    static const char *const joints[] = {"", "  ", "\t", " #", "_"};
    fa_recipe *recipe = defaults();
    char value[500];
    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
        memset(value, 'x', sizeof value);
        value[400] = '\0';
        memcpy(value + 150, joints[i], strlen(joints[i]));
        assert_fails(fa_recipe_set(recipe, "data.train", value), FA_E_RECIPE,
                     "data.train: 400 bytes, and no single blank to begin a new line at");
        value[180] = '\0'; /* in one line the same is no matter */
        assert_ok(fa_recipe_set(recipe, "data.train", value));
        assert_ok(fa_recipe_write(recipe, path_of("r.ini")));
        fa_recipe *back;
        assert_ok(fa_recipe_read(&back, path_of("r.ini")));
        assert_string_equal(fa_recipe_get(back, "data.train"), value);
        fa_recipe_free(back);
    }
    fa_recipe_free(recipe);
}

static void read_names_the_line_of_what_it_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"[loss]\nmargin = -1\n", "line 2: loss.margin must be > 0, got -1"},
        {"[loss]\n\n; x\nmagin = 1\n", "line 4: no key is named 'loss.magin'"},
        {"[loss]\nkind = none\nmargin = 1\nkind = multi\n", "line 4: loss.kind stands there twice"},
        {"[loss]\nkind = none\n[train]\n[loss]\nkind = none\n", "line 5: loss.kind stands there"},
        {"kind = none\n", "line 1: no key is named '.kind'"},
        {"[loss]\nkind = none\nnonsense\n", "line 3: neither [section] nor key = value"},
        {"[loss\nkind = none\n", "line 1: neither"},
        /* the first of two is the one that is named */
        {"[loss]\nnonsense\nmargin = -1\n", "line 2: neither [section] nor key = value"},
        {"[loss]\nmargin = -1\nnonsense\n", "line 2: loss.margin must be"},
        {"[loss]\nmargin = 1\n  0.5\n", "line 3: loss.margin must be a number (> 0), got '1 0.5'"},
        {"[network]\nlayers = linear 3,\n  linear out\nlayers = lstm 2\n",
         "line 4: network.layers stands there twice"},
        {"[loss]\nkind = none\n  multi\n", "line 3: loss.kind must be one of"},
        {"[loss]\nkind = none\n[train]\n  epochs\n", "line 4: neither"},
        {"[data]\ntrain = \x01\nlimit = x\n", "line 3: data.limit must be a number"},
    };
    size_t before = fa__memory_live();
    fa_recipe *recipe = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_fails(fa_recipe_read(&recipe, text_file("r.ini", wrong[i].text)), FA_E_RECIPE,
                     wrong[i].says);
        assert_non_null(strstr(fa_error_detail(), "/r.ini, line"));
        assert_null(recipe);
    }
    assert_int_equal(fa__memory_live(), before);
}

static void read_refuses_what_is_no_text(void **state) {
    (void)state;
    fa_recipe *recipe = NULL;
    char text[700] = "[data]\n; ";
    memset(text + 9, 'c', 600);
    strcpy(text + 609, "\n");
    assert_fails(fa_recipe_read(&recipe, text_file("r.ini", text)), FA_E_RECIPE,
                 "line 2: longer than");
    assert_fails(fa_recipe_read(&recipe, file_of("r.ini", "[loss]\n\0kind", 12)), FA_E_RECIPE,
                 "zero bytes");
    unsigned char noise[512];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (unsigned char)(1 + i * 151 % 255);
    assert_fails(fa_recipe_read(&recipe, file_of("r.ini", noise, sizeof noise)), FA_E_RECIPE,
                 "r.ini");
    assert_fails(fa_recipe_read(&recipe, path_of("none.ini")), FA_E_IO, "none.ini");
    assert_fails(fa_recipe_read(&recipe, test_folder), FA_E_IO, test_folder);
    assert_null(recipe);
}

static void recipe_without_memory_fails_cleanly(void **state) {
    (void)state;
    fa_recipe *recipe = NULL;
    assert_survives_nomem(fa_recipe_create(&recipe), fa_recipe_free(recipe));
    text_file("r.ini", "[loss]\nkind = none\nmargin = 2\n");
    const char *path = path_of("r.ini");
    assert_survives_nomem(fa_recipe_read(&recipe, path), fa_recipe_free(recipe));
    recipe = defaults();
    fa__memory_fail_after(0);
    assert_fails(fa_recipe_set(recipe, "loss.margin", "3"), FA_E_NOMEM, "");
    fa__memory_fail_after(-1);
    assert_string_equal(fa_recipe_get(recipe, "loss.margin"), "0.1");
    assert_fails(fa_recipe_write(recipe, path_of("none/r.ini")), FA_E_IO, "none/r.ini");
    fa_recipe_free(recipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_sets_every_default),
        cmocka_unit_test(set_takes_each_range_up_to_its_ends),
        cmocka_unit_test(set_takes_whole_numbers_and_choices_only),
        cmocka_unit_test(set_of_an_unknown_key_suggests_the_one_that_was_meant),
        cmocka_unit_test_setup(set_refuses_text_that_a_file_could_not_give_back, clear_test_folder),
        cmocka_unit_test_setup(write_and_read_give_every_value_back, clear_test_folder),
        cmocka_unit_test_setup(read_takes_comments_blanks_and_line_ends_of_windows,
                               clear_test_folder),
        cmocka_unit_test_setup(read_joins_the_indented_lines_of_a_value, clear_test_folder),
        cmocka_unit_test_setup(write_breaks_long_values_and_read_gives_them_back,
                               clear_test_folder),
        cmocka_unit_test_setup(set_refuses_long_values_that_no_line_break_fits, clear_test_folder),
        cmocka_unit_test_setup(read_names_the_line_of_what_it_refuses, clear_test_folder),
        cmocka_unit_test_setup(read_refuses_what_is_no_text, clear_test_folder),
        cmocka_unit_test_setup(recipe_without_memory_fails_cleanly, clear_test_folder),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
