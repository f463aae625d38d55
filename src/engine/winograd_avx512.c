/* Winograd's convolutions, avx512: tiles of FA_TILE_ROWS x (FA_TILE_VECTORS * FA_LANES) in registers. */
#define FA_LANES        16
#define FA_TILE_VECTORS 4
#define FA_TILE_ROWS    6
#define FA_WINOGRAD     fa__winograd_avx512
#include "engine/winograd_body.h"
