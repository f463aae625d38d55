/* Pairs decided by bounds: the leaf_states of two leaves of FA__LEAF rows (sorted by pairwise_sort.c so that
 * near ones lie together). For a row i and a leaf, D(i,j) lies within sum_k p_ik h_k of its value for the
 * middle of the leaf's box, h being half the box.
 */
#include "loss/pairwise_space.h"

#include <math.h>

/* The least that a sum of p_ik (l_ik - l_jk) can be, each factor by itself in its interval. */
bool fa__pair_is_far(const fa__pair_block *a, const fa__pair_block *b, size_t width,
                     double margin) {
    const float *l_a = a->box, *p_a = a->box + 2 * width, *l_b = b->box;
    double least = -margin, terms = margin;
    for (size_t k = 0; k < width; k++) {
        double middle = a->l_frame[k] - b->l_frame[k] + (double)l_a[k] - (double)l_b[k];
        double low = middle - (double)l_a[width + k] - (double)l_b[width + k];
        double p = a->p_frame[k] + (double)p_a[k], half = (double)p_a[width + k];
        double part = low * (low < 0 ? p + half : fmax(p - half, 0));
        least += part;
        terms += fabs(part);
    }
    return least > 1e-5 * terms; /* what is stored is rounded to float */
}

bool fa__pair_decide(const fa__pair_space *space, fa__pair_scratch *scratch,
                     const fa__pair_tiles *tiles, const fa__pair_block *a,
                     const fa__pair_block *b) {
    size_t width = space->width, leaves_a = fa__leaves(a->n), leaves_b = fa__leaves(b->n);
    bool any = false;
    for (size_t q = 0; q < leaves_b; q++) {
        float *middle = scratch->boxes + q * 2 * width, low, high;
        size_t first = q * FA__LEAF, left = b->n - first;
        space->kernel->box(middle, middle + width, b->l + first * width,
                           left < FA__LEAF ? left : FA__LEAF, width);
        for (size_t p = 0; p < leaves_a; p++) {
            size_t i0 = p * FA__LEAF, i1 = i0 + FA__LEAF;
            fa__leaf_state leaf_states = FA__LEAF_OPEN;
            space->kernel->bounds(&low, &high, tiles, i0, i1 < a->padded ? i1 : a->padded, middle,
                                  middle + width);
            if (low > 0) leaf_states = FA__LEAF_INACTIVE;
            if (high < 0) leaf_states = FA__LEAF_ACTIVE;
            if (a == b && p == q) leaf_states = FA__LEAF_OPEN; /* no row is its own pair */
            scratch->leaf_states[p * leaves_b + q] = (uint8_t)leaf_states;
            any |= leaf_states != FA__LEAF_INACTIVE;
        }
    }
    return any;
}
