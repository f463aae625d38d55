/* oneDNN in this process: its threads, held down to one, and its version. */
#include "engine/engine_ref.h"

#include <dnnl.h>

/* Of the OpenMP that oneDNN was built with, which it brings into the process; NULL where it was
 * built without. */
extern int omp_get_max_threads(void) __attribute__((weak));
extern void omp_set_num_threads(int threads) __attribute__((weak));

int fa__onednn_alone(void) {
    if (omp_get_max_threads == NULL || omp_set_num_threads == NULL) return 1;
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    return before;
}

void fa__onednn_restore(int before) {
    if (omp_set_num_threads != NULL) omp_set_num_threads(before);
}

const char *fa__onednn_version(void) {
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
    return TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "." TEXT(DNNL_VERSION_PATCH);
}
