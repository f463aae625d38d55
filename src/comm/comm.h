/* What the processes of one training (its ranks) tell each other. A batch is cut into shards, whose
 * number the recipe sets; rank r of R owns the contiguous shards fa__comm_range gives it, and
 * whatever is added up over shards goes by one fixed tree. So a model has the same bytes on any
 * number of ranks, one among them.
 *
 * Every rank calls the same operations in the same order, and each begins by agreeing that no rank
 * has failed. A rank that fails anywhere returns its failure up to fa__comm_close, which takes part
 * in that agreement in its place: the others' next operation then fails with the same status and
 * text, and nobody waits for one who will not come. */
#ifndef FA_COMM_COMM_H
#define FA_COMM_COMM_H

#include "comm/tree.h"

#include <stdbool.h>

typedef struct fa__comm fa__comm;

enum { FA__COMM_TEXT = 96 };
#define FA__COMM_NOBODY SIZE_MAX

/* Bytes to a rank, or from it. */
typedef struct fa__comm_message {
    size_t rank;
    void *bytes;
    size_t size;
} fa__comm_message;

/* The operations of a kind of communication between more than one rank. */
typedef struct fa__comm_table {
    const char *name;
    /* The status of the lowest rank that does not come with FA_OK, its detail set on all; *flag
     * (NULL: false, and not wanted): whether any rank's is. Once it has failed it goes on to,
     * without a word to the others, until `renew`. */
    fa_status (*agree)(const fa__comm *comm, fa_status status, bool *flag);
    /* After an agreed failure that every rank has passed on: the next agreement is a new one.
     * Returns whether there was one. */
    bool (*renew)(const fa__comm *comm);
    /* rows: counts[r] rows of rank r, one rank after the other, each rank's own in place before the
     * call, all of them after it; row_size in bytes. */
    fa_status (*gather)(const fa__comm *comm, void *rows, const size_t *counts, size_t row_size);
    /* Sends to one rank and receives from another at once, each FA__COMM_NOBODY for none. sent
     * NULL: it is told that there is nothing; *received then is NULL there, else as it was, and
     * `size` bytes lie in it. */
    fa_status (*pass)(const fa__comm *comm, size_t to, const void *sent, size_t from,
                      void **received, size_t size);
    /* Agrees by itself, as it takes memory. */
    fa_status (*exchange)(const fa__comm *comm, const fa__comm_message *out, size_t n_out,
                          const fa__comm_message *in, size_t n_in);
    /* The bytes of rank 0 on all ranks. */
    fa_status (*broadcast)(const fa__comm *comm, void *bytes, size_t size);
} fa__comm_table;

struct fa__comm {
    const fa__comm_table *table; /* NULL: alone */
    size_t rank, size;           /* 0 <= rank < size */
    void *state;                 /* of the table */
    bool *held;                  /* fa__comm_hold */
};

/* One process that is alone: every operation is done before it begins. */
const fa__comm *fa__comm_self(void);

/* The ranks that fa_ranks_start joined; else fa__comm_self. */
const fa__comm *fa__comm_world(void);

/* The shards of this rank: *from <= s < *to. The first ranks have one more where they do not divide
 * evenly. */
void fa__comm_range(size_t *from, size_t *to, const fa__comm *comm, size_t shards);

/* Whether so many multiply-adds are worth passing rows for: below, every rank does all of them. comm
 * NULL: alone. */
bool fa__comm_is_worth(const fa__comm *comm, double work);

/* Whether the ranks can share n parts of some work of so many multiply-adds: it is worth it, and there
 * is a part for each of them. */
bool fa__comm_can_share(const fa__comm *comm, size_t parts, double work);

/* Rows of all shards on every rank: shard s is rows first[s] to first[s + 1] - 1 of row_size bytes;
 * first [shards + 1]; NULL: shard s is row s. FA_E_NOMEM, or what the table fails with. */
fa_status fa__comm_gather(const fa__comm *comm, void *rows, const size_t *first, size_t shards,
                          size_t row_size);

/* Messages between any two ranks, all of them at once: the n-th that one sends to another is the n-th that the
 * other has for it, of one size. Any number, 0 too. */
fa_status fa__comm_exchange(const fa__comm *comm, const fa__comm_message *out, size_t n_out,
                            const fa__comm_message *in, size_t n_in);

/* out [length] = the sum over shards by the tree, on every rank. parts [shards]: of each shard,
 * NULL for one without samples; those of other ranks are not looked at. What the parts hold is not
 * defined afterwards. All of them NULL: 0. shards <= FA__TREE_MOST. Cost: at most shards - 1
 * additions of the length, by the calling thread; between ranks log2(shards) passes of it and a
 * broadcast, and that much memory. */
fa_status fa__comm_sum_floats(const fa__comm *comm, float *out, float *const *parts, size_t shards,
                              size_t length);
fa_status fa__comm_sum_doubles(const fa__comm *comm, double *out, double *const *parts,
                               size_t shards, size_t length);

/* The sum over ranks: own [length] of each, which is not defined afterwards; out may not be own.
 * At most FA__TREE_MOST ranks. */
fa_status fa__comm_sum_integers(const fa__comm *comm, int64_t *out, int64_t *own, size_t length);

/* The same of a tree of which the calling rank has its own shards' leaves, or what they were folded to
 * (comm/tree.h), and nothing of others. What the nodes hold is not defined afterwards. */
fa_status fa__comm_sum_nodes(const fa__comm *comm, void *out, fa__tree *tree);

fa_status fa__comm_broadcast(const fa__comm *comm, void *bytes, size_t size);

/* *flag on every rank: whether it was true on any. */
fa_status fa__comm_any(const fa__comm *comm, bool *flag);

/* Fails on every rank alike where one of them has another text, of less than FA__COMM_TEXT bytes,
 * than rank 0: "rank 2 has another WHAT than rank 0: TEXT, not TEXT; HELP"; or another WHAT, of less than
 * 32 bytes, being in another call. */
fa_status fa__comm_same(const fa__comm *comm, const char *what, const char *text, const char *help);

/* The end of a call of the library that all ranks make, whatever came of it: FA_OK where every rank
 * has it, else one status and text on all of them, and for what they do together until then; but between
 * fa__comm_hold(comm, true) and (comm, false), by a call that makes others of that kind, such a failure outlasts the
 * ends of these: a rank that failed between two of them takes part in no more of their ends than its own. */
void fa__comm_hold(const fa__comm *comm, bool on);
fa_status fa__comm_close(const fa__comm *comm, fa_status status);

#endif
