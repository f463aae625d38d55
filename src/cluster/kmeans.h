/* What the files of KMeans share: the rows made ready, and the state of runs that advance together.
 *
 * Ranks that share the rows have whole chunks of them each, and all the same centres: what they tell each
 * other are numbers of each chunk, which are then added up chunk by chunk as one process does, and
 * integer sums, which know no order.
 *
 * Letters: n rows (of this rank), d coordinates, k centres, q candidates of k-means++. */
#ifndef FA_CLUSTER_KMEANS_H
#define FA_CLUSTER_KMEANS_H

#include "base/rng.h"
#include "base/matrix.h"
#include "base/status.h"
#include "cluster/kmeans_kernel.h"
#include "comm/comm.h"

#include <stdbool.h>

/* ==== Rows ==== */

enum {
    FA__CHUNK_BLOCKS = 16, /* blocks of a chunk: sums are taken chunk by chunk, in their order */
    FA__CHUNK = FA__CHUNK_BLOCKS * FA__BLOCK
};

typedef struct fa__points {
    fa__matrix all;       /* the caller's, of all ranks */
    fa__matrix rows;      /* [n, d] of them those of this rank */
    const fa__comm *comm; /* the ranks that share them */
    size_t all_chunks;
    size_t first_chunk; /* of all, the one that is chunk 0 here */
    size_t n, d, blocks, chunks;
    size_t tasks;    /* parallel parts, each a range of chunks */
    double *mean;    /* [d]; each value is a float */
    float *shift;    /* [d]: mean * scale */
    double variance; /* mean over the coordinates */
    double longest;  /* of norms of this rank's rows */
    double scale;    /* a power of 2 that brings every |x - mean| to 1 or below */
    double integer;  /* a power of 2: (x - mean) * integer are the terms of exact integer sums */
    float *lanes;    /* [blocks, d, FA__BLOCK]: (x - mean) * scale, the last row repeated beyond n;
                        NULL: rows stay where they are, and blocks are made when they are needed */
    float *norms;    /* [blocks, FA__BLOCK]: their lengths, rounded up */
    const fa__kmeans_kernel *kernel;
} fa__points;

/* Checks that x is finite and lays it out; of ranks that share it, each its part, at least a chunk.
 * Free with fa__points_free, after a failure too. */
fa_status fa__points_make(fa__points *points, const fa__matrix *rows, const fa__comm *comm);
/* The same without lanes and norms, for who lays rows out otherwise. */
fa_status fa__points_measure(fa__points *points, const fa__matrix *rows, const fa__comm *comm);
void fa__points_free(fa__points *points);

/* The lanes of a block: in points.lanes, or made in scratch [d, FA__BLOCK]. */
const float *fa__points_block(const fa__points *points, size_t block, float *scratch);

/* The block of the rows first + rows[0..FA__BLOCK), as fa__kmeans_kernel.gather makes it. */
void fa__points_gather(float *block, const fa__points *points, size_t first, const int32_t *rows);

/* Floats that a task needs for blocks it makes: of one, or, where there are no lanes, of a chunk. */
size_t fa__points_scratch(const fa__points *points);

/* The chunks [*from, *to) of a task. */
void fa__points_share(const fa__points *points, size_t task, size_t *from, size_t *to);

/* |x - c|^2 in double, in one order of additions: what "nearest" means wherever float32 cannot
 * tell.
 */
double fa__squared_distance(const float *x, const float *c, size_t d);

/* ==== Runs ==== */

/* One start of Lloyd's iteration. */
typedef struct fa__kmeans_run {
    fa__rng rng;
    float *centres; /* [k, d], the coordinates of x */
    fa__kmeans_tiles tiles;
    double *moves; /* [k]: how far the centres went last */
    /* [k + 1, d]: of the rows of each centre, in units of 1 / points.integer. The last row stands
     * for no centre yet. */
    int64_t *sums;
    int64_t *counts; /* [k + 1], right behind sums, so that both are moved as one */
    int32_t *label;  /* [blocks * FA__BLOCK]; k: none yet */
    float *lead;     /* [blocks * FA__BLOCK]: every other centre is farther by at least this */
    float *closest;  /* the same memory: while seeding, squared distance to the nearest centre */
    bool active;     /* takes part in the next pass */
    bool fresh;      /* the next pass is its first: there are no labels yet */
    bool finishing;  /* the next pass only labels the rows */
    double inertia;
} fa__kmeans_run;

/* Runs that advance in step, so that a block of rows is fetched once for all of them. What a run
 * becomes does not depend on its company. */
typedef struct fa__kmeans_group {
    const fa__points *points;
    size_t k, count, candidates;
    fa__kmeans_run *runs; /* [count] */
    int64_t
        *changes; /* [tasks, count, (k + 1) * (d + 1)]: what a task moves between sums and counts */
    size_t *moved;         /* [tasks, count]: rows that changed their centre */
    float *scattered;      /* [tasks, fa__points_scratch]: rows gathered for a pass of the kernel */
    double *partial;       /* [all_chunks, count, candidates]: sums over chunks */
    int64_t *told;         /* [2, sums_size + 1]: changes and moved, here; of all. Alone: [0] */
    float *candidate;      /* [count, candidates, d]: rows of points.lanes, in groups as the kernel
                              takes them */
    size_t *candidate_row; /* [count, candidates] */
    int64_t
        *drawn; /* [2, count, candidates]: rows that this rank drew, 0: another one; of all ranks */
} fa__kmeans_group;

/* Chooses the first centres of all runs by greedy k-means++. */
fa_status fa__kmeans_seed(fa__kmeans_group *group);

/* fa_kmeans_fit of rows wherever they lie, by ranks that all have them, where that is worth it; comm
 * NULL: alone. What fails on one rank fails on all in what they do next together. */
fa_status fa__kmeans_fit(float *centroids, int32_t *assignment, double *inertia,
                         const fa__matrix *rows, const fa_kmeans_options *options,
                         const fa__comm *comm);

/* The same as a call of its own that all ranks make. */
fa_status fa__kmeans_fit_together(float *centroids, int32_t *assignment, double *inertia,
                                  const fa__matrix *rows, const fa_kmeans_options *options);

/* Gives each centre without rows the row farthest from its own centre, if that is not its only row
 * (ties: the lowest index). Where all rows lie on centres there is nothing to give: a centre then
 * stays where it is, without rows. *given: centres that got a row. */
fa_status fa__kmeans_fill_empty(size_t *given, fa__kmeans_group *group, fa__kmeans_run *run);

#endif
