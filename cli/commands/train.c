/* forced-apart train: by a recipe, into a run folder. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/settings.h"
#include "core/training.h"

#include <string.h>

static struct {
    const char *output;
    text_list changes;
    bool resume, overwrite, dry, keys;
} opts;

static const cli_option options[] = {
    OPTION_OUTPUT_NEEDED(&opts.output, "RUN", "run folder; made if needed"),
    OPTION_SET(&opts.changes, "change a key of the recipe, as in --set loss.margin=0.5"),
    {.name = "resume",
     .to = &opts.resume,
     .text = "continue the run in RUN; without RECIPE by RUN/recipe.ini"},
    {.name = "overwrite", .to = &opts.overwrite, .text = "replace the run that is in RUN"},
    {.name = "dry-run",
     .to = &opts.dry,
     .text = "read the data, print the network as a table of layers, and write nothing"},
    {.name = "keys",
     .type = OPTION_ALONE,
     .to = &opts.keys,
     .text = "list every recipe key with its default, what is allowed, what it does, and what it "
             "needs to do so"},
    {0},
};

static int list_keys(void) {
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *given = keys[i].default_value;
        if (common.json)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "key", keys[i].name,
                                                  "default", given, "allowed", keys[i].allowed,
                                                  "text", keys[i].text, "needs", keys[i].needs));
        else
            printf("%s = %s\n    %s; %s%s%s\n", keys[i].name, given, keys[i].text, keys[i].allowed,
                   keys[i].needs != NULL ? "; needs " : "",
                   keys[i].needs != NULL ? keys[i].needs : "");
    }
    if (common.json) return print_json(list);
    json_decref(list);
    return EXIT_OK;
}

static int find_recipe(char path[PLACE_MAX], const char *name) {
    if (name != NULL) return recipe_path(path, name) ? EXIT_OK : EXIT_FAILED;
    if (!opts.resume)
        return misuse(&command_train, "RECIPE is missing: a file, or the name of one of the "
                                      "recipes that come with forced-apart");
    return join_path(path, opts.output, fa_run_file_name(FA_RUN_RECIPE)) ? EXIT_OK : EXIT_FAILED;
}

static void explain_recipe(const fa_recipe *recipe) {
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const char *value = fa_recipe_get(recipe, keys[i].name);
        char *why = NULL;
        if (value == NULL || strcmp(value, keys[i].default_value) == 0) continue;
        if (fa_recipe_idle(&why, recipe, keys[i].name) != FA_OK || why == NULL)
            explain("%s = %s", keys[i].name, value);
        else
            explain("%s = %s has no effect: %s", keys[i].name, value, why);
        fa_free(why);
    }
}

static int print_result(const fa_train_result *result) {
    if (common.json) return print_json(training_json(result, opts.output));
    training_print(result);
    print_row("run", "", "%s", opts.output);
    print_row("model", "", "%s/%s", opts.output, fa_run_file_name(FA_RUN_MODEL));
    print_row("history", "", "%s/%s", opts.output, fa_run_file_name(FA_RUN_HISTORY));
    if (result->has_scores)
        print_row("scores", "", "%s/%s", opts.output, fa_run_file_name(FA_RUN_SCORES));
    return EXIT_OK;
}

static int train(const fa_recipe *recipe) {
    const fa_train_options how = {.size = sizeof(fa_train_options),
                                  .folder = opts.output,
                                  .resume = opts.resume,
                                  .overwrite = opts.overwrite};
    fa_run *made;
    if (opts.dry) return train_dry(recipe, NULL, NULL, opts.output);
    if (train_shown(&made, recipe, "", &how) != FA_OK) return fail_library();
    const fa_train_result *result = fa_run_result(made);
    int code = print_result(result);
    if (code == EXIT_OK && result->stopped)
        code = fail("stopped after %zu epoch%s; %s is usable, train --resume -o %s continues it",
                    result->epochs, result->epochs == 1 ? "" : "s", opts.output, opts.output);
    fa_run_free(made);
    return code;
}

static int run(const arguments *given) {
    if (opts.keys) return list_keys();
    if (paths_check(&command_train, NULL, 0, &opts.output, 1) != EXIT_OK) return EXIT_MISUSE;
    char path[PLACE_MAX];
    int code = find_recipe(path, given->operand[0]);
    if (code != EXIT_OK) return code;
    fa_recipe *recipe;
    if (fa_recipe_read(&recipe, path) != FA_OK) return fail_library();
    explain("recipe %s", path);
    code = settings_apply(recipe, &opts.changes, &command_train);
    if (code == EXIT_OK) {
        settings_note_idle(recipe, &opts.changes);
        explain_recipe(recipe);
        code = train(recipe);
    }
    fa_recipe_free(recipe);
    return code;
}

const cli_command command_train = {
    .name = "train",
    .summary = "train by a recipe into a run folder",
    .text =
        "Trains the network that a recipe describes and leaves a run folder: recipe.ini, "
        "history.csv, model.safetensors, checkpoint.safetensors and, where the recipe names a test "
        "split, embeddings.npy, clusters.npy and scores.json. RECIPE is an .ini file, or the name "
        "of one of the recipes that come with forced-apart.\n\n"
        "Ctrl-C stops after the batch in hand: the run stays usable with the best epoch so far, "
        "--resume continues it, and the exit code is 1. A second Ctrl-C breaks off at once.",
    .examples = "forced-apart train mnist-strokes -o runs/multi --set loss.kind=multi\n"
                "forced-apart train mnist-strokes-autoencoder -o runs/ae\n"
                "forced-apart train mnist-strokes -o runs/multi --dry-run\n"
                "forced-apart train --resume -o runs/multi\n"
                "forced-apart train --keys",
    .operands = {{"RECIPE",
                  "an .ini file, or the name of a recipe; train --keys lists what may "
                  "stand in one",
                  true}},
    .options = options,
    .ranks = true,
    .run = run,
};
