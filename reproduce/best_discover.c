/* Clusters that discover found in the training rows, and the test rows assigned to them: within their coarse
 * label where that is told, and where the network has to say it. */
#define _POSIX_C_SOURCE 200809L
#include "table1_run.h"

#include "core/output.h"
#include "core/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ==== Scores ==== */

static int32_t *copy_labels(const int32_t *labels, size_t n) {
    int32_t *copy = labels != NULL ? malloc(n * sizeof *copy) : NULL;
    if (copy != NULL) memcpy(copy, labels, n * sizeof *copy);
    return copy;
}

/* The test rows assigned twice: by the labels that they bring, then by predicted ones. */
static fa_status assign(table1_result *out, int32_t *found, int32_t *const labels[2],
                        const fa_clusters *clusters, const fa_model *model, fa_dataset *test,
                        const int32_t *classes) {
    size_t n = fa_dataset_count(test), right = 0;
    for (size_t told = 0; told < 2; told++) {
        fa_status status = fa_clusters_find(found, NULL, NULL, labels[told], NULL, clusters, model,
                                            test, progress_show, NULL);
        table1_scores *to = &out->scores[told == 0 ? WITHIN_GIVEN : WITHIN_PREDICTED];
        if (status == FA_OK) status = table1_compare(to, found, classes, n);
        if (status == FA_OK) status = fa_dataset_set_coarse(test, NULL, NULL);
        if (status == FA_OK) status = fa_dataset_set_classes(test, NULL, NULL, 0);
        if (status != FA_OK) return status;
    }
    for (size_t i = 0; i < n; i++) right += labels[0][i] == labels[1][i];
    out->accuracy = (double)right / (double)n;
    return FA_OK;
}

static int score(table1_result *out, fa_run *run, fa_dataset *test) {
    const fa_clusters *clusters;
    const fa_model *model;
    if (fa_run_model(&model, run) != FA_OK || fa_run_clusters(&clusters, run) != FA_OK)
        return fail_library();
    size_t n = fa_dataset_count(test);
    int32_t *classes = copy_labels(fa_dataset_classes(test), n), *found = malloc(n * sizeof *found),
            *labels[2] = {malloc(n * sizeof *labels[0]), malloc(n * sizeof *labels[1])};
    int code = EXIT_OK;
    if (fa_dataset_classes(test) == NULL)
        code = fail("the test rows have no classes to score by");
    else if (fa_clusters_within(clusters) != FA_WITHIN_GIVEN)
        code = fail("clusters within given labels are scored, cluster.within is %s",
                    fa_within_name(fa_clusters_within(clusters)));
    else if (classes == NULL || found == NULL || labels[0] == NULL || labels[1] == NULL)
        code = fail("out of memory");
    else if (assign(out, found, labels, clusters, model, test, classes) != FA_OK)
        code = fail_library();
    free(classes), free(found), free(labels[0]), free(labels[1]);
    return code;
}

/* ==== All of it ==== */

static int discover(table1_result *out, const table1_plan *p, const fa_recipe *recipe,
                    const fa_dataset *train, fa_dataset *test, const char *folder) {
    fa_discovery *found;
    const fa_discover_options how = {.size = sizeof how,
                                     .seed = out->seed,
                                     .recipe = recipe,
                                     .settings = p->changes.items,
                                     .n_settings = p->changes.count,
                                     .folder = folder,
                                     .overwrite = 1,
                                     .begin = progress_next,
                                     .progress = progress_show};
    progress_start("");
    fa_status status = fa_discover(&found, train, &how);
    progress_end();
    if (status != FA_OK) return fail_library();
    fa_run *run = fa_discovery_run(found);
    table1_take_training(out, run);
    int code = fa_run_result(run)->stopped ? EXIT_FAILED : score(out, run, test);
    fa_discovery_free(found);
    return code;
}

/* Both parts; the recipe then names the first alone, as one of discover does. */
static fa_status read_parts(fa_dataset **train, fa_dataset **test, fa_recipe *recipe) {
    fa_status status = fa_recipe_read_data(train, recipe, NULL, "train");
    if (status == FA_OK)
        status = fa_recipe_read_data(test, recipe, fa_recipe_get(recipe, "data.test"), "test");
    return status == FA_OK ? fa_recipe_set(recipe, "data.test", "") : status;
}

int best_discover(const table1_plan *p, const table1_result *cell) {
    char folder[PLACE_MAX], run[PLACE_MAX], asked[PLACE_MAX], path[PLACE_MAX];
    fa_dataset *train = NULL, *test = NULL;
    table1_result result = *cell;
    table1_clear(&result);
    if (!table1_cell_path(folder, p, cell, "") || !table1_cell_path(run, p, cell, "/discover") ||
        !table1_cell_path(path, p, cell, RESULT_FILE) ||
        !join_path(asked, folder, fa_run_file_name(FA_RUN_RECIPE)))
        return EXIT_FAILED;
    unlink(path);
    fa_recipe *recipe = table1_recipe(p, cell, 0), *of_run = table1_recipe(p, cell, 0);
    int code = recipe != NULL && of_run != NULL ? EXIT_OK : EXIT_FAILED;
    if (code == EXIT_OK &&
        (read_parts(&train, &test, of_run) != FA_OK || fa_folder_make(folder) != FA_OK ||
         fa_recipe_write(recipe, asked) != FA_OK))
        code = fail_library();
    if (code == EXIT_OK) code = discover(&result, p, of_run, train, test, run);
    fa_dataset_free(train);
    fa_dataset_free(test);
    fa_recipe_free(recipe);
    fa_recipe_free(of_run);
    return code == EXIT_OK && !table1_write_result(path, &result) ? EXIT_FAILED : code;
}
