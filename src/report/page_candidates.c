/* What a discovery compared: its table, as it lies in the folder. */
#include "report/page.h"

#include "base/file.h"
#include "base/memory.h"
#include "run/files.h"

#include <string.h>

enum { CELL = 64 };

/* Cells have no commas of their own. */
static void put_row(fa__writer *to, const char *line, size_t length, const char *tag) {
    const char *end = line + length;
    fa__writer_print(to, "<tr>");
    while (line <= end) {
        char cell[CELL];
        const char *comma = memchr(line, ',', (size_t)(end - line)),
                   *stop = comma != NULL ? comma : end;
        size_t size = (size_t)(stop - line) < CELL ? (size_t)(stop - line) : CELL - 1;
        memcpy(cell, line, size);
        cell[size] = '\0';
        fa__writer_print(to, "<%s>", tag);
        for (char *c = cell; *c != '\0'; c++)
            if (*c == '_') *c = ' ';
        fa__html(to, cell);
        fa__writer_print(to, "</%s>", tag);
        line = stop + 1;
    }
    fa__writer_print(to, "</tr>\n");
}

fa_status fa__page_candidates(fa__writer *to, const char *folder) {
    char path[FA__PATH_MAX];
    unsigned char *bytes;
    size_t size;
    if (!fa__run_has(folder, FA_RUN_CANDIDATES)) return FA_OK;
    FA_TRY(fa__run_path(path, folder, FA_RUN_CANDIDATES));
    FA_TRY(fa__file_read(&bytes, &size, path));
    fa__writer_print(
        to,
        "<h2>What was compared</h2>\n<p>Spaces to cluster in, how far clusterings of two halves "
        "of the samples, two seeds and two views agree there, and the clusters of samples "
        "with those of their nearest (consistency) (AMI); and of how many samples their five "
        "nearest tell the label (vote). The choice does not look at hidden classes. "
        "They are of at most 5,000 samples; of more those that are kept are made anew.</p>\n<div "
        "class=\"wide\"><table>\n");
    const char *tag = "th";
    for (const char *line = (const char *)bytes; *line != '\0'; tag = "td") {
        size_t length = strcspn(line, "\n");
        put_row(to, line, length, tag);
        line += length + (line[length] == '\n');
    }
    fa__writer_print(to, "</table></div>\n");
    fa__free(bytes);
    return FA_OK;
}
