/* Pooling, avx512. */
#define FA_LANES   16
#define FA_POOLING fa__pooling_avx512
#include "engine/pool_body.h"
