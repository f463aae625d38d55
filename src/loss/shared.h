/* Losses of which each rank of a training computes its part of the rows. All ranks call them with the
 * same rows, and all have the whole loss and gradient, with the bytes that one process gives. */
#ifndef FA_LOSS_SHARED_H
#define FA_LOSS_SHARED_H

#include "comm/comm.h"

/* fa_loss_multi_pairs and fa_loss_infonce. What fails on one rank fails on all in what they do next
 * together; the gradient may be half written then. */
fa_status fa__loss_multi_pairs(double *loss, float *d_h, const float *h, size_t n, size_t d,
                               const int32_t *labels, const int32_t *pairs, size_t count,
                               const fa_loss_options *options, const fa__comm *comm);
fa_status fa__loss_infonce(double *loss, float *d_h, const float *h, size_t n, size_t d,
                           const int32_t *labels, const int32_t *pairs, size_t count,
                           double temperature, const fa__comm *comm);

/* fa_loss_multi_ring, but for its end. */
fa_status fa__loss_multi_ring(double *loss, float *d_h, const float *h, size_t n, size_t d,
                              const int32_t *labels, const fa_loss_options *options,
                              const fa__comm *comm);

/* The pairwise hinge, shared out by units: a block of rows of a large group, or a smaller group as a
 * whole, in the order of the groups and of their rows; about as many rows to each rank. */
typedef struct fa__pair_units {
    const fa__comm *comm; /* NULL: not shared, all units are one's own */
    size_t from, to;      /* units of this rank */
    size_t count, rows;
    size_t *first; /* [count + 1] rows before a unit */
    size_t *start; /* [ranks + 1] units before those of a rank, */
    size_t *begin; /* and rows before them */
    double *terms; /* [rows] parts of the loss */
    float *part;   /* [rows, d] the gradient in this order; NULL: none is wanted */
    bool owns_part;
    size_t d;
} fa__pair_units;

typedef struct fa__pair_group fa__pair_group;

/* block_rows [count]: rows of a unit of each group. gradient: whether one is wanted; room, of room_size bytes, may
 * be what nobody needs any more when the units meet: it then takes the rows, where they fit, in place of
 * memory of their own. Free with close, after failure too. */
fa_status fa__pair_units_open(fa__pair_units *units, const fa__comm *comm,
                              const fa__pair_group *groups, const size_t *block_rows, size_t count,
                              bool gradient, void *room, size_t room_size);
bool fa__pair_units_own(const fa__pair_units *units, size_t unit);
/* What each rank has of the terms and of d_z goes to all: then the losses of the groups are known. */
fa_status fa__pair_units_meet(fa__pair_units *units, float *d_z, fa__pair_group *groups,
                              size_t count);
void fa__pair_units_close(fa__pair_units *units);

#endif
