/* Winograd's convolutions, avx2: tiles of FA_TILE_ROWS x (FA_TILE_VECTORS * FA_LANES) in registers. */
#define FA_LANES        8
#define FA_TILE_VECTORS 2
#define FA_TILE_ROWS    6
#define FA_WINOGRAD     fa__winograd_avx2
#include "engine/winograd_body.h"
