/* What this build can do: each library's version comes from the file that owns the library. */
#include "base/file.h"
#include "comm/mpi.h"
#include "engine/engine.h"
#include "formats/csv.h"
#include "formats/image_file.h"
#include "text/words.h"

#include <pthread.h>

static const struct {
    const char *name, *purpose, *package;
    const char *(*version)(void);
} rows[] = {
    {"onednn", "engine onednn, convolutions", "libdnnl-dev", fa__onednn_version},
    {"zlib", "gzip files", "zlib1g-dev", fa__zlib_version},
    {"libcsv", "tables of text (CSV)", "libcsv-dev", fa__csv_version},
    {"utf8proc", "words of texts", "libutf8proc-dev", fa__words_version},
    {"libjpeg", "folders of JPEG images", "libjpeg-dev", fa__jpeg_version},
    {"libpng", "PNG images: folders, samples in reports", "libpng-dev", fa__png_version},
    {"mpi", "ranks: one training on several processes", "libopenmpi-dev openmpi-bin",
     fa__mpi_version},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static fa_capability table[ROWS]; /* written once */

static void fill_table(void) {
    for (size_t i = 0; i < ROWS; i++)
        table[i] =
            (fa_capability){rows[i].name, rows[i].purpose, rows[i].package, rows[i].version()};
}

const fa_capability *fa_capabilities(size_t *count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_table);
    *count = ROWS;
    return table;
}
