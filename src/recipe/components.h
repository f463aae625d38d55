/* The words of loss.kind, and what the help says of each: a row a component. What one does stands in
 * train/component_NAME.c. */
#ifndef FA_RECIPE_COMPONENTS_H
#define FA_RECIPE_COMPONENTS_H

#define FA__COMPONENTS(X)                                                                          \
    X(none, "nothing")                                                                             \
    X(single, "the weight rows of the target layer apart, Eq. 5")                                  \
    X(multi, "alike-labelled samples of a batch apart, Eq. 8")                                     \
    X(decov, "no covariance between units")                                                        \
    X(xcov, "none between units and predicted labels")                                             \
    X(information, "each sample of few units, the batch of many")                                  \
    X(infonce, "positive pairs told from others of their label")                                   \
    X(clusters, "the clusters of data.clusters told apart within their label")

#endif
