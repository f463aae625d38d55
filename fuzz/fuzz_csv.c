/* libFuzzer entry: CSV, fed whole and in small blocks, which must agree; rows as labelled texts,
 * out of an archive too. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "base/bytes.h"
#include "formats/csv.h"
#include "formats/text_csv.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A number that any difference in the rows changes. */
static fa_status mix(void *user, const fa__csv_row *row) {
    uint64_t *sum = user;
    *sum = *sum * 31 + row->line + row->count;
    for (size_t i = 0; i < row->count; i++) {
        const fa__csv_field *field = &row->fields[i];
        if (fa__utf8_check(field->text, field->size) != field->size) __builtin_trap();
        for (size_t k = 0; k <= field->size; k++)
            *sum = *sum * 131 + (unsigned char)field->text[k] + 1;
    }
    return FA_OK;
}

static fa_status read_rows(uint64_t *sum, const uint8_t *bytes, size_t size, size_t block) {
    fa__csv *csv;
    size_t rows;
    *sum = 0;
    FA_TRY(fa__csv_open(&csv, ',', "fuzz", mix, sum));
    fa_status status = FA_OK;
    for (size_t at = 0; at < size && status == FA_OK; at += block)
        status = fa__csv_feed(csv, bytes + at, size - at < block ? size - at : block);
    if (status == FA_OK) status = fa__csv_finish(csv, &rows);
    fa__csv_free(csv);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint64_t whole, parts;
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = bytes, .size = size};
    const fa_read_options options = {.size = sizeof(fa_read_options), .split = "train"};
    fa_dataset *set;
    fa_status status = read_rows(&whole, bytes, size, size + 1);
    for (size_t block = 1; block < 8; block += 3)
        if (read_rows(&parts, bytes, size, block) != status || parts != whole) __builtin_trap();
    if (fa__text_csv_recognise(&source) && fa__text_csv_read(&set, &source, &options) == FA_OK)
        fa_dataset_free(set);
    if (fa__text_tar_recognise(&source) && fa__text_tar_read(&set, &source, &options) == FA_OK)
        fa_dataset_free(set);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
