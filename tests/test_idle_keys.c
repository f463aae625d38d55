/* Keys of a recipe that have no effect as the others are set: what is said of them, and that it is so. */
#define _XOPEN_SOURCE 700
#include "data_files.h"

#include "base/rng.h"
#include "recipe/recipe.h"

enum { ROWS = 60, LAYERS = 64 };

static const char layers[] = "linear 6 relu, linear 4 relu target, linear out";

static fa_recipe *recipe_of(const char *const (*settings)[2], size_t count) {
    fa_recipe *recipe;
    assert_ok(fa_recipe_create(&recipe));
    assert_ok(fa_recipe_set(recipe, "network.layers", layers));
    for (size_t i = 0; i < count && settings[i][0] != NULL; i++)
        assert_ok(fa_recipe_set(recipe, settings[i][0], settings[i][1]));
    return recipe;
}

/* ==== What is said ==== */

static void idle_names_the_key_that_stands_in_the_way(void **state) {
    (void)state;
    static const struct {
        const char *settings[3][2];
        const char *key, *why; /* NULL: it has an effect */
    } cases[] = {
        {{{NULL}}, "views.rotation", "data.views is none; it needs data.views!=none"},
        {{{"data.views", "auto"}}, "views.rotation", NULL},
        {{{NULL}}, "loss.margin", NULL},
        {{{"loss.kind", "single"}}, "loss.margin", NULL},
        {{{"loss.kind", "none"}},
         "loss.margin",
         "loss.kind is none; it needs loss.kind=single|multi"},
        {{{"loss.kind", "single"}}, "loss.norm", "loss.kind is single; it needs loss.kind=multi"},
        {{{"loss.kind", "information"}}, "loss.information_mu", NULL},
        {{{NULL}}, "loss.temperature", "loss.kind is multi; it needs loss.kind=infonce"},
        {{{NULL}}, "loss.hold_weight", "loss.hold is none; it needs loss.hold!=none"},
        {{{"loss.hold", "js"}}, "loss.hold_weight", NULL},
        {{{NULL}},
         "loss.neighbours",
         "loss.positives is views; it needs loss.positives=neighbours"},
        /* What it needs is set, and has no effect either. */
        {{{"loss.neighbours_layer", "1"}},
         "loss.renew_epochs",
         "loss.positives is views; it needs loss.positives=neighbours"},
        {{{"loss.neighbours_layer", "1"}, {"loss.positives", "neighbours"}},
         "loss.renew_epochs",
         NULL},
        {{{NULL}}, "text.window", "text.vectors is empty; it needs text.vectors=ppmi"},
        {{{"text.vectors", "ppmi"}}, "text.window", NULL},
        {{{NULL}},
         "text.max_tokens",
         "network.layers is linear 6 relu, linear 4 relu target, lin...; it needs "
         "network.layers=embedding*"},
        {{{"network.layers", "embedding 9, mean, linear 9 target, linear out"}},
         "text.max_tokens",
         NULL},
        /* One of several is enough. */
        {{{"loss.kind", "none"}},
         "loss.weight",
         "loss.kind is none; it needs loss.kind!=none or train.task=reconstruction"},
        {{{"loss.kind", "none"}, {"train.task", "reconstruction"}}, "loss.weight", NULL},
        {{{"loss.kind", "none"}, {"loss.hold", "kl"}}, "loss.ramp_epochs", NULL},
        {{{"cluster.space", "input"}},
         "cluster.layer",
         "cluster.space is input; it needs cluster.space=layer"},
        {{{NULL}}, "cluster.rows", NULL},
        {{{"data.test", "t.npy"}}, "cluster.rows", "data.test is t.npy; it needs data.test=empty"},
        {{{NULL}}, "train.batch", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *why = NULL;
        fa_recipe *recipe = recipe_of(cases[i].settings, 3);
        assert_ok(fa_recipe_idle(&why, recipe, cases[i].key));
        if (cases[i].why == NULL)
            assert_null(why);
        else {
            assert_non_null(why);
            assert_string_equal(why, cases[i].why);
        }
        fa_free(why);
        fa_recipe_free(recipe);
    }
}

static void idle_refuses_what_is_no_key(void **state) {
    (void)state;
    char *why = NULL;
    fa_recipe *recipe = recipe_of(NULL, 0);
    assert_fails(fa_recipe_idle(&why, recipe, "loss.margim"), FA_E_RECIPE, "named 'loss.margim'");
    assert_fails(fa_recipe_idle(NULL, recipe, "loss.margin"), FA_E_ARGUMENT, "out is NULL");
    assert_fails(fa_recipe_idle(&why, NULL, "loss.margin"), FA_E_ARGUMENT, "recipe is NULL");
    assert_fails(fa_recipe_idle(&why, recipe, NULL), FA_E_ARGUMENT, "key is NULL");
    assert_null(why);
    assert_survives_nomem(fa_recipe_idle(&why, recipe, "views.rotation"), fa_free(why));
    fa_recipe_free(recipe);
}

/* ==== The table ==== */

/* Keys that are there, and words that they take: each alternative can hold and can fail. */
static void needs_of_the_table_can_hold(void **state) {
    (void)state;
    size_t count, conditions = 0;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *at = keys[i].needs; at != NULL; conditions++) {
            char text[128], *rest = NULL;
            snprintf(text, sizeof text, "%.*s", (int)strcspn(at, " "), at);
            char *words = strpbrk(text, "!="), *key = text;
            assert_non_null(words);
            bool without = words[0] == '!';
            *words = '\0';
            words += without ? 2 : 1;
            fa_recipe *recipe = recipe_of(NULL, 0);
            assert_non_null(fa_recipe_get(recipe, key));
            assert_string_not_equal(key, keys[i].name);
            for (char *word = strtok_r(words, "|", &rest); word != NULL;
                 word = strtok_r(NULL, "|", &rest)) {
                bool any = strcmp(word, "empty") == 0 || word[strlen(word) - 1] == '*';
                if (!any) assert_ok(fa_recipe_set(recipe, key, word));
            }
            fa_recipe_free(recipe);
            at = strstr(at, " or ");
            if (at != NULL) at += strlen(" or ");
        }
    }
    assert_true(conditions > 40); /* the loop found them */
}

/* Another value than the default, that the key takes. */
static void set_another(fa_recipe *recipe, const fa_recipe_key *key) {
    static const char *const numbers[] = {"3", "0.5", "2", "1"};
    if (key->type == FA_VALUE_CHOICE) {
        char first[32];
        const char *last = strrchr(key->allowed, '|') + 1;
        snprintf(first, sizeof first, "%.*s", (int)strcspn(key->allowed, "|"), key->allowed);
        bool taken = strcmp(last, key->default_value) == 0;
        assert_ok(fa_recipe_set(recipe, key->name, taken ? first : last));
        return;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i], key->default_value) != 0 &&
            fa_recipe_set(recipe, key->name, numbers[i]) == FA_OK)
            return;
    fail_msg("%s: no other value", key->name);
}

typedef struct outcome {
    float h[ROWS * LAYERS];
    int32_t clusters[ROWS];
    size_t n, d;
} outcome;

static fa_dataset *make_data(void) {
    static float x[ROWS * 3];
    static int32_t labels[ROWS];
    fa_dataset *data;
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_SYNTH, 0);
    for (size_t i = 0; i < ROWS * 3; i++) x[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < ROWS; i++) labels[i] = i % 2 == 0;
    const char *const names[] = {"a", "b", NULL};
    assert_ok(fa_dataset_from_vectors(&data, x, ROWS, 3));
    assert_ok(fa_dataset_set_coarse(data, labels, names));
    return data;
}

static void train(outcome *out, const fa_recipe *recipe, const fa_dataset *data, const char *key) {
    fa_run *run;
    const float *h;
    const int32_t *clusters;
    if (fa_train(&run, recipe, data, NULL, NULL) != FA_OK)
        fail_msg("%s: %s", key, fa_error_detail());
    assert_ok(fa_run_embeddings(&h, &out->n, &out->d, run));
    assert_ok(fa_run_labels(&clusters, run, FA_RUN_ASSIGNMENT));
    assert_true(out->n == ROWS && out->d <= LAYERS);
    memcpy(out->h, h, out->n * out->d * sizeof *h);
    memcpy(out->clusters, clusters, out->n * sizeof *clusters);
    fa_run_free(run);
}

/* Runs by these settings with another value of each key that is idle in them have the same bytes; how
 * many keys that are. */
static size_t runs_alike(const char *const (*settings)[2], size_t n_settings) {
    static outcome plain, other;
    size_t count, idle = 0;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    fa_dataset *data = make_data();
    fa_recipe *recipe = recipe_of(settings, n_settings);
    train(&plain, recipe, data, "nothing");
    fa_recipe_free(recipe);
    for (size_t i = 0; i < count; i++) {
        char *why = NULL;
        recipe = recipe_of(settings, n_settings);
        assert_ok(fa_recipe_idle(&why, recipe, keys[i].name));
        if (why != NULL) {
            set_another(recipe, &keys[i]);
            train(&other, recipe, data, keys[i].name);
            if (memcmp(plain.h, other.h, plain.n * plain.d * sizeof *plain.h) != 0 ||
                memcmp(plain.clusters, other.clusters, plain.n * sizeof *plain.clusters) != 0)
                fail_msg("%s is said to have no effect, and has one", keys[i].name);
            idle++;
        }
        fa_free(why);
        fa_recipe_free(recipe);
    }
    fa_dataset_free(data);
    return idle;
}

static void keys_that_are_idle_change_nothing(void **state) {
    (void)state;
    static const char *const plain[][2] = {{"loss.kind", "none"},
                                           {"train.epochs", "2"},
                                           {"train.batch", "8"},
                                           {"cluster.rows", "all"},
                                           {"cluster.space", "input"}};
    assert_true(runs_alike(plain, 4) > 30);
    assert_true(runs_alike(plain, 5) > 31); /* cluster.layer, too */
}

/* The recipes that come with the program set nothing in vain. */
static void shipped_recipes_have_no_idle_keys(void **state) {
    (void)state;
    size_t count, recipes = 0;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    char folder[FA__PATH_MAX], path[2 * FA__PATH_MAX];
    snprintf(folder, sizeof folder, "%s", fixture("../../recipes"));
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strstr(entry->d_name, ".ini") == NULL) continue;
        fa_recipe *recipe;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_ok(fa_recipe_read(&recipe, path));
        for (size_t i = 0; i < count; i++) {
            char *why = NULL;
            if (strcmp(fa_recipe_get(recipe, keys[i].name), keys[i].default_value) == 0) continue;
            assert_ok(fa_recipe_idle(&why, recipe, keys[i].name));
            if (why != NULL) fail_msg("%s: %s: %s", entry->d_name, keys[i].name, why);
        }
        fa_recipe_free(recipe);
        recipes++;
    }
    closedir(entries);
    assert_true(recipes > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_names_the_key_that_stands_in_the_way),
        cmocka_unit_test(idle_refuses_what_is_no_key),
        cmocka_unit_test(needs_of_the_table_can_hold),
        cmocka_unit_test(keys_that_are_idle_change_nothing),
        cmocka_unit_test(shipped_recipes_have_no_idle_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
