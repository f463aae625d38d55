/* Plans and results of trainings, for people and as JSON. */
#include "training.h"

#include "output.h"
#include "progress.h"
#include "scores.h"

#include <math.h>
#include <string.h>

/* ==== Plans ==== */

void plan_print(const fa_plan *plan) {
    int text = 5, makes = 5;
    for (size_t i = 0; i < plan->n_layers; i++) {
        int wide = (int)strlen(plan->layers[i].text), shape = (int)strlen(plan->layers[i].makes);
        if (wide > text) text = wide;
        if (shape > makes) makes = shape;
    }
    print_row("samples", "", "%zu to train on, %zu for validation, %zu to cluster", plan->fit,
              plan->validation, plan->clustered);
    if (plan->coarse_labels > 0)
        print_row("task", "", "%zu coarse labels", plan->coarse_labels);
    else
        print_row("task", "", "reconstruction, without labels");
    if (plan->words > 0) print_row("words", "", "%zu known", plan->words);
    if (plan->views[0] != '\0') print_row("views", "", "%s", plan->views);
    if (strncmp(plan->views, "data.views", 10) == 0)
        print_row("look at them", "", "forced-apart data views DATA -o sheet.html");
    printf("\n%5s  %-*s  %-*s  %10s\n", "layer", text, "", makes, "makes", "parameters");
    printf("%5s  %-*s  %-*s\n", "", text, "a sample", makes, plan->takes);
    for (size_t i = 0; i < plan->n_layers; i++)
        printf("%5zu  %-*s  %-*s  %10zu%s\n", i + 1, text, plan->layers[i].text, makes,
               plan->layers[i].makes, plan->layers[i].parameters,
               plan->layers[i].target ? "  clustered" : "");
    printf("%5s  %-*s  %-*s  %10zu\n\n", "", text, "in all", makes, "", plan->parameters);
}

json_t *plan_json(const fa_plan *plan) {
    json_t *layers = json_array();
    for (size_t i = 0; i < plan->n_layers; i++)
        json_array_append_new(layers, json_pack("{s:o, s:s, s:I, s:b}", "layer",
                                                json_text(plan->layers[i].text), "makes",
                                                plan->layers[i].makes, "parameters",
                                                (json_int_t)plan->layers[i].parameters, "target",
                                                plan->layers[i].target));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:I}", "fit",
                     (json_int_t)plan->fit, "validation", (json_int_t)plan->validation, "clustered",
                     (json_int_t)plan->clustered, "coarse_labels", (json_int_t)plan->coarse_labels,
                     "hidden_classes", (json_int_t)plan->hidden_classes, "words",
                     (json_int_t)plan->words, "views", plan->views, "takes", plan->takes, "layers",
                     layers, "parameters", (json_int_t)plan->parameters);
}

static int show_plan(void *user, const fa_plan *plan) {
    int *code = user;
    if (common.json)
        *code = print_json(plan_json(plan));
    else
        plan_print(plan);
    return 1;
}

int train_dry(const fa_recipe *recipe, const fa_dataset *train, const fa_dataset *test,
              const char *run) {
    int code = EXIT_OK;
    const fa_train_options how = {.size = sizeof(fa_train_options),
                                  .plan = show_plan,
                                  .user = &code,
                                  .folder = run,
                                  .overwrite = 1};
    return fa_train(NULL, recipe, train, test, &how) == FA_E_STOPPED ? code : fail_library();
}

/* ==== Trainings ==== */

fa_status train_shown(fa_run **out, const fa_recipe *recipe, const char *label,
                      const fa_train_options *how) {
    fa_train_options shown = *how;
    shown.progress = progress_show;
    progress_start(label);
    fa_status status = fa_train(out, recipe, NULL, NULL, &shown);
    progress_end();
    return status;
}

void choice_print(const fa_sweep_choice *choice) {
    print_row("k", "", "%zu, confidence %s: %s", choice->k, fa_confidence_name(choice->confidence),
              choice->why);
}

json_t *choice_json(const fa_sweep_choice *choice) {
    return json_pack("{s:I, s:s, s:o}", "k", (json_int_t)choice->k, "confidence",
                     fa_confidence_name(choice->confidence), "why", json_text(choice->why));
}

void training_print(const fa_train_result *result) {
    print_row("epochs", "", "%zu, the best one is %zu", result->epochs, result->best_epoch);
    if (isnan(result->validation_accuracy))
        print_row("validation", "loss on the validation split", "%.4f", result->validation_loss);
    else
        print_row("validation", "coarse accuracy on the validation split", "%.4f",
                  result->validation_accuracy);
    if (result->neighbours_recall < 1)
        print_row("neighbours", "of loss.positives, found in inverted lists",
                  "approximate, recall %.3f", result->neighbours_recall);
    if (result->words > 0)
        print_row("words", "known; those that text.vectors had", "%zu, %zu", result->words,
                  result->words_with_vectors);
    if (result->has_choice) choice_print(&result->choice);
    if (result->within != FA_WITHIN_NONE)
        print_row("within", "", "clusters lie within %s coarse labels, scores are over all rows",
                  fa_within_name(result->within));
    if (result->has_scores) scores_print(&result->scores);
}

json_t *training_json(const fa_train_result *result, const char *run) {
    json_t *words = result->words > 0
                        ? json_pack("{s:I, s:I}", "known", (json_int_t)result->words,
                                    "with_vectors", (json_int_t)result->words_with_vectors)
                        : json_null();
    json_t *choice = result->has_choice ? choice_json(&result->choice) : json_null();
    json_t *scores = result->has_scores ? scores_json(&result->scores) : json_null();
    return json_pack("{s:o, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "run",
                     json_text(run), "epochs", (json_int_t)result->epochs, "best_epoch",
                     (json_int_t)result->best_epoch, "stopped", result->stopped, "validation_loss",
                     json_number(result->validation_loss), "validation_accuracy",
                     json_number(result->validation_accuracy), "active_pairs",
                     json_number(result->active_pairs), "neighbours_recall",
                     json_number(result->neighbours_recall), "words", words, "choice", choice,
                     "within", fa_within_name(result->within), "scores", scores);
}
