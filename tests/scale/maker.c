/* Vectors in parts, more than memory holds, for tests/scale.sh: rows around 5 points, float32.
 *
 * usage: scale_maker FOLDER ROWS COLUMNS PARTS
 *
 * leaves FOLDER/part-0.npy, ..., FOLDER.kinds.txt (the point of each row) and FOLDER.labels.txt (even ones are low).
 * The same bytes on any machine. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 5 };

/* Knuth's 64-bit linear congruential generator. */
static uint32_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static float between_one(uint32_t bits) {
    return (float)((int32_t)bits >> 8) / 8388608.0f; /* -1 to 1 */
}

static int write_head(FILE *file, size_t rows, size_t columns) {
    char head[129];
    int length =
        snprintf(head, sizeof head,
                 "%cNUMPY%c%c%c%c{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                 0x93, 1, 0, 118, 0, rows, columns);
    memset(head + length, ' ', sizeof head - 1 - (size_t)length);
    head[127] = '\n';
    return fwrite(head, 1, 128, file) == 128;
}

typedef struct maker {
    const char *folder;
    size_t rows, columns, parts;
    float *points, *row;
    FILE *kinds, *labels;
    uint64_t state;
} maker;

static int write_part(maker *m, size_t part) {
    char path[4096];
    size_t first = m->rows / m->parts * part,
           count = part + 1 < m->parts ? m->rows / m->parts : m->rows - first;
    snprintf(path, sizeof path, "%s/part-%zu.npy", m->folder, part);
    FILE *file = fopen(path, "wb");
    int well = file != NULL && write_head(file, count, m->columns);
    for (size_t i = 0; well && i < count; i++) {
        uint32_t kind = draw(&m->state) % KINDS;
        const float *point = m->points + kind * m->columns;
        for (size_t j = 0; j < m->columns; j++) m->row[j] = point[j] + between_one(draw(&m->state));
        well = fwrite(m->row, sizeof *m->row, m->columns, file) == m->columns &&
               fprintf(m->kinds, "%u\n", kind) > 0 &&
               fprintf(m->labels, "%s\n", kind % 2 == 0 ? "low" : "high") > 0;
    }
    return (file == NULL || fclose(file) == 0) && well;
}

static FILE *open_beside(const char *folder, const char *ending) {
    char path[4096];
    snprintf(path, sizeof path, "%s%s", folder, ending);
    return fopen(path, "w");
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    maker m = {.folder = argv[1], .state = 1};
    m.rows = strtoul(argv[2], NULL, 10);
    m.columns = strtoul(argv[3], NULL, 10);
    m.parts = strtoul(argv[4], NULL, 10);
    if (m.parts < 1 || m.rows < m.parts || m.columns < 1 || m.columns > 1000000) return 2;
    m.points = calloc(KINDS * m.columns, sizeof *m.points);
    m.row = calloc(m.columns, sizeof *m.row);
    m.kinds = open_beside(m.folder, ".kinds.txt");
    m.labels = open_beside(m.folder, ".labels.txt");
    int well = m.points != NULL && m.row != NULL && m.kinds != NULL && m.labels != NULL;
    for (size_t i = 0; well && i < KINDS * m.columns; i++)
        m.points[i] = between_one(draw(&m.state)) / 2;
    for (size_t part = 0; well && part < m.parts; part++) well = write_part(&m, part);
    if (m.kinds != NULL) well = fclose(m.kinds) == 0 && well;
    if (m.labels != NULL) well = fclose(m.labels) == 0 && well;
    free(m.points);
    free(m.row);
    if (!well) fputs("scale_maker: a file could not be written\n", stderr);
    return well ? 0 : 1;
}
