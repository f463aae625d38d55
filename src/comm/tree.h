/* The tree that sums over shards go by: a sum depends on the shards, not on who holds them.
 *
 *   node(0, s) = leaf s
 *   node(l, s) = node(l - 1, s) + node(l - 1, s + 2^(l - 1))        s a multiple of 2^l
 *
 * It is that of the index range padded to a power of two and halved again and again: a node beyond
 * the last leaf is not there, and one with a single child is that child. Leaves that are NULL
 * (shards without samples) add nothing. */
#ifndef FA_COMM_TREE_H
#define FA_COMM_TREE_H

#include "base/status.h"

enum { FA__TREE_MOST = 1024, FA__TREE_ELSEWHERE = -1 };

typedef enum fa__tree_type {
    FA__TREE_FLOATS = 0,
    FA__TREE_DOUBLES,
    FA__TREE_INTEGERS /* of 64 bits: their sum knows no order */
} fa__tree_type;

typedef struct fa__tree {
    fa__tree_type type;
    size_t length; /* elements of a node */
    size_t leaves;
    void *nodes[FA__TREE_MOST];        /* [s]: the node at s of levels[s]; NULL: nothing to add */
    signed char levels[FA__TREE_MOST]; /* FA__TREE_ELSEWHERE: no node at s is held here */
} fa__tree;

/* Adds up, in place, every node both of whose children are held. The memory of a right child then
 * holds nothing. With all leaves held nodes[0] is their sum. */
void fa__tree_fold(fa__tree *tree);

/* The same of one level alone: the nodes of 2 half leaves, of children of half leaves. */
void fa__tree_fold_level(fa__tree *tree, size_t half);

#endif
