/* The machine and the build. */
#define _POSIX_C_SOURCE 200809L
#include "machine.h"

#include "forced_apart.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

size_t machine_cores(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (size_t)cores : 1;
}

/* The processor's name by Linux's own account; "unknown processor" elsewhere. */
static void processor_name(char *out, size_t size) {
    char line[256];
    snprintf(out, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL) continue;
        snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file != NULL) fclose(file);
}

const char *machine_text(char out[MACHINE_TEXT]) {
    char processor[128];
    struct utsname system;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double gib = pages > 0 && page > 0 ? (double)pages * (double)page / 1073741824.0 : 0;
    processor_name(processor, sizeof processor);
    if (uname(&system) != 0) system.sysname[0] = system.release[0] = '\0';
    snprintf(out, MACHINE_TEXT, "%zu cores of %s, %.0f GiB, %s %.40s, %s", machine_cores(),
             processor, gib, system.sysname, system.release, fa_simd_name());
    return out;
}
