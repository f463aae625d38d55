/* Nearest neighbours as positives. */
#include "train/neighbourhood.h"

#include "base/memory.h"

#include <string.h>

/* The samples as the network sees them, and their labels. */
static void fill(float *x, int32_t *labels, const fa__task *task) {
    const fa_dataset *data = task->train;
    for (size_t i = 0; i < task->n_fit; i++) {
        const float *row = data->values + task->fit[i] * data->features;
        for (size_t k = 0; k < data->features; k++)
            x[i * data->features + k] = (row[k] - task->scaling.shift[k]) * task->scaling.scale[k];
        labels[i] = task->coarse != NULL ? task->coarse[task->fit[i]] : 0;
    }
}

fa_status fa__neighbourhood_find(fa__neighbourhood *found, const fa__task *task, size_t k) {
    fa_status status = FA_OK;
    const fa_dataset *data = task->train;
    float *x = NULL;
    int32_t *labels = NULL;
    if (data->kind != FA_KIND_VECTORS)
        return fa__fail(FA_E_RECIPE,
                        "loss.positives = neighbours compares vectors, and a sample of data.train "
                        "is none; loss.positives = views works");
    *found = (fa__neighbourhood){.samples = task->fit, .k = k};
    FA_CHECK(FA_NEW(x, task->n_fit * data->features));
    FA_CHECK(FA_NEW(labels, task->n_fit));
    FA_CHECK(FA_NEW(found->nearest, task->n_fit * k));
    FA_CHECK(FA_NEW(found->place, data->n));
    for (size_t i = 0; i < task->n_fit; i++) found->place[task->fit[i]] = (int32_t)i;
    fill(x, labels, task);
    FA_CHECK(fa_neighbours(found->nearest, NULL, x, task->n_fit, data->features, labels, k));
done:
    fa__free(x);
    fa__free(labels);
    return status;
}

void fa__neighbourhood_free(fa__neighbourhood *found) {
    fa__free(found->nearest);
    fa__free(found->place);
    *found = (fa__neighbourhood){0};
}

size_t fa__neighbourhood_draw(const fa__neighbourhood *found, uint64_t seed, size_t epoch,
                              size_t sample) {
    const int32_t *nearest = found->nearest + (size_t)found->place[sample] * found->k;
    size_t count = 0;
    fa__rng rng;
    while (count < found->k && nearest[count] >= 0) count++;
    if (count == 0) return sample;
    fa__rng_seed(&rng, seed, FA__STREAM_NEIGHBOUR, (uint64_t)epoch << 32 | sample);
    return found->samples[nearest[fa__rng_below(&rng, count)]];
}
