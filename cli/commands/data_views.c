/* forced-apart data views: samples beside the views that a training would make of them. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/settings.h"

#include <stdio.h>
#include <stdlib.h>

enum { EPOCHS = 3 }; /* six views fit beside a sample on a screen */

static struct {
    fa_read_options read;
    const char *output, *policy;
    text_list set;
    uint64_t seed;
    size_t rows;
} opts;

static const cli_option options[] = {
    OPTION_OUTPUT_NEEDED(&opts.output, "SHEET.html", "file for the page"),
    {.name = "views",
     .type = OPTION_TEXT,
     .to = &opts.policy,
     .value = "POLICY",
     .fallback = "auto",
     .text = "as data.views of a recipe: strokes, images, photographs, series, text, vectors; auto "
             "goes by the data"},
    {.name = "rows",
     .type = OPTION_COUNT,
     .to = &opts.rows,
     .value = "N",
     .fallback = "12",
     .low = 1,
     .high = 1000,
     .text = "samples shown, evenly spread over the data"},
    OPTION_SEED_FROM(&opts.seed, "1", "train.seed of the training whose views are shown"),
    OPTION_SET(&opts.set, "sets a key of the recipe, as views.rotation=30 or text.max_tokens=24; "
                          "forced-apart train --keys lists them"),
    OPTION_HIDDEN(&opts.read.hidden_file),
    OPTION_LABELS(&opts.read.label_file),
    OPTION_SPLIT(&opts.read.split),
    OPTIONS_TABLE(opts.read),
    {0},
};

static int make_recipe(fa_recipe **out) {
    char seed[32];
    if (fa_recipe_create(out) != FA_OK) return fail_library();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)opts.seed);
    fa_status status = fa_recipe_set(*out, "train.seed", seed);
    if (status != FA_OK) return refused(&command_data_views, status, "--seed: ");
    status = fa_recipe_set(*out, "data.views", opts.policy);
    if (status != FA_OK) return refused(&command_data_views, status, "--views: ");
    return settings_apply(*out, &opts.set, &command_data_views);
}

static int write_sheet(const fa_dataset *data, const fa_recipe *recipe) {
    size_t count = fa_dataset_count(data), n = opts.rows < count ? opts.rows : count;
    size_t *samples = malloc(n * sizeof *samples);
    fa_dataset *views = NULL;
    if (samples == NULL) return fail("out of memory");
    for (size_t i = 0; i < n; i++) samples[i] = (size_t)((double)i * ((double)count / (double)n));
    int code = EXIT_OK;
    if (fa_views_make(&views, recipe, data, samples, n, EPOCHS) != FA_OK ||
        fa_views_sheet_write(opts.output, data, samples, n, views) != FA_OK)
        code = fail_library();
    else if (common.json)
        code = print_json(json_pack("{s:o, s:o, s:I}", "output", json_text(opts.output), "views",
                                    json_text(fa_dataset_note(views)), "samples", (json_int_t)n));
    else
        printf("%s\n", opts.output);
    fa_dataset_free(views);
    free(samples);
    return code;
}

static int run(const arguments *given) {
    if (paths_check(&command_data_views, given->operand, 1, &opts.output, 1) != EXIT_OK)
        return EXIT_MISUSE;
    fa_recipe *recipe = NULL;
    fa_dataset *data = NULL;
    int code = make_recipe(&recipe);
    if (code == EXIT_OK && read_data(&data, given->operand[0], &opts.read) != FA_OK)
        code = fail_library();
    if (code == EXIT_OK) code = write_sheet(data, recipe);
    fa_dataset_free(data);
    fa_recipe_free(recipe);
    return code;
}

const cli_command command_data_views = {
    .name = "data views",
    .summary = "a page of samples beside their views",
    .text =
        "Writes one HTML page that shows samples beside the views that a training with data.views "
        "makes of them. Views are how a recipe says what no class depends on: a slant, the order "
        "of "
        "strokes, a few words. A view that turns a sample into one of another class teaches the "
        "wrong thing, and a difference that no view makes may be taken for one between classes: "
        "look at them first.",
    .examples = "forced-apart data views mnist-strokes-train.npz -o sheet.html\n"
                "forced-apart data views digits.npy -o sheet.html --set "
                "views.rotation=30\n"
                "forced-apart data views photos --split train --views photographs -o sheet.html",
    .operands = {{"DATA", "a data set, as data info reads it", false}},
    .options = options,
    .run = run,
};
