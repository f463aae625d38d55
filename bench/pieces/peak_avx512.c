/* The pure multiply-add loop, avx512. */
#define FA_LANES  16
#define FA_GROUPS 6
#define FA_PEAK   fa__peak_avx512
#include "pieces/peak_body.h"
