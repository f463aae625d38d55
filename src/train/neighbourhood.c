/* Nearest neighbours as positives. */
#include "train/neighbourhood.h"

#include "base/memory.h"
#include "cluster/neighbours.h"

#include <math.h>
#include <string.h>

fa_status fa__neighbourhood_open(fa__neighbourhood *neighbourhood, const fa__task *task,
                                 const fa_recipe *recipe) {
    size_t k = fa__recipe_size(recipe, FA__LOSS_NEIGHBOURS);
    *neighbourhood = (fa__neighbourhood){
        .task = task, .k = k, .how = fa_neighbours_options_default(), .recall = (double)NAN};
    neighbourhood->how.exact_up_to = fa__recipe_size(recipe, FA__LOSS_NEIGHBOURS_EXACT);
    neighbourhood->how.recall = fa__recipe_number(recipe, FA__LOSS_NEIGHBOURS_RECALL);
    neighbourhood->how.seed = (uint64_t)fa__recipe_number(recipe, FA__TRAIN_SEED);
    FA_TRY(FA_NEW(neighbourhood->nearest, task->n_fit * k));
    FA_TRY(FA_NEW(neighbourhood->place, task->train->n));
    FA_TRY(FA_NEW(neighbourhood->labels, task->n_fit));
    memset(neighbourhood->nearest, -1, task->n_fit * k * sizeof(int32_t));
    for (size_t i = 0; i < task->n_fit; i++) {
        neighbourhood->place[task->fit[i]] = (int32_t)i;
        neighbourhood->labels[i] = task->coarse != NULL ? task->coarse[task->fit[i]] : 0;
    }
    return FA_OK;
}

void fa__neighbourhood_free(fa__neighbourhood *neighbourhood) {
    fa__free(neighbourhood->nearest);
    fa__free(neighbourhood->place);
    fa__free(neighbourhood->labels);
    *neighbourhood = (fa__neighbourhood){0};
}

fa_status fa__neighbourhood_find(fa__neighbourhood *neighbourhood, const float *x, size_t d) {
    return fa__neighbours(neighbourhood->nearest, NULL, &neighbourhood->recall, x,
                          neighbourhood->task->n_fit, d, neighbourhood->labels, neighbourhood->k,
                          &neighbourhood->how, fa__comm_world());
}

fa_status fa__neighbourhood_find_by_input(fa__neighbourhood *neighbourhood) {
    const fa__task *task = neighbourhood->task;
    const fa_dataset *data = task->train;
    size_t d = data->features;
    float *x;
    if (data->kind != FA_KIND_VECTORS)
        return fa__fail(FA_E_RECIPE,
                        "loss.positives = neighbours compares vectors, and a sample of data.train "
                        "is none; set loss.neighbours_layer to compare what a layer makes of it, "
                        "or loss.positives = views");
    FA_TRY(FA_NEW(x, task->n_fit * d));
    for (size_t i = 0; i < task->n_fit; i++) {
        const float *row = fa__dataset_numbers(data, task->fit[i]);
        for (size_t k = 0; k < d; k++)
            x[i * d + k] = (row[k] - task->scaling.shift[k]) * task->scaling.scale[k];
    }
    fa_status status = fa__neighbourhood_find(neighbourhood, x, d);
    fa__free(x);
    return status;
}

size_t fa__neighbourhood_draw(const fa__neighbourhood *neighbourhood, uint64_t seed, size_t epoch,
                              size_t sample) {
    const int32_t *nearest =
        neighbourhood->nearest + (size_t)neighbourhood->place[sample] * neighbourhood->k;
    size_t count = 0;
    fa__rng rng;
    while (count < neighbourhood->k && nearest[count] >= 0) count++;
    if (count == 0) return sample;
    fa__rng_seed(&rng, seed, FA__STREAM_NEIGHBOUR, (uint64_t)epoch << 32 | sample);
    return neighbourhood->task->fit[nearest[fa__rng_below(&rng, count)]];
}
