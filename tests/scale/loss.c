/* Loss and gradient of L_multi on many rows, by this process or, where mpirun starts it, by ranks of which each has its
 * part of the rows.
 *
 * usage: scale_loss ROWS COLUMNS LABELS THREADS
 *
 * Prints a line of each sixteenth of the rows, the same on any number of ranks but for their order: the loss of all
 * and a digest of the gradient (64-bit FNV-1a of its bytes); on standard error a line of each rank: seconds, the bytes
 * that all ranks got from others, and the memory that it took at most beside its rows and labels, in bytes and in
 * matrices of float32 like its rows. */
#define _DEFAULT_SOURCE
#include <forced_apart.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Knuth's 64-bit linear congruential generator; about normal: four uniform draws. */
static double draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static float draw_normal(uint64_t *state) {
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += draw(state) - 0.5;
    return (float)(sum * 1.7320508075688772);
}

/* A number of bytes in /proc/self/status; 0 where there is none. */
static double status_bytes(const char *field) {
    char text[256];
    double value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        if (strncmp(text, field, strlen(field)) == 0)
            value = 1024 * strtod(text + strlen(field), NULL);
    if (file != NULL) fclose(file);
    return value;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t digest_of(const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    uint64_t digest = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) digest = (digest ^ at[i]) * 1099511628211u;
    return digest;
}

enum { PARTS = 16 };

static int run(size_t all, size_t d, size_t labels) {
    size_t from = fa_rank() * PARTS / fa_ranks(), end = (fa_rank() + 1) * PARTS / fa_ranks();
    size_t first = from * all / PARTS, n = end * all / PARTS - first;
    float *h = malloc((n * d + 1) * sizeof *h), *d_h = malloc((n * d + 1) * sizeof *d_h);
    int32_t *y = malloc((n + 1) * sizeof *y);
    const fa_loss_options options = {.size = sizeof options, .margin = 1};
    uint64_t state = 1, bytes[2] = {0, 0}, most;
    double loss;
    if (h == NULL || d_h == NULL || y == NULL) return fprintf(stderr, "out of memory\n"), 1;
    for (size_t i = 0; i < first * d; i++) draw_normal(&state);
    for (size_t i = 0; i < n * d; i++) h[i] = draw_normal(&state);
    for (size_t i = 0; i < n; i++) y[i] = (int32_t)((first + i) % labels);
    fa_status told = fa_ranks_received(&bytes[0], &most);
    double before = status_bytes("VmRSS:"), start = seconds_now();
    fa_status status = fa_loss_multi_ring(&loss, d_h, h, n, d, y, &options);
    double seconds = seconds_now() - start, grown = status_bytes("VmHWM:") - before;
    if (told == FA_OK && status == FA_OK) told = fa_ranks_received(&bytes[1], &most);
    if (status != FA_OK || told != FA_OK) {
        fprintf(stderr, "%s\n", fa_error_detail());
    } else {
        fprintf(stderr,
                "rank %zu of %zu: %.1f s, %llu bytes from others, %.0f bytes, %.3f matrices\n",
                fa_rank(), fa_ranks(), seconds, (unsigned long long)(bytes[1] - bytes[0]), grown,
                grown / ((double)n * (double)d * sizeof *h));
        for (; from < end; from++) {
            size_t row = from * all / PARTS, count = (from + 1) * all / PARTS - row;
            printf("%zu x %zu, %zu labels: loss %.17g, gradient from row %zu on %016llx\n", all, d,
                   labels, loss, row,
                   (unsigned long long)digest_of(d_h + (row - first) * d, count * d * sizeof *d_h));
        }
    }
    free(h);
    free(d_h);
    free(y);
    return status != FA_OK;
}

int main(int count, char **arguments) {
    size_t numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = count == 5 ? strtoul(arguments[i + 1], NULL, 10) : 0;
        if (numbers[i] > 0) continue;
        fprintf(stderr, "usage: scale_loss ROWS COLUMNS LABELS THREADS\n");
        return 2;
    }
    if (fa_ranks_start() != FA_OK) return fprintf(stderr, "%s\n", fa_error_detail()), 1;
    fa_threads_set((int)numbers[3]);
    int code = run(numbers[0], numbers[1], numbers[2]);
    return fa_ranks_end(NULL) == FA_OK ? code : 1;
}
