/* The ranks of this process: whether it was started as one of several, and who they are. */
#include "comm/mpi.h"

#include <stdlib.h>

#ifdef FA_HAVE_MPI
static fa__comm world;
#endif
static const fa__comm *joined; /* NULL: alone */

const fa__comm *fa__comm_world(void) {
    return joined != NULL ? joined : fa__comm_self();
}

size_t fa_rank(void) {
    return fa__comm_world()->rank;
}

size_t fa_ranks(void) {
    return fa__comm_world()->size;
}

/* By what Open MPI, MPICH and Slurm tell the processes that they start. PMIx tells no number: a
 * rank alone is one, too. */
static bool is_launched(void) {
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *text = getenv(sizes[i]);
        if (text != NULL) return strtol(text, NULL, 10) > 1;
    }
    return getenv("PMIX_RANK") != NULL;
}

#ifdef FA_HAVE_MPI

fa_status fa_ranks_start(void) {
    if (joined != NULL || (!is_launched() && !fa__mpi_is_on())) return FA_OK;
    FA_TRY(fa__mpi_start(&world));
    joined = &world;
    return FA_OK;
}

fa_status fa_ranks_end(const char *failure) {
    if (joined == NULL) return FA_OK;
    joined = NULL;
    return fa__mpi_end(&world, failure);
}

fa_status fa_ranks_received(uint64_t *all, uint64_t *most) {
    *all = *most = 0;
    return joined != NULL ? fa__mpi_received(joined, all, most) : FA_OK;
}

#else

const char *fa__mpi_version(void) {
    return NULL;
}

fa_status fa_ranks_start(void) {
    if (!is_launched()) return FA_OK;
    return fa__fail(FA_E_UNAVAILABLE,
                    "started as one of several processes, and MPI is not built in: install "
                    "libopenmpi-dev and build again, or start it without mpirun");
}

fa_status fa_ranks_end(const char *failure) {
    (void)failure;
    return FA_OK;
}

fa_status fa_ranks_received(uint64_t *all, uint64_t *most) {
    *all = *most = 0;
    return FA_OK;
}

#endif
