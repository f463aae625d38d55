/* Centres that have lost their rows.
 *
 * Letters: n rows, d coordinates, k centres. */
#include "base/memory.h"
#include "base/stop.h"
#include "cluster/kmeans.h"

/* Rows of a serial loop between two looks at a stop. */
enum { LOOK = 4096 };

/* Of the rows of a rank the farthest from its centre. */
typedef struct farthest {
    double most;  /* its squared distance; 0: there is none to give */
    int64_t row;  /* among those of all ranks */
    int64_t from; /* its centre */
} farthest;

static farthest find_farthest(const fa__points *p, const fa__kmeans_run *r,
                              const double *distance) {
    farthest found = {0};
    for (size_t i = 0; i < p->n; i++)
        if (distance[i] > found.most && r->counts[r->label[i]] > 1)
            found = (farthest){distance[i], (int64_t)(p->first_chunk * FA__CHUNK + i), r->label[i]};
    return found;
}

/* Centre c gets the farthest row of all ranks. *given false: all lie on their centres. */
static fa_status give_farthest(bool *given, const fa__points *p, fa__kmeans_run *r, size_t c,
                               double *distance, farthest *of_ranks) {
    FA_TRY(fa__stop_check());
    of_ranks[p->comm->rank] = find_farthest(p, r, distance);
    FA_TRY(fa__comm_gather(p->comm, of_ranks, NULL, p->comm->size, sizeof *of_ranks));
    farthest best = of_ranks[0];
    for (size_t k = 1; k < p->comm->size; k++)
        if (of_ranks[k].most > best.most) best = of_ranks[k];
    *given = best.most > 0;
    if (!*given) return FA_OK;
    size_t row = (size_t)best.row, from = (size_t)best.from, own = row - p->first_chunk * FA__CHUNK;
    p->kernel->move(r->sums + from * p->d, r->sums + c * p->d, fa__matrix_row(&p->all, row),
                    p->mean, p->integer, p->d);
    r->counts[from]--;
    r->counts[c] = 1;
    if (row < p->first_chunk * FA__CHUNK || own >= p->n) return FA_OK;
    r->label[own] = (int32_t)c;
    r->lead[own] = 0;
    distance[own] = 0;
    return FA_OK;
}

fa_status fa__kmeans_fill_empty(size_t *given, fa__kmeans_group *g, fa__kmeans_run *r) {
    const fa__points *p = g->points;
    fa_status status = FA_OK;
    double *distance = NULL;
    farthest *of_ranks = NULL;
    size_t empty = 0;
    bool more = true;
    *given = 0;
    for (size_t c = 0; c < g->k; c++) empty += r->counts[c] == 0;
    if (empty == 0) return FA_OK;
    FA_CHECK(FA_NEW(distance, p->n));
    FA_CHECK(FA_NEW(of_ranks, p->comm->size));
    for (size_t i = 0; i < p->n; i++) {
        if (i % LOOK == 0) FA_CHECK(fa__stop_check());
        distance[i] = fa__squared_distance(fa__matrix_row(&p->rows, i),
                                           r->centres + (size_t)r->label[i] * p->d, p->d);
    }
    for (size_t c = 0; c < g->k && more; c++) {
        if (r->counts[c] != 0) continue;
        FA_CHECK(give_farthest(&more, p, r, c, distance, of_ranks));
        *given += more;
    }
done:
    fa__free(distance);
    fa__free(of_ranks);
    return status;
}
