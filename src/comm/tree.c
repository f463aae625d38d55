/* Folding a tree. Level by level, so that the order of the additions is that of the equation. */
#include "comm/tree.h"

#include <stdbool.h>

static void add(const fa__tree *tree, void *to, const void *from) {
    if (tree->type == FA__TREE_FLOATS)
        for (size_t i = 0; i < tree->length; i++) ((float *)to)[i] += ((const float *)from)[i];
    else if (tree->type == FA__TREE_DOUBLES)
        for (size_t i = 0; i < tree->length; i++) ((double *)to)[i] += ((const double *)from)[i];
    else
        for (size_t i = 0; i < tree->length; i++) ((int64_t *)to)[i] += ((const int64_t *)from)[i];
}

void fa__tree_fold_level(fa__tree *tree, size_t half) {
    signed char level = 0;
    for (size_t below = 1; below < half; below *= 2) level++;
    for (size_t s = 0; s < tree->leaves; s += 2 * half) {
        size_t right = s + half;
        bool single = right >= tree->leaves;
        if (tree->levels[s] != level || (!single && tree->levels[right] != level)) continue;
        tree->levels[s] = (signed char)(level + 1);
        if (single) continue;
        tree->levels[right] = FA__TREE_ELSEWHERE;
        if (tree->nodes[s] == NULL)
            tree->nodes[s] = tree->nodes[right];
        else if (tree->nodes[right] != NULL)
            add(tree, tree->nodes[s], tree->nodes[right]);
        tree->nodes[right] = NULL;
    }
}

void fa__tree_fold(fa__tree *tree) {
    for (size_t half = 1; half < tree->leaves; half *= 2) fa__tree_fold_level(tree, half);
}
