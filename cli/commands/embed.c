/* forced-apart embed: the target layer's outputs of any data, from a saved run. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/places.h"
#include "core/progress.h"
#include "core/settings.h"

#include <stdlib.h>
#include <string.h>

static struct {
    fa_read_options read;
    size_t layer;
    const char *output, *logits, *classes;
    size_t augment;
} opts;

static const cli_option options[] = {
    OPTION_OUTPUT_NEEDED(&opts.output, "E.npy",
                         "file for the outputs of the layer, float32 [samples, units]"),
    {.name = "layer",
     .type = OPTION_COUNT,
     .to = &opts.layer,
     .value = "N",
     .fallback = "0",
     .low = 0,
     .high = 1000,
     .text = "layer to take, counted from 1 as in network.layers; 0: the target layer"},
    {.name = "augment",
     .type = OPTION_COUNT,
     .to = &opts.augment,
     .value = "N",
     .fallback = "0",
     .low = 0,
     .high = 10000,
     .text = "of images: the mean of the outputs, and of the logits, over N changes of each image, "
             "drawn as the run's training had them (data.augment or data.views); 16 do; 0: of the "
             "image as it is"},
    {.name = "logits",
     .type = OPTION_TEXT,
     .to = &opts.logits,
     .value = "L.npy",
     .text = "file for the outputs of the last layer, float32 [samples, outputs]; of an "
             "autoencoder the reconstruction error [samples, 1]"},
    {.name = "classes",
     .type = OPTION_TEXT,
     .to = &opts.classes,
     .value = "C.npy",
     .text = "file for the classes of the data, for score"},
    OPTION_HIDDEN(&opts.read.hidden_file),
    OPTION_SPLIT(&opts.read.split),
    OPTIONS_TABLE(opts.read),
    {0},
};

/* count * width floats; NULL if that cannot be. */
static float *new_matrix(size_t count, size_t width) {
    if (width != 0 && count > SIZE_MAX / sizeof(float) / width) return NULL;
    return malloc(count * width > 0 ? count * width * sizeof(float) : 1);
}

static int print_result(const fa_dataset *data, const fa_model *model, size_t units) {
    size_t n = fa_dataset_count(data);
    if (common.json)
        return print_json(
            json_pack("{s:I, s:I, s:o, s:o, s:o}", "count", (json_int_t)n, "units",
                      (json_int_t)units, "embedding", json_text(opts.output), "logits",
                      opts.logits != NULL ? json_text(opts.logits) : json_null(), "classes",
                      opts.classes != NULL ? json_text(opts.classes) : json_null()));
    printf("%s: %zu x %zu\n", opts.output, n, units);
    if (opts.logits != NULL) printf("%s: %zu x %zu\n", opts.logits, n, fa_model_outputs(model));
    if (opts.classes != NULL) printf("%s: %zu\n", opts.classes, n);
    return EXIT_OK;
}

static fa_status embed_as_they_are(const fa_model *model, const fa_dataset *data, float *embedding,
                                   float *logits) {
    fa_status status =
        fa_model_embed_layer(embedding, model, opts.layer, data, progress_show, NULL);
    if (status != FA_OK || logits == NULL) return status;
    return fa_model_embed(NULL, logits, model, data, progress_show, NULL);
}

static int embed(const fa_recipe *recipe, const fa_model *model, const fa_dataset *data,
                 size_t units, float *embedding, float *logits) {
    size_t n = fa_dataset_count(data);
    progress_start("");
    fa_status status = opts.augment > 0
                           ? fa_model_embed_augmented(embedding, logits, model, recipe, opts.layer,
                                                      data, opts.augment, progress_show, NULL)
                           : embed_as_they_are(model, data, embedding, logits);
    progress_end();
    if (status == FA_E_STOPPED || (status == FA_OK && interrupted()))
        return fail("stopped; nothing was written");
    if (status == FA_OK && fa_rank() > 0) return EXIT_OK; /* rank 0 has all rows, and writes them */
    if (status != FA_OK || fa_matrix_write(opts.output, embedding, n, units) != FA_OK ||
        (opts.logits != NULL &&
         fa_matrix_write(opts.logits, logits, n, fa_model_outputs(model)) != FA_OK) ||
        (opts.classes != NULL &&
         fa_labels_write(opts.classes, fa_dataset_classes(data), n) != FA_OK))
        return fail_library();
    return print_result(data, model, units);
}

static int run(const arguments *given) {
    const char *path = given->operand[1];
    fa_run *from = NULL;
    const fa_model *model;
    fa_dataset *data = NULL;
    float *embedding = NULL, *logits = NULL;
    size_t units;
    int code;
    const char *const inputs[] = {path, opts.read.hidden_file};
    const char *const outputs[] = {opts.output, opts.logits, opts.classes};
    if (paths_check(&command_embed, inputs, 2, outputs, 3) != EXIT_OK) return EXIT_MISUSE;
    if (fa_run_open(&from, given->operand[0]) != FA_OK || fa_run_model(&model, from) != FA_OK ||
        fa_model_layer_units(&units, model, opts.layer) != FA_OK) {
        code = fail_library();
        goto done;
    }
    code = settings_read_new(&data, path, from, model, &opts.read);
    if (code != EXIT_OK) goto done;
    if (opts.classes != NULL && fa_dataset_classes(data) == NULL) {
        code =
            fail("%s has no classes to write to %s; --hidden FILE names them", path, opts.classes);
        goto done;
    }
    if (strcmp(fa_model_engine(model), "ref") == 0)
        note("this build has no oneDNN: images go through the reference engine, slowly; install "
             "libdnnl-dev and build again");
    size_t n = fa_dataset_count(data);
    embedding = new_matrix(n, units);
    if (opts.logits != NULL) logits = new_matrix(n, fa_model_outputs(model));
    if (embedding == NULL || (opts.logits != NULL && logits == NULL))
        code = fail("no memory for the outputs of %zu samples", n);
    else
        code = embed(fa_run_recipe(from), model, data, units, embedding, logits);
done:
    free(embedding);
    free(logits);
    fa_dataset_free(data);
    fa_run_free(from);
    return code;
}

const cli_command command_embed = {
    .name = "embed",
    .summary = "outputs of a layer for data, from a run",
    .text = "Runs the network of a run folder over a data set, in the order of its samples, and "
            "writes the outputs of the target layer, the representation that cluster takes, or of "
            "another layer that makes one vector or one image a sample. Columns of a table go by "
            "their names, and "
            "by the run's recipe, as assign has them.",
    .examples = "forced-apart embed runs/multi test.npz -o E.npy --classes truth.npy\n"
                "forced-apart cluster E.npy -k 10 -o C.npy\n"
                "forced-apart score C.npy truth.npy",
    .operands = {{"RUN", "a run folder that train left", false},
                 {"DATA", "data of the kind that the run was trained on", false}},
    .options = options,
    .ranks = true,
    .run = run,
};
