/* The pure multiply-add loop, avx2. */
#define FA_LANES  8
#define FA_GROUPS 3
#define FA_PEAK   fa__peak_avx2
#include "pieces/peak_body.h"
