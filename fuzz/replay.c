/* Feeds files to one fuzz target without libFuzzer: each whole, and cut at a few places. Ends by a
 * signal where a target does. Usage: fuzz_NAME FOLDER... */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SIZE_MOST = 1 << 16, CUTS = 8 };

/* In memory of its very size, so that a sanitizer sees a read beyond. */
static void feed(const unsigned char *bytes, size_t size) {
    unsigned char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) exit(1);
    for (size_t i = 0; i < size; i++) copy[i] = bytes[i];
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int feed_file(const char *path) {
    static unsigned char bytes[SIZE_MOST];
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 0; cut <= CUTS; cut++) feed(bytes, size * cut / CUTS);
    return 1;
}

static int feed_folder(const char *folder) {
    char path[4096];
    struct stat info;
    int count = 0;
    DIR *handle = opendir(folder);
    if (handle == NULL) {
        fprintf(stderr, "%s: cannot be opened\n", folder);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= SIZE_MOST)
            count += feed_file(path);
    }
    closedir(handle);
    return count;
}

int main(int argc, char **argv) {
    int count = 0;
    for (int i = 1; i < argc; i++) count += feed_folder(argv[i]);
    printf("%d files, each at %d lengths\n", count, CUTS + 1);
    return count > 0 ? 0 : 1;
}
