/* One process alone. */
#include "comm/comm.h"

static fa_status gather(const fa__comm *comm, void *rows, const size_t *counts, size_t row_size) {
    (void)comm, (void)rows, (void)counts, (void)row_size;
    return FA_OK;
}

static fa_status collect(const fa__comm *comm, fa__tree *tree) {
    (void)comm, (void)tree;
    return FA_OK;
}

static fa_status broadcast(const fa__comm *comm, void *bytes, size_t size) {
    (void)comm, (void)bytes, (void)size;
    return FA_OK;
}

static fa_status barrier(const fa__comm *comm) {
    (void)comm;
    return FA_OK;
}

const fa__comm *fa__comm_self(void) {
    static const fa__comm_table table = {"self", gather, collect, broadcast, barrier};
    static const fa__comm self = {.table = &table, .rank = 0, .size = 1};
    return &self;
}
