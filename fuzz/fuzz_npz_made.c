/* libFuzzer entry: .npz whose archive is whole, and whose arrays are made of the input: which are
 * there, their dtypes, shapes and elements. How to run: fuzz/README.md. */
#include "base/memory.h"
#include "formats/npz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ROOM = 1 << 14, MEMBERS = 6 };

typedef struct input {
    const uint8_t *at, *end;
} input;

static unsigned next(input *in) {
    return in->at < in->end ? *in->at++ : 0;
}

typedef struct pile {
    unsigned char bytes[ROOM];
    size_t size;
} pile;

static void put(pile *p, const void *bytes, size_t size) {
    if (size > ROOM - p->size) size = ROOM - p->size;
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static void put_little(pile *p, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        put(p, &(unsigned char){(unsigned char)(i < 8 ? value >> 8 * i : 0)}, 1);
}

/* An array of up to 3 x 7 rows; elements are small whole numbers, or bytes of the input as they
 * are. */
static void make_array(pile *p, input *in) {
    static const char *const dtypes[] = {"<f4", "<f8", "<i2", "|u1", "<i8", ">f4",
                                         "|b1", "<U2", "|S3", "<f2", "|O",  ">U1"};
    static const size_t items[] = {4, 8, 2, 1, 8, 4, 1, 8, 3, 2, 8, 4};
    unsigned kind = next(in) % 12, rows = next(in) % 22, columns = next(in) % 4, raw = next(in) % 2;
    char dict[128];
    int used = snprintf(dict, sizeof dict,
                        columns > 0 ? "{'descr': '%s', 'fortran_order': %s, 'shape': (%u, %u), }"
                                    : "{'descr': '%s', 'fortran_order': %s, 'shape': (%u,), }",
                        dtypes[kind], next(in) % 8 == 7 ? "True" : "False", rows, columns);
    put(p, "\x93NUMPY\1", 8);
    put_little(p, (uint64_t)used, 2);
    put(p, dict, (size_t)used);
    size_t count = (size_t)rows * (columns > 0 ? columns : 1);
    for (size_t i = 0; i < count; i++) {
        unsigned char element[8] = {0};
        if (raw)
            for (size_t b = 0; b < items[kind] && b < sizeof element; b++)
                element[b] = (unsigned char)next(in);
        else if (kind == 0)
            memcpy(element, &(float){(float)next(in)}, 4);
        else if (kind == 1)
            memcpy(element, &(double){next(in)}, 8);
        else
            element[0] = (unsigned char)next(in);
        put(p, element, items[kind]);
    }
}

static void put_entry(pile *to, bool central, const char *name, const pile *of, size_t at) {
    uint32_t crc = (uint32_t)crc32(0, of->bytes, (unsigned)of->size);
    put(to, central ? "PK\1\2\24\0" : "PK\3\4", central ? 6 : 4);
    put_little(to, 20, 2); /* version; flags, stored, date and time follow */
    put_little(to, 0, 8);
    put_little(to, crc, 4);
    put_little(to, of->size, 4);
    put_little(to, of->size, 4);
    put_little(to, strlen(name), 2);
    put_little(to, 0, 2);
    if (central) put_little(to, 0, 10);
    if (central) put_little(to, at, 4);
    put(to, name, strlen(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char *const names[] = {"points.npy", "offsets.npy", "labels.npy", "x.npy",
                                        "coarse.npy", "y.npy",       "X.npy",      "z.npy"};
    static pile zip, directory, array;
    input in = {bytes, bytes + size};
    unsigned count = 1 + next(&in) % MEMBERS;
    zip.size = directory.size = 0;
    for (unsigned i = 0; i < count; i++) {
        const char *name = names[next(&in) % 8];
        size_t at = zip.size;
        array.size = 0;
        make_array(&array, &in);
        put_entry(&directory, true, name, &array, at);
        put_entry(&zip, false, name, &array, 0);
        put(&zip, array.bytes, array.size);
    }
    size_t at = zip.size;
    put(&zip, directory.bytes, directory.size);
    put(&zip, "PK\5\6\0\0\0", 8);
    put_little(&zip, count, 2);
    put_little(&zip, count, 2);
    put_little(&zip, directory.size, 4);
    put_little(&zip, at, 4);
    put_little(&zip, 0, 2);
    static const fa_read_options tries[] = {{0}, {.missing = "drop"}, {.missing = "forward"}};
    const fa__source source = {.path = "/nowhere/fuzz", .bytes = zip.bytes, .size = zip.size};
    for (size_t i = 0; i < 3; i++) {
        fa_dataset *set;
        if (fa__npz_read(&set, &source, &tries[i]) != FA_OK) continue;
        size_t rows = set->values.offsets != NULL ? set->values.offsets[set->n] : set->n;
        for (size_t k = 0; k < rows * set->features; k++)
            if (!isfinite(set->values.numbers[k])) __builtin_trap();
        for (size_t k = 0; set->labels.coarse != NULL && k < set->n; k++)
            if (set->labels.coarse[k] < -1 ||
                set->labels.coarse[k] >= (int64_t)set->labels.coarse_names.count)
                __builtin_trap();
        fa_dataset_free(set);
    }
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
