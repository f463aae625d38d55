/* A network that labels alone have taught, trained again on its own clusters: what it found within the
 * labels it must tell apart in images mirrored and moved, and what it then finds is purer (DeepCluster,
 * Caron et al. 2018; docs/training.md). */
#include "discover/discover.h"

#include "base/memory.h"
#include "comm/comm.h"
#include "model/model.h"
#include "recipe/recipe.h"
#include "run/run.h"

#include <stdio.h>
#include <string.h>

/* Of fewer rows a network soon knows each by heart, and finds what it was told: it goes on from its weights,
 * each time for a twelfth of the epochs (docs/discover.md). */
enum { ROUNDS = 2, MANY_ROWS = 20000, SHARE = 12, LABEL_TEXT = 96 };

static bool goes_on(const fa__search *s) {
    return s->data->n < MANY_ROWS;
}

static size_t rounds_of(const fa__search *s) {
    size_t trainings = s->options->trainings;
    return trainings == 0 ? ROUNDS : trainings > 2 ? trainings - 2 : 0;
}

/* The cluster of every sample of the data, and how many the label has that has the most. */
static fa_status find_clusters(int32_t **out, size_t *most, const fa__search *s) {
    const fa_clusters *clusters;
    const fa_model *model;
    size_t *count = NULL;
    int32_t *found = NULL;
    fa_status status = FA_OK;
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa_run_clusters(&clusters, s->found->run));
    FA_CHECK(FA_NEW(found, s->data->n));
    FA_CHECK(fa_clusters_find(found, NULL, NULL, NULL, NULL, clusters, model, s->data, NULL, NULL));
    FA_CHECK(FA_NEW_ZERO(count, fa_clusters_labels(clusters)));
    *most = 0;
    for (size_t c = 0; c < fa_clusters_count(clusters); c++) {
        size_t has = ++count[fa_clusters_label(clusters, (int32_t)c)];
        if (has > *most) *most = has;
    }
    *out = found;
    found = NULL;
done:
    fa__free(found);
    fa__free(count);
    return status;
}

/* What the recipe says that it is told and starts from, so that `train` on it trains again; there before
 * the run is. */
static fa_status write_former(fa__search *s) {
    char path[FA__PATH_MAX];
    const char *folder = s->options->folder;
    if (folder == NULL) return FA_OK;
    FA_TRY(fa__run_path(path, folder, FA_RUN_FORMER));
    FA_TRY(fa_recipe_set(s->recipe, "data.clusters", path));
    FA_TRY(fa__run_path(path, folder, FA_RUN_FORMER_MODEL));
    if (s->start != NULL) FA_TRY(fa_recipe_set(s->recipe, "network.weights", path));
    return fa_rank() == 0 ? fa__run_write_former(folder, s->clusters, s->data->n, s->start) : FA_OK;
}

/* The run of the search becomes one that was trained on its clusters. */
static fa_status train_on_clusters(fa__search *s, uint64_t seed, size_t layer, size_t round) {
    int32_t *clusters = NULL;
    size_t most;
    char label[LABEL_TEXT];
    const fa_model *model;
    const fa_clusters *made;
    fa_run *run = NULL;
    fa_status status = FA_OK;
    FA_CHECK(find_clusters(&clusters, &most, s));
    FA_CHECK(fa_run_model(&model, s->found->run));
    FA_CHECK(fa_run_clusters(&made, s->found->run));
    FA_CHECK(fa__suggest_clusters(s->recipe, s->data, layer, fa_clusters_labels(made), most));
    s->clusters = clusters;
    s->start = goes_on(s) ? model : NULL;
    FA_CHECK(write_former(s));
    snprintf(label, sizeof label, "trained again on its own clusters, %zu of %zu: ", round + 1,
             rounds_of(s));
    FA_CHECK(fa__discover_train_more(
        &run, s, seed, label, "stopped while it was trained again; the first training is whole"));
    fa_run_free(s->found->run);
    s->found->run = run;
done:
    s->clusters = NULL;
    s->start = NULL;
    fa__free(clusters);
    return status;
}

fa_status fa__discover_again(fa__search *s, fa__judged *judged, uint64_t seed) {
    size_t rounds = rounds_of(s), used = strlen(s->found->why);
    size_t epochs = fa__recipe_size(s->recipe, FA__TRAIN_EPOCHS);
    const fa_discover_options *o = s->options;
    const fa_model *model;
    if (rounds == 0) return FA_OK;
    FA_TRY(fa_run_model(&model, s->found->run));
    const size_t layer =
        model->network->target + 1; /* counted from 1: what is clustered stays below */
    if (goes_on(s)) FA_TRY(fa__set_number(s->recipe, "train.epochs", (epochs + SHARE - 1) / SHARE));
    for (size_t round = 0; round < rounds; round++)
        FA_TRY(train_on_clusters(s, seed, layer, round));
    s->training = "clusters";
    FA_TRY(fa__candidates_take(s, judged, layer, fa__target_space));
    snprintf(s->found->why + used, sizeof s->found->why - used,
             "; then trained again on its own clusters, %zu time%s", rounds,
             rounds == 1 ? "" : "s");
    return o->folder != NULL && fa_rank() == 0 ? fa__run_save(s->found->run, o->folder) : FA_OK;
}
