/* Ranks of one training: that they do the same, from the same state. */
#include "train/ranks.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

static fa_status same_digest(const fa__comm *comm, const char *what, uint64_t digest,
                             const char *help) {
    char text[FA__COMM_TEXT];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)digest);
    return fa__comm_same(comm, what, text, help);
}

fa_status fa__ranks_check(const fa__comm *comm, const fa_recipe *recipe, const fa__engine *engine,
                          const fa__task *task) {
    char *text, program[FA__COMM_TEXT];
    if (comm->size == 1) return FA_OK;
    snprintf(program, sizeof program, "version %s, engine %s, %s", fa_version(), engine->name,
             fa_simd_name());
    FA_TRY(fa__comm_same(comm, "program", program, "take one program, and machines alike"));
    FA_TRY(fa_recipe_to_text(&text, recipe));
    uint64_t digest = fa__digest(text, strlen(text));
    fa_free(text);
    FA_TRY(same_digest(comm, "recipe", digest, "give all ranks the same one"));
    const fa_dataset *test = task->test;
    FA_TRY(same_digest(comm, "data set to train on", fa__dataset_digest(task->train),
                       "data.train must be the same file for all ranks"));
    return same_digest(comm, "data set to test", test != NULL ? fa__dataset_digest(test) : 0,
                       "data.test must be the same file for all ranks");
}

fa_status fa__ranks_share(fa__trainer *trainer) {
    fa__state state = fa__trainer_state(trainer);
    uint64_t counts[] = {state.adam_step, state.epoch, state.best_epoch};
    FA_TRY(fa__comm_broadcast(trainer->comm, counts, sizeof counts));
    state.adam_step = counts[0];
    state.epoch = (size_t)counts[1];
    state.best_epoch = (size_t)counts[2];
    FA_TRY(fa__comm_broadcast(trainer->comm, state.history, state.epoch * sizeof *state.history));
    for (size_t b = 0; b < state.n_blocks; b++)
        FA_TRY(fa__comm_broadcast(trainer->comm, state.blocks[b].data,
                                  state.blocks[b].count * sizeof(float)));
    return trainer->comm->rank > 0 ? fa__trainer_resume(trainer, &state) : FA_OK;
}

fa_status fa__ranks_check_network(const fa__trainer *t) {
    char what[64], digest[FA__COMM_TEXT];
    if (t->comm->size == 1) return FA_OK;
    snprintf(what, sizeof what, "network after epoch %zu", t->epoch);
    snprintf(digest, sizeof digest, "%016llx",
             (unsigned long long)fa__digest(t->parameters, t->network->parameters * sizeof(float)));
    return fa__comm_same(t->comm, what, digest,
                         "their processors or libraries compute otherwise: take machines alike");
}
