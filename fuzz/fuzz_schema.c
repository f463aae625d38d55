/* libFuzzer entry: how a table was read, a line "---", and a table that is to be read alike. How to
 * run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/table.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_alike(const char *schema, const uint8_t *bytes, size_t size) {
    const fa_read_options options = {
        .size = sizeof options, .schema = schema, .missing = "median", .columns_optional = true};
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = bytes, .size = size};
    fa_dataset *set;
    if (!fa__table_recognise(&source) || fa__table_read(&set, &source, &options) != FA_OK) return;
    size_t rows = set->values.offsets != NULL ? set->values.offsets[set->n] : set->n;
    for (size_t i = 0; set->values.numbers != NULL && i < rows * set->features; i++)
        if (!isfinite(set->values.numbers[i])) __builtin_trap();
    fa_dataset_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char between[] = "\n---\n";
    const size_t length = sizeof between - 1;
    size_t at = 0;
    while (at + length <= size && memcmp(bytes + at, between, length) != 0) at++;
    if (at + length > size) return 0;
    char *schema = fa__alloc(at + 2, 1);
    unsigned char *table = fa__alloc(size - at - length + 1, 1); /* a file ends in a 0, too */
    if (schema == NULL || table == NULL) return -1;
    memcpy(schema, bytes, at);
    memcpy(schema + at, "\n", 2);
    memcpy(table, bytes + at + length, size - at - length);
    table[size - at - length] = 0;
    read_alike(schema, table, size - at - length);
    fa__free(schema);
    fa__free(table);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
