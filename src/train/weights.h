/* Weights of a trained network in the place of starting values: network.weights. */
#ifndef FA_TRAIN_WEIGHTS_H
#define FA_TRAIN_WEIGHTS_H

#include "nn/network.h"

/* Puts the tensors of a safetensors file into the block of parameters, by name:
 *
 *   0.conv.weight        as a model of ours has it: the layer of that number
 *   features.N.weight    as torchvision names VGG's: in the order of N, those of rank 4 belong to
 *   classifier.N.weight  the conv layers, those of rank 1 to batchnorm, the classifier's to linear
 *                        layers; a linear layer that takes an image has its columns reordered from
 *                        [channels, height, width] to [height, width, channels]
 *
 * The first layers that have parameters are taken, up to the first that the file does not have, or
 * the first linear layer with another number of units; those behind it and the last layer,
 * which makes the coarse decision, keep their starting values.
 *
 * Errors, the parameters then untouched: FA_E_SHAPE a tensor does not fit its layer, naming both
 * shapes; FA_E_FORMAT no layer is there, or only a part of one, or one behind a gap;
 * FA_E_NONFINITE; as fa__safetensors_read. */
fa_status fa__weights_read(float *parameters, const fa__network *network, const char *path);

/* The same of a network in memory: the layers below the target layer that are alike there, by their place,
 * name and size; the others keep their starting values. */
void fa__weights_below_target(float *parameters, const fa__network *network, const float *others,
                              const fa__network *other);

#endif
