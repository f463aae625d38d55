/* The pieces of work that `forced-apart bench` times, each behind the same three functions. */
#ifndef FORCED_APART_CLI_BENCH_WORKS_H
#define FORCED_APART_CLI_BENCH_WORKS_H

#include "forced_apart.h"

#include <stdbool.h>

enum { WORK_SIZES = 3 };

/* A piece of work that is ready to run. */
typedef struct job {
    size_t size[WORK_SIZES];
    double flops; /* of one run; 0: not counted */
    void *data;   /* the work's own */
} job;

typedef struct work {
    const char *name, *text;
    const char *sizes; /* what they are called: "N D LABELS" */
    size_t n_sizes;
    const char *defaults; /* "8192 64 2 | 512 15 2" */
    /* Exit code; the reason was said. close takes what a failed open left. */
    int (*open)(job *j);
    int (*run)(job *j,
               double *seconds); /* *seconds is set where the clock around it is not meant */
    void (*close)(job *j);
} work;

/* All works, *count of them. */
const work *bench_works(size_t *count);

#endif
