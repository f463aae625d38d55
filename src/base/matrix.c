/* Finding a row among blocks. */
#include "base/matrix.h"

#include "base/assert.h"

const fa__row_block *fa__row_block_of(const fa__row_block *blocks, size_t count, size_t i) {
    FA_ASSERT(count > 0 && blocks[0].first == 0);
    size_t low = 0;
    for (size_t end = count; end - low > 1;) {
        size_t middle = low + (end - low) / 2;
        if (blocks[middle].first <= i)
            low = middle;
        else
            end = middle;
    }
    return &blocks[low];
}
