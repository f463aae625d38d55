/* forced-apart export: a run as files of other programs. */
#include "core/commands.h"
#include "core/output.h"
#include "core/paths.h"

#include <string.h>

static struct {
    const char *onnx, *tensorboard, *csv;
    bool softmax;
} opts;

static const cli_option options[] = {
    {.name = "onnx",
     .type = OPTION_TEXT,
     .to = &opts.onnx,
     .value = "M.onnx",
     .text = "the model: input and, of series and texts, lengths to embedding and logits"},
    {.name = "softmax",
     .to = &opts.softmax,
     .text = "with --onnx: probabilities of the coarse labels in place of logits"},
    {.name = "tensorboard",
     .type = OPTION_TEXT,
     .to = &opts.tensorboard,
     .value = "FOLDER",
     .text = "history and embedding for tensorboard --logdir FOLDER"},
    {.name = "csv",
     .type = OPTION_TEXT,
     .to = &opts.csv,
     .value = "FILE",
     .text = "a table of the rows: id, x and y along two principal components, cluster, "
             "confidence, labels "
             "(within: that which the cluster lies within), name or text"},
    {0},
};

static int print_result(void) {
    const char *const made[][2] = {
        {"onnx", opts.onnx}, {"tensorboard", opts.tensorboard}, {"csv", opts.csv}};
    json_t *all = common.json ? json_object() : NULL;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (common.json)
            json_object_set_new(all, made[i][0],
                                made[i][1] != NULL ? json_text(made[i][1]) : json_null());
        else if (made[i][1] != NULL)
            printf("%s\n", made[i][1]);
    return common.json ? print_json(all) : EXIT_OK;
}

static fa_status write_onnx(const char *folder) {
    fa_run *from = NULL;
    const fa_model *model;
    fa_status status = fa_run_open(&from, folder);
    if (status == FA_OK) status = fa_run_model(&model, from);
    if (status == FA_OK) status = fa_export_onnx(opts.onnx, model, opts.softmax);
    fa_run_free(from);
    return status;
}

static int run(const arguments *given) {
    const char *folder = given->operand[0];
    char without[2][FA_EXPORT_WITHOUT] = {"", ""};
    const char *const outputs[] = {opts.onnx, opts.tensorboard, opts.csv};
    if (opts.onnx == NULL && opts.tensorboard == NULL && opts.csv == NULL)
        return misuse(&command_export,
                      "nothing to write: --onnx M.onnx, --tensorboard FOLDER or --csv FILE");
    if (opts.softmax && opts.onnx == NULL)
        return misuse(&command_export, "--softmax goes with --onnx M.onnx");
    if (paths_check(&command_export, NULL, 0, outputs, 3) != EXIT_OK ||
        paths_check_runs(&command_export, &folder, 1, outputs, 3) != EXIT_OK)
        return EXIT_MISUSE;
    if ((opts.onnx != NULL && write_onnx(folder) != FA_OK) ||
        (opts.tensorboard != NULL &&
         fa_export_tensorboard(without[0], opts.tensorboard, folder) != FA_OK) ||
        (opts.csv != NULL && fa_export_csv(without[1], opts.csv, folder) != FA_OK))
        return fail_library();
    for (int i = 0; i < 2; i++)
        if (without[i][0] != '\0' && (i == 0 || strcmp(without[0], without[1]) != 0))
            note("names and texts are left out: %s", without[i]);
    return print_result();
}

const cli_command command_export = {
    .name = "export",
    .summary = "a run for ONNX, TensorBoard, or as a table",
    .text =
        "Writes the model of a run as an ONNX file, which takes samples as they are, unscaled; its "
        "history and embedding as a folder that TensorBoard opens; its rows as a table for pandas "
        "and "
        "viewers of embeddings.",
    .examples = "forced-apart export runs/multi --onnx multi.onnx\n"
                "forced-apart export runs/multi --tensorboard board --csv multi.csv",
    .operands = {{"RUN", "a run folder that train left", false}},
    .options = options,
    .run = run,
};
