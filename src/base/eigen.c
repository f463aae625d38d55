/* dsyevr on one thread, with workspace of our own. */
#include "base/eigen.h"

#include "base/memory.h"

#ifdef FA_HAVE_LAPACK

#include <lapacke.h>
#include <pthread.h>
#include <string.h>

/* Declared here: the cblas.h that a compiler finds may be another library's. */
extern void openblas_set_num_threads(int threads);
extern int openblas_get_num_threads(void);
extern char *openblas_get_config(void);

static pthread_mutex_t threads_in_hand = PTHREAD_MUTEX_INITIALIZER;

/* A fork waits until the problem in hand is solved: a child that is made while OpenBLAS holds its
 * own locks would wait for them for ever. */
static void before_fork(void) {
    pthread_mutex_lock(&threads_in_hand);
}

static void after_fork(void) {
    pthread_mutex_unlock(&threads_in_hand);
}

__attribute__((constructor)) static void watch_forks(void) {
    (void)pthread_atfork(before_fork, after_fork, after_fork);
}

static char version[64];

/* The configuration reads "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": its second word. */
static void take_version(void) {
    const char *config = openblas_get_config();
    config += strcspn(config, " ");
    config += strspn(config, " ");
    size_t length = strcspn(config, " ");
    memcpy(version, config, length < sizeof version ? length : sizeof version - 1);
}

const char *fa__eigen_version(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, take_version);
    return version;
}

fa_status fa__eigen_check(size_t d) {
    if (d <= FA__EIGEN_MOST) return FA_OK;
    return fa__fail(FA_E_SHAPE,
                    "%zu columns are too many for their principal components: at most %d", d,
                    FA__EIGEN_MOST);
}

typedef struct problem {
    lapack_int d, count, first; /* eigenvalues first .. d, counted from 1, smallest first */
    double *a, *values, *vectors, *work;
    lapack_int *support, *integers, n_work, n_integers;
} problem;

/* OpenBLAS splits its sums among its threads, a setting of the process: it is lowered for this call
 * and put back, one call at a time. */
static lapack_int solve(problem *p) {
    lapack_int found = p->count;
    pthread_mutex_lock(&threads_in_hand);
    int threads = openblas_get_num_threads();
    openblas_set_num_threads(1);
    lapack_int info =
        LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, 'V', p->first == 1 ? 'A' : 'I', 'L', p->d, p->a, p->d,
                            0, 0, p->first, p->d, 0, &found, p->values, p->vectors, p->d,
                            p->support, p->work, p->n_work, p->integers, p->n_integers);
    openblas_set_num_threads(threads);
    pthread_mutex_unlock(&threads_in_hand);
    return info == 0 && found != p->count ? 1 : info;
}

static fa_status did_not_converge(const problem *p, lapack_int info) {
    return fa__fail(FA_E_NONFINITE,
                    "the eigenvalues of a %d x %d matrix were not found (dsyevr: %d)", (int)p->d,
                    (int)p->d, (int)info);
}

fa_status fa__eigen_symmetric(double *values, double *vectors, double *a, size_t d, size_t count) {
    fa_status status = FA_OK;
    double work_size = 0;
    lapack_int integers_size = 0, info;
    FA_TRY(fa__eigen_check(d));
    /* dsyevr finds some by bisection, one after the other; all, by a faster way, from a quarter on
     */
    size_t found = count > d / 4 ? d : count;
    problem p = {.d = (lapack_int)d, .count = (lapack_int)found, .a = a, .n_work = -1};
    p.first = p.d - p.count + 1;
    p.n_integers = -1; /* asks for the sizes */
    p.work = &work_size;
    p.integers = &integers_size;
    info = solve(&p);
    p.work = NULL;
    p.integers = NULL;
    if (info != 0) return did_not_converge(&p, info);
    p.n_work = (lapack_int)work_size;
    p.n_integers = integers_size;
    FA_CHECK(FA_NEW(p.values, d));
    FA_CHECK(FA_NEW(p.vectors, found * d));
    FA_CHECK(FA_NEW(p.support, 2 * found));
    FA_CHECK(FA_NEW(p.work, (size_t)p.n_work));
    FA_CHECK(FA_NEW(p.integers, (size_t)p.n_integers));
    info = solve(&p);
    if (info != 0) FA_CHECK(did_not_converge(&p, info));
    for (size_t j = 0; j < count; j++) { /* LAPACK gives the smallest first */
        values[j] = p.values[found - 1 - j];
        memcpy(vectors + j * d, p.vectors + (found - 1 - j) * d, d * sizeof *vectors);
    }
done:
    fa__free(p.values);
    fa__free(p.vectors);
    fa__free(p.support);
    fa__free(p.work);
    fa__free(p.integers);
    return status;
}

#else

const char *fa__eigen_version(void) {
    return NULL;
}

fa_status fa__eigen_check(size_t d) {
    (void)d;
    return fa__fail(
        FA_E_UNAVAILABLE,
        "principal components and word vectors need LAPACK, which is not built in: install "
        "liblapacke-dev and libopenblas-dev and build again");
}

fa_status fa__eigen_symmetric(double *values, double *vectors, double *a, size_t d, size_t count) {
    (void)values, (void)vectors, (void)a, (void)count;
    return fa__eigen_check(d);
}

#endif
