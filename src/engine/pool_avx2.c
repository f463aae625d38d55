/* Pooling, avx2. */
#define FA_LANES   8
#define FA_POOLING fa__pooling_avx2
#include "engine/pool_body.h"
