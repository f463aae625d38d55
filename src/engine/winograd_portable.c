/* Winograd's convolutions, portable: tiles of FA_TILE_ROWS x (FA_TILE_VECTORS * FA_LANES) in registers. */
#define FA_LANES        4
#define FA_TILE_VECTORS 2
#define FA_TILE_ROWS    4
#define FA_WINOGRAD     fa__winograd_portable
#include "engine/winograd_body.h"
