/* Reconstruction errors. What is given and what is made are packed alike, so a series needs no more
 * care than a row. */
#include "model/reconstruction.h"

fa_status fa__reconstruction_compare(double *error, fa__shard *shard, const fa__network *network) {
    const fa__activation *x = &shard->activations[network->given],
                         *xhat = fa__shard_outputs(shard, network);
    /* As one row, so that the mean over rows is the sum. */
    return fa_loss_reconstruction(error, shard->d_out, x->values, xhat->values, 1,
                                  x->total * x->features);
}

void fa__reconstruction_errors(float *errors, const fa__shard *shard, const fa__network *network) {
    const fa__activation *in = &shard->activations[network->given];
    const float *x = in->values, *xhat = fa__shard_outputs(shard, network)->values;
    size_t steps = in->rows != NULL ? in->steps : 1;
    for (size_t i = 0; i < in->samples; i++) {
        double sum = 0;
        size_t before = 0; /* packed rows of the steps before t */
        for (size_t t = 0; t < steps && (in->rows == NULL || i < in->rows[t]); t++) {
            for (size_t k = (before + i) * in->features; k < (before + i + 1) * in->features; k++) {
                double difference = (double)xhat[k] - (double)x[k];
                sum += difference * difference;
            }
            before += in->rows != NULL ? in->rows[t] : 0;
        }
        errors[i] = (float)sum;
    }
}

double fa__reconstruction_mean(const float *errors, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)errors[i];
    return sum / (double)n;
}
