/* Pooling, portable. */
#define FA_LANES   4
#define FA_POOLING fa__pooling_portable
#include "engine/pool_body.h"
