/* forced-apart assign: new samples to the clusters that a run found. */
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
    const char *output, *names;
} opts;

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .to = &opts.output,
     .value = "FILE",
     .fallback = "clusters.csv",
     .text = "file for the table: row, sample, coarse label, cluster, its name, distance, "
             "confidence, and the class where the data have some, the name of the sample"},
    OPTION_NAMES(&opts.names),
    OPTION_HIDDEN(&opts.read.hidden_file),
    OPTION_LABELS(&opts.read.label_file),
    OPTION_SPLIT(&opts.read.split),
    OPTIONS_TABLE(opts.read),
    {0},
};

typedef struct job {
    fa_run *run;
    const fa_model *model;
    const fa_clusters *clusters;
    fa_dataset *data;
    int32_t *assignment;
    double *distance, *confidence;
    size_t n, given; /* given: rows whose own label says which clusters are open to them */
} job;

static void close_job(job *j) {
    fa_run_free(j->run);
    fa_dataset_free(j->data);
    free(j->assignment);
    free(j->distance);
    free(j->confidence);
}

static const char *coarse_name(const void *data, int32_t label, char scratch[80]) {
    (void)scratch;
    return fa_dataset_coarse_name(data, label);
}

static const char *class_name(const void *data, int32_t class_, char scratch[80]) {
    const char *name = fa_dataset_class_name(data, class_);
    if (name != NULL) return name;
    snprintf(scratch, 80, "%d", (int)class_);
    return scratch;
}

static int print_result(const job *j) {
    size_t k = fa_clusters_count(j->clusters), unsure = 0;
    fa_within within = fa_clusters_within(j->clusters);
    json_t *sizes = json_array(), *names = json_array();
    for (size_t c = 0; c < k; c++) {
        json_int_t size = 0;
        for (size_t i = 0; i < j->n; i++) size += j->assignment[i] == (int32_t)c;
        json_array_append_new(sizes, json_integer(size));
        const char *name = fa_clusters_name(j->clusters, (int32_t)c);
        json_array_append_new(names, name != NULL ? json_text(name) : json_null());
    }
    for (size_t i = 0; i < j->n; i++) unsure += j->confidence[i] < 0.1;
    json_t *all = json_pack("{s:I, s:I, s:I, s:o, s:o, s:s, s:I, s:o}", "n", (json_int_t)j->n, "k",
                            (json_int_t)k, "unsure", (json_int_t)unsure, "sizes", sizes, "names",
                            names, "within", fa_within_name(within), "labels_given",
                            (json_int_t)j->given, "clusters", json_text(opts.output));
    if (common.json) return print_json(all);
    print_row("rows", "", "%zu", j->n);
    for (size_t c = 0; c < k; c++) {
        const char *name = fa_clusters_name(j->clusters, (int32_t)c);
        printf("  cluster %-6zu %" JSON_INTEGER_FORMAT "%s%s\n", c,
               json_integer_value(json_array_get(sizes, c)), name != NULL ? "  " : "",
               name != NULL ? name : "");
    }
    if (within != FA_WITHIN_NONE)
        print_row("within", "", "the coarse labels of the run: %zu rows say theirs, %zu predicted",
                  j->given, j->n - j->given);
    print_row("unsure", "", "%zu with a confidence below 0.1", unsure);
    print_row("clusters", "", "%s", opts.output);
    json_decref(all);
    return EXIT_OK;
}

static int assign(job *j) {
    progress_start("");
    fa_status status = fa_clusters_find(j->assignment, j->distance, j->confidence, NULL, &j->given,
                                        j->clusters, j->model, j->data, progress_show, NULL);
    progress_end();
    if (status == FA_E_STOPPED || (status == FA_OK && interrupted()))
        return fail("stopped; nothing was written");
    const fa_cluster_table table = {.n = j->n,
                                    .coarse = fa_dataset_coarse(j->data),
                                    .clusters = j->assignment,
                                    .distance = j->distance,
                                    .confidence = j->confidence,
                                    .classes = fa_dataset_classes(j->data),
                                    .within = j->clusters,
                                    .coarse_name = coarse_name,
                                    .class_name = class_name,
                                    .user = j->data,
                                    .data = j->data};
    if (status != FA_OK || fa_clusters_write_csv(opts.output, &table) != FA_OK)
        return fail_library();
    return print_result(j);
}

static int run(const arguments *given) {
    job j = {0};
    int code;
    const char *const inputs[] = {given->operand[1], opts.read.hidden_file, opts.read.label_file,
                                  opts.names};
    if (paths_check(&command_assign, inputs, 4, &opts.output, 1) != EXIT_OK) return EXIT_MISUSE;
    if (fa_run_open(&j.run, given->operand[0]) != FA_OK || fa_run_model(&j.model, j.run) != FA_OK ||
        fa_run_clusters(&j.clusters, j.run) != FA_OK ||
        (opts.names != NULL && fa_run_name_clusters(j.run, opts.names) != FA_OK)) {
        code = fail_library();
        goto done;
    }
    code = settings_read_new(&j.data, given->operand[1], j.run, j.model, &opts.read);
    if (code != EXIT_OK) goto done;
    j.n = fa_dataset_count(j.data);
    j.assignment = malloc(j.n * sizeof *j.assignment);
    j.distance = malloc(j.n * sizeof *j.distance);
    j.confidence = malloc(j.n * sizeof *j.confidence);
    if (j.assignment == NULL || j.distance == NULL || j.confidence == NULL)
        code = fail("no memory for the clusters of %zu samples", j.n);
    else
        code = assign(&j);
done:
    close_job(&j);
    return code;
}

const cli_command command_assign = {
    .name = "assign",
    .summary = "the clusters of a run for new data",
    .text =
        "Runs the network of a run folder over new data and finds for each sample the nearest "
        "of the centres that the run kept; where its clusters lie within coarse labels, those of "
        "the sample's label alone. The data say it by its name (cluster.within = given); else the "
        "network does, together with the distances to all centres where rows kept for validation "
        "were told their labels better so. The table is that of discover and report. A new table "
        "wants the columns that the run was trained on, by their names, in any order; those of "
        "labels, and those that were left out, may be missing. Columns go by the run's recipe "
        "unless they are named here.",
    .examples = "forced-apart assign runs/discover new.csv -o new-clusters.csv",
    .operands = {{"RUN", "a run folder that discover or train left", false},
                 {"DATA", "data of the kind that the run was trained on", false}},
    .options = options,
    .run = run,
};
