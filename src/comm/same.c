/* Ranks compare a digest of rows that lie evenly spread: all of them would be read for nothing else. */
#include "comm/same.h"

#include "base/bytes.h"

#include <stdio.h>

enum { ROWS = 256 };

fa_status fa__same_rows(const fa__comm *comm, const fa__matrix *rows, uint64_t how) {
    char text[FA__COMM_TEXT];
    uint64_t pair[2] = {how, 0};
    if (comm->size == 1) return FA_OK;
    size_t seen = rows->d == 0 ? 0 : rows->n < ROWS ? rows->n : ROWS;
    for (size_t i = 0; i < seen; i++) {
        size_t row = rows->n / seen * i;
        pair[1] = fa__digest(fa__matrix_row(rows, row), rows->d * sizeof(float));
        pair[0] = fa__digest(pair, sizeof pair);
    }
    snprintf(text, sizeof text, "%zu x %zu, %016llx", rows->n, rows->d,
             (unsigned long long)pair[0]);
    return fa__comm_same(comm, "matrix or options", text, "give all ranks the same");
}
