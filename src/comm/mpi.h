/* Ranks that talk by MPI. The only file that knows it is mpi.c; without MPI there is
 * fa__mpi_version alone. */
#ifndef FA_COMM_MPI_H
#define FA_COMM_MPI_H

#include "comm/comm.h"

const char *fa__mpi_version(void); /* NULL: not built in */

/* Starts MPI, unless the caller has, and joins its processes. */
fa_status fa__mpi_start(fa__comm *out);

/* Whether the caller has started MPI and not ended it. */
bool fa__mpi_is_on(void);

/* As fa_ranks_end. Ends MPI where fa__mpi_start began it; waits for the other ranks. */
fa_status fa__mpi_end(fa__comm *comm, const char *failure);

/* Bytes that came to ranks from others since the start: to all of them, and to the one with most.
 * A call of all ranks. */
fa_status fa__mpi_received(const fa__comm *comm, uint64_t *all, uint64_t *most);

#endif
