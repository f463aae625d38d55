/* The two baselines that work on a covariance of the batch: DeCov (Cogswell et al. 2015) and XCov
 * (Cheung et al. 2014).
 *
 * Letters: N samples; x [N, p] and y [N, q] with the mean of each column taken off;
 * C [p, q] = x^T y / N. DeCov has y = x. In the gradients the means need no care: the gradient of
 * the centred matrix already sums to 0 over the batch.
 */
#include "base/floats.h"
#include "base/memory.h"
#include "base/stop.h"
#include "loss/rows.h"

enum {
    BLOCK = 16, /* rows in one task */
    LANES = 4   /* independent partial sums of a dot product */
};

/* Entries of C; the sizes are the caller's, so the product may not fit. */
static fa_status check_product(size_t *entries, size_t p, size_t q) {
    if (!__builtin_mul_overflow(p, q, entries)) return FA_OK;
    return fa__fail(FA_E_SHAPE, "the covariance is [%zu, %zu], more than memory can hold", p, q);
}

/* out = x with the mean of each column taken off. */
static fa_status centre(double *out, const float *x, size_t n, size_t d) {
    for (size_t k = 0; k < d; k++) {
        double mean = 0;
        FA_TRY(fa__stop_check());
        for (size_t i = 0; i < n; i++) mean += (double)x[i * d + k];
        mean /= (double)n;
        for (size_t i = 0; i < n; i++) out[i * d + k] = (double)x[i * d + k] - mean;
    }
    return FA_OK;
}

/* ==== Two products, by blocks of rows ======================================================= */

static size_t blocks(size_t rows) {
    return rows / BLOCK + (rows % BLOCK != 0);
}

static size_t block_end(size_t rows, size_t index) {
    return rows - index * BLOCK < BLOCK ? rows : (index + 1) * BLOCK;
}

typedef struct covariance_job {
    double *c;       /* [p, q] */
    const double *x; /* [n, p] */
    const double *y; /* [n, q] */
    size_t n, p, q;
} covariance_job;

/* c_ab = sum_i x_ia y_ib / N for a block of rows a. */
static fa_status covariance_block(void *context, size_t index, size_t thread) {
    (void)thread;
    const covariance_job *job = context;
    size_t q = job->q;
    for (size_t a = index * BLOCK; a < block_end(job->p, index); a++) {
        double *c = job->c + a * q;
        FA_TRY(fa__stop_check());
        for (size_t b = 0; b < q; b++) c[b] = 0;
        for (size_t i = 0; i < job->n; i++) {
            double x = job->x[i * job->p + a];
            for (size_t b = 0; b < q; b++) c[b] += x * job->y[i * q + b];
        }
        for (size_t b = 0; b < q; b++) c[b] /= (double)job->n;
    }
    return FA_OK;
}

typedef struct gradient_job {
    float *d_x;      /* [n, p] */
    const double *c; /* [p, q] */
    const double *y; /* [n, q] */
    size_t n, p, q;
    double scale;
} gradient_job;

static double dot(const double *u, const double *v, size_t d) {
    double lanes[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= d; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++) lanes[lane] += u[k + lane] * v[k + lane];
    for (; k < d; k++) lanes[k % LANES] += u[k] * v[k];
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/* d_x_ia = scale * sum_b c_ab y_ib for a block of rows i. Gradients are stored last and whole:
 * but for a stop it cannot fail. */
static fa_status gradient_block(void *context, size_t index, size_t thread) {
    (void)thread;
    const gradient_job *job = context;
    size_t p = job->p, q = job->q;
    for (size_t i = index * BLOCK; i < block_end(job->n, index); i++)
        for (size_t a = 0; a < p; a++)
            job->d_x[i * p + a] = fa__narrow(job->scale * dot(job->c + a * q, job->y + i * q, q));
    return FA_OK;
}

static double multiply_adds(size_t n, size_t p, size_t q) {
    return (double)n * (double)p * (double)q;
}

/* ==== DeCov ================================================================================= */

/* L = 1/2 sum_{a != b} c_ab^2,   dL/dx_ia = 2/N sum_{b != a} c_ab x_ib   (c is symmetric). */
fa_status fa_loss_decov(double *loss, float *d_h, const float *h, size_t n, size_t d) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("h", h, n, d));
    fa_status status;
    double *x = NULL, *c = NULL, sum = 0;
    size_t entries;
    FA_TRY(check_product(&entries, d, d));
    FA_CHECK(FA_NEW(x, n * d));
    FA_CHECK(FA_NEW(c, entries));
    FA_CHECK(centre(x, h, n, d));
    covariance_job forward = {c, x, x, n, d, d};
    FA_CHECK(fa__loss_parallel(multiply_adds(n, d, d), blocks(d), covariance_block, &forward));
    for (size_t a = 0; a < d; a++) c[a * d + a] = 0;
    for (size_t ab = 0; ab < entries; ab++) sum += c[ab] * c[ab];
    if (d_h != NULL) {
        gradient_job backward = {d_h, c, x, n, d, d, 2 / (double)n};
        FA_CHECK(fa__loss_parallel(multiply_adds(n, d, d), blocks(n), gradient_block, &backward));
    }
    *loss = sum / 2;
done:
    fa__free(x);
    fa__free(c);
    return status;
}

/* ==== XCov ================================================================================== */

/* out [q, p] = c^T */
static void transpose(double *out, const double *c, size_t p, size_t q) {
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < q; b++) out[b * p + a] = c[a * q + b];
}

/* L = 1/2 sum_ab c_ab^2,   dL/dx_ia = 1/N sum_b c_ab y_ib,   dL/dy_ib = 1/N sum_a c_ab x_ia. */
fa_status fa_loss_xcov(double *loss, float *d_h, float *d_yhat, const float *h, size_t n, size_t d,
                       const float *yhat, size_t c) {
    FA_TRY(fa__check_pointer("loss", loss));
    FA_TRY(fa__check_matrix("h", h, n, d));
    FA_TRY(fa__check_matrix("yhat", yhat, n, c));
    fa_status status;
    double *x = NULL, *y = NULL, *cross = NULL, *turned = NULL, sum = 0;
    size_t entries;
    FA_TRY(check_product(&entries, d, c));
    FA_CHECK(FA_NEW(x, n * d));
    FA_CHECK(FA_NEW(y, n * c));
    FA_CHECK(FA_NEW(cross, entries));
    if (d_yhat != NULL) FA_CHECK(FA_NEW(turned, entries));
    FA_CHECK(centre(x, h, n, d));
    FA_CHECK(centre(y, yhat, n, c));
    double work = multiply_adds(n, d, c), scale = 1 / (double)n;
    covariance_job forward = {cross, x, y, n, d, c};
    FA_CHECK(fa__loss_parallel(work, blocks(d), covariance_block, &forward));
    for (size_t ab = 0; ab < entries; ab++) sum += cross[ab] * cross[ab];
    if (d_h != NULL) {
        gradient_job backward = {d_h, cross, y, n, d, c, scale};
        FA_CHECK(fa__loss_parallel(work, blocks(n), gradient_block, &backward));
    }
    if (d_yhat != NULL) {
        transpose(turned, cross, d, c);
        gradient_job backward = {d_yhat, turned, x, n, c, d, scale};
        FA_CHECK(fa__loss_parallel(work, blocks(n), gradient_block, &backward));
    }
    *loss = sum / 2;
done:
    fa__free(x);
    fa__free(y);
    fa__free(cross);
    fa__free(turned);
    return status;
}
