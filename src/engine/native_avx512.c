/* Native kernels, avx512: tiles of FA_TILE_ROWS x (FA_TILE_VECTORS * FA_LANES) in registers. */
#define FA_LANES 16
#define FA_TILE_VECTORS 4
#define FA_TILE_ROWS 6
#define FA_NATIVE_ENGINE fa__native_avx512
#include "engine/native_body.h"
