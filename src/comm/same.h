/* That all ranks are about to do the same with the same rows. */
#ifndef FA_COMM_SAME_H
#define FA_COMM_SAME_H

#include "base/matrix.h"
#include "comm/comm.h"

/* Compares sizes, some rows, and `how`, a digest of what else the call was given. Alone: FA_OK. */
fa_status fa__same_rows(const fa__comm *comm, const fa__matrix *rows, uint64_t how);

#endif
