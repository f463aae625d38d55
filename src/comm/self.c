/* One process alone. */
#include "comm/comm.h"

const fa__comm *fa__comm_self(void) {
    static const fa__comm self = {.rank = 0, .size = 1};
    return &self;
}
